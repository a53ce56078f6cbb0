//! People on our side, at work.

use domain::case::CaseFields;
use jiff::Timestamp;
use store::cases::Case;
use store::users::{self, User};

use crate::World;

/// Somebody on the staff.
pub struct Actor<'a> {
    world: &'a World,
    email: &'static str,
}

impl<'a> Actor<'a> {
    pub(crate) fn new(world: &'a World, email: &'static str) -> Self {
        Self { world, email }
    }

    pub(crate) fn world(&self) -> &'a World {
        self.world
    }

    pub(crate) fn email(&self) -> &'static str {
        self.email
    }

    /// Their user.
    pub async fn user(&self) -> User {
        let mut reader = self.world.store().read().await.unwrap();
        users::by_email(&mut reader, self.email)
            .await
            .unwrap()
            .unwrap()
    }

    /// Edits the case of a ticket, as the page would: only the case, nothing that is agreed.
    pub async fn edit_case_of(&self, ticket: i64, change: impl FnOnce(&mut CaseFields)) -> Case {
        let id = self.world.case_of(ticket).await.id;
        let mut tx = self.world.store().begin().await.unwrap();
        let mut cases = store::cases::lock(&mut tx, std::slice::from_ref(&id))
            .await
            .unwrap();
        let mut case = cases.remove(&id).unwrap();
        change(&mut case.fields);
        case.updated_at = self.world.now();
        store::cases::put(&mut tx, std::slice::from_ref(&case))
            .await
            .unwrap();
        tx.commit().await.unwrap();
        case
    }

    /// Deletes the case of a ticket here.
    pub async fn delete_case_of(&self, ticket: i64) {
        self.set_deleted(ticket, Some(self.world.now())).await;
    }

    /// Restores it.
    pub async fn restore_case_of(&self, ticket: i64) {
        self.set_deleted(ticket, None).await;
    }

    async fn set_deleted(&self, ticket: i64, at: Option<Timestamp>) {
        let id = self.world.case_of(ticket).await.id;
        let mut tx = self.world.store().begin().await.unwrap();
        store::cases::set_deleted(&mut tx, &id, at, self.world.now())
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }
}

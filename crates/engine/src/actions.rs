//! What people do to cases. Each function is one transaction: the case's rows under lock, one decision
//! of [`domain::desk`], the rows written back, and the workers woken.
//!
//! `case` is a case's number or id, `actor` the email of the user who does it. Whatever is to reach
//! Zendesk because of it is in the outbox when the function returns.

mod account;
mod backlog;
mod conflict;
mod contact;
mod deed;
mod deletion;
mod edit;
mod named;
mod parked;
mod ticket;
mod view;

use domain::desk::{Desk, Room, Written};
use store::cases::{self, Case};
use store::desks::{self, Held};
use store::integrations::{self, Integration};
use store::{Connection, Tx};

pub use account::{
    create_account, create_account_as, join_account, leave_account, rename_account,
    rename_account_as_read,
};
pub use backlog::{Backlog, backlog, hold_backlog};
pub use conflict::{Restored, restore_conflict};
pub use contact::{
    ContactEdit, NewContact, create_contact, create_contact_as, edit_contact, edit_contact_as_read,
};
pub use deed::{Deed, Undelivered};
pub use deletion::{delete, restore};
pub use edit::{
    CaseEdit, NewCase, create, create_as, edit, edit_as_read, edit_unless_changed, subject_fault,
};
pub use named::contact_named;
pub use parked::{discard, discard_all, retry, retry_all};
pub use ticket::{Asked, able_to_publish, follow_up, publish};
pub use view::{forget_view, keep_view};

use crate::desk::{By, Decision, Setting, keep_deed};
use crate::engine::Engine;
use crate::error::{Error, Result};

/// The id of a case that exists.
pub(crate) async fn case_id(connection: &mut Connection, case: &str) -> Result<String> {
    let found = cases::find(connection, case).await?;
    found.map(|case| case.id).ok_or_else(|| {
        Error::Refused(format!(
            "There is no case {case:?}. `deskbridge case list` shows those there are."
        ))
    })
}

/// A case under lock, in an open transaction.
struct Open {
    tx: Tx,
    held: Held,
    integration: Option<Integration>,
}

impl Open {
    /// Locks a case that was not deleted.
    async fn case(engine: &Engine, case: &str) -> Result<Self> {
        let open = Self::even_deleted(engine, case).await?;
        if open.held.desk.deleted {
            return Err(Error::Refused(
                "The case was deleted. Restore it first: `deskbridge case restore`.".to_owned(),
            ));
        }
        Ok(open)
    }

    /// Locks a case, also one that was deleted: what is parked of it can be given up all the same.
    async fn even_deleted(engine: &Engine, case: &str) -> Result<Self> {
        let mut tx = engine.store.begin().await?;
        let id = case_id(&mut tx, case).await?;
        let Some(held) = desks::lock(&mut tx, &id).await? else {
            return Err(Error::Refused(
                "The case is gone. `deskbridge case list` shows those there are.".to_owned(),
            ));
        };
        let integration = match &held.integration_id {
            Some(id) => integrations::find(&mut tx, id).await?,
            None => None,
        };
        Ok(Self {
            tx,
            held,
            integration,
        })
    }

    /// Lets the core decide, keeps what it decided, and commits. `decide` also says what the deed was,
    /// if the history is to tell more of it than which fields changed.
    async fn decide<T>(
        self,
        engine: &Engine,
        actor: &str,
        decide: impl FnOnce(&mut Desk, &mut Room<'_>, &mut Written) -> (T, Option<Deed>),
    ) -> Result<(T, Case)> {
        let Self {
            mut tx,
            held,
            integration,
        } = self;
        let now = engine.now();
        let setting = Setting::without_people(integration.as_ref());
        let (mut desk, mut written) = (held.desk.clone(), Written::default());
        let (decided, deed) =
            setting.decide(engine, now, |room| decide(&mut desk, room, &mut written));
        let by = By {
            side: "crm",
            actor,
            run: None,
        };
        let decision = Decision {
            held: &held,
            desk: &desk,
            written: &written,
        };
        let by = (&by, deed.as_ref());
        keep_deed(engine, &mut tx, &setting, &decision, by, now).await?;
        let case = cases::find(&mut tx, &held.case.id).await?;
        tx.commit().await?;
        engine.memory.ring();
        Ok((decided, case.unwrap_or(held.case)))
    }
}

//! The people a command names: by email, as people know each other.

use anyhow::anyhow;
use clap::Args;
use engine::Engine;
use store::cases;
use store::users::{self, User, UserRole};

/// Who does something.
#[derive(Debug, Args)]
pub(crate) struct Acting {
    /// The user who does it (default: the first administrator)
    #[arg(long = "as", value_name = "EMAIL")]
    email: Option<String>,
}

impl Acting {
    /// Finds them.
    ///
    /// # Errors
    /// A sentence if there is nobody of this email.
    pub(crate) async fn find(&self, engine: &Engine) -> anyhow::Result<User> {
        acting(engine, self.email.as_deref()).await
    }
}

/// The user with this email, or the first administrator.
///
/// # Errors
/// A sentence if there is nobody.
pub(crate) async fn acting(engine: &Engine, email: Option<&str>) -> anyhow::Result<User> {
    let mut reader = engine.store.read().await?;
    match email {
        Some(email) => users::by_email(&mut reader, email).await?.ok_or_else(|| {
            anyhow!("There is no user with the email {email:?}. Name another one with --as.")
        }),
        // Ids rise with time, so the smallest is the first.
        None => users::list(&mut reader)
            .await?
            .into_iter()
            .filter(|user| user.role == UserRole::Administrator)
            .min_by(|one, other| one.id.cmp(&other.id))
            .ok_or_else(|| anyhow!("There is no administrator. Name a user with --as.")),
    }
}

/// The id of the user with this email; nobody for an empty one.
///
/// # Errors
/// A sentence if there is no such user.
pub(super) async fn user(engine: &Engine, email: &str) -> anyhow::Result<Option<String>> {
    if email.trim().is_empty() {
        return Ok(None);
    }
    let found = users::by_email(&mut *engine.store.read().await?, email).await?;
    found.map(|user| Some(user.id)).ok_or_else(|| {
        anyhow!(
            "There is no user with the email {email:?}, and cases are assigned to users only. Name somebody who can log in here, or '' for nobody."
        )
    })
}

/// The id of the contact with this id or primary email; nobody for an empty one.
///
/// # Errors
/// A sentence if there is no such contact.
pub(crate) async fn contact(engine: &Engine, email_or_id: &str) -> anyhow::Result<Option<String>> {
    Ok(engine::actions::contact_named(engine, email_or_id).await?)
}

/// The id of a case, by number or id.
///
/// # Errors
/// A sentence if there is no such case.
pub(crate) async fn case_id(engine: &Engine, case: &str) -> anyhow::Result<String> {
    let found = cases::find(&mut *engine.store.read().await?, case).await?;
    found.map(|case| case.id).ok_or_else(|| {
        anyhow!("There is no case {case:?}. `deskbridge case list` shows those there are.")
    })
}

//! Checks that people ask for on pages and over the API, done by the workers: of the installation
//! ([`crate::doctor`]), and of one account against what is here ([`crate::sweep::verify`],
//! [`crate::dry_run`], [`crate::live_check`]). What was found is kept a while, since whoever asked may not
//! wait for it. The command line does the same while its user waits, and keeps nothing.

mod found;
mod view;
mod work;

use jiff::{SignedDuration, Timestamp};
use store::checks::{self, Check, Subject};
use store::destinations::Destination;
use store::integrations::Integration;
use store::{audit, jobs};

use crate::engine::Engine;
use crate::error::{Result, deleted_meanwhile};

pub use found::{DryRunView, Found, LiveFinding, LiveView};
pub use store::checks::CheckKind;
pub use view::{CheckPage, CheckView, Shown, find, list};
pub(crate) use work::work;

/// The job that does a check; its subject is the check.
pub(crate) const CHECK: &str = "check";

/// How long it is known what a dry run found, which quotes customers' data.
const KEEP_QUOTES: SignedDuration = SignedDuration::from_hours(24);
/// How long it is known what any other check found.
const KEEP: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A check that somebody wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    kind: CheckKind,
    subject: Subject,
    /// What the audit log calls it.
    of: String,
    names_account: bool,
}

impl Wish {
    /// Looks at the installation. Changes nothing.
    pub fn installation() -> Self {
        Self {
            kind: CheckKind::Installation,
            subject: Subject::Installation,
            of: "installation".to_owned(),
            names_account: false,
        }
    }

    /// Compares every linked ticket and comment with Zendesk, and puts right what differs.
    pub fn verify(integration: &Integration) -> Self {
        Self::of_integration(CheckKind::Verify, integration)
    }

    /// Finds out what a run would change. Changes nothing.
    pub fn dry_run(integration: &Integration) -> Self {
        Self::of_integration(CheckKind::DryRun, integration)
    }

    /// Finds out how the account of an integration behaves. Whoever asks has agreed to
    /// [`crate::live_check::Target::intention`].
    pub fn live(integration: &Integration, names_account: bool) -> Self {
        Self {
            names_account,
            ..Self::of_integration(CheckKind::Live, integration)
        }
    }

    /// The same of the account of a destination.
    pub fn live_of_destination(destination: &Destination, names_account: bool) -> Self {
        Self {
            kind: CheckKind::Live,
            subject: Subject::Destination(destination.id.clone()),
            of: destination.name.clone(),
            names_account,
        }
    }

    fn of_integration(kind: CheckKind, integration: &Integration) -> Self {
        Self {
            kind,
            subject: Subject::Integration(integration.id.clone()),
            of: integration.settings.name.clone(),
            names_account: false,
        }
    }
}

/// A check that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Its id.
    pub id: String,
    /// Whether it was waiting or under way already, for somebody else.
    pub joined: bool,
}

/// Asks for a check; joins the one of this kind and subject that is open, if any. A worker does it.
///
/// # Errors
/// [`crate::Error::Refused`] if what it is of was deleted meanwhile.
pub async fn ask(engine: &Engine, wish: Wish, actor: &str) -> Result<Asked> {
    let now = engine.now();
    let new = Check {
        id: engine.new_id(),
        kind: wish.kind,
        subject: wish.subject,
        names_account: wish.names_account,
        actor: actor.to_owned(),
        stop_asked: false,
        stage: None,
        problem: None,
        result: None,
        asked_at: now,
        began_at: None,
        ended_at: None,
    };
    let mut tx = engine.store.begin().await?;
    let opened = checks::open_or_join(&mut tx, &new).await;
    let (id, is_new) = opened.map_err(deleted_meanwhile)?;
    jobs::add(&mut tx, CHECK, &id, "", now, &*engine.dice).await?;
    if is_new {
        let kind = wish.kind.as_str();
        audit::note(&mut tx, engine.act(actor), "check.ask", &wish.of, kind).await?;
    }
    tx.commit().await?;
    engine.memory.ring();
    Ok(Asked {
        id,
        joined: !is_new,
    })
}

/// Asks a check to stop. What it has found until then is not kept; a live check deletes what it made, and
/// tells what it found. False if it has ended already.
///
/// # Errors
/// As the database says.
pub async fn stop(engine: &Engine, id: &str, actor: &str) -> Result<bool> {
    let mut tx = engine.store.begin().await?;
    let asked = checks::ask_to_stop(&mut tx, id).await?;
    if asked {
        audit::note(&mut tx, engine.act(actor), "check.stop", id, "").await?;
    }
    tx.commit().await?;
    Ok(asked)
}

/// Removes what is kept no longer.
pub(crate) async fn tidy_up(engine: &Engine) -> Result<()> {
    let now = engine.now();
    let before = |kept: SignedDuration| -> Timestamp { now.saturating_sub(kept).unwrap_or(now) };
    let mut tx = engine.store.begin().await?;
    checks::sweep(&mut tx, before(KEEP_QUOTES), before(KEEP)).await?;
    Ok(tx.commit().await?)
}

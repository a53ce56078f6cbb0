//! What people do with integrations: check, activate, deactivate, delete (ticket-sync.md 2).

mod change;

use std::time::Duration;

use domain::identity::Unassigned;
use domain::mapping::Maps;
use domain::merge::Priority;
use store::integrations::{self, ContactPolicy, EmailMatch, Integration, Settings};
use store::{credentials, zendesk_users};
use zendesk::{Address, AddressPolicy};

use crate::connection::{Probe, probe};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::schedule::schedule_sync;

pub use change::{
    Added, Changed, OwnSignIn, SignIn, add, add_as, edit, edit_unless_changed, is_own,
};

/// The only kind of remote account there is today. Lists, runs and schedule know no kind by name.
pub const ZENDESK: &str = "zendesk";

/// The settings a new integration begins with (ticket-sync.md 2), owned by whoever makes it.
pub fn defaults(owner: &str) -> Settings {
    Settings {
        name: String::new(),
        kind: ZENDESK.to_owned(),
        url: String::new(),
        credential_id: String::new(),
        default_email: None,
        owner_id: owner.to_owned(),
        two_way: false,
        priority: Priority::Remote,
        interval: Duration::from_secs(60),
        contacts: ContactPolicy::TicketPeople,
        unassigned: Unassigned::Leave,
        email_match: EmailMatch::Primary,
        budget_share: 50,
        maps: Maps::default(),
    }
}

/// Zendesk's id of the default Zendesk user, if one is named and is staff there, as far as was read.
pub(crate) async fn default_user(
    connection: &mut store::Connection,
    integration: &Integration,
) -> Result<Option<i64>> {
    let Some(email) = integration.settings.default_email.as_deref() else {
        return Ok(None);
    };
    let keys = [domain::person::email_key(email)];
    let staff = zendesk_users::staff_by_email_keys(connection, &integration.id, &keys).await?;
    Ok(staff.into_iter().map(|user| user.remote_id).min())
}

/// An activation that worked.
#[derive(Debug, Clone)]
pub struct Activation {
    /// What the probe found.
    pub probe: Probe,
    /// The first run, which has been asked for.
    pub run_id: String,
}

/// Something wrong with one field of an integration's settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The field, as forms name it: `name`, `url`, `api_email`…
    pub field: &'static str,
    /// What is wrong and what to do.
    pub sentence: String,
}

impl Fault {
    pub(crate) fn new(field: &'static str, sentence: impl Into<String>) -> Self {
        Self {
            field,
            sentence: sentence.into(),
        }
    }
}

/// What is wrong with settings, field by field; nothing if they can be used.
pub fn faults(settings: &Settings, addresses: &AddressPolicy) -> Vec<Fault> {
    let mut faults = Vec::new();
    let letters = settings.name.trim().chars().count();
    if !(3..=255).contains(&letters) {
        faults.push(Fault::new("name", format!(
            "The name of an integration has 3 to 255 characters; this one has {letters}. Choose another name."
        )));
    }
    if settings.kind != ZENDESK {
        faults.push(Fault::new(
            "kind",
            format!(
                "There is no kind of integration named {:?}. The one there is: {ZENDESK}.",
                settings.kind
            ),
        ));
    }
    let day = Duration::from_secs(86_400);
    if settings.interval < Duration::from_secs(60) || settings.interval > day {
        faults.push(Fault::new(
            "interval",
            "The pull interval is 60 seconds to 24 hours. Choose a value in between.",
        ));
    }
    if !(1..=100).contains(&settings.budget_share) {
        faults.push(Fault::new(
            "budget_share",
            "The share of the API budget is 1 to 100 percent. Choose a value in between.",
        ));
    }
    if let Err(error) = Address::parse(&settings.url, addresses) {
        faults.push(Fault::new("url", zendesk::Error::from(error).to_string()));
    }
    faults
}

/// Checks settings and normalises the address.
///
/// # Errors
/// [`Error::Refused`] with what is wrong with which field.
pub fn check(mut settings: Settings, addresses: &AddressPolicy) -> Result<Settings> {
    if let Some(first) = faults(&settings, addresses).into_iter().next() {
        return Err(Error::Refused(first.sentence));
    }
    settings.name = settings.name.trim().to_owned();
    settings.url = Address::parse(&settings.url, addresses)
        .map_err(zendesk::Error::from)?
        .to_string();
    Ok(settings)
}

/// Makes sure that an edit does not point a used integration at another account.
///
/// # Errors
/// [`Error::Refused`] if it does.
pub fn check_edit(before: &Integration, after: &Settings, addresses: &AddressPolicy) -> Result<()> {
    let Some(account) = &before.account else {
        return Ok(());
    };
    let address = Address::parse(&after.url, addresses).map_err(zendesk::Error::from)?;
    let now = crate::connection::account_of(&address);
    if now == *account {
        return Ok(());
    }
    Err(Error::Refused(format!(
        "Integration {} belongs to the account {account} and cannot be pointed at {now}: its links would join the wrong tickets. Add a second integration for {now}.",
        before.settings.name
    )))
}

/// Probes the account, and if that works, activates the integration and asks for its first run.
///
/// # Errors
/// Why the account cannot be used; nothing is changed then.
pub async fn activate(
    engine: &Engine,
    integration: &Integration,
    actor: &str,
) -> Result<Activation> {
    let probe = probe(engine, &integration.settings).await?;
    if let Some(account) = integration
        .account
        .as_ref()
        .filter(|account| **account != probe.account)
    {
        return Err(Error::Refused(format!(
            "Integration {} belongs to the account {account}, but its address now leads to {}. Correct the URL.",
            integration.settings.name, probe.account
        )));
    }
    let mut tx = engine.store.begin().await?;
    integrations::activate(&mut tx, integration, &probe.account, engine.act(actor)).await?;
    tx.commit().await?;
    let active = Integration {
        active: true,
        ..integration.clone()
    };
    let scheduled = schedule_sync(engine, &active, actor).await?;
    Ok(Activation {
        probe,
        run_id: scheduled.run_id,
    })
}

/// Stops the schedule. A run that is going on ends at its next page.
///
/// # Errors
/// As the database says.
pub async fn deactivate(engine: &Engine, integration: &Integration, actor: &str) -> Result<()> {
    let mut tx = engine.store.begin().await?;
    integrations::deactivate(&mut tx, integration, engine.act(actor)).await?;
    for run in store::runs::latest(&mut tx, &integration.id, 1).await? {
        store::runs::ask_to_stop(&mut tx, &run.id).await?;
    }
    Ok(tx.commit().await?)
}

/// Deletes the integration with its mirrors, and the credential that was made for it. Cases, comments
/// and contacts stay.
///
/// # Errors
/// [`Error::Refused`] while changes wait to be sent, unless the person confirmed that they are lost.
pub async fn delete(
    engine: &Engine,
    integration: &Integration,
    confirmed: bool,
    actor: &str,
) -> Result<()> {
    let mut tx = engine.store.begin().await?;
    let pending = integrations::pending(&mut tx, &integration.id).await?;
    if pending > 0 && !confirmed {
        return Err(Error::Refused(format!(
            "{pending} changes of integration {} wait to be sent to Zendesk or are parked, and would be lost. Let it run first, settle what is parked, or confirm the deletion.",
            integration.settings.name
        )));
    }
    let act = engine.act(actor);
    integrations::delete(&mut tx, integration, act).await?;
    let kept = credentials::find(&mut tx, &integration.settings.credential_id).await?;
    if let Some(own) =
        kept.filter(|kept| kept.used_by == 0 && is_own(kept, &integration.settings.name))
    {
        credentials::delete(&mut tx, &own, act).await?;
    }
    tx.commit().await?;
    engine.memory.forget_client(&integration.id);
    Ok(())
}

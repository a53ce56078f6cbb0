//! Adding, editing and deleting an integration from flags.

use std::io::{BufRead as _, IsTerminal as _};
use std::time::Duration;

use anyhow::anyhow;
use domain::identity::Unassigned;
use domain::mapping::Maps;
use domain::merge::Priority;
use engine::Engine;
use engine::actions::Backlog;
use engine::integrations::{SignIn, is_own};
use store::Connection;
use store::credentials;
use store::integrations::{ContactPolicy, EmailMatch, Settings};
use store::users::{self, User, UserRole};

use super::find;
use super::settings::SettingsFlags;
use crate::commands::credential::names;
use crate::failure::usage;
use crate::installation::ACTOR;
use crate::output;

pub(super) async fn add(
    engine: &Engine,
    name: &str,
    url: &str,
    flags: &SettingsFlags,
) -> anyhow::Result<()> {
    let own = flags.credential.is_none();
    let sign_in = own.then(|| flags.sign_in.complete()).transpose()?;
    let owner = owner(&mut *engine.store.read().await?, flags.owner.as_deref()).await?;
    let mut settings = Settings {
        name: name.to_owned(),
        kind: engine::integrations::ZENDESK.to_owned(),
        url: url.to_owned(),
        credential_id: String::new(),
        default_email: None,
        owner_id: owner.id,
        two_way: false,
        priority: Priority::Remote,
        interval: Duration::from_secs(60),
        contacts: ContactPolicy::TicketPeople,
        unassigned: Unassigned::Leave,
        email_match: EmailMatch::Primary,
        budget_share: 50,
        maps: Maps::default(),
    };
    flags.lay_over(&mut settings);
    let sign_in = match (&flags.credential, sign_in) {
        (Some(shared), _) => SignIn::Shared(shared.clone()),
        (None, Some(sign_in)) => SignIn::Own(sign_in.own()),
        (None, None) => return flags.check_sign_in_is_given(),
    };
    let added = engine::integrations::add(engine, settings, sign_in, ACTOR).await?;
    let settings = added.integration.settings;
    output::line(&format!(
        "Added the integration {0}, inactive. Switch it on with `deskbridge integration activate {0}`.",
        settings.name
    ));
    if let Some(rejoined) = added.rejoined {
        output::line(&format!(
            "Its account was connected before, so tickets have the cases again that they had then: {rejoined}."
        ));
    }
    Ok(())
}

async fn owner(connection: &mut Connection, email: Option<&str>) -> anyhow::Result<User> {
    if let Some(email) = email {
        return users::by_email(connection, email).await?.ok_or_else(|| {
            anyhow!(
                "There is no user with the email {email} here to own the integration. Name one that can sign in here with --owner."
            )
        });
    }
    let mut administrators: Vec<User> = users::list(connection)
        .await?
        .into_iter()
        .filter(|user| user.role == UserRole::Administrator)
        .collect();
    match (administrators.pop(), administrators.len()) {
        (Some(only), 0) => Ok(only),
        (Some(last), _) => {
            let all = administrators
                .iter()
                .chain([&last])
                .map(|user| user.email.as_str());
            Err(usage(format!(
                "There are several administrators ({}). Say with --owner which of them owns the integration.",
                names(all)
            )))
        }
        (None, _) => Err(anyhow!(
            "There is no administrator yet to own the integration. Run `deskbridge init` first."
        )),
    }
}

pub(super) async fn edit(
    engine: &Engine,
    name: &str,
    new_name: Option<String>,
    url: Option<String>,
    flags: &SettingsFlags,
) -> anyhow::Result<()> {
    let before = find(engine, name).await?;
    let mut settings = before.settings.clone();
    if let Some(new_name) = new_name {
        settings.name = new_name;
    }
    if let Some(url) = url {
        settings.url = url;
    }
    flags.lay_over(&mut settings);
    if flags.owner.is_some() {
        let reader = &mut *engine.store.read().await?;
        settings.owner_id = owner(reader, flags.owner.as_deref()).await?.id;
    }
    let sign_in = if let Some(shared) = &flags.credential {
        SignIn::Shared(shared.clone())
    } else if flags.sign_in.are_given() {
        let reader = &mut *engine.store.read().await?;
        let kept = credentials::find(reader, &before.settings.credential_id).await?;
        let own = kept.filter(|kept| is_own(kept, &before.settings.name));
        SignIn::Own(flags.sign_in.over(own.as_ref())?.own())
    } else {
        SignIn::Kept
    };
    let done = engine::integrations::edit(engine, &before, settings, sign_in, ACTOR);
    let done = Box::pin(done).await?;
    let (settings, changed, held) = (done.settings, done.told, done.held);
    output::line(&if changed.is_empty() {
        format!("Nothing to change in the integration {}.", settings.name)
    } else {
        format!("Changed the integration {}: {changed}.", settings.name)
    });
    if held.cases > 0 {
        output::line(&held_back(&settings.name, settings.two_way, held));
    }
    Ok(())
}

/// What is kept from going to Zendesk by itself, and how to have it sent (ticket-sync.md 2).
fn held_back(name: &str, two_way: bool, held: Backlog) -> String {
    let counted = super::backlog::counted(held);
    let push = format!("`deskbridge integration backlog {name} --push`");
    if two_way {
        format!(
            "Changed here and never sent: {counted}. None of it goes by itself; to have it sent: {push}. `deskbridge parked list` shows each."
        )
    } else {
        format!(
            "Not in Zendesk and kept here: {counted}. Once two-way sync is on again, {push} sends it."
        )
    }
}

pub(super) async fn delete(engine: &Engine, name: &str, yes: bool) -> anyhow::Result<()> {
    let found = find(engine, name).await?;
    if !yes && std::io::stdin().is_terminal() && !confirmed(&found.settings.name) {
        return Err(anyhow!("Nothing was deleted."));
    }
    engine::integrations::delete(engine, &found, yes, ACTOR)
        .await
        .map_err(|error| match error {
            engine::Error::Refused(said) => anyhow!("{said} (--yes confirms it.)"),
            engine::Error::Store(_)
            | engine::Error::Zendesk(_)
            | engine::Error::Field { .. }
            | engine::Error::Stopped
            | engine::Error::Rejected { .. }
            | engine::Error::Stuck { .. } => error.into(),
        })?;
    output::line(&format!(
        "Deleted the integration {} with its mirror. Cases, comments and contacts stay.",
        found.settings.name
    ));
    Ok(())
}

fn confirmed(name: &str) -> bool {
    output::note(&format!(
        "Delete the integration {name} with its mirror of tickets and its runs? Cases, comments and contacts stay. Type yes:"
    ));
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer).is_ok() && answer.trim() == "yes"
}

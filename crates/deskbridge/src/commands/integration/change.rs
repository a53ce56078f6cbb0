//! Adding, editing and deleting an integration, with the credential that is its own.

use std::io::{BufRead as _, IsTerminal as _};
use std::time::Duration;

use anyhow::anyhow;
use domain::identity::Unassigned;
use domain::mapping::Maps;
use domain::merge::Priority;
use engine::Engine;
use engine::actions::{self, Backlog};
use store::credentials::{self, Credential, CredentialDraft};
use store::integrations::{self, ContactPolicy, EmailMatch, Settings};
use store::users::{self, User, UserRole};
use store::{Connection, Tx};

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
    let mut settings = engine::integrations::check(settings, &engine.settings.addresses)?;
    let mut tx = engine.store.begin().await?;
    settings.credential_id = match (&flags.credential, sign_in) {
        (Some(shared), _) => shared_credential(&mut tx, shared).await?.id,
        (None, Some(sign_in)) => {
            let draft = sign_in.draft(&settings.name, &description_of(&settings.name));
            add_own(engine, &mut tx, draft).await?
        }
        (None, None) => return flags.check_sign_in_is_given(),
    };
    integrations::add(&mut tx, &settings, engine.act(ACTOR)).await?;
    tx.commit().await?;
    output::line(&format!(
        "Added the integration {0}, inactive. Switch it on with `deskbridge integration activate {0}`.",
        settings.name
    ));
    Ok(())
}

/// A credential made for one integration says so, which is how it is told from shared ones.
fn description_of(integration: &str) -> String {
    format!("Made for the integration {integration}")
}

fn is_own(credential: &Credential, integration: &str) -> bool {
    credential.used_by <= 1 && credential.description == description_of(integration)
}

/// Stores the integration's own credential under its name, or under one that is still free.
async fn add_own(
    engine: &Engine,
    tx: &mut Tx,
    mut draft: CredentialDraft,
) -> anyhow::Result<String> {
    let taken: Vec<String> = credentials::list(tx)
        .await?
        .into_iter()
        .map(|c| c.name)
        .collect();
    let name = draft.name.clone();
    let mut number = 1;
    while taken.contains(&draft.name) {
        number += 1;
        draft.name = format!("{name} {number}");
    }
    Ok(credentials::add(tx, &engine.keyring, &draft, engine.act(ACTOR)).await?)
}

async fn shared_credential(connection: &mut Connection, name: &str) -> anyhow::Result<Credential> {
    match credentials::find(connection, name).await? {
        Some(found) => Ok(found),
        None => Err(anyhow!(
            "There is no credential named {name:?}. `deskbridge credential list` shows those there are."
        )),
    }
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
    let addresses = &engine.settings.addresses;
    let mut settings = engine::integrations::check(settings, addresses)?;
    engine::integrations::check_edit(&before, &settings, addresses)?;
    let switched_on = settings.two_way && !before.settings.two_way;
    let switched_off = before.settings.two_way && !settings.two_way;
    let mut held = Backlog::default();
    if switched_on {
        held = Box::pin(actions::hold_backlog(engine, &before, ACTOR)).await?;
    }
    let mut tx = engine.store.begin().await?;
    if flags.owner.is_some() {
        settings.owner_id = owner(&mut tx, flags.owner.as_deref()).await?.id;
    }
    let kept = credentials::find(&mut tx, &before.settings.credential_id).await?;
    let own = kept
        .as_ref()
        .filter(|kept| is_own(kept, &before.settings.name));
    let renamed = settings.name != before.settings.name;
    let mut unused = None;
    if let Some(shared) = &flags.credential {
        settings.credential_id = shared_credential(&mut tx, shared).await?.id;
        unused = own.filter(|own| own.id != settings.credential_id);
    } else if flags.sign_in.are_given() {
        let sign_in = flags.sign_in.over(kept.as_ref())?;
        match own {
            Some(own) => {
                let draft = sign_in.draft(&own.name, &description_of(&settings.name));
                credentials::edit(&mut tx, &engine.keyring, &own.id, &draft, engine.act(ACTOR))
                    .await?;
            }
            // A shared one is not changed behind the back of the others who use it.
            None => {
                let draft = flags
                    .sign_in
                    .complete()?
                    .draft(&settings.name, &description_of(&settings.name));
                settings.credential_id = add_own(engine, &mut tx, draft).await?;
            }
        }
    } else if let (true, Some(own)) = (renamed, own) {
        let draft = flags
            .sign_in
            .over(Some(own))?
            .draft(&own.name, &description_of(&settings.name));
        credentials::edit(&mut tx, &engine.keyring, &own.id, &draft, engine.act(ACTOR)).await?;
    }
    let changed = describe(&before.settings, &settings, flags.sign_in.are_given());
    integrations::edit(&mut tx, &before.id, &settings, &changed, engine.act(ACTOR)).await?;
    if let Some(unused) = unused {
        credentials::delete(&mut tx, unused, engine.act(ACTOR)).await?;
    }
    tx.commit().await?;
    if switched_off {
        held = Box::pin(actions::hold_backlog(engine, &before, ACTOR)).await?;
    }
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

/// What an edit changed, for the audit log and for the person: from what to what, secrets left out.
fn describe(before: &Settings, after: &Settings, sign_in: bool) -> String {
    let mut changed = Vec::new();
    let mut note = |what: &str, from: String, to: String| {
        if from != to {
            changed.push(format!("{what} from {from} to {to}"));
        }
    };
    let none = |email: &Option<String>| email.clone().unwrap_or_else(|| "none".to_owned());
    let way = |two_way| if two_way { "two-way" } else { "one-way" }.to_owned();
    note("name", before.name.clone(), after.name.clone());
    note("URL", before.url.clone(), after.url.clone());
    note(
        "default user",
        none(&before.default_email),
        none(&after.default_email),
    );
    note("sync", way(before.two_way), way(after.two_way));
    note(
        "interval",
        format!("{} s", before.interval.as_secs()),
        format!("{} s", after.interval.as_secs()),
    );
    note(
        "budget share",
        format!("{} %", before.budget_share),
        format!("{} %", after.budget_share),
    );
    for ((what, from), (_, to)) in integrations::words(before)
        .into_iter()
        .zip(integrations::words(after))
    {
        note(&what.replace('_', " "), from.to_owned(), to.to_owned());
    }
    if before.owner_id != after.owner_id {
        changed.push("owner changed".to_owned());
    }
    if sign_in || before.credential_id != after.credential_id {
        changed.push("sign-in changed".to_owned());
    }
    changed.join(", ")
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
            | engine::Error::Stopped
            | engine::Error::Rejected { .. }
            | engine::Error::Stuck { .. } => error.into(),
        })?;
    let mut tx = engine.store.begin().await?;
    if let Some(own) = credentials::find(&mut tx, &found.settings.credential_id)
        .await?
        .filter(|credential| credential.used_by == 0 && is_own(credential, &found.settings.name))
    {
        credentials::delete(&mut tx, &own, engine.act(ACTOR)).await?;
        tx.commit().await?;
    }
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

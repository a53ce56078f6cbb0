//! Adding, editing and deleting a destination.

use engine::{Engine, profile_send};
use store::destinations::{self, Destination, DestinationDraft, Environment};
use zendesk::Me;

use super::address::Account;
use super::find;
use super::settings::SettingsFlags;
use crate::commands::credential;
use crate::commands::naming::{checked, in_use};
use crate::installation::ACTOR;
use crate::output;

pub(super) async fn add(
    engine: &Engine,
    name: &str,
    credential: &str,
    account: &Account,
    settings: &SettingsFlags,
) -> anyhow::Result<()> {
    let name = checked("a destination", name)?;
    let (url, account) = account.needed(&engine.settings.addresses)?;
    let mut draft = DestinationDraft {
        name: name.to_owned(),
        description: String::new(),
        credential_id: credential::named(engine, credential).await?.id,
        url,
        account,
        environment: Environment::Production,
        admin_only: false,
        allow_restricted: false,
        settings: String::new(),
    };
    settings.lay_over(&mut draft)?;
    let me = probed(engine, &draft, "stored").await?;
    let mut tx = engine.store.begin().await?;
    destinations::add(&mut tx, &draft, engine.act(ACTOR)).await?;
    tx.commit().await?;
    output::line(&format!(
        "Added the destination {name}: {}.",
        signed_in(&draft.account, &me)
    ));
    Ok(())
}

/// What `edit` was told.
pub(super) struct Edit {
    pub(super) new_name: Option<String>,
    pub(super) credential: Option<String>,
    pub(super) account: Account,
    pub(super) settings: SettingsFlags,
}

pub(super) async fn edit(engine: &Engine, name: &str, change: Edit) -> anyhow::Result<()> {
    let found = find(engine, name).await?;
    let mut draft = draft_of(&found);
    if let Some(new_name) = &change.new_name {
        checked("a destination", new_name)?.clone_into(&mut draft.name);
    }
    if let Some(credential) = &change.credential {
        draft.credential_id = credential::named(engine, credential).await?.id;
    }
    if let Some((url, account)) = change.account.given(&engine.settings.addresses)? {
        check_account(&found, &account)?;
        draft.url = url;
        draft.account = account;
    }
    change.settings.lay_over(&mut draft)?;
    if draft == draft_of(&found) {
        output::line(&format!(
            "Nothing to change in the destination {}.",
            found.name
        ));
        return Ok(());
    }
    let me = probed(engine, &draft, "changed").await?;
    let mut tx = engine.store.begin().await?;
    destinations::edit(&mut tx, &found, &draft, engine.act(ACTOR)).await?;
    tx.commit().await?;
    output::line(&format!(
        "Changed the destination {}: {}.",
        draft.name,
        signed_in(&draft.account, &me)
    ));
    Ok(())
}

/// What is known of the customers of one account says nothing about another one.
fn check_account(found: &Destination, account: &str) -> anyhow::Result<()> {
    if found.account == account {
        return Ok(());
    }
    Err(anyhow::anyhow!(
        "The destination {} belongs to the account {}, and what was sent there says nothing about {account}. Add another destination, or copy this one with `deskbridge destination promote`.",
        found.name,
        found.account
    ))
}

/// Signs in; nothing is kept unless that works.
pub(super) async fn probed(
    engine: &Engine,
    draft: &DestinationDraft,
    kept: &str,
) -> anyhow::Result<Me> {
    Box::pin(profile_send::probe(engine, draft))
        .await
        .map_err(|error| anyhow::anyhow!("{error} Nothing was {kept}."))
}

/// Who we are in an account, for people.
pub(super) fn signed_in(account: &str, me: &Me) -> String {
    format!(
        "signed in to {account} as {}, who has the role {}",
        output::shown(me.email.as_deref().unwrap_or("a user without email"), 80),
        me.role.as_deref().unwrap_or("unknown")
    )
}

/// A destination as it would be stored again.
pub(super) fn draft_of(found: &Destination) -> DestinationDraft {
    let found = found.clone();
    DestinationDraft {
        name: found.name,
        description: found.description,
        credential_id: found.credential_id,
        url: found.url,
        account: found.account,
        environment: found.environment,
        admin_only: found.admin_only,
        allow_restricted: found.allow_restricted,
        settings: found.settings,
    }
}

pub(super) async fn delete(engine: &Engine, name: &str) -> anyhow::Result<()> {
    let found = find(engine, name).await?;
    let mut tx = engine.store.begin().await?;
    // Looked up inside the transaction, so that none can begin to use it meanwhile.
    let uses = destinations::uses(&mut tx, &found.id).await?;
    if !uses.is_empty() {
        return Err(in_use("destination", &found.name, &uses));
    }
    destinations::delete(&mut tx, &found, engine.act(ACTOR)).await?;
    tx.commit().await?;
    output::line(&format!(
        "Deleted the destination {}. The users in Zendesk stay as they are.",
        found.name
    ));
    Ok(())
}

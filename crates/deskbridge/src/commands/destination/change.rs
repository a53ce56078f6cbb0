//! Adding, editing and deleting a destination.

use engine::Engine;
use engine::destinations::{self, draft_of, signed_in};
use store::destinations::{DestinationDraft, Environment};

use super::address::Account;
use super::find;
use super::settings::SettingsFlags;
use crate::commands::credential;
use crate::commands::naming::checked;
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
    let (made, me) = Box::pin(destinations::add(engine, draft, ACTOR)).await?;
    output::line(&format!(
        "Added the destination {name}: {}.",
        signed_in(&made.account, &me)
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
        draft.url = url;
        draft.account = account;
    }
    change.settings.lay_over(&mut draft)?;
    match Box::pin(destinations::edit(engine, &found, draft, ACTOR)).await? {
        None => output::line(&format!(
            "Nothing to change in the destination {}.",
            found.name
        )),
        Some((now, me)) => output::line(&format!(
            "Changed the destination {}: {}.",
            now.name,
            signed_in(&now.account, &me)
        )),
    }
    Ok(())
}

pub(super) async fn delete(engine: &Engine, name: &str) -> anyhow::Result<()> {
    let found = find(engine, name).await?;
    destinations::delete(engine, &found, ACTOR).await?;
    output::line(&format!(
        "Deleted the destination {}. The users in Zendesk stay as they are.",
        found.name
    ));
    Ok(())
}

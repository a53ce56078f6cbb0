//! Adding, editing and deleting a credential.

use engine::{Engine, profile_send};
use store::credentials::{self, Credential, CredentialDraft};
use store::destinations;

use crate::commands::destination::change::{draft_of, signed_in};
use crate::commands::naming::in_use;
use crate::installation::ACTOR;
use crate::output;

pub(super) async fn add(engine: &Engine, draft: &CredentialDraft) -> anyhow::Result<()> {
    let mut tx = engine.store.begin().await?;
    credentials::add(&mut tx, &engine.keyring, draft, engine.act(ACTOR)).await?;
    tx.commit().await?;
    output::line(&format!("Stored the credential {}.", draft.name));
    Ok(())
}

pub(super) async fn edit(
    engine: &Engine,
    found: &Credential,
    draft: &CredentialDraft,
) -> anyhow::Result<()> {
    let mut tx = engine.store.begin().await?;
    let act = engine.act(ACTOR);
    credentials::edit(&mut tx, &engine.keyring, &found.id, draft, act).await?;
    tx.commit().await?;
    output::line(&format!("Changed the credential {}.", draft.name));
    probe_again(engine, &found.id).await
}

/// Says whether the accounts that profiles are sent to still let us in. The change stays either way: it may
/// be half of one that is made in Zendesk too.
async fn probe_again(engine: &Engine, credential: &str) -> anyhow::Result<()> {
    let all = destinations::list(&mut *engine.store.read().await?).await?;
    for destination in all
        .into_iter()
        .filter(|destination| destination.credential_id == credential)
    {
        let name = destination.name.clone();
        let draft = draft_of(&destination);
        match Box::pin(profile_send::probe(engine, &draft)).await {
            Ok(me) => output::note(&format!(
                "Destination {name}: {}.",
                signed_in(&destination.account, &me)
            )),
            Err(error) => output::note(&format!("warning: destination {name}: {error}")),
        }
    }
    Ok(())
}

pub(super) async fn delete(engine: &Engine, found: &Credential) -> anyhow::Result<()> {
    let mut tx = engine.store.begin().await?;
    // Looked up inside the transaction, so that none can begin to use it meanwhile.
    let uses = credentials::uses(&mut tx, &found.id).await?;
    if !uses.is_empty() {
        return Err(in_use("credential", &found.name, &uses));
    }
    credentials::delete(&mut tx, found, engine.act(ACTOR)).await?;
    tx.commit().await?;
    output::line(&format!("Deleted the credential {}.", found.name));
    Ok(())
}

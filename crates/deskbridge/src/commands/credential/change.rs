//! Adding, editing and deleting a credential.

use engine::Engine;
use store::credentials::{self, Credential, CredentialDraft};

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

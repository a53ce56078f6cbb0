//! Adding, editing and deleting a credential.

use engine::Engine;
use engine::credentials::{self, OnFailure};
use store::credentials::{Credential, CredentialDraft};
use store::destinations;

use crate::installation::ACTOR;
use crate::output;

/// Stores it as it is: it may be stored before what it opens can be reached. `credential test` tries it.
pub(super) async fn add(engine: &Engine, mut draft: CredentialDraft) -> anyhow::Result<()> {
    credentials::check(&mut draft)?;
    let mut tx = engine.store.begin().await?;
    store::credentials::add(&mut tx, &engine.keyring, &draft, engine.act(ACTOR)).await?;
    tx.commit().await?;
    output::line(&format!("Stored the credential {}.", draft.name));
    Ok(())
}

/// Says whether the accounts that use it still let us in. The change stays either way: it may be half of
/// one that is made in Zendesk too.
pub(super) async fn edit(
    engine: &Engine,
    found: &Credential,
    draft: CredentialDraft,
) -> anyhow::Result<()> {
    let name = draft.name.clone();
    let saved = Box::pin(credentials::edit(
        engine,
        found,
        draft,
        OnFailure::Keep,
        ACTOR,
    ))
    .await?;
    output::line(&format!("Changed the credential {name}."));
    let mut reader = engine.store.read().await?;
    let all = destinations::list(&mut reader).await?;
    drop(reader);
    for trial in &saved.trials {
        // Named by the destinations there, which people know better than addresses.
        let names: Vec<&str> = all
            .iter()
            .filter(|one| one.credential_id == found.id && one.url == trial.place)
            .map(|one| one.name.as_str())
            .collect();
        let whose = match names.as_slice() {
            [] => String::new(),
            names => format!("destination {}: ", names.join(", ")),
        };
        let warning = if trial.well { "" } else { "warning: " };
        output::note(&format!("{warning}{whose}{trial}"));
    }
    Ok(())
}

pub(super) async fn delete(engine: &Engine, found: &Credential) -> anyhow::Result<()> {
    credentials::delete(engine, found, ACTOR).await?;
    output::line(&format!("Deleted the credential {}.", found.name));
    Ok(())
}

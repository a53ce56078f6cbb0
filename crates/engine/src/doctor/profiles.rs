//! What sends of profiles rely on: destinations, databases that queries read, import folders.

use std::path::PathBuf;

use futures_util::future::FutureExt as _;
use store::credentials::{self, Credential, CredentialKind};
use store::destinations::{self, Destination};

use super::{Finding, Look, PATIENCE, ask, looked, promptly};
use crate::connection::connect_account;
use crate::destinations::signed_in;
use crate::engine::Engine;
use crate::profile_send::{self, DestinationSettings, who};

/// A look at each of them.
pub(super) async fn looks(engine: &Engine) -> Vec<Look<'_>> {
    let mut looks = Vec::new();
    let listed = async { destinations::list(&mut *engine.store.read().await?).await };
    match listed.await {
        Ok(all) => {
            for destination in all {
                looks.push(look_at_destination(engine, destination).boxed());
            }
        }
        Err(error) => looks.push(looked(Finding::error("destinations", error.to_string()))),
    }
    let listed = async { credentials::list(&mut *engine.store.read().await?).await };
    match listed.await {
        Ok(all) => {
            for credential in all {
                if credential.kind == CredentialKind::Database {
                    looks.push(look_at_database(engine, credential).boxed());
                }
            }
        }
        Err(error) => looks.push(looked(Finding::error("credentials", error.to_string()))),
    }
    for folder in engine.settings.sources.import_folders.clone() {
        looks.push(look_at_folder(engine, folder).boxed());
    }
    looks
}

async fn look_at_destination(engine: &Engine, destination: Destination) -> Vec<Finding> {
    let check = format!("destination {}", destination.name);
    let asked = ask(engine, async {
        let client = connect_account(
            engine,
            &destination.url,
            &destination.credential_id,
            DestinationSettings::default().budget_share,
            &check,
        );
        who(&client.await?.impatient(PATIENCE)).await
    });
    vec![match asked.await {
        Ok(me) => Finding::ok(
            check,
            format!("It {}.", signed_in(&destination.account, &me)),
        ),
        Err((grade, why)) => Finding::of(grade, check, why),
    }]
}

/// Databases are read by a user of their own that can do nothing else; what more it can do is said.
async fn look_at_database(engine: &Engine, credential: Credential) -> Vec<Finding> {
    let check = format!("database {}", credential.name);
    let asked = ask(engine, profile_send::try_database(engine, &credential.id));
    match asked.await {
        Ok(advice) if advice.is_empty() => vec![Finding::ok(
            check,
            "It can be signed in to, and its user can do no more than it should.",
        )],
        Ok(advice) => advice
            .into_iter()
            .map(|sentence| Finding::warning(check.clone(), sentence))
            .collect(),
        Err((grade, why)) => vec![Finding::of(grade, check, why)],
    }
}

async fn look_at_folder(engine: &Engine, folder: PathBuf) -> Vec<Finding> {
    let check = "import folder";
    let looking = async {
        let found = tokio::fs::metadata(&folder).await;
        found.is_ok_and(|found| found.is_dir())
    };
    let shown = folder.display();
    vec![match promptly(&*engine.clock, looking).await {
        Some(true) => Finding::ok(check, format!("{shown} is there.")),
        Some(false) => Finding::warning(
            check,
            format!(
                "{shown} is not there or no folder, so queries find no file in it. Make it, or change sources.import_folders."
            ),
        ),
        None => Finding::warning(
            check,
            format!(
                "{shown} cannot be looked into: the disk or the machine that holds it does not answer. Queries that read files of it wait, or fail."
            ),
        ),
    }]
}

//! What sends of profiles rely on: destinations, databases that queries read, import folders.

use engine::destinations::{draft_of, signed_in};
use engine::{Engine, profile_send};
use store::credentials::{self, CredentialKind};
use store::destinations;

use super::{Findings, Grade};

pub(super) async fn check(engine: &Engine, findings: &mut Findings) {
    check_destinations(engine, findings).await;
    check_databases(engine, findings).await;
    for folder in &engine.settings.sources.import_folders {
        let check = "import folder";
        if folder.is_dir() {
            findings.add(check, Grade::Ok, format!("{} is there.", folder.display()));
        } else {
            let sentence = format!(
                "{} is not there or no folder, so queries find no file in it. Make it, or change sources.import_folders.",
                folder.display()
            );
            findings.add(check, Grade::Warning, sentence);
        }
    }
}

async fn check_destinations(engine: &Engine, findings: &mut Findings) {
    let listed = async { destinations::list(&mut *engine.store.read().await?).await };
    let all = match listed.await {
        Ok(all) => all,
        Err(error) => return findings.add("destinations", Grade::Error, error.to_string()),
    };
    for destination in &all {
        let check = format!("destination {}", destination.name);
        let draft = draft_of(destination);
        match Box::pin(profile_send::probe(engine, &draft)).await {
            Ok(me) => findings.add(
                check,
                Grade::Ok,
                format!("It {}.", signed_in(&destination.account, &me)),
            ),
            Err(error) => findings.add(check, Grade::Error, error.to_string()),
        }
    }
}

/// Databases are read by a user of their own that can do nothing else; what more it can do is said.
async fn check_databases(engine: &Engine, findings: &mut Findings) {
    let listed = async { credentials::list(&mut *engine.store.read().await?).await };
    let all = match listed.await {
        Ok(all) => all,
        Err(error) => return findings.add("credentials", Grade::Error, error.to_string()),
    };
    for credential in all
        .iter()
        .filter(|credential| credential.kind == CredentialKind::Database)
    {
        let check = format!("database {}", credential.name);
        match Box::pin(profile_send::try_database(engine, &credential.id)).await {
            Ok(advice) if advice.is_empty() => findings.add(
                check,
                Grade::Ok,
                "It can be signed in to, and its user can do no more than it should.",
            ),
            Ok(advice) => {
                for sentence in advice {
                    findings.add(check.clone(), Grade::Warning, sentence);
                }
            }
            Err(error) => findings.add(check, Grade::Error, error.to_string()),
        }
    }
}

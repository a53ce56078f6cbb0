//! `deskbridge doctor`: checks the installation and says what to do about each finding.

mod account;
mod disk;
mod live;
mod profiles;

use clock::{Clock as _, SystemClock};
use engine::Engine;
use serde::Serialize;
use store::users::UserRole;
use store::{integrations, leases, users};

use crate::failure::AlreadyTold;
use crate::installation::{Installation, Place};
use crate::output;

/// Arguments of `doctor`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit status: 0 if nothing is wrong (warnings included), else 1. With --live: 0 if all is as expected, 3 if something differs, 1 if something could not be found out or deleted."
)]
pub(crate) struct Arguments {
    /// Prints one JSON object
    #[arg(long)]
    json: bool,
    /// Instead: probes the Zendesk account of this integration or destination with a throw-away
    /// user and ticket
    #[arg(long, value_name = "NAME")]
    live: Option<String>,
    #[command(flatten)]
    terms: live::Terms,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Grade {
    Ok,
    Warning,
    Error,
}

/// One finding: what was looked at, how it is, and what to do.
#[derive(Debug, Serialize)]
struct Finding {
    check: String,
    grade: Grade,
    finding: String,
}

/// All findings, in the order in which they were made.
#[derive(Debug, Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, check: impl Into<String>, grade: Grade, finding: impl Into<String>) {
        self.0.push(Finding {
            check: check.into(),
            grade,
            finding: finding.into(),
        });
    }

    fn has_error(&self) -> bool {
        self.0.iter().any(|finding| finding.grade == Grade::Error)
    }
}

/// Does it.
pub(crate) async fn run(place: Place, arguments: Arguments) -> anyhow::Result<()> {
    if let Some(name) = &arguments.live {
        return Box::pin(live::run(&place, name, &arguments.terms, arguments.json)).await;
    }
    let mut findings = Findings::default();
    look(&place, &mut findings).await;
    let has_error = findings.has_error();
    if arguments.json {
        output::json(&serde_json::json!({ "ok": !has_error, "findings": findings.0 }))?;
    } else {
        for Finding {
            check,
            grade,
            finding,
        } in &findings.0
        {
            let mark = match grade {
                Grade::Ok => "ok     ",
                Grade::Warning => "warning",
                Grade::Error => "ERROR  ",
            };
            output::line(&format!("{mark}  {check}: {finding}"));
        }
    }
    if has_error {
        return Err(AlreadyTold.into());
    }
    Ok(())
}

async fn look(place: &Place, findings: &mut Findings) {
    findings.add(
        "data folder",
        Grade::Ok,
        format!("The installation is in {}.", place.data.display()),
    );
    disk::check(&place.data, findings);
    let key_is_sound = check_key_file(place, findings);
    let installation = match place.open().await {
        Ok(installation) => installation,
        Err(error) => {
            // A key that is not there was named above.
            if key_is_sound {
                findings.add("database", Grade::Error, error.to_string());
            }
            return;
        }
    };
    check_database(&installation, findings).await;
    check_people(&installation.engine, findings).await;
    check_accounts(&installation.engine, findings).await;
    Box::pin(profiles::check(&installation.engine, findings)).await;
    installation.close().await;
}

fn check_key_file(place: &Place, findings: &mut Findings) -> bool {
    if place.key_is_given() {
        findings.add("key", Grade::Ok, "DESKBRIDGE_KEY holds it.");
        return true;
    }
    // Whether it fits is found out by opening the database.
    match place.key_file().load() {
        Ok(_) => {
            let path = place.key_file().path();
            findings.add(
                "key",
                Grade::Ok,
                format!("{} can be read, by its owner only.", path.display()),
            );
            true
        }
        Err(error) => {
            findings.add("key", Grade::Error, error.to_string());
            false
        }
    }
}

async fn check_database(installation: &Installation, findings: &mut Findings) {
    let store = &installation.engine.store;
    // A real write, of a row that means nothing: only so is it known that it can be done.
    let written = leases::take(
        store,
        "doctor",
        "doctor",
        SystemClock.now(),
        std::time::Duration::ZERO,
    )
    .await;
    match written {
        Ok(_) => findings.add(
            "database",
            Grade::Ok,
            format!(
                "{} opens with this key, its tables are up to date, and it can be written to.",
                store.place()
            ),
        ),
        Err(error) => findings.add("database", Grade::Error, error.to_string()),
    }
}

async fn check_people(engine: &Engine, findings: &mut Findings) {
    let listed = async { users::list(&mut *engine.store.read().await?).await };
    match listed.await {
        Err(error) => findings.add("administrator", Grade::Error, error.to_string()),
        Ok(users) if users.iter().any(|user| user.role == UserRole::Administrator) => {
            findings.add("administrator", Grade::Ok, "There is one who can sign in.");
        }
        Ok(_) => findings.add(
            "administrator",
            Grade::Error,
            "There is none, so nobody can sign in. Run `deskbridge init --admin-email YOU@EXAMPLE.COM --admin-password-env VARIABLE`.",
        ),
    }
}

async fn check_accounts(engine: &Engine, findings: &mut Findings) {
    let listed = async { integrations::list(&mut *engine.store.read().await?).await };
    match listed.await {
        Err(error) => findings.add("integrations", Grade::Error, error.to_string()),
        Ok(all) if all.is_empty() => findings.add(
            "integrations",
            Grade::Warning,
            "There is none yet. Add one with `deskbridge integration add`.",
        ),
        Ok(all) => {
            for integration in &all {
                Box::pin(account::check(engine, integration, findings)).await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_error_makes_the_whole_wrong() {
        let mut findings = Findings::default();
        findings.add("a", Grade::Ok, "fine");
        findings.add("b", Grade::Warning, "look at it");
        assert!(!findings.has_error());
        findings.add("c", Grade::Error, "broken");
        assert!(findings.has_error());
    }
}

//! `deskbridge doctor`: checks the installation and says what to do about each finding.

mod live;

use clock::SystemClock;
use engine::doctor::{Finding, Grade, examine_disk, examine_opened, has_error};

use crate::failure::AlreadyTold;
use crate::installation::Place;
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

/// Does it.
pub(crate) async fn run(place: Place, arguments: Arguments) -> anyhow::Result<()> {
    if let Some(name) = &arguments.live {
        return Box::pin(live::run(&place, name, &arguments.terms, arguments.json)).await;
    }
    let findings = look(&place).await;
    let has_error = has_error(&findings);
    if arguments.json {
        output::json(&serde_json::json!({ "ok": !has_error, "findings": findings }))?;
    } else {
        for Finding {
            check,
            grade,
            finding,
        } in &findings
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

/// What the engine cannot look at, since it may keep the installation from opening, and then the rest.
async fn look(place: &Place) -> Vec<Finding> {
    let mut findings = vec![
        Finding::ok(
            "data folder",
            format!("The installation is in {}.", place.data.display()),
        ),
        examine_disk(&place.data, &SystemClock).await,
    ];
    let key = key(place);
    let key_is_sound = key.grade == Grade::Ok;
    findings.push(key);
    match place.open().await {
        Ok(installation) => {
            findings.extend(examine_opened(&installation.engine).await);
            installation.close().await;
        }
        // A key that is not there was named above.
        Err(error) if key_is_sound => {
            findings.push(Finding::error("database", error.to_string()));
        }
        Err(_) => {}
    }
    findings
}

fn key(place: &Place) -> Finding {
    if place.key_is_given() {
        return Finding::ok("key", "DESKBRIDGE_KEY holds it.");
    }
    // Whether it fits is found out by opening the database.
    match place.key_file().load() {
        Ok(_) => {
            let path = place.key_file().path();
            Finding::ok(
                "key",
                format!("{} can be read, by its owner only.", path.display()),
            )
        }
        Err(error) => Finding::error("key", error.to_string()),
    }
}

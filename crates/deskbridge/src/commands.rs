//! One file per command: its arguments, what it does, its errors.

pub(crate) mod alert;
pub(crate) mod attachment;
pub(crate) mod case;
pub(crate) mod conflict;
pub(crate) mod contact;
pub(crate) mod credential;
pub(crate) mod demo;
pub(crate) mod destination;
pub(crate) mod doctor;
pub(crate) mod form;
pub(crate) mod init;
pub(crate) mod integration;
pub(crate) mod keys;
mod listing;
mod naming;
pub(crate) mod orchestration;
pub(crate) mod outgoing_webhook;
pub(crate) mod parked;
pub(crate) mod query;
pub(crate) mod send;
pub(crate) mod serve;
pub(crate) mod simulator;
pub(crate) mod sync;
pub(crate) mod webhook;
pub(crate) mod workflow;

use std::pin::Pin;

use crate::arguments::{Arguments, Command};
use crate::environment::Environment;
use crate::installation::Place;
use crate::logging;

/// Does what was typed.
///
/// # Errors
/// One sentence a person can act on.
pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let Arguments { global, command } = arguments;
    let environment = Environment::read()?;
    let log = environment.log.clone();
    let start_log = |configured: &str| logging::start(global.verbose, log.as_deref(), configured);
    let find = |environment| -> anyhow::Result<Place> {
        let place = Place::find(&global, environment)?;
        start_log(&place.config.log.level)?;
        Ok(place)
    };
    let run: Pin<Box<dyn Future<Output = anyhow::Result<()>>>> = match command {
        // These two have no installation to read settings from.
        Command::Simulator(arguments) => {
            start_log("warn")?;
            Box::pin(simulator::run(*arguments))
        }
        Command::Demo(arguments) => {
            start_log("warn")?;
            Box::pin(demo::run(arguments, global, environment))
        }
        Command::Init(arguments) => Box::pin(init::run(find(environment)?, arguments)),
        Command::Serve(arguments) => Box::pin(serve::run(find(environment)?, arguments)),
        Command::Integration(action) => Box::pin(integration::run(find(environment)?, action)),
        Command::Sync(arguments) => Box::pin(sync::run(find(environment)?, arguments)),
        Command::Case(action) => Box::pin(case::run(find(environment)?, action)),
        Command::Conflict(action) => Box::pin(conflict::run(find(environment)?, action)),
        Command::Contact(action) => Box::pin(contact::run(find(environment)?, action)),
        Command::Parked(action) => Box::pin(parked::run(find(environment)?, action)),
        Command::Credential(action) => Box::pin(credential::run(find(environment)?, action)),
        Command::Destination(action) => Box::pin(destination::run(find(environment)?, action)),
        Command::Send(arguments) => Box::pin(send::run(find(environment)?, *arguments)),
        Command::Workflow(action) => Box::pin(workflow::run(find(environment)?, action)),
        Command::Query(action) => Box::pin(query::run(find(environment)?, *action)),
        Command::Orchestration(action) => Box::pin(orchestration::run(find(environment)?, *action)),
        Command::Alert(action) => Box::pin(alert::run(find(environment)?, action)),
        Command::Doctor(arguments) => Box::pin(doctor::run(find(environment)?, arguments)),
        Command::Webhook(action) => Box::pin(webhook::run(find(environment)?, action)),
        Command::OutgoingWebhook(action) => {
            Box::pin(outgoing_webhook::run(find(environment)?, action))
        }
        Command::Keys(action) => Box::pin(keys::run(find(environment)?, action)),
    };
    run.await
}

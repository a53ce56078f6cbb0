//! One file per command: its arguments, what it does, its errors.

pub(crate) mod case;
pub(crate) mod credential;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod init;
pub(crate) mod integration;
pub(crate) mod keys;
pub(crate) mod serve;
pub(crate) mod simulator;
pub(crate) mod sync;

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
    // Neither of these two has an installation to read its settings from.
    match command {
        Command::Simulator(arguments) => {
            logging::start(global.verbose, log.as_deref(), "warn")?;
            Box::pin(simulator::run(*arguments)).await
        }
        Command::Demo(arguments) => {
            logging::start(global.verbose, log.as_deref(), "warn")?;
            Box::pin(demo::run(arguments, global, environment)).await
        }
        command => {
            let place = Place::find(&global, environment)?;
            logging::start(global.verbose, log.as_deref(), &place.config.log.level)?;
            Box::pin(run_in(place, command)).await
        }
    }
}

async fn run_in(place: Place, command: Command) -> anyhow::Result<()> {
    match command {
        Command::Init(arguments) => init::run(&place, &arguments).await,
        Command::Serve(arguments) => serve::run(&place, &arguments).await,
        Command::Integration(action) => integration::run(&place, action).await,
        Command::Sync(arguments) => sync::run(&place, &arguments).await,
        Command::Case(action) => case::run(&place, action).await,
        Command::Credential(action) => credential::run(&place, action).await,
        Command::Doctor(arguments) => doctor::run(&place, &arguments).await,
        Command::Keys(action) => keys::run(&place, &action).await,
        // Handled by the caller.
        Command::Demo(_) | Command::Simulator(_) => Ok(()),
    }
}

//! The binary: command line, configuration, wiring.
//!
//! One file per command below [`commands`]. This crate alone reads the environment
//! ([`environment`]), chooses the machine's clock and randomness, and prints ([`output`]).

mod arguments;
mod commands;
mod config;
mod environment;
mod failure;
mod holder;
mod installation;
mod key_file;
mod kill_switch;
mod logging;
mod map_file;
mod output;
mod progress;
mod sign_in;
mod stop;
mod summary;
mod workflow_run;

use std::process::ExitCode;

use clap::Parser as _;

use arguments::Arguments;

fn main() -> ExitCode {
    // Every TLS connection of this process uses ring; a second provider would be an accident.
    drop(rustls::crypto::ring::default_provider().install_default());
    let arguments = Arguments::parse();
    let done = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| anyhow::anyhow!("The program could not start its threads: {error}."))
        .and_then(|runtime| runtime.block_on(Box::pin(commands::run(arguments))));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failure::report(&error),
    }
}

//! What can be typed: the tree of commands. Each command's own arguments stand in its file.

use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand};

use crate::commands::{
    alert, case, conflict, contact, credential, demo, destination, doctor, init, integration, keys,
    orchestration, outgoing_webhook, parked, query, send, serve, simulator, sync, webhook,
    workflow,
};

const QUICK_START: &str = "\
Try it now, without Zendesk:  deskbridge demo
Set it up:                    deskbridge init --admin-email YOU@EXAMPLE.COM --admin-password-env VAR";

const AFTER: &str = "\
Environment:
  DESKBRIDGE_DATA            the data folder, as --data
  DESKBRIDGE_DATABASE_URL    postgres://… to use a PostgreSQL server instead of a file
  DESKBRIDGE_KEY             the key's text, instead of the file `key` in the data folder
  DESKBRIDGE_ALLOW_LOOPBACK  1 permits http://127.0.0.1:PORT as a Zendesk address (tests only)
  DESKBRIDGE_LOG             off, error, warn, info, debug or trace

Exit status: 0 done, 2 called wrongly, 1 anything else, with a sentence on standard error.";

/// Keeps Zendesk tickets and the cases of your CRM in step.
#[derive(Debug, Parser)]
#[command(
    name = "deskbridge",
    version,
    before_help = QUICK_START,
    after_help = AFTER,
    propagate_version = true,
    subcommand_required = true,
    arg_required_else_help = true,
    max_term_width = 110
)]
pub(crate) struct Arguments {
    /// Flags of every command.
    #[command(flatten)]
    pub(crate) global: Global,
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Flags of every command.
#[derive(Debug, Args)]
pub(crate) struct Global {
    /// The data folder: key, database, configuration (default: $XDG_DATA_HOME/deskbridge, else
    /// ~/.local/share/deskbridge)
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// The configuration file (default: config.toml in the data folder, if it is there)
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Shows what happens; twice for more
    #[arg(long, short, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Sets up: key, database, first administrator. Safe to repeat
    Init(init::Arguments),
    /// Shows everything at work on a bundled Zendesk simulator
    Demo(demo::Arguments),
    /// Serves the pages and runs the workers and the schedule
    Serve(serve::Arguments),
    /// Connected Zendesk accounts
    #[command(subcommand)]
    Integration(integration::Action),
    /// Brings Zendesk's changes into the cases and the cases' changes to Zendesk now
    Sync(sync::Arguments),
    /// What Zendesk tells by itself, so that its changes are here at once
    #[command(subcommand)]
    Webhook(webhook::Action),
    /// Cases and their tickets
    #[command(subcommand)]
    Case(case::Action),
    /// Customers, and who they are in Zendesk
    #[command(subcommand)]
    Contact(contact::Action),
    /// Fields that were changed on both sides
    #[command(subcommand)]
    Conflict(conflict::Action),
    /// Changes that cannot be delivered now
    #[command(subcommand)]
    Parked(parked::Action),
    /// Stored sign-in details, for integrations, destinations and queries to share
    #[command(subcommand)]
    Credential(credential::Action),
    /// Zendesk accounts that customer profiles are sent to
    #[command(subcommand)]
    Destination(destination::Action),
    /// Sends the customer profiles of a file to a destination
    Send(Box<send::Arguments>),
    /// What is sent: files, statements, objects, our own contacts
    #[command(subcommand)]
    Query(Box<query::Action>),
    /// From a query to a destination: how rows are sent, and when
    #[command(subcommand)]
    Orchestration(Box<orchestration::Action>),
    /// Sends and what became of them, and what to do about those that failed
    #[command(subcommand)]
    Workflow(workflow::Action),
    /// What people are told of workflows that failed
    #[command(subcommand)]
    Alert(alert::Action),
    /// Other systems that are told what happens here
    #[command(subcommand)]
    OutgoingWebhook(outgoing_webhook::Action),
    /// Checks the installation and says what to do about each finding
    Doctor(doctor::Arguments),
    /// The key that seals stored secrets
    #[command(subcommand)]
    Keys(keys::Action),
    /// Runs a Zendesk to test against, in memory
    Simulator(Box<simulator::Arguments>),
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_tree_of_commands_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn help_begins_with_how_to_start() {
        let help = Arguments::command().render_long_help().to_string();
        assert!(help.starts_with("Try it now"), "{help}");
    }
}

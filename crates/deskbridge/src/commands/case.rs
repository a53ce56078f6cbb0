//! `deskbridge case`: cases and their tickets.

mod change;
pub(crate) mod people;
mod show;
mod ticket;

pub(crate) use change::tell;

use clap::Subcommand;

use crate::commands::attachment;
use crate::installation::Place;

/// What to do with cases.
#[derive(Debug, Subcommand)]
pub(crate) enum Action {
    /// Lists cases, newest first
    #[command(
        after_help = "Examples:\n  deskbridge case list --limit 5\n  deskbridge case list --json --before 120"
    )]
    List {
        /// Prints one JSON object: the cases, and `next` for --before
        #[arg(long)]
        json: bool,
        /// How many at most
        #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=1_000_000))]
        limit: i64,
        /// Only cases with a smaller number than this
        #[arg(long, value_name = "NUMBER")]
        before: Option<i64>,
    },
    /// Shows one case with its ticket panel, comments, conflicts and history
    Show {
        /// Its number or id
        id: String,
        /// Only history before the entry of this number
        #[arg(long, value_name = "N")]
        history_before: Option<i64>,
        /// Prints one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Makes a case here; `case publish` makes its ticket
    Create(Box<change::Create>),
    /// Changes fields of a case; with two-way sync they reach its ticket
    Edit(Box<change::Edit>),
    /// Adds a comment to a case: a private note, unless told otherwise
    Comment(change::Comment),
    /// Makes a ticket of a case that has none. Safe to repeat
    Publish(ticket::Publish),
    /// Makes a ticket that follows a case's closed one. Safe to repeat
    #[command(after_help = "Example:\n  deskbridge case follow-up 12")]
    FollowUp(ticket::Asking),
    /// Says in one sentence whether a case is in step with its ticket, and why not
    #[command(after_help = "Examples:\n  deskbridge case why 12\n  deskbridge case why 12 --json")]
    Why {
        /// Its number or id
        id: String,
        /// Prints one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Gives up everything of a case that is parked: fields go back to what both sides last agreed on
    #[command(after_help = "Example:\n  deskbridge case discard 12")]
    Discard(ticket::Asking),
    /// Deletes a case here; its ticket is left as it is
    #[command(after_help = "Example:\n  deskbridge case delete 12")]
    Delete(ticket::Asking),
    /// Restores a case that was deleted here
    #[command(
        after_help = "Example:\n  deskbridge case restore 12\n\nA value that lost a conflict is restored with `deskbridge conflict restore`."
    )]
    Restore(ticket::Asking),
    /// Adds a comment with files to a case: a private note, unless told otherwise
    Attach(attachment::Attach),
    /// Lists the files of a case's comments, or saves one
    Download(attachment::Download),
}

/// Does it.
pub(crate) async fn run(place: Place, action: Action) -> anyhow::Result<()> {
    let installation = place.open().await?;
    let engine = &installation.engine;
    match action {
        Action::List {
            json,
            limit,
            before,
        } => show::list(engine, json, limit, before).await?,
        Action::Show {
            id,
            history_before,
            json,
        } => show::show(engine, &id, history_before, json).await?,
        Action::Create(arguments) => change::create(engine, *arguments).await?,
        Action::Edit(arguments) => change::edit(engine, *arguments).await?,
        Action::Comment(arguments) => change::comment(engine, arguments).await?,
        Action::Publish(arguments) => ticket::publish(engine, arguments).await?,
        Action::FollowUp(arguments) => ticket::follow_up(engine, arguments).await?,
        Action::Why { id, json } => ticket::why(engine, &id, json).await?,
        Action::Discard(arguments) => ticket::discard(engine, arguments).await?,
        Action::Delete(arguments) => change::delete(engine, arguments).await?,
        Action::Restore(arguments) => change::restore(engine, arguments).await?,
        Action::Attach(arguments) => attachment::attach(engine, arguments).await?,
        Action::Download(arguments) => attachment::download(engine, arguments).await?,
    }
    installation.close().await;
    Ok(())
}

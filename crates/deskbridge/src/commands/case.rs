//! `deskbridge case`: cases and their tickets, to read.

use anyhow::anyhow;
use clap::Subcommand;
use engine::Engine;
use engine::case_view::{self, CaseView, CommentView, PanelValue, PersonView, TicketPanel};

use crate::commands::attachment;
use crate::installation::Place;
use crate::output;

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
    /// Shows one case with its ticket panel, comments and history
    Show {
        /// Its number or id
        id: String,
        /// Prints one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Adds a comment with files to a case: a private note, unless told otherwise
    Attach(attachment::Attach),
    /// Lists the files of a case's comments, or saves one
    Download(attachment::Download),
}

/// Does it.
pub(crate) async fn run(place: Place, action: Action) -> anyhow::Result<()> {
    let installation = place.open().await?;
    match action {
        Action::List {
            json,
            limit,
            before,
        } => list(&installation.engine, json, limit, before).await?,
        Action::Show { id, json } => show(&installation.engine, &id, json).await?,
        Action::Attach(arguments) => attachment::attach(&installation.engine, arguments).await?,
        Action::Download(arguments) => {
            attachment::download(&installation.engine, arguments).await?;
        }
    }
    installation.close().await;
    Ok(())
}

async fn list(engine: &Engine, json: bool, limit: i64, before: Option<i64>) -> anyhow::Result<()> {
    let page = case_view::list(engine, before, limit).await?;
    if json {
        return output::json(&page);
    }
    if page.cases.is_empty() {
        output::note(
            "There are no cases here. `deskbridge sync NAME` brings those of an integration.",
        );
        return Ok(());
    }
    let rows: Vec<Vec<String>> = page
        .cases
        .iter()
        .map(|case| {
            vec![
                case.number.to_string(),
                case.status.label().to_owned(),
                case.priority.label().to_owned(),
                case.ticket
                    .map_or_else(|| "-".to_owned(), |ticket| ticket.to_string()),
                output::shown(case.contact.as_ref().map_or("-", |name| &name.name), 24),
                output::shown(case.assigned_to.as_ref().map_or("-", |name| &name.name), 24),
                output::shown(&case.subject, 60),
            ]
        })
        .collect();
    output::table(
        &[
            "CASE",
            "STATUS",
            "PRIORITY",
            "TICKET",
            "CONTACT",
            "ASSIGNED TO",
            "SUBJECT",
        ],
        &rows,
    );
    if let Some(next) = page.next {
        output::note(&format!(
            "There are more: deskbridge case list --before {next}"
        ));
    }
    Ok(())
}

async fn show(engine: &Engine, id: &str, json: bool) -> anyhow::Result<()> {
    let found = case_view::show(engine, id).await?.ok_or_else(|| {
        anyhow!("There is no case {id:?}. `deskbridge case list` shows those there are.")
    })?;
    if json {
        return output::json(&found);
    }
    print(&found);
    Ok(())
}

fn line(label: &str, value: &str) {
    output::line(&format!("  {label:<18} {}", output::shown(value, 500)));
}

fn print(case: &CaseView) {
    output::line(&format!(
        "Case {}: {}",
        case.number,
        output::shown(&case.subject, 500)
    ));
    for notice in &case.notices {
        output::line(&format!("  ! {}", output::shown(&notice.sentence, 500)));
    }
    line("Status", case.status.label());
    line("Priority", case.priority.label());
    line(
        "Contact",
        case.contact.as_ref().map_or("-", |name| &name.name),
    );
    line(
        "Assigned to",
        case.assigned_to.as_ref().map_or("-", |name| &name.name),
    );
    line("Owner", case.owner.as_ref().map_or("-", |name| &name.name));
    line("Reported", &case.reported_at.to_string());
    if let Some(at) = case.closed_at {
        line("Closed", &at.to_string());
    }
    if let Some(ticket) = &case.ticket {
        panel(ticket);
    }
    output::line(&format!("Comments ({})", case.comments_total));
    for comment in &case.comments {
        print_comment(comment);
    }
}

fn panel(ticket: &TicketPanel) {
    output::line("Ticket");
    for field in ticket.fields() {
        let text = match field.value {
            PanelValue::Number(number, url) => match url {
                Some(url) => format!("{number}  {url}"),
                None => number.to_string(),
            },
            PanelValue::Text(text) => text.unwrap_or("-").to_owned(),
            PanelValue::Person(who) => who.map_or_else(|| "-".to_owned(), person),
            PanelValue::Problem(problem) => problem.map_or_else(
                || "-".to_owned(),
                |problem| match problem.case_number {
                    Some(case) => format!("ticket {}, case {case}", problem.ticket),
                    None => format!("ticket {}", problem.ticket),
                },
            ),
            PanelValue::People([]) => "-".to_owned(),
            PanelValue::People(people) => people.iter().map(person).collect::<Vec<_>>().join(", "),
        };
        line(field.label, &text);
    }
}

fn person(who: &PersonView) -> String {
    let ours = who.shown().map(|name| name.name.as_str());
    match (ours, who.zendesk_name_beside()) {
        (Some(ours), Some(theirs)) => format!("{ours} ({theirs} in Zendesk)"),
        (Some(name), None) | (None, Some(name)) => name.to_owned(),
        (None, None) => "-".to_owned(),
    }
}

fn print_comment(comment: &CommentView) {
    let public = if comment.public { "public" } else { "private" };
    output::line(&format!(
        "  {}  {}  {public}{}",
        comment.created_at,
        output::shown(&person(&comment.author), 100),
        if comment.is_description {
            ", description"
        } else {
            ""
        }
    ));
    for text in comment.message.lines() {
        output::line(&format!("    {}", output::shown(text, 2000)));
    }
}

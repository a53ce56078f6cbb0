//! `deskbridge case list` and `deskbridge case show`: cases to read.

use anyhow::anyhow;
use engine::Engine;
use engine::case_view::{
    self, CaseView, CommentView, ConflictView, HistoryLine, PanelValue, PersonView, TicketPanel,
    Window,
};

use crate::output;

/// Prints a page of cases.
///
/// # Errors
/// As the database says.
pub(super) async fn list(
    engine: &Engine,
    json: bool,
    limit: i64,
    before: Option<i64>,
) -> anyhow::Result<()> {
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

/// Prints a case.
///
/// # Errors
/// A sentence if there is no such case.
pub(super) async fn show(
    engine: &Engine,
    id: &str,
    history_before: Option<i64>,
    json: bool,
) -> anyhow::Result<()> {
    let window = Window {
        history_before,
        ..Window::default()
    };
    let found = case_view::show_part(engine, id, window)
        .await?
        .ok_or_else(|| {
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
    for parked in &case.parked {
        output::line(&format!(
            "  ! {} (change {})",
            output::shown(&parked.sentence(), 1000),
            parked.id
        ));
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
        print_comment(comment, case.parked_comment(&comment.id).is_some());
    }
    if !case.conflict_records.is_empty() {
        output::line(&format!("Changed on both sides ({})", case.conflicts));
        for conflict in &case.conflict_records {
            print_conflict(conflict);
        }
    }
    output::line("History");
    if case.history.is_empty() {
        output::line("  Nothing has changed since the case was made.");
    }
    for entry in &case.history {
        print_history(entry);
    }
    if let Some(next) = case.history_next {
        output::note(&format!(
            "There is more: deskbridge case show {} --history-before {next}",
            case.number
        ));
    }
}

fn print_conflict(conflict: &ConflictView) {
    let value = |value: &str| output::shown(value, 200);
    output::line(&format!(
        "  {}  {}: here {}, in Zendesk {}; {} ({}, conflict {})",
        conflict.at,
        conflict.label,
        value(conflict.crm.as_deref().unwrap_or("nothing")),
        value(conflict.zendesk_told()),
        conflict.outcome(),
        conflict.rule,
        conflict.id
    ));
}

fn print_history(entry: &HistoryLine) {
    output::line(&format!(
        "  {}  {}, {}",
        entry.at,
        output::shown(&entry.what, 500),
        output::shown(&entry.whose(), 200)
    ));
    for change in &entry.changes {
        let told = match (&change.from, &change.to) {
            (Some(from), Some(to)) => format!(" from {from} to {to}"),
            (None, Some(to)) if entry.is_first() => format!(": {to}"),
            (None, Some(to)) => format!(" from nothing to {to}"),
            (Some(from), None) => format!(" from {from} to nothing"),
            // A description, which may hold anything.
            (None, None) => " (its text is not repeated here)".to_owned(),
        };
        let both = match entry.conflicts.contains(&change.field) {
            true => ", changed on both sides",
            false => "",
        };
        output::line(&format!(
            "    {}{}{both}",
            change.label,
            output::shown(&told, 500)
        ));
    }
    for label in entry.kept() {
        output::line(&format!("    {label}, changed on both sides"));
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

fn print_comment(comment: &CommentView, parked: bool) {
    let public = if comment.public { "public" } else { "private" };
    output::line(&format!(
        "  {}  {}  {public}{}{}",
        comment.created_at,
        output::shown(&person(&comment.author), 100),
        if comment.is_description {
            ", description"
        } else {
            ""
        },
        if parked { ", not sent to Zendesk" } else { "" }
    ));
    for text in comment.message.lines() {
        output::line(&format!("    {}", output::shown(text, 2000)));
    }
}

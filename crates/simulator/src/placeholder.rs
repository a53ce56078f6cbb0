//! `{{placeholders}}` in comments and in what triggers send (zendesk-api.md 3.8).

use crate::account::Account;
use crate::account::ticket::Ticket;

/// Replaces every `{{...}}`; unknown ones vanish. Braces without an end stay.
pub(crate) fn expand(text: &str, account: &Account, ticket: Option<&Ticket>) -> String {
    let mut expanded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        expanded.push_str(before);
        let Some((name, more)) = after.split_once("}}") else {
            expanded.push_str("{{");
            rest = after;
            continue;
        };
        if let Some(value) = ticket.and_then(|ticket| value(name.trim(), account, ticket)) {
            expanded.push_str(&value);
        }
        rest = more;
    }
    expanded.push_str(rest);
    expanded
}

fn value(name: &str, account: &Account, ticket: &Ticket) -> Option<String> {
    let person = |id: i64| account.user(id);
    match name {
        "ticket.id" => Some(ticket.id.to_string()),
        "ticket.title" => ticket.subject.as_ref().map(|text| text.read().into_owned()),
        "ticket.status" => Some(ticket.status.as_str().to_owned()),
        "ticket.priority" => ticket.priority.map(|word| word.as_str().to_owned()),
        "ticket.external_id" => ticket.external_id.as_deref().map(str::to_owned),
        "ticket.description" => account
            .description_of(ticket)
            .map(|comment| comment.body.read().into_owned()),
        "ticket.latest_comment" => account
            .comments_of(ticket.id)
            .last()
            .map(|(_, comment)| comment.body.read().into_owned()),
        "ticket.requester.name" => person(ticket.requester_id).map(|user| user.name.to_string()),
        "ticket.requester.email" => {
            person(ticket.requester_id).and_then(|user| user.email.as_deref().map(str::to_owned))
        }
        "ticket.assignee.name" => ticket
            .assignee_id
            .and_then(person)
            .map(|user| user.name.to_string()),
        _ => None,
    }
}

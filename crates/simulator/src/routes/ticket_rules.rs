//! What Zendesk refuses and changes in a ticket that is written (zendesk-api.md 3.7, 3.8, 4.1, 4.2).

use serde_json::{Map, Value, json};

use crate::account::Account;
use crate::account::ticket::{CustomValue, NewComment, Ticket};
use crate::answer::Answer;
use crate::call::Call;
use crate::word::Status;
use crate::{markup, placeholder};

/// The `ticket` object of a request, read key by key; wrong types are refused as Zendesk refuses them.
pub(super) struct Fields(pub(super) Map<String, Value>);

impl Fields {
    /// A text; `Some(None)` for null.
    pub(super) fn text(&self, key: &str) -> Result<Option<Option<String>>, Answer> {
        match self.0.get(key) {
            None => Ok(None),
            Some(Value::Null) => Ok(Some(None)),
            Some(Value::String(text)) => Ok(Some(Some(text.clone()))),
            Some(Value::Number(number)) => Ok(Some(Some(number.to_string()))),
            Some(_) => Err(wrong_type(key, "must be a string")),
        }
    }

    /// An id; `Some(None)` for null. Ids as strings are understood.
    pub(super) fn id(&self, key: &str) -> Result<Option<Option<i64>>, Answer> {
        match self.0.get(key) {
            None => Ok(None),
            Some(Value::Null) => Ok(Some(None)),
            Some(Value::Number(number)) => Ok(Some(number.as_i64())),
            Some(Value::String(text)) if text.is_empty() => Ok(Some(None)),
            Some(Value::String(text)) => match text.parse() {
                Ok(id) => Ok(Some(Some(id))),
                Err(_) => Err(wrong_type(key, "must be an integer")),
            },
            Some(_) => Err(wrong_type(key, "must be an integer")),
        }
    }

    /// Words in a list, or in one text separated by spaces or commas.
    pub(super) fn words(&self, key: &str) -> Result<Option<Vec<String>>, Answer> {
        match self.0.get(key) {
            None => Ok(None),
            Some(Value::Null) => Ok(Some(Vec::new())),
            Some(Value::String(text)) => Ok(Some(
                text.split([' ', ','])
                    .filter(|word| !word.is_empty())
                    .map(str::to_owned)
                    .collect(),
            )),
            Some(Value::Array(words)) => Ok(Some(
                words
                    .iter()
                    .filter_map(Value::as_str)
                    .map(str::to_owned)
                    .collect(),
            )),
            Some(_) => Err(wrong_type(key, "must be an array of strings")),
        }
    }

    /// Ids in a list.
    pub(super) fn ids(&self, key: &str) -> Result<Option<Vec<i64>>, Answer> {
        match self.0.get(key) {
            None => Ok(None),
            Some(Value::Null) => Ok(Some(Vec::new())),
            Some(Value::Array(ids)) => Ok(Some(ids.iter().filter_map(Value::as_i64).collect())),
            Some(_) => Err(wrong_type(key, "must be an array of integers")),
        }
    }

    /// One of Zendesk's words; `Some(None)` for null.
    pub(super) fn word<T>(
        &self,
        key: &str,
        title: &str,
        parse: fn(&str) -> Option<T>,
    ) -> Result<Option<Option<T>>, Answer> {
        match self.text(key)? {
            None => Ok(None),
            Some(None) => Ok(Some(None)),
            Some(Some(word)) if word.is_empty() => Ok(Some(None)),
            Some(Some(word)) => match parse(&word) {
                Some(word) => Ok(Some(Some(word))),
                None => Err(Answer::invalid_field(
                    key,
                    &format!("{title}: {word} is not recognized"),
                    Some("InvalidValue"),
                )),
            },
        }
    }

    /// Custom fields, as a list of ids and values or as an object. Unknown ids are dropped.
    pub(super) fn custom_fields(&self, account: &Account) -> Vec<CustomValue> {
        let given = self.0.get("custom_fields").or(self.0.get("fields"));
        let pairs: Vec<CustomValue> = match given {
            Some(Value::Array(rows)) => rows
                .iter()
                .filter_map(|row| serde_json::from_value(row.clone()).ok())
                .collect(),
            Some(Value::Object(map)) => map
                .iter()
                .filter_map(|(id, value)| {
                    let id = id.parse().ok()?;
                    let value = value.clone();
                    Some(CustomValue { id, value })
                })
                .collect(),
            _ => Vec::new(),
        };
        pairs
            .into_iter()
            .filter(|pair| {
                account
                    .ticket_fields
                    .iter()
                    .any(|field| field.removable && field.id == pair.id)
            })
            .collect()
    }

    /// A time as Zendesk writes it; `Some(None)` for null.
    pub(super) fn time(&self, key: &str) -> Result<Option<Option<i64>>, Answer> {
        Ok(self.text(key)?.map(|text| {
            text.and_then(|text| text.parse::<jiff::Timestamp>().ok())
                .map(jiff::Timestamp::as_second)
        }))
    }
}

fn wrong_type(key: &str, must: &str) -> Answer {
    Answer::titled(
        400,
        "Invalid attribute",
        &format!("You passed an invalid value for the {key} attribute. {must}"),
    )
}

/// The comment of a request, or `None` without one. `html_body` wins over `body`; without `public`
/// it is as the ticket's first comment is (zendesk-api.md 0.9).
pub(super) fn read_comment(
    account: &Account,
    call: &Call,
    fields: &Fields,
    ticket: Option<&Ticket>,
) -> Result<Option<NewComment>, Answer> {
    let comment = match fields.0.get("comment") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) => Fields(Map::from_iter([("body".to_owned(), json!(text))])),
        Some(Value::Object(map)) => Fields(map.clone()),
        Some(_) => return Err(wrong_type("comment", "must be an object")),
    };
    let author_id = comment.id("author_id")?.flatten();
    let author = account.user(author_id.unwrap_or(call.caller_id()));
    let html = comment
        .text("html_body")?
        .flatten()
        .filter(|html| !html.is_empty());
    let text = match comment.text("body")?.flatten() {
        Some(body) => Some(body),
        None => comment.text("value")?.flatten(),
    };
    let (body, html_body) = match (html, text) {
        (Some(html), _) => {
            let html = expand(account, call, ticket, markup::cut(html, markup::LONGEST));
            (markup::plain(&html), Some(wrap(&html)))
        }
        (None, Some(text)) => {
            let text = expand(account, call, ticket, markup::cut(text, markup::LONGEST));
            let text = markup::collapse(&markup::strip(&text));
            // Markdown is for agents only.
            let html = author
                .filter(|author| author.role.is_staff())
                .map(|_| wrap(&markup::markdown(&text)));
            (text, html)
        }
        (None, None) => (String::new(), None),
    };
    if body.trim().is_empty() {
        return Ok(None);
    }
    if let Some(ticket) = ticket
        && account.comments_of(ticket.id).count() >= account.ceilings.comments
    {
        let most = account.ceilings.comments;
        return Err(Answer::invalid_field(
            "base",
            &format!("Comments: the ticket has reached the limit of {most} comments"),
            None,
        ));
    }
    if author.is_none_or(|user| !user.active) {
        return Err(Answer::invalid_field(
            "author",
            "Author: is invalid",
            Some("InvalidValue"),
        ));
    }
    let public = match comment.0.get("public").and_then(Value::as_bool) {
        Some(public) => public,
        None => ticket
            .and_then(|ticket| account.description_of(ticket))
            .is_none_or(|first| first.public),
    };
    Ok(Some(NewComment {
        author_id,
        body,
        html_body,
        public,
        uploads: read_uploads(account, call, &comment)?,
        ..NewComment::default()
    }))
}

/// Tokens of uploads, in a list or as one text. What is not alive is passed over, or refused where
/// the switch says so.
fn read_uploads(account: &Account, call: &Call, comment: &Fields) -> Result<Vec<String>, Answer> {
    let tokens = comment.words("uploads")?.unwrap_or_default();
    if call.switches.refuse_unknown_uploads
        && tokens.iter().any(|token| account.upload(token).is_none())
    {
        return Err(Answer::invalid_field(
            "base",
            "Attachment: upload token is not valid",
            Some("InvalidValue"),
        ));
    }
    Ok(tokens)
}

/// Puts HTML into the `div` that Zendesk puts around every comment (recorded).
fn wrap(html: &str) -> String {
    format!("<div class=\"zd-comment\" dir=\"auto\">{html}</div>")
}

/// Replaces `{{...}}`, if the switch for it is on. Encoded braces are no placeholders, unless another
/// switch says so.
fn expand(account: &Account, call: &Call, ticket: Option<&Ticket>, text: String) -> String {
    if !call.switches.expand_placeholders {
        return text;
    }
    let text = if call.switches.placeholders_in_encoded_braces {
        markup::decode_braces(&text)
    } else {
        text
    };
    placeholder::expand(&text, account, ticket)
}

/// A closed ticket takes no change at all, comments and tags included (zendesk-api.md 4.1).
pub(super) fn check_open(ticket: &Ticket) -> Result<(), Answer> {
    if ticket.status == Status::Closed {
        return Err(Answer::invalid_field(
            "status",
            "Status: closed prevents ticket update",
            None,
        ));
    }
    Ok(())
}

/// Safe update: the stamp must not be older than the ticket (zendesk-api.md 3.7).
pub(super) fn check_stamp(
    account: &Account,
    call: &Call,
    ticket: &Ticket,
    fields: &Fields,
) -> Result<(), Answer> {
    if !fields.0.contains_key("safe_update") {
        return Ok(());
    }
    let stamp = fields.time("updated_stamp")?.flatten();
    let newest = if call.switches.safe_updates_race {
        let now = account.now();
        let times = account.audits_of(ticket.id).map(|audit| audit.created_at);
        times.filter(|time| *time < now).max()
    } else {
        Some(ticket.updated_at)
    };
    if stamp.is_some_and(|stamp| newest.is_none_or(|newest| stamp >= newest)) {
        return Ok(());
    }
    Err(Answer::json(
        409,
        &json!({
            "description": "Safe Update prevented the update due to outdated ticket data. Please fetch the latest ticket data and try again.",
            "error": "UpdateConflict",
        }),
    ))
}

/// Solving needs an assignee and every field required for it; one row each (zendesk-api.md 4.1).
pub(super) fn check_solve(
    account: &Account,
    assignee: Option<i64>,
    value_of: impl Fn(i64) -> bool,
) -> Result<(), Answer> {
    let mut rows = Vec::new();
    let field_id = |kind: &str| {
        account
            .ticket_fields
            .iter()
            .find(|field| field.kind == kind)
            .map(|field| field.id)
    };
    if assignee.is_none() {
        rows.push(json!({
            "description": "Assignee: is required when solving a ticket",
            "error": null,
            "ticket_field_id": field_id("assignee"),
            "ticket_field_type": "FieldAssignee",
        }));
    }
    for field in account
        .ticket_fields
        .iter()
        .filter(|field| field.required && field.removable)
    {
        if !value_of(field.id) {
            let kind = match field.kind {
                "tagger" => "FieldTagger",
                "checkbox" => "FieldCheckbox",
                "integer" => "FieldInteger",
                _ => "FieldText",
            };
            rows.push(json!({
                "description": format!("{}: is required when solving a ticket", field.title),
                "error": null,
                "ticket_field_id": field.id,
                "ticket_field_type": kind,
            }));
        }
    }
    if rows.is_empty() {
        Ok(())
    } else {
        Err(Answer::invalid(&json!({"base": rows})))
    }
}

/// Assignees are active agents that are not suspended (zendesk-api.md 4.1).
pub(super) fn check_assignee(account: &Account, assignee: i64) -> Result<(), Answer> {
    if account
        .user(assignee)
        .is_some_and(crate::account::user::User::may_sign_in)
    {
        return Ok(());
    }
    Err(Answer::invalid_field(
        "assignee",
        "Assignee: is not an agent",
        Some("InvalidValue"),
    ))
}

/// Requesters exist, are active and not suspended (zendesk-api.md 4.3).
pub(super) fn check_requester(account: &Account, requester: i64) -> Result<(), Answer> {
    match account.user(requester) {
        Some(user) if user.active && !user.suspended => Ok(()),
        Some(user) if user.active => Err(Answer::invalid_field(
            "requester",
            &format!("Requester: {} is suspended.", user.name),
            None,
        )),
        _ => Err(Answer::invalid_field(
            "requester",
            "Requester: is invalid",
            Some("InvalidValue"),
        )),
    }
}

//! Recorded tickets, comments and audits as the simulator holds them.

use std::borrow::Cow;

use serde_json::Value;
use simulator::{
    Account, Attachment, Audit, Brand, Change, Channel, Comment, Creation, CustomStatus, Detail,
    Event, Kind, NewComment, Priority, Status, Ticket,
};

use super::record::{custom_field, ids, is, list, number, text, time};

/// Ids of audits that no recording shows.
const UNSEEN: i64 = 900_000_000_000;

/// Puts a recorded ticket in, with what it points to.
pub(super) fn place(account: &mut Account, id: i64, record: &Value, now: i64) {
    place_lists(account, record, now);
    let ticket = ticket(id, record, now);
    let audit = opening(&ticket, record);
    account.place_ticket(ticket, vec![audit]);
}

/// Puts in the brand, the status, the form and the custom fields that a ticket points to.
pub(super) fn place_lists(account: &mut Account, record: &Value, now: i64) {
    if let Some(id) = number(record, "brand_id")
        && account.brands().iter().all(|one| one.id != id)
    {
        let default = account.brands().is_empty();
        account.place_brand(Brand {
            id,
            name: "Brand".to_owned(),
            subdomain: "brand".to_owned(),
            default,
            created_at: now,
        });
    }
    if let Some(id) = number(record, "custom_status_id")
        && account.custom_statuses().iter().all(|one| one.id != id)
    {
        let category = match status(record) {
            Status::Closed | Status::Deleted => Status::Solved,
            category @ (Status::New
            | Status::Open
            | Status::Pending
            | Status::Hold
            | Status::Solved) => category,
        };
        let default = account
            .custom_statuses()
            .iter()
            .all(|one| one.category != category);
        account.place_custom_status(CustomStatus {
            id,
            category,
            agent_label: "Status".to_owned(),
            end_user_label: "Status".to_owned(),
            description: String::new(),
            default,
            created_at: now,
        });
    }
    if let Some(id) = number(record, "ticket_form_id") {
        account.place_ticket_form(id);
    }
    for id in custom_fields(record).into_iter().map(|(id, _)| id) {
        if account.ticket_fields().iter().all(|one| one.id != id) {
            account.place_ticket_field(custom_field(id, now));
        }
    }
}

fn custom_fields(record: &Value) -> Vec<(i64, Value)> {
    let rows = record.get("custom_fields").and_then(Value::as_array);
    rows.into_iter()
        .flatten()
        .filter_map(|row| Some((number(row, "id")?, row.get("value")?.clone())))
        .collect()
}

fn status(record: &Value) -> Status {
    text(record, "status")
        .and_then(|word| Status::parse(&word))
        .unwrap_or(Status::New)
}

pub(super) fn channel(record: &Value) -> Channel {
    record
        .get("via")
        .and_then(|via| text(via, "channel"))
        .and_then(|word| Channel::parse(&word))
        .unwrap_or(Channel::Api)
}

/// The ticket alone.
pub(super) fn ticket(id: i64, record: &Value, now: i64) -> Ticket {
    let boxed = |key: &str| text(record, key).map(String::into_boxed_str);
    let created_at = time(record, "created_at", now);
    let updated_at = time(record, "updated_at", created_at);
    let requester_id = number(record, "requester_id").unwrap_or(0);
    let status = status(record);
    Ticket {
        external_id: boxed("external_id"),
        channel: channel(record),
        followup_ids: ids(record, "followup_ids"),
        updated_at,
        generated_timestamp: number(record, "generated_timestamp").unwrap_or(updated_at),
        kind: text(record, "type").and_then(|word| Kind::parse(&word)),
        subject: text(record, "subject").map(Into::into),
        priority: text(record, "priority").and_then(|word| Priority::parse(&word)),
        status,
        recipient: boxed("recipient"),
        submitter_id: number(record, "submitter_id").unwrap_or(requester_id),
        assignee_id: number(record, "assignee_id"),
        organization_id: number(record, "organization_id"),
        group_id: number(record, "group_id"),
        collaborator_ids: ids(record, "collaborator_ids"),
        problem_id: number(record, "problem_id"),
        has_incidents: is(record, "has_incidents"),
        is_public: record.get("is_public").is_none_or(|public| public == true),
        due_at: text(record, "due_at").map(|_| time(record, "due_at", now)),
        tags: list(record, "tags").into_iter().map(Cow::Owned).collect(),
        custom_fields: custom_fields(record)
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .collect(),
        custom_status_id: number(record, "custom_status_id"),
        brand_id: number(record, "brand_id").unwrap_or(0),
        // Not so long ago that it would be scrubbed, unless it is.
        deleted_at: (status == Status::Deleted).then_some(now),
        scrubbed: text(record, "subject").as_deref() == Some("SCRUBBED"),
        ..Ticket::blank(id, requester_id, created_at)
    }
}

/// The audit that a ticket began with: its description and its fields.
fn opening(ticket: &Ticket, record: &Value) -> Audit {
    let comment = Comment {
        author_id: ticket.submitter_id,
        body: text(record, "description").unwrap_or_default().into(),
        html: None,
        public: ticket.is_public,
        flagged: false,
        attachments: Vec::new(),
    };
    Audit {
        id: UNSEEN + ticket.id * 100_000,
        ticket_id: ticket.id,
        created_at: ticket.created_at,
        author_id: ticket.submitter_id,
        channel: ticket.channel,
        events: vec![
            Event::Comment(comment),
            Event::Created(Box::new(creation(ticket))),
        ],
        custom: None,
        rule: None,
    }
}

fn creation(ticket: &Ticket) -> Creation {
    Creation {
        subject: ticket.subject.clone(),
        requester_id: ticket.requester_id,
        priority: ticket.priority,
        kind: ticket.kind,
        status: ticket.status,
        assignee_id: ticket.assignee_id,
        group_id: ticket.group_id,
        organization_id: ticket.organization_id,
        brand_id: ticket.brand_id,
        custom_status_id: ticket.custom_status_id,
    }
}

/// A comment of a list, as the only event of its audit.
fn commented(ticket_id: i64, row: &Value, now: i64) -> Audit {
    let id = number(row, "audit_id").unwrap_or(UNSEEN);
    Audit {
        id,
        ticket_id,
        created_at: time(row, "created_at", now),
        author_id: number(row, "author_id").unwrap_or(0),
        channel: channel(row),
        events: vec![Event::Comment(comment(row, now))],
        custom: None,
        rule: None,
    }
}

fn comment(row: &Value, now: i64) -> Comment {
    let files = row.get("attachments").and_then(Value::as_array);
    let at = time(row, "created_at", now);
    Comment {
        author_id: number(row, "author_id").unwrap_or(0),
        body: text(row, "body").unwrap_or_default().into(),
        html: None,
        public: is(row, "public"),
        flagged: false,
        attachments: files
            .into_iter()
            .flatten()
            .map(|file| attachment(file, at))
            .collect(),
    }
}

fn attachment(file: &Value, at: i64) -> Attachment {
    Attachment {
        id: number(file, "id").unwrap_or(0),
        file_name: text(file, "file_name").unwrap_or_default(),
        content_type: text(file, "content_type").unwrap_or_default(),
        size: number(file, "size")
            .and_then(|size| u64::try_from(size).ok())
            .unwrap_or(0),
        added_at: at,
        content: None,
    }
}

/// Puts the ticket in that these comments are of.
pub(super) fn place_comments(account: &mut Account, ticket_id: i64, rows: &[Value], now: i64) {
    let audits: Vec<Audit> = rows
        .iter()
        .map(|row| commented(ticket_id, row, now))
        .collect();
    let requester = audits.first().map_or(0, |audit| audit.author_id);
    account.place_ticket(Ticket::blank(ticket_id, requester, now), audits);
}

/// Puts the ticket in that these audits are of.
pub(super) fn place_audits(account: &mut Account, ticket_id: i64, rows: &[Value], now: i64) {
    let audits: Vec<Audit> = rows.iter().map(|row| audit(ticket_id, row, now)).collect();
    account.place_ticket(Ticket::blank(ticket_id, 0, now), audits);
}

fn audit(ticket_id: i64, row: &Value, now: i64) -> Audit {
    let rows = row.get("events").and_then(Value::as_array);
    let rows: Vec<&Value> = rows.into_iter().flatten().collect();
    let kind = |row: &Value| text(row, "type").unwrap_or_default();
    let mut events = Vec::new();
    let created: Vec<&&Value> = rows.iter().filter(|row| kind(row) == "Create").collect();
    for event in &rows {
        match kind(event).as_str() {
            "Comment" => events.insert(0, Event::Comment(comment(event, now))),
            "Change" => events.push(Event::Changed(Box::new(change(event)))),
            _ => {}
        }
    }
    if !created.is_empty() {
        let field = |name: &str| {
            let row = created
                .iter()
                .find(|row| text(row, "field_name").as_deref() == Some(name));
            row.and_then(|row| row.get("value"))
        };
        let id = |name: &str| {
            let value = field(name)?;
            value.as_i64().or_else(|| value.as_str()?.parse().ok())
        };
        let said = |name: &str| field(name).and_then(Value::as_str).map(str::to_owned);
        let mut ticket = Ticket::blank(ticket_id, id("requester_id").unwrap_or(0), now);
        ticket.subject = said("subject").map(Into::into);
        ticket.priority = said("priority").and_then(|word| Priority::parse(&word));
        ticket.kind = said("type").and_then(|word| Kind::parse(&word));
        ticket.status = said("status")
            .and_then(|word| Status::parse(&word))
            .unwrap_or(Status::New);
        ticket.assignee_id = id("assignee_id");
        ticket.group_id = id("group_id");
        ticket.organization_id = id("organization_id");
        ticket.brand_id = id("brand_id").unwrap_or(0);
        ticket.custom_status_id = id("custom_status_id");
        events.push(Event::Created(Box::new(creation(&ticket))));
    }
    Audit {
        id: number(row, "id").unwrap_or(UNSEEN),
        ticket_id,
        created_at: time(row, "created_at", now),
        author_id: number(row, "author_id").unwrap_or(0),
        channel: channel(row),
        events,
        custom: None,
        rule: None,
    }
}

fn change(event: &Value) -> Change {
    let detail = |key: &str| match event.get(key) {
        None | Some(Value::Null) => Detail::Nothing,
        Some(Value::String(text)) => Detail::Text(text.as_str().into()),
        Some(other) => Detail::Any(Box::new(other.clone())),
    };
    let source = event.get("via").and_then(|via| via.get("source"));
    let rule = source.and_then(|source| {
        let from = source.get("from")?;
        Some(Box::new(simulator::Rule {
            id: number(from, "id")?,
            title: text(from, "title")?.into(),
            rel: "trigger",
        }))
    });
    Change {
        field: Cow::Owned(text(event, "field_name").unwrap_or_default()),
        value: detail("value"),
        previous: detail("previous_value"),
        rule,
    }
}

/// Puts a ticket in of which nothing but the id is known.
pub(super) fn place_unknown(account: &mut Account, id: i64, requester_id: i64, at: i64) {
    let mut ticket = Ticket::blank(id, requester_id, at);
    ticket.subject = Some("Somebody else's".to_owned().into());
    let audit = opening(&ticket, &Value::Null);
    account.place_ticket(ticket, vec![audit]);
}

/// A comment with one file.
pub(super) fn with_file(file_name: &str) -> NewComment {
    NewComment {
        attachments: vec![file_name.to_owned()],
        ..NewComment::public("See the file")
    }
}

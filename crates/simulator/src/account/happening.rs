//! What events tell webhooks: one for each thing that changed (zendesk-api.md 3.12).

use serde_json::{Value, json};

use super::Account;
use super::audit::{Audit, Change, Comment, Detail, Event};

/// One thing that happened to a ticket or a user.
#[derive(Debug, Clone)]
pub(crate) struct Happening {
    /// `ticket.status_changed` and the like.
    pub(crate) kind: &'static str,
    /// The `event` object.
    pub(crate) event: Value,
}

impl Happening {
    pub(crate) fn new(kind: &'static str, event: Value) -> Self {
        Self { kind, event }
    }
}

/// Everything that the events of an audit tell, from one of them on.
pub(crate) fn happenings(account: &Account, audit: &Audit, from: usize) -> Vec<Happening> {
    let mut found = Vec::new();
    for event in audit.events.iter().skip(from) {
        match event {
            Event::Comment(comment) => of_comment(account, audit, comment, &mut found),
            Event::Created(_) => found.insert(0, Happening::new("ticket.created", json!({}))),
            Event::Changed(change) => found.extend(of_change(account, change)),
            Event::MadePrivate { comment_id } => found.push(Happening::new(
                "ticket.comment_made_private",
                json!({"comment": {"id": comment_id.to_string()}}),
            )),
            Event::AttachmentRedacted {
                comment_id,
                attachment_id,
            } => found.push(Happening::new(
                "ticket.attachment_redacted_from_comment",
                json!({
                    "attachment": {"id": attachment_id.to_string()},
                    "comment": {"id": comment_id.to_string()},
                }),
            )),
            Event::Redacted { comment_id } => found.push(Happening::new(
                "ticket.comment_redacted",
                json!({"comment": {"id": comment_id.to_string()}}),
            )),
        }
    }
    found
}

fn of_comment(account: &Account, audit: &Audit, comment: &Comment, found: &mut Vec<Happening>) {
    let author = account.user(comment.author_id);
    let id = audit.comment_id().to_string();
    found.push(Happening::new(
        "ticket.comment_added",
        json!({"comment": {
            "id": id,
            "body": comment.body.read(),
            "is_public": comment.public,
            "author": {
                "id": comment.author_id.to_string(),
                "is_staff": author.is_none_or(|author| author.role.is_staff()),
                "name": author.map(|author| author.name.as_ref()).unwrap_or_default(),
            },
        }}),
    ));
    for file in &comment.attachments {
        found.push(Happening::new(
            "ticket.attachment_linked_to_comment",
            json!({
                "attachment": {
                    "id": file.id.to_string(),
                    "filename": file.file_name,
                    "content_type": file.content_type,
                },
                "comment": {"id": id},
            }),
        ));
    }
}

fn of_change(account: &Account, change: &Change) -> Option<Happening> {
    let deleted = Detail::Word("deleted");
    let kind = match change.field.as_ref() {
        "status" if change.value == deleted => {
            return Some(Happening::new("ticket.soft_deleted", json!({})));
        }
        "status" if change.previous == deleted => {
            return Some(Happening::new("ticket.undeleted", json!({})));
        }
        "tags" => return Some(of_list(change, "ticket.tags_changed", "tags")),
        "collaborator_ids" => return Some(of_list(change, "ticket.email_ccs_changed", "users")),
        "status" => "ticket.status_changed",
        "custom_status_id" => "ticket.custom_status_changed",
        "priority" => "ticket.priority_changed",
        "type" => "ticket.type_changed",
        "subject" => "ticket.subject_changed",
        "assignee_id" => "ticket.agent_assignment_changed",
        "group_id" => "ticket.group_assignment_changed",
        "requester_id" => "ticket.requester_changed",
        "organization_id" => "ticket.organization_changed",
        "problem_id" => "ticket.problem_link_changed",
        "brand_id" => "ticket.brand_changed",
        "external_id" => "ticket.external_id_changed",
        "due_at" => "ticket.task_due_at_changed",
        field => {
            let id: i64 = field.parse().ok()?;
            let field = account.ticket_fields.iter().find(|one| one.id == id)?;
            return Some(Happening::new(
                "ticket.custom_field_changed",
                json!({
                    "current": change.value,
                    "previous": change.previous,
                    "custom_field": {
                        "id": id.to_string(), "title": field.title, "type": field.kind
                    },
                }),
            ));
        }
    };
    let current = written(&change.value);
    let previous = written(&change.previous);
    let event = json!({"current": current, "previous": previous});
    Some(Happening::new(kind, event))
}

/// Zendesk's own words are written in capitals there (a client's test data).
fn written(detail: &Detail) -> Value {
    match detail {
        Detail::Word(word) => json!(word.to_uppercase()),
        Detail::Nothing | Detail::Text(_) | Detail::Id(_) | Detail::List(_) | Detail::Any(_) => {
            json!(detail)
        }
    }
}

/// What came and what went of a list.
fn of_list(change: &Change, kind: &'static str, name: &str) -> Happening {
    let words = |detail: &Detail| match detail {
        Detail::List(words) => words.iter().map(ToString::to_string).collect(),
        Detail::Nothing | Detail::Word(_) | Detail::Text(_) | Detail::Id(_) | Detail::Any(_) => {
            Vec::<String>::new()
        }
    };
    let (now, before) = (words(&change.value), words(&change.previous));
    let added: Vec<&String> = now.iter().filter(|word| !before.contains(word)).collect();
    let removed: Vec<&String> = before.iter().filter(|word| !now.contains(word)).collect();
    Happening::new(
        kind,
        json!({format!("{name}_added"): added, format!("{name}_removed"): removed}),
    )
}

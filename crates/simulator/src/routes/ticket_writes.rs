//! Writing tickets: create, update, delete, restore, redact (zendesk-api.md 3.7, 3.8).

use axum::http::header::HeaderName;
use serde_json::{Map, Value};

use super::ticket_rules::{
    Fields, check_assignee, check_open, check_requester, check_solve, check_stamp, read_comment,
};
use super::tickets::{living, view};
use crate::account::ticket::{NewTicket, TicketChange};
use crate::account::user::NewUser;
use crate::account::{Account, EditError};
use crate::answer::{Answer, Outcome};
use crate::call::Call;
use crate::wire::Object;
use crate::wire::audit::{AuditView, CommentForm, CommentView};
use crate::word::{Kind, Priority, Status};

/// Keys of `ticket` that are understood. Others are dropped with a warning (zendesk-api.md 3).
const KNOWN: &[&str] = &[
    "additional_tags",
    "assignee_email",
    "assignee_id",
    "brand_id",
    "collaborator_ids",
    "collaborators",
    "comment",
    "custom_fields",
    "custom_status_id",
    "description",
    "due_at",
    "email_ccs",
    "external_id",
    "fields",
    "follower_ids",
    "followers",
    "group_id",
    "metadata",
    "organization_id",
    "priority",
    "problem_id",
    "raw_subject",
    "recipient",
    "remove_tags",
    "requester",
    "requester_id",
    "safe_update",
    "sharing_agreement_ids",
    "status",
    "subject",
    "submitter_id",
    "tags",
    "ticket_form_id",
    "type",
    "updated_stamp",
    "via",
    "via_followup_source_id",
    "via_id",
];

/// `POST tickets`
pub(super) fn create(account: &mut Account, call: &Call) -> Outcome {
    let mut fields = Fields(call.object("ticket")?);
    if !fields.0.contains_key("comment")
        && let Some(description) = fields.0.get("description").cloned()
    {
        // `description` still works as the first comment (recorded).
        fields.0.insert("comment".to_owned(), description);
    }
    let metadata = read_metadata(&fields, call)?;
    let comment = read_comment(account, call, &fields, None)?;
    let Some(comment) = comment else {
        return Err(Answer::invalid_field(
            "base",
            "Description: cannot be blank",
            Some("BlankValue"),
        ));
    };
    let followup_source_id = fields.id("via_followup_source_id")?.flatten();
    let source = match followup_source_id {
        None => None,
        Some(id) => Some(
            account
                .ticket(id)
                .filter(|ticket| ticket.status == Status::Closed)
                .ok_or_else(|| {
                    Answer::invalid_field(
                        "base",
                        "Follow-up source: must be a closed ticket",
                        Some("InvalidValue"),
                    )
                })?,
        ),
    };
    let mut tags = fields.words("tags")?;
    if let (None, Some(source)) = (&tags, source) {
        tags = Some(source.tags.iter().map(|tag| tag.to_string()).collect());
    }
    let assignee_id = read_assignee(account, &fields)?.flatten();
    if let Some(assignee) = assignee_id {
        check_assignee(account, assignee)?;
    }
    let status = fields.word("status", "Status", Status::parse)?.flatten();
    let custom_fields = fields.custom_fields(account);
    if let Some(Status::Solved) = status {
        check_solve(account, assignee_id, |id| {
            custom_fields
                .iter()
                .any(|field| field.id == id && !field.value.is_null())
        })?;
    }
    let requester_id = match fields.id("requester_id")?.flatten() {
        Some(id) => id,
        None => read_requester(account, call, &fields)?,
    };
    check_requester(account, requester_id)?;
    let submitter_id = fields.id("submitter_id")?.flatten();
    let by = call.caller_id();
    let author = comment.author_id.or(submitter_id);
    let subject = fields.text("subject")?.flatten();
    let new = NewTicket {
        subject: subject.or(fields.text("raw_subject")?.flatten()),
        comment,
        requester_id: Some(requester_id),
        submitter_id: author.or(Some(by)),
        by: Some(by),
        status,
        priority: fields
            .word("priority", "Priority", Priority::parse)?
            .flatten(),
        kind: fields.word("type", "Type", Kind::parse)?.flatten(),
        channel: None,
        assignee_id,
        group_id: fields.id("group_id")?.flatten(),
        organization_id: fields.id("organization_id")?.flatten(),
        problem_id: fields.id("problem_id")?.flatten(),
        external_id: fields.text("external_id")?.flatten(),
        recipient: fields.text("recipient")?.flatten(),
        collaborator_ids: fields.ids("collaborator_ids")?.unwrap_or_default(),
        tags: tags.unwrap_or_default(),
        custom_fields,
        custom_status_id: fields.id("custom_status_id")?.flatten(),
        brand_id: fields.id("brand_id")?.flatten(),
        due_at: fields.time("due_at")?.flatten(),
        followup_source_id,
        metadata,
    };
    let id = account
        .add_ticket(new)
        .map_err(|error| unexpected(&error))?;
    let first = account.audits_of(id).next().map(|audit| audit.id);
    if let Some(audit) = first {
        account.run_triggers(audit);
    }
    let location = format!("{}/api/v2/tickets/{id}.json", call.base);
    let answer = with_audit(account, call, id, None, 201)?.at(&location);
    Ok(warn(answer, &fields, "create"))
}

/// `PUT tickets/{id}`: a comment and field changes are one audit. `description` is ignored.
pub(super) fn update(account: &mut Account, call: &Call) -> Outcome {
    let fields = Fields(call.object("ticket")?);
    let ticket = living(account, call)?.clone();
    let id = ticket.id;
    check_open(&ticket)?;
    check_stamp(account, call, &ticket, &fields)?;
    let metadata = read_metadata(&fields, call)?;
    let comment = read_comment(account, call, &fields, Some(&ticket))?;
    let priority = fields.word("priority", "Priority", Priority::parse)?;
    if priority == Some(None) && ticket.priority.is_some() {
        return Err(Answer::invalid_field(
            "priority",
            "Priority: cannot be reset",
            None,
        ));
    }
    let assignee_id = read_assignee(account, &fields)?;
    if let Some(Some(assignee)) = assignee_id {
        check_assignee(account, assignee)?;
    }
    let custom_status_id = fields.id("custom_status_id")?.flatten();
    let status = match custom_status_id {
        Some(custom) => account
            .custom_statuses
            .iter()
            .find(|one| one.id == custom)
            .map(|one| one.category),
        None => fields.word("status", "Status", Status::parse)?.flatten(),
    };
    let is_new_again = status == Some(Status::New) && ticket.status != Status::New;
    if is_new_again && !call.switches.new_again_is_dropped {
        return Err(Answer::invalid_field(
            "status",
            "Status: cannot be set back to new",
            Some("InvalidValue"),
        ));
    }
    let status = status.filter(|_| !is_new_again);
    if status == Some(Status::Closed) && call.switches.only_rules_close {
        return Err(Answer::invalid_field(
            "status",
            "Status: closed is not valid for this ticket",
            Some("InvalidValue"),
        ));
    }
    if status == Some(Status::Deleted) {
        return Err(Answer::invalid_field(
            "status",
            "Status: deleted is not recognized",
            Some("InvalidValue"),
        ));
    }
    let custom_fields = fields.custom_fields(account);
    if status == Some(Status::Solved) && ticket.status != Status::Solved {
        check_solve(account, assignee_id.unwrap_or(ticket.assignee_id), |id| {
            let sent = custom_fields.iter().find(|field| field.id == id);
            match sent {
                Some(field) => !field.value.is_null(),
                None => ticket.custom_fields.iter().any(|(known, _)| *known == id),
            }
        })?;
    }
    let mut tags = fields.words("tags")?;
    let (more, fewer) = (
        fields.words("additional_tags")?,
        fields.words("remove_tags")?,
    );
    if more.is_some() || fewer.is_some() {
        let mut all: Vec<String> =
            tags.unwrap_or_else(|| ticket.tags.iter().map(|tag| tag.to_string()).collect());
        all.extend(more.unwrap_or_default());
        let gone = fewer.unwrap_or_default();
        all.retain(|tag| !gone.contains(tag));
        tags = Some(all);
    }
    let solves = status == Some(Status::Solved) && ticket.kind == Some(Kind::Problem);
    // Last of all, since it may make a user, who must not stay behind a refusal.
    let requester_id = match fields.id("requester_id")?.flatten() {
        Some(id) => Some(id),
        None if fields.0.get("requester").is_some_and(Value::is_object) => {
            Some(read_requester(account, call, &fields)?)
        }
        None => None,
    };
    if let Some(requester) = requester_id {
        check_requester(account, requester)?;
    }
    let change = TicketChange {
        by: Some(call.caller_id()),
        channel: None,
        comment,
        subject: fields.text("subject")?,
        status: status.filter(|_| custom_status_id.is_none()),
        priority,
        kind: fields.word("type", "Type", Kind::parse)?,
        requester_id,
        assignee_id,
        group_id: fields.id("group_id")?,
        organization_id: fields.id("organization_id")?,
        problem_id: fields.id("problem_id")?,
        external_id: fields.text("external_id")?,
        recipient: fields.text("recipient")?,
        collaborator_ids: fields.ids("collaborator_ids")?,
        tags,
        custom_fields,
        custom_status_id: custom_status_id.filter(|_| !is_new_again),
        brand_id: fields.id("brand_id")?.flatten(),
        due_at: fields.time("due_at")?,
        metadata,
    };
    let audit = account
        .update_ticket(id, change)
        .map_err(|error| unexpected(&error))?;
    if solves {
        solve_incidents(account, id);
    }
    if let Some(audit) = audit {
        account.run_triggers(audit);
    }
    let answer = with_audit(account, call, id, audit, 200)?;
    Ok(warn(answer, &fields, "update"))
}

/// Solving a problem solves its incidents (zendesk-api.md 4.2).
fn solve_incidents(account: &mut Account, problem: i64) {
    let incidents: Vec<i64> = account
        .tickets()
        .filter(|ticket| ticket.problem_id == Some(problem) && ticket.deleted_at.is_none())
        .filter(|ticket| !matches!(ticket.status, Status::Solved | Status::Closed))
        .map(|ticket| ticket.id)
        .collect();
    for incident in incidents {
        if let Err(error) = account.solve(incident) {
            tracing::warn!(incident, %error, "an incident could not be solved with its problem");
        }
    }
}

/// `DELETE tickets/{id}`
pub(super) fn delete(account: &mut Account, call: &Call) -> Outcome {
    let id = living(account, call)?.id;
    account
        .delete_ticket(id)
        .map_err(|error| unexpected(&error))?;
    Ok(Answer::empty(204))
}

/// `PUT deleted_tickets/{id}/restore`
pub(super) fn restore(account: &mut Account, call: &Call) -> Outcome {
    match account.restore_ticket(call.id(0)?) {
        Ok(()) => Ok(Answer::ok(Object::new())),
        Err(_) => Err(Answer::record_not_found()),
    }
}

/// `PUT tickets/{id}/comments/{id}/make_private`
pub(super) fn make_private(account: &mut Account, call: &Call) -> Outcome {
    let comment = comment_in_path(account, call)?;
    account
        .make_comment_private(comment)
        .map_err(|error| unexpected(&error))?;
    Ok(Answer::ok(Object::new()))
}

/// `PUT tickets/{id}/comments/{id}/redact`: not on closed tickets (zendesk-api.md 3.8).
pub(super) fn redact(account: &mut Account, call: &Call) -> Outcome {
    check_open(living(account, call)?)?;
    let comment = comment_in_path(account, call)?;
    let body = call.json()?;
    let words = body
        .get("text")
        .and_then(Value::as_str)
        .ok_or_else(|| Answer::text(400, "Required parameter missing: text"))?;
    account
        .redact_comment(comment, Some(words))
        .map_err(|error| unexpected(&error))?;
    let (audit, _) = account
        .find_comment(comment)
        .map_err(|error| unexpected(&error))?;
    let view = account.audit(audit).and_then(|audit| {
        let comment = audit.comment()?;
        let form = CommentForm::Row;
        let base = &call.base;
        Some(Object::new().with(
            "comment",
            &CommentView {
                account,
                audit,
                comment,
                base,
                form,
            },
        ))
    });
    view.map(Answer::ok).ok_or_else(Answer::record_not_found)
}

fn comment_in_path(account: &Account, call: &Call) -> Result<i64, Answer> {
    let ticket = living(account, call)?;
    let comment = call.id(1)?;
    match account.find_comment(comment) {
        Ok((_, of)) if of == ticket.id => Ok(comment),
        _ => Err(Answer::record_not_found()),
    }
}

/// The ticket with an audit: the one given, or its first.
fn with_audit(account: &Account, call: &Call, id: i64, audit: Option<i64>, status: u16) -> Outcome {
    let ticket = account.ticket(id).ok_or_else(Answer::record_not_found)?;
    let audit = match (audit, status) {
        (Some(audit), _) => account.audit(audit),
        (None, 201) => account.audits_of(id).next(),
        (None, _) => None,
    };
    let object = Object::new().with("ticket", &view(account, ticket, call));
    let base = &call.base;
    let object = match audit {
        Some(audit) => object.with(
            "audit",
            &AuditView {
                account,
                audit,
                base,
                fresh: true,
            },
        ),
        None => object.with("audit", &None::<i64>),
    };
    Ok(object.into_answer(status))
}

fn read_metadata(fields: &Fields, call: &Call) -> Result<Option<Value>, Answer> {
    let given = fields.0.get("metadata");
    let metadata = given.filter(|metadata| metadata.is_object()).cloned();
    let bytes = metadata.as_ref().map_or(0, |given| given.to_string().len());
    if bytes <= call.switches.most_metadata {
        return Ok(metadata);
    }
    if call.switches.drop_long_metadata {
        return Ok(None);
    }
    let sentence = "Metadata: is too long";
    Err(Answer::invalid_field(
        "metadata",
        sentence,
        Some("ValueTooLong"),
    ))
}

fn read_assignee(account: &Account, fields: &Fields) -> Result<Option<Option<i64>>, Answer> {
    if let Some(email) = fields.text("assignee_email")?.flatten() {
        return match account.user_by_email(&email) {
            Some(user) => Ok(Some(Some(user.id))),
            None => Err(Answer::invalid_field(
                "assignee",
                "Assignee: is invalid",
                Some("InvalidValue"),
            )),
        };
    }
    fields.id("assignee_id")
}

/// The requester given inline, found by email or made; the caller without one.
fn read_requester(account: &mut Account, call: &Call, fields: &Fields) -> Result<i64, Answer> {
    let Some(Value::Object(requester)) = fields.0.get("requester") else {
        return Ok(call.caller_id());
    };
    let requester = Fields(Map::clone(requester));
    let email = requester
        .text("email")?
        .flatten()
        .filter(|email| !email.is_empty());
    if let Some(known) = email
        .as_deref()
        .and_then(|email| account.user_by_email(email))
    {
        return Ok(known.id);
    }
    let name = requester.text("name")?.flatten().unwrap_or_default();
    if name.trim().is_empty() {
        return Err(Answer::invalid_field(
            "requester",
            "Requester Name:  is too short (minimum is 1 characters)",
            Some("ValueTooShort"),
        ));
    }
    let new = NewUser {
        name,
        email,
        ..NewUser::default()
    };
    account.add_user(new).map_err(|error| unexpected(&error))
}

/// The warning about keys that were dropped.
fn warn(answer: Answer, fields: &Fields, action: &str) -> Answer {
    let unknown: Vec<String> = fields
        .0
        .keys()
        .filter(|key| !KNOWN.contains(&key.as_str()))
        .map(|key| format!("\"ticket.{key}\""))
        .collect();
    if unknown.is_empty() {
        return answer;
    }
    let text = format!(
        "{{:allowed_parameters=>{{:controller=>\"tickets\", :action=>\"{action}\", :unpermitted_keys=>[{}], :invalid_values=>[]}}}}",
        unknown.join(", ")
    );
    answer.with_header(HeaderName::from_static("x-zendesk-api-warn"), &text)
}

fn unexpected(error: &EditError) -> Answer {
    Answer::invalid_field("base", &error.to_string(), Some("InvalidValue"))
}

//! Step 3: the ticket, then its audits.

use domain::case::CaseField;
use domain::push::{Audit, Happened, Reading};
use jiff::{SignedDuration, Timestamp};
use store::tickets as mirror;
use zendesk::{Record, TicketEvent};

use super::Push;
use super::replying::reply_of;

/// How far our clock may be ahead of Zendesk's: audits are read so much further back.
const SKEW: SignedDuration = SignedDuration::from_mins(10);
/// A wait for the next second of Zendesk's clock, and a little for the way.
const NEXT_SECOND: SignedDuration = SignedDuration::from_millis(1_050);

impl Push<'_> {
    /// Reads the ticket once Zendesk's clock is past `past`.
    pub(super) async fn read(&mut self, ticket: i64, past: Option<Timestamp>) -> Happened {
        let engine = self.pull.engine;
        if let Some(past) = past {
            let there = self.pull.client.server_time().unwrap_or(past);
            let ahead = past.duration_since(there).max(SignedDuration::ZERO);
            let wait = ahead.saturating_add(NEXT_SECOND);
            engine.clock.sleep(wait.unsigned_abs()).await;
        }
        let (record, date) = match self.pull.client.ticket_with_date(ticket).await {
            Ok(found) => found,
            Err(error) => return Happened::Failed(reply_of(&error, engine.now())),
        };
        let date = date.unwrap_or_else(|| engine.now());
        self.record = record.map(|record| (record, date));
        let found = match &self.record {
            None => None,
            Some((record, _)) => match &record.parsed {
                Ok(ticket) => Some(ticket.clone()),
                Err(bad) => {
                    return Happened::Failed(domain::push::Reply::Unsent {
                        problem: bad.to_string(),
                    });
                }
            },
        };
        let mut audits = Vec::new();
        if found.is_some() {
            // Of a ticket that was just made all are read: they tell which comments are the case's own,
            // also those whose sending a restored database has forgotten.
            let since = match self.operation.kind.makes_ticket() {
                true => None,
                false => self.operation.created_at.saturating_sub(SKEW).ok(),
            };
            match self.pull.client.audits_back_to(ticket, since).await {
                // One that cannot be read may be the one with our marker.
                Ok(read) => match read.iter().map(audit_of).collect::<Option<Vec<_>>>() {
                    Some(all) => audits = all,
                    None => return unreadable(&format!("An update of ticket {ticket}")),
                },
                Err(error) => return Happened::Failed(reply_of(&error, engine.now())),
            }
        }
        let merged_into = match engine.store.read().await {
            Ok(mut reader) => mirror::merged_into(&mut reader, &self.pull.integration.id, ticket)
                .await
                .unwrap_or_default(),
            Err(_) => None,
        };
        Happened::Read(Reading {
            ticket: found,
            date,
            audits,
            merged_into,
        })
    }

    /// Looks for the ticket that an earlier attempt may have made.
    pub(super) async fn find(&mut self, external_id: &str) -> Happened {
        let engine = self.pull.engine;
        let found = match self.pull.client.tickets_with_external_id(external_id).await {
            Ok(found) => found,
            Err(error) => return Happened::Failed(reply_of(&error, engine.now())),
        };
        let read = found.iter().filter_map(|record| record.id);
        let oldest = read.min();
        if found.len() > found.iter().filter(|record| record.parsed.is_ok()).count() {
            // It may be the one that an earlier attempt made.
            return unreadable(&format!("A ticket with the external id {external_id}"));
        }
        match oldest {
            None => Happened::Found(None),
            Some(ticket) => match self.read(ticket, None).await {
                Happened::Read(reading) => Happened::Found(Some(reading)),
                other @ (Happened::Found(_)
                | Happened::Planned(_)
                | Happened::Replied(_)
                | Happened::Failed(_)) => other,
            },
        }
    }
}

/// What cannot be read must not be taken for something that is not there.
fn unreadable(what: &str) -> Happened {
    Happened::Failed(domain::push::Reply::Unsent {
        problem: format!("{what} cannot be read, so nobody can say whether this was done."),
    })
}

/// An audit as the protocol reads it.
pub(in crate::case_sync) fn audit_of(record: &Record<TicketEvent>) -> Option<Audit> {
    record.parsed.as_ref().ok().map(audit)
}

/// One update of a ticket: our marker, the fields it set, the comments it added.
pub(super) fn audit(event: &TicketEvent) -> Audit {
    Audit {
        id: event.id,
        at: event.created_at.unwrap_or_default(),
        op: event.deskbridge_op.clone(),
        fields: event
            .changes
            .iter()
            .filter_map(|change| Some((field_named(&change.field)?, change.value.clone())))
            .collect(),
        // Empty, null and left out cannot be told apart for certain, and to take one for an edit of
        // somebody would undo ours: only a value that was there counts.
        was: event
            .changes
            .iter()
            .filter_map(|change| {
                let was = change.previous.clone().filter(|was| !was.is_empty())?;
                Some((field_named(&change.field)?, Some(was)))
            })
            .collect(),
        comments: event
            .comments
            .iter()
            .map(|(comment, _)| comment.id)
            .chain(event.textless.iter().copied())
            .collect(),
    }
}

/// The field of a case that a field of a ticket is, by its name on the wire.
pub(super) fn field_named(name: &str) -> Option<CaseField> {
    match name {
        "subject" => Some(CaseField::Subject),
        "status" => Some(CaseField::Status),
        "priority" => Some(CaseField::Priority),
        "assignee_id" | "assignee" => Some(CaseField::AssignedTo),
        "requester_id" | "requester" => Some(CaseField::Contact),
        _ => None,
    }
}

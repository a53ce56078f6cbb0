//! What people and rules do in Zendesk.

use domain::case::CaseField;
use domain::value::Value;

use super::{CommentEvent, Origin, Remote, RemoteTicket, Writer};

impl Remote {
    /// A person makes a ticket there, with a first comment that may be private. Returns its id.
    pub fn person_creates(
        &mut self,
        subject: &str,
        requester: i64,
        assignee: Option<i64>,
        public: bool,
    ) -> i64 {
        let id = self.bear(None, Writer::Person);
        let mut audit = self.new_audit(None);
        let second = self.second();
        let assignee = assignee.map(|id| id.to_string());
        for (field, value) in [
            (CaseField::Subject, Some(subject.to_owned())),
            (CaseField::Contact, Some(requester.to_string())),
            (CaseField::AssignedTo, assignee),
        ] {
            self.change(id, field, &value, Writer::Person, &mut audit);
        }
        self.add_comment(id, public, Origin::There, &mut audit, true);
        self.touch(id, second);
        if let Some(found) = self.ticket_mut(id) {
            found.ticket.description = Some(format!("about {id}"));
            found.audits.push(audit);
        }
        id
    }

    /// A person or a rule gives a field another value. False if nothing came of it.
    pub fn person_edits(&mut self, id: i64, field: CaseField, value: &Value, by: Writer) -> bool {
        if !self.ticket(id).is_some_and(RemoteTicket::is_open) {
            return false;
        }
        let mut audit = self.new_audit(None);
        if !self.change(id, field, value, by, &mut audit) {
            return false;
        }
        let second = self.second();
        self.touch(id, second);
        if let Some(found) = self.ticket_mut(id) {
            found.audits.push(audit);
        }
        true
    }

    /// A person comments. Returns the comment.
    pub fn person_comments(&mut self, id: i64, public: bool) -> Option<i64> {
        if !self.ticket(id).is_some_and(RemoteTicket::is_open) {
            return None;
        }
        let mut audit = self.new_audit(None);
        let comment = self.add_comment(id, public, Origin::There, &mut audit, false);
        let second = self.second();
        self.touch(id, second);
        if let Some(found) = self.ticket_mut(id) {
            found.audits.push(audit);
        }
        Some(comment)
    }

    /// Closes a ticket for good: the automation, or a person. False if it is closed or gone.
    pub fn close(&mut self, id: i64, by: Writer) -> bool {
        let closed = Some("closed".to_owned());
        self.person_edits(id, CaseField::Status, &closed, by)
    }

    /// Deletes a ticket.
    pub fn delete(&mut self, id: i64) -> bool {
        let second = self.second();
        let Some(found) = self.ticket_mut(id).filter(|found| !found.is_deleted()) else {
            return false;
        };
        let deleted = Some("deleted".to_owned());
        found.deleted_from = std::mem::replace(&mut found.ticket.status, deleted);
        found.away = Some((second, None));
        found.truth.revision += 1;
        self.touch(id, second);
        true
    }

    /// Restores a deleted ticket.
    pub fn restore(&mut self, id: i64) -> bool {
        let second = self.second();
        let Some(found) = self.ticket_mut(id).filter(|found| found.is_deleted()) else {
            return false;
        };
        found.ticket.status = found.deleted_from.take();
        found.away = found.away.map(|(since, _)| (since, Some(second)));
        found.truth.revision += 1;
        self.touch(id, second);
        true
    }

    /// Merges a ticket into another one: it is closed, tagged, and says so in a comment.
    pub fn merge(&mut self, id: i64, into: i64) -> bool {
        let open = |id| self.ticket(id).is_some_and(RemoteTicket::is_open);
        if id == into || !open(id) || !open(into) {
            return false;
        }
        let mut audit = self.new_audit(None);
        let closed = Some("closed".to_owned());
        self.change(id, CaseField::Status, &closed, Writer::Rule, &mut audit);
        self.add_comment(id, false, Origin::There, &mut audit, false);
        let second = self.second();
        self.touch(id, second);
        if let Some(found) = self.ticket_mut(id) {
            found.ticket.tags.push("closed_by_merge".to_owned());
            found.merged_into = Some(into);
            found.audits.push(audit);
        }
        self.person_comments(into, false);
        true
    }

    /// A person makes a comment of an open ticket private. False if it is so already.
    pub fn hide(&mut self, ticket: i64, comment: i64) -> bool {
        let audit = self.new_audit(None);
        let second = self.second();
        let found = self.ticket_mut(ticket).filter(|found| found.is_open());
        let Some(found) = found else {
            return false;
        };
        let mut comments = found.comments.iter_mut();
        let Some(known) = comments.find(|known| known.id == comment && known.public) else {
            return false;
        };
        known.public = false;
        known.is_as_sent = false;
        found.truth.revision += 1;
        let id = audit.id;
        found.audits.push(audit);
        self.events.push(CommentEvent {
            second,
            id,
            comment,
            ticket,
            public: false,
        });
        self.touch(ticket, second);
        true
    }

    /// A person merges an end user into another one: their tickets get the survivor as requester, and
    /// nobody can name who is gone any more. Returns the tickets that moved.
    pub fn merge_users(&mut self, gone: i64, kept: i64) -> Vec<i64> {
        if gone == kept || self.gone.contains_key(&gone) || self.gone.contains_key(&kept) {
            return Vec::new();
        }
        self.gone.insert(gone, kept);
        let second = self.second();
        let theirs = self.tickets.iter();
        let theirs = theirs.filter(|found| found.ticket.requester_id == Some(gone));
        let theirs: Vec<i64> = theirs.map(|found| found.ticket.id).collect();
        let value = Some(kept.to_string());
        for id in &theirs {
            let mut audit = self.new_audit(None);
            self.change(*id, CaseField::Contact, &value, Writer::Rule, &mut audit);
            self.touch(*id, second);
            if let Some(found) = self.ticket_mut(*id) {
                found.audits.push(audit);
            }
        }
        theirs
    }

    /// A system update: exports show the ticket again, and nothing of it has changed.
    pub fn stir(&mut self, id: i64) {
        let second = self.second();
        if let Some(found) = self.ticket_mut(id) {
            found.ticket.generated_timestamp = Some(second);
        }
    }
}

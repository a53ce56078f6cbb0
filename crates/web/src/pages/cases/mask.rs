//! Cases as those see them who see no personal data: whom they are for, and what people wrote.

use engine::attachments::FileView;
use engine::case_view::{
    CaseLine, CaseSearch, CaseView, CommentView, ConflictDetail, ConflictView, HistoryLine, Name,
    ParkedKind, ParkedView, PersonView, Progress, TicketPanel, TicketWish,
};
use engine::why::Why;

use crate::mask::{self, Mask};

/// Masks a text in place.
pub(crate) fn text(text: &mut String) {
    *text = mask::text(text).into_owned();
}

fn maybe_text(value: &mut Option<String>) {
    if let Some(value) = value {
        text(value);
    }
}

/// Masks the name of a customer, who without one goes by their email.
pub(crate) fn customer(name: &mut String) {
    *name = match name.contains('@') {
        true => mask::email(name),
        false => mask::name(name),
    };
}

/// Masks a customer.
pub(crate) fn contact(name: &mut Option<Name>) {
    if let Some(name) = name {
        customer(&mut name.name);
    }
}

impl Mask for CaseLine {
    fn mask(&mut self) {
        text(&mut self.subject);
        contact(&mut self.contact);
    }
}

impl Mask for CaseSearch {
    fn mask(&mut self) {
        self.cases.mask();
    }
}

impl Mask for PersonView {
    fn mask(&mut self) {
        contact(&mut self.contact);
        // Zendesk's name of somebody who is a customer, or who is not known to be none.
        if let Some(name) = &mut self.zendesk_name {
            customer(name);
        }
    }
}

impl Mask for CommentView {
    fn mask(&mut self) {
        self.author.mask();
        text(&mut self.message);
        self.files.mask();
    }
}

impl Mask for FileView {
    fn mask(&mut self) {
        text(&mut self.name);
        maybe_text(&mut self.problem);
    }
}

impl Mask for TicketPanel {
    fn mask(&mut self) {
        maybe_text(&mut self.recipient);
        for person in [&mut self.submitter, &mut self.assignee, &mut self.requester] {
            person.mask();
        }
        self.collaborators.mask();
        self.tags.iter_mut().for_each(text);
        maybe_text(&mut self.organization);
        // Whatever an account asks its customers for.
        for field in &mut self.custom_fields {
            field.value = mask::value(&field.value);
        }
    }
}

impl Mask for HistoryLine {
    fn mask(&mut self) {
        text(&mut self.what);
        text(&mut self.actor);
        for change in &mut self.changes {
            for value in [&mut change.from, &mut change.to].into_iter().flatten() {
                match change.field.as_str() {
                    "contact" => customer(value),
                    _ => text(value),
                }
            }
        }
    }
}

impl Mask for ConflictView {
    fn mask(&mut self) {
        contact(&mut self.contact);
        let of_contact = self.contact.is_some() || self.case_number.is_none();
        let values = [&mut self.agreed, &mut self.crm, &mut self.zendesk];
        for value in values.into_iter().flatten() {
            match (of_contact, self.field.as_str()) {
                (true, "name") | (false, "contact") => customer(value),
                (true, "email") => *value = mask::email(value),
                (true, _) => *value = mask::phone(value),
                (false, _) => text(value),
            }
        }
    }
}

impl Mask for ConflictDetail {
    fn mask(&mut self) {
        self.conflict.mask();
        let did = [
            &mut self.changed_here,
            &mut self.settled,
            &mut self.restored,
        ];
        for did in did.into_iter().flatten() {
            text(&mut did.actor);
        }
    }
}

impl Mask for ParkedView {
    fn mask(&mut self) {
        contact(&mut self.contact);
        match self.kind {
            // It names whom it is about.
            ParkedKind::Person => {
                let name = self.contact.as_ref().map(|name| name.name.as_str());
                self.what = format!("Contact {}", name.unwrap_or_default());
            }
            ParkedKind::Publish
            | ParkedKind::FollowUp
            | ParkedKind::Comment
            | ParkedKind::Fields
            | ParkedKind::File => text(&mut self.what),
        }
        text(&mut self.reason);
    }
}

impl Mask for CaseView {
    fn mask(&mut self) {
        text(&mut self.subject);
        text(&mut self.description);
        contact(&mut self.contact);
        self.parked.mask();
        self.ticket.mask();
        self.conflict_records.mask();
        self.comments.mask();
        self.history.mask();
    }
}

impl Mask for Why {
    fn mask(&mut self) {
        text(&mut self.sentence);
        self.details.iter_mut().for_each(text);
    }
}

impl Mask for TicketWish {
    fn mask(&mut self) {
        match &mut self.progress {
            Progress::Waiting { why, .. } => maybe_text(why),
            Progress::Failed { reason, .. } => text(reason),
            Progress::Comments { .. } => {}
        }
    }
}

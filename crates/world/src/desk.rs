//! What people do to cases.

use domain::case::{CaseFields, CasePriority, CaseSource, CaseStatus};
use domain::desk::{DeskComment, Room, Written};
use domain::guard::Guards;
use domain::identity::{IdentityRules, People};
use engine::actions::{self, CaseEdit};
use engine::attachments::{self, NewComment};
use jiff::SignedDuration;
use store::cases::Case;
use store::comments::{self, CaseComment};
use store::desks;
use store::outbox::{self, Entry};

use crate::{Actor, World};

/// Who says something on a case, for [`Actor::say`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Voice<'a> {
    /// The actor.
    Own,
    /// The contact of this id.
    Contact(&'a str),
}

/// How many of this process' operations are where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// They wait, or a worker is at them.
    pub open: usize,
    /// They are parked.
    pub parked: usize,
    /// They were delivered.
    pub done: usize,
    /// They were given up.
    pub discarded: usize,
}

impl Actor<'_> {
    /// Edits a case and has what changed sent.
    pub async fn edit(&self, case: &str, change: impl FnOnce(&mut CaseFields)) {
        let before = self.world().case(case).await.fields;
        let mut after = before.clone();
        change(&mut after);
        let edit = CaseEdit {
            subject: (after.subject != before.subject).then_some(after.subject),
            description: (after.description != before.description).then_some(after.description),
            status: (after.status != before.status).then_some(after.status),
            priority: (after.priority != before.priority).then_some(after.priority),
            assigned_to: (after.assigned_to != before.assigned_to).then_some(after.assigned_to),
            contact: (after.contact != before.contact).then_some(after.contact),
        };
        actions::edit(self.world().engine(), case, edit, self.email())
            .await
            .unwrap();
    }

    /// Says something on a case and has it sent. Returns the comment's id.
    pub async fn say(&self, case: &str, text: &str, public: bool, voice: Voice<'_>) -> String {
        let contact = match voice {
            Voice::Own => None,
            Voice::Contact(contact) => Some(contact),
        };
        match contact {
            None => self.say_oneself(case, text, public).await,
            Some(contact) => self.say_for(case, text, public, contact).await,
        }
    }

    async fn say_oneself(&self, case: &str, text: &str, public: bool) -> String {
        let author = self.user().await.id;
        let new = NewComment {
            case,
            text,
            public,
            author: &author,
            actor: self.email(),
        };
        let limits = attachments::Limits::default();
        let added = attachments::comment(self.world().engine(), new, Vec::new(), limits).await;
        added.unwrap().comment
    }

    /// A contact's own words: no page takes them yet, so they go through the core alone.
    async fn say_for(&self, case: &str, text: &str, public: bool, contact: &str) -> String {
        let world = self.world();
        let integration = world.integration().await;
        let (id, now) = (world.new_id(), world.now());
        let mut tx = world.store().begin().await.unwrap();
        let held = desks::lock(&mut tx, case).await.unwrap().unwrap();
        let comment = CaseComment {
            id: id.clone(),
            case_id: case.to_owned(),
            message: text.to_owned(),
            public,
            is_description: false,
            contact_id: Some(contact.to_owned()),
            user_id: None,
            created_at: now,
        };
        comments::put(&mut tx, &[comment], now).await.unwrap();
        let (mut desk, mut written) = (held.desk.clone(), Written::default());
        let comment = DeskComment {
            id: id.clone(),
            public,
            is_description: false,
            remote: None,
        };
        let mut room = Room {
            integration: &integration.id,
            people: &People::default(),
            rules: &IdentityRules::default(),
            maps: &integration.settings.maps,
            mode: integration.settings.mode(),
            now,
            settle: SignedDuration::ZERO,
            lease: world.engine().settings.lease,
            guards: Guards::ALL,
            new_id: &mut || world.new_id(),
        };
        desk.say(comment, &mut room, &mut written);
        desks::save(
            &mut tx,
            &integration.id,
            &held,
            &desk,
            &written,
            contact,
            now,
        )
        .await
        .unwrap();
        tx.commit().await.unwrap();
        id
    }

    /// Opens a case here, with its description as a public comment. It has no ticket.
    pub async fn open_case(&self, subject: &str, text: &str, contact: Option<&str>) -> Case {
        let world = self.world();
        let now = world.now();
        let user = self.user().await.id;
        let mut tx = world.store().begin().await.unwrap();
        let number = store::counters::take(&mut tx, "case", 1).await.unwrap();
        let case = Case {
            id: world.new_id(),
            number,
            fields: CaseFields {
                subject: subject.to_owned(),
                description: text.to_owned(),
                status: CaseStatus::Open,
                priority: CasePriority::Normal,
                assigned_to: None,
                contact: contact.map(str::to_owned),
                closed_at: None,
            },
            source: CaseSource::Other,
            owner_id: contact.map(|_| user.clone()),
            reported_at: now,
            created_by_run: None,
            created_at: now,
            updated_at: now,
            version: 1,
            deleted_at: None,
        };
        store::cases::put(&mut tx, std::slice::from_ref(&case))
            .await
            .unwrap();
        let description = CaseComment {
            id: world.new_id(),
            case_id: case.id.clone(),
            message: text.to_owned(),
            public: true,
            is_description: true,
            contact_id: contact.map(str::to_owned),
            user_id: contact.is_none().then_some(user),
            created_at: now,
        };
        comments::put(&mut tx, &[description], now).await.unwrap();
        tx.commit().await.unwrap();
        case
    }

    /// Asks for a ticket for a case. False if there is nothing to ask for, or it was asked for before.
    pub async fn publish(&self, case: &str) -> bool {
        let asked = actions::publish(self.world().engine(), case, None, self.email()).await;
        asked.is_ok_and(|asked| !asked.already)
    }

    /// Asks for a ticket that follows the case's closed one; as [`Actor::publish`].
    pub async fn follow_up(&self, case: &str) -> bool {
        let asked = actions::follow_up(self.world().engine(), case, self.email()).await;
        asked.is_ok_and(|asked| !asked.already)
    }

    /// Has everything sent that piled up while two-way sync was off.
    pub async fn send_piled_up(&self) {
        let integration = self.world().integration().await;
        actions::backlog(self.world().engine(), &integration, true, self.email())
            .await
            .unwrap();
    }

    /// Puts a parked operation back into the line. False if it is not parked.
    pub async fn retry(&self, op_id: &str) -> bool {
        actions::retry(self.world().engine(), op_id, self.email())
            .await
            .is_ok()
    }

    /// Gives up a parked operation. False if it is not parked.
    pub async fn discard(&self, op_id: &str) -> bool {
        actions::discard(self.world().engine(), op_id, self.email())
            .await
            .is_ok()
    }
}

impl World {
    /// A new identifier from the world's seed.
    pub fn new_id(&self) -> String {
        store::ids::new_id(self.now(), &*self.dice)
    }

    /// Everything that was ever to be sent of a case, in order.
    pub async fn line_of(&self, case: &str) -> Vec<Entry> {
        let mut reader = self.store().read().await.unwrap();
        outbox::of_line(&mut reader, case).await.unwrap()
    }

    /// How much of a case's line is where.
    pub async fn tally(&self, case: &str) -> Tally {
        use domain::outbox::State;
        let mut tally = Tally::default();
        for entry in self.line_of(case).await {
            match entry.operation.state {
                State::Waiting | State::Claimed => tally.open += 1,
                State::Parked => tally.parked += 1,
                State::Done => tally.done += 1,
                State::Discarded => tally.discarded += 1,
            }
        }
        tally
    }

    /// What is parked of a case: the operations, with why as the sentence a person reads.
    pub async fn parked(&self, case: &str) -> Vec<(String, String)> {
        let line = self.line_of(case).await.into_iter();
        line.filter(|entry| entry.operation.state == domain::outbox::State::Parked)
            .map(|entry| {
                let why = entry.operation.reason.map(|reason| reason.to_string());
                (entry.operation.op_id, why.unwrap_or_default())
            })
            .collect()
    }

    /// The case with this id.
    pub async fn case(&self, id: &str) -> Case {
        let mut reader = self.store().read().await.unwrap();
        store::cases::find(&mut reader, id).await.unwrap().unwrap()
    }

    /// The ticket a case is linked to.
    pub async fn ticket_of(&self, case: &str) -> Option<i64> {
        let mut reader = self.store().read().await.unwrap();
        let held = desks::read(&mut reader, case).await.unwrap().unwrap();
        held.desk.link.map(|link| link.ticket)
    }

    /// The comments of a case, oldest first.
    pub async fn said_on(&self, case: &str) -> Vec<comments::CommentRow> {
        let mut reader = self.store().read().await.unwrap();
        comments::of_case(&mut reader, case, 0, i64::MAX)
            .await
            .unwrap()
    }

    /// Every conflict there was, newest first.
    pub async fn conflicts(&self) -> Vec<store::conflicts::Recorded> {
        let mut reader = self.store().read().await.unwrap();
        let all = store::conflicts::Filter::default();
        store::conflicts::list(&mut reader, all, None, i64::MAX)
            .await
            .unwrap()
    }
}

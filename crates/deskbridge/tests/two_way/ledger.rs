//! What both sides came to: every comment on both once, and every edit accounted for.

use std::collections::BTreeMap;

use domain::case::{CaseFields, CasePriority, CaseStatus};
use domain::mapping::{
    Maps, Translation, priority_to_case, priority_to_ticket, status_to_case, status_to_ticket,
    subject_to_case, subject_to_ticket,
};
use jiff::Timestamp;
use serde_json::Value;
use simulator::{Event, Simulator};

use crate::desk::{ADMIN, People};

/// A field that people edit on both sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Field {
    Subject,
    Status,
    Priority,
}

impl Field {
    /// What both sides call it.
    fn word(self) -> &'static str {
        match self {
            Self::Subject => "subject",
            Self::Status => "status",
            Self::Priority => "priority",
        }
    }

    /// Whether a case with this word and a ticket with that one agree: a map leads from one to the other.
    fn agrees(self, here: &str, there: Option<&str>, maps: &Maps) -> bool {
        let (said_there, said_here) = match self {
            Self::Subject => (subject_to_ticket(here), subject_to_case(there)),
            Self::Status => {
                let status: CaseStatus = CaseStatus::parse(here).expect("a status");
                (status_to_ticket(status, maps), status_to_case(there, maps))
            }
            Self::Priority => {
                let priority: CasePriority = CasePriority::parse(here).expect("a priority");
                let to_case = match there {
                    // What a case begins with where the ticket has none.
                    None => Translation::text(CasePriority::Normal.as_str()),
                    Some(_) => priority_to_case(there, maps),
                };
                (priority_to_ticket(priority, maps), to_case)
            }
        };
        said_there.says(&there.map(str::to_owned)) || said_here.says(&Some(here.to_owned()))
    }
}

/// Where somebody edited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Side {
    Here,
    There,
}

/// A value that somebody gave a field, in the words of its side.
#[derive(Debug)]
struct Edit {
    value: String,
    /// When, by our clock and by Zendesk's.
    here: Timestamp,
    there: i64,
}

/// The last value that somebody gave each field of each ticket, on each side: the ones before it were
/// followed by a later one of the same side.
#[derive(Debug, Default)]
pub(crate) struct Edits(BTreeMap<(i64, Field, Side), Edit>);

impl Edits {
    /// To be called right before the edit. One that changes nothing is none.
    pub(crate) async fn note(
        &mut self,
        (zendesk, people): (&Simulator, &People),
        (ticket, field, side): (i64, Field, Side),
        value: &str,
    ) {
        let present = match side {
            Side::Here => {
                let case = people.case_of(ticket).await;
                let mut reader = people.engine.store.read().await.unwrap();
                let case = store::cases::find(&mut reader, &case).await.unwrap();
                Some(value_here(&case.unwrap().fields, field).to_owned())
            }
            Side::There => {
                zendesk.read(|account| value_there(account.ticket(ticket).unwrap(), field))
            }
        };
        if present.as_deref() == Some(value) {
            return;
        }
        let edit = Edit {
            value: value.to_owned(),
            here: people.engine.now(),
            there: zendesk.now(),
        };
        self.0.insert((ticket, field, side), edit);
    }
}

/// Both sides say the same of every ticket: fields by the maps, and each comment once.
pub(crate) async fn assert_equal(zendesk: &Simulator, people: &People) {
    let mut reader = people.engine.store.read().await.unwrap();
    let integration = store::integrations::find(&mut reader, "main")
        .await
        .unwrap();
    let maps = integration.unwrap().settings.maps;
    let tickets: Vec<_> = zendesk.read(|account| account.tickets().cloned().collect());
    let mut here_all = 0;
    for ticket in &tickets {
        let links = store::links::cases_of(&mut reader, &people.integration, &[ticket.id]).await;
        let case = links.unwrap().remove(&ticket.id).expect("a case");
        let case = store::cases::find(&mut reader, &case)
            .await
            .unwrap()
            .unwrap();
        for field in [Field::Subject, Field::Status, Field::Priority] {
            let here = value_here(&case.fields, field);
            let there = value_there(ticket, field);
            assert!(
                field.agrees(here, there.as_deref(), &maps),
                "{field:?} of ticket {}: {here:?} and {there:?}",
                ticket.id
            );
        }
        let rows = store::comments::of_case(&mut reader, &case.id, 0, i64::MAX).await;
        let rows = rows.unwrap();
        here_all += rows.len();
        let mut here: Vec<(i64, bool)> = rows
            .iter()
            .map(|row| (row.remote_id.expect("it is in Zendesk"), row.comment.public))
            .collect();
        let mut there: Vec<(i64, bool)> = zendesk.read(|account| {
            let comments = account.comments_of(ticket.id);
            let ids = comments.map(|(audit, comment)| (audit.comment_id(), comment.public));
            ids.collect()
        });
        here.sort_unstable();
        there.sort_unstable();
        assert_eq!(here, there, "the comments of ticket {}", ticket.id);
        let whole = store::history::chain_is_whole(&mut reader, &case.id).await;
        assert!(whole.unwrap(), "the history of ticket {}", ticket.id);
    }
    assert_eq!(here_all, zendesk.count_comments());
    let cases = store::cases::count(&mut reader).await.unwrap();
    assert_eq!(usize::try_from(cases), Ok(zendesk.count_tickets()));
}

/// Each of these texts is in Zendesk exactly once, those of one ticket in the order they were said.
pub(crate) fn assert_said_once(zendesk: &Simulator, said: &BTreeMap<i64, Vec<String>>) {
    for (ticket, texts) in said {
        let there: Vec<String> = zendesk.read(|account| {
            let comments = account.comments_of(*ticket);
            let bodies = comments.map(|(_, comment)| comment.body.to_string());
            bodies.filter(|body| texts.contains(body)).collect()
        });
        assert_eq!(&there, texts, "on ticket {ticket}");
    }
}

fn value_here(fields: &CaseFields, field: Field) -> &str {
    match field {
        Field::Subject => &fields.subject,
        Field::Status => fields.status.as_str(),
        Field::Priority => fields.priority.as_str(),
    }
}

fn value_there(ticket: &simulator::Ticket, field: Field) -> Option<String> {
    match field {
        Field::Subject => ticket.subject.as_ref().map(ToString::to_string),
        Field::Status => Some(ticket.status.as_str().to_owned()),
        Field::Priority => ticket.priority.map(|word| word.as_str().to_owned()),
    }
}

/// A value that a field had.
struct Held<T, V> {
    since: T,
    value: V,
    /// Whether the sync gave it that value, and not a person.
    by_us: bool,
}

/// Every value a ticket's field has had.
fn values_there(zendesk: &Simulator, ticket: i64, field: Field) -> Vec<Held<i64, Option<String>>> {
    let mut values = Vec::new();
    for audit in zendesk.audits_of(ticket) {
        for event in &audit.events {
            let value = match event {
                Event::Created(made) => match field {
                    Field::Subject => made.subject.as_ref().map(ToString::to_string),
                    Field::Status => Some(made.status.as_str().to_owned()),
                    Field::Priority => made.priority.map(|word| word.as_str().to_owned()),
                },
                Event::Changed(change) if change.field == field.word() => {
                    let value = serde_json::to_value(&change.value).unwrap();
                    value.as_str().map(str::to_owned)
                }
                Event::Changed(_)
                | Event::Comment(_)
                | Event::MadePrivate { .. }
                | Event::Redacted { .. }
                | Event::AttachmentRedacted { .. } => continue,
            };
            values.push(Held {
                since: audit.created_at,
                value,
                // What a trigger makes of our update stands in the same audit, and is not ours.
                by_us: audit.custom.is_some() && !is_rules(event),
            });
        }
    }
    values
}

/// Whether a trigger or an automation did it.
fn is_rules(event: &Event) -> bool {
    matches!(event, Event::Changed(change) if change.rule.is_some())
}

/// Whether a trigger replaced this value, at this moment or later.
fn is_replaced_there(
    zendesk: &Simulator,
    ticket: i64,
    field: Field,
    value: &str,
    since: i64,
) -> bool {
    let audits = zendesk.audits_of(ticket);
    let later = audits.iter().filter(|audit| audit.created_at >= since);
    later.flat_map(|audit| &audit.events).any(|event| {
        is_rules(event)
            && matches!(event, Event::Changed(change) if change.field == field.word()
            && serde_json::to_value(&change.previous).unwrap() == value)
    })
}

/// Every value a case's field has had; a case without a history has had but one.
async fn values_here(people: &People, ticket: i64, field: Field) -> Vec<Held<Timestamp, String>> {
    let case = people.case_of(ticket).await;
    let mut reader = people.engine.store.read().await.unwrap();
    let history = store::history::of_case(&mut reader, &case).await.unwrap();
    let mut values = Vec::new();
    for entry in &history {
        let body: Value = serde_json::from_str(entry.body.as_deref().unwrap()).unwrap();
        let began = body["state"][field.word()].as_str();
        let changes = body["changes"].as_array().into_iter().flatten();
        let changed = changes
            .filter(|change| change["field"] == field.word())
            .filter_map(|change| change["to"].as_str());
        values.extend(began.into_iter().chain(changed).map(|value| Held {
            since: entry.at,
            value: value.to_owned(),
            by_us: began.is_some() || entry.actor != ADMIN,
        }));
    }
    if values.is_empty() {
        let case = store::cases::find(&mut reader, &case).await.unwrap();
        let case = case.unwrap();
        values.push(Held {
            since: case.created_at,
            value: value_here(&case.fields, field).to_owned(),
            by_us: true,
        });
    }
    values
}

/// Those of the values that a field had at a moment or later.
fn since<'v, T: PartialOrd, V>(
    moment: &T,
    values: &'v [Held<T, V>],
) -> impl Iterator<Item = &'v V> + use<'v, T, V> {
    let later = values.iter().position(|held| held.since >= *moment);
    let skip = later.unwrap_or(values.len()).saturating_sub(1);
    values.iter().skip(skip).map(|held| &held.value)
}

/// A field of a ticket and its case, through all its time.
struct Course<'a> {
    field: Field,
    maps: &'a Maps,
    /// By how many seconds Zendesk's clock is ahead of ours.
    ahead: i64,
    here: Vec<Held<Timestamp, String>>,
    there: Vec<Held<i64, Option<String>>>,
}

impl Course<'_> {
    /// Whether what somebody typed is this value, as a case has it.
    fn is_here(&self, side: Side, typed: &str, here: &str) -> bool {
        match side {
            Side::Here => here == typed,
            Side::There => self.field.agrees(here, Some(typed), self.maps),
        }
    }

    /// The same, as a ticket has it.
    fn is_there(&self, side: Side, typed: &str, there: Option<&str>) -> bool {
        match side {
            Side::Here => self.field.agrees(typed, there, self.maps),
            Side::There => there == Some(typed),
        }
    }

    /// Whether it was on the other side when it was typed, or came there later.
    fn reached(&self, side: Side, edit: &Edit) -> bool {
        match side {
            Side::Here => since(&edit.there, &self.there)
                .any(|there| self.is_there(side, &edit.value, there.as_deref())),
            Side::There => {
                since(&edit.here, &self.here).any(|here| self.is_here(side, &edit.value, here))
            }
        }
    }

    /// Whether it is what both sides had last agreed on before: who typed it took a change back.
    fn is_back(&self, side: Side, edit: &Edit) -> bool {
        let ahead = self.ahead;
        // What the sync brought to either side, and what happened to be the same on both, which it may
        // have seen or not: when, and whether it is this value.
        let (mut brought, mut met) = (Vec::new(), Vec::new());
        for held in &self.here {
            let second = held.since.as_second();
            let is = self.is_here(side, &edit.value, &held.value);
            if held.by_us {
                brought.push((second, is));
            }
            let mut there = self.there.iter().rev();
            let there = there.find(|other| other.since - ahead <= second);
            if there.is_some_and(|other| self.same(held, other)) {
                met.push((second, is));
            }
        }
        for held in &self.there {
            let second = held.since - ahead;
            let is = self.is_there(side, &edit.value, held.value.as_deref());
            if held.by_us {
                brought.push((second, is));
            }
            let mut here = self.here.iter().rev();
            let here = here.find(|other| other.since.as_second() <= second);
            if here.is_some_and(|other| self.same(other, held)) {
                met.push((second, is));
            }
        }
        // Zendesk tells whole seconds, so what was agreed in the second of the edit may have come before it
        // or after it, and what was agreed before that second may still have held.
        let typed = edit.here.as_second();
        [brought, met].into_iter().any(|agreed| {
            let earlier = agreed.iter().map(|(second, _)| *second);
            let last = earlier.filter(|second| *second < typed).max();
            let mut held = agreed
                .iter()
                .filter(|(second, _)| *second == typed || Some(*second) == last);
            held.any(|(_, is)| *is)
        })
    }

    fn same(&self, here: &Held<Timestamp, String>, there: &Held<i64, Option<String>>) -> bool {
        let there = there.value.as_deref();
        self.field.agrees(&here.value, there, self.maps)
    }
}

/// What happened to a ticket and its case, for whoever reads a failure.
async fn story(zendesk: &Simulator, people: &People, ticket: i64) -> String {
    let case = people.case_of(ticket).await;
    let mut reader = people.engine.store.read().await.unwrap();
    let mut told = Vec::new();
    for entry in store::history::of_case(&mut reader, &case).await.unwrap() {
        told.push(format!("{} {}: {:?}", entry.at, entry.actor, entry.body));
    }
    let all = store::conflicts::Filter::default();
    let conflicts = store::conflicts::list(&mut reader, all, None, i64::MAX).await;
    for conflict in conflicts.unwrap() {
        if conflict.remote_id == ticket {
            told.push(format!("{conflict:?}"));
        }
    }
    for entry in store::outbox::of_line(&mut reader, &case).await.unwrap() {
        told.push(format!("{:?}", entry.operation));
    }
    for audit in zendesk.audits_of(ticket) {
        let at = Timestamp::from_second(audit.created_at).unwrap();
        told.push(format!("{at} {:?}: {:?}", audit.custom, audit.events));
    }
    told.join("\n")
}

/// Of every field, the last value that somebody gave it on a side reached the other side (or was there
/// already), or took a change back, or a trigger in Zendesk replaced it, or it is in the record of a
/// conflict of that ticket and field since then (I-04).
pub(crate) async fn assert_no_edit_is_lost(zendesk: &Simulator, people: &People, edits: &Edits) {
    let mut reader = people.engine.store.read().await.unwrap();
    let integration = store::integrations::find(&mut reader, "main").await;
    let maps = integration.unwrap().unwrap().settings.maps;
    let all = store::conflicts::Filter::default();
    let conflicts = store::conflicts::list(&mut reader, all, None, i64::MAX).await;
    let conflicts = conflicts.unwrap();
    drop(reader);
    // The two clocks are read one after the other, so a second may turn in between: the least is right.
    let ahead = edits.0.values();
    let ahead = ahead.map(|edit| edit.there - edit.here.as_second()).min();
    let ahead = ahead.unwrap_or_default();
    for ((ticket, field, side), edit) in &edits.0 {
        let value = edit.value.as_str();
        let course = Course {
            field: *field,
            maps: &maps,
            ahead,
            here: values_here(people, *ticket, *field).await,
            there: values_there(zendesk, *ticket, *field),
        };
        let reached = course.reached(*side, edit)
            || course.is_back(*side, edit)
            || *side == Side::There
                && is_replaced_there(zendesk, *ticket, *field, value, edit.there);
        let recorded = conflicts.iter().any(|conflict| {
            let lost = match side {
                Side::Here => &conflict.crm,
                Side::There => &conflict.zendesk,
            };
            conflict.remote_id == *ticket
                && conflict.field == field.word()
                && lost.as_deref() == Some(value)
                && conflict.at >= edit.here
        });
        assert!(
            reached || recorded,
            "{field:?} {value:?} of ticket {ticket}, given {side:?} at {}, is lost.\n{}",
            edit.here,
            story(zendesk, people, *ticket).await
        );
    }
}

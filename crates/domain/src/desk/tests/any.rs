//! Any story: edits and comments here, changes there, a net that loses things, workers that freeze.
//! Whatever happens, what is promised holds once the net is well again.

mod story;

use proptest::prelude::*;
use proptest::sample::select;

use super::stage::*;
use crate::case::CaseField;
use crate::desk::case_value;
use crate::merge::Mode;
use crate::plan::ticket_value;
use crate::push::Reply;
use crate::value::Value;
use story::{Event, Story, WORDS};

fn any_word(there: bool) -> impl Strategy<Value = (CaseField, &'static str)> {
    (0..WORDS.len(), 0..3_usize).prop_map(move |(field, word)| {
        let (field, here, zendesk) = WORDS[field];
        (field, if there { zendesk[word] } else { here[word] })
    })
}

fn any_net() -> impl Strategy<Value = Net> {
    let refusal = any_word(true).prop_map(|(field, _)| {
        let fields = vec![(Some(field), "No.".to_owned())];
        Net::Says(Reply::Refused { fields })
    });
    prop_oneof![
        3 => Just(Net::AnswerLost),
        2 => Just(Net::Lost),
        3 => Just(Net::Late),
        1 => Just(Net::Says(Reply::Changed)),
        1 => Just(Net::TookNothing),
        1 => any_word(true).prop_map(|(field, _)| Net::TookAllBut(vec![field])),
        1 => refusal,
    ]
}

fn any_event() -> impl Strategy<Value = Event> {
    prop_oneof![
        5 => any_word(false).prop_map(|(field, word)| Event::Edit(field, word)),
        4 => any_word(true).prop_map(|(field, word)| Event::Change(field, word)),
        2 => any::<bool>().prop_map(Event::Say),
        3 => Just(Event::Pull),
        1 => (0..4_usize).prop_map(Event::PullOld),
        6 => Just(Event::Work),
        2 => (0..8_usize).prop_map(Event::Freeze),
        2 => Just(Event::Thaw),
        4 => any_net().prop_map(Event::Net),
        3 => Just(Event::Arrive),
        1 => proptest::option::of(any_word(true)).prop_map(Event::Trigger),
        4 => select(vec![1, 3, 70]).prop_map(Event::Pass),
        1 => Just(Event::Retry),
    ]
}

/// A word here and a word there, of two fields that have nothing to do with each other (solving draws
/// an assignee in).
fn two_fields() -> impl Strategy<Value = ((CaseField, &'static str), (CaseField, &'static str))> {
    let pairs = [
        (0, 1),
        (0, 2),
        (0, 3),
        (1, 0),
        (1, 2),
        (2, 0),
        (2, 1),
        (2, 3),
        (3, 0),
        (3, 2),
    ];
    (select(pairs.to_vec()), 0..3_usize, 0..3_usize).prop_map(|((a, b), here, there)| {
        (
            (WORDS[a].0, WORDS[a].1[here]),
            (WORDS[b].0, WORDS[b].2[there]),
        )
    })
}

/// What a value here may be in Zendesk's words.
fn translated(field: CaseField, value: &Value) -> Vec<Value> {
    let (_, here, there) = WORDS.iter().find(|(of, ..)| *of == field).unwrap();
    let word = value.as_deref().unwrap_or_default();
    let words = here.iter().zip(there).filter(|(known, _)| **known == word);
    let words = words.map(|(_, zendesk)| *zendesk);
    // What the map makes of it back; and who solves what nobody is assigned to.
    let also = match (field, word) {
        (CaseField::Priority, "high") => Some("high"),
        (CaseField::AssignedTo, "") => Some("13"),
        (_, _) => None,
    };
    let value = |word: &str| (!word.is_empty()).then(|| word.to_owned());
    words.chain(also).map(value).collect()
}

fn any_mode() -> impl Strategy<Value = Mode> {
    select(vec![REMOTE, LOCAL])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.max(3_000), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_both_sides_end_in_step_and_nothing_is_lost_or_doubled(
        mode in any_mode(),
        events in proptest::collection::vec(any_event(), 1..40),
    ) {
        let mut story = Story::new(mode);
        for event in events {
            story.happen(event);
        }
        story.heal();
        let Story { mut stage, edits, agreed, said, .. } = story;
        // Everything has ended, and both sides say the same (I-21, I-24).
        prop_assert!(stage.line().is_empty(), "{:?}", stage.line());
        let ticket = stage.zendesk.tickets[0].clone();
        for (field, here, there) in WORDS {
            let crm = case_value(&stage.desk.fields, field).unwrap_or_default();
            let zendesk = ticket_value(&ticket, field).unwrap_or_default();
            let matches = here.iter().position(|word| *word == crm) == there.iter().position(|word| *word == zendesk)
                || (crm == "closed" && zendesk == "solved")
                || (crm == "high" && zendesk == "high")
                // The default user solves what nobody is assigned to.
                || (field == CaseField::AssignedTo && crm.is_empty() && zendesk == "13");
            prop_assert!(matches, "{field}: {crm} here and {zendesk} there");
        }
        // Each comment is there once, in order, and as visible as it was written (I-02, I-03, I-13).
        let there: Vec<&String> = stage.zendesk.comments.iter().map(|(id, _)| id).collect();
        let here: Vec<&String> = said.iter().map(|(id, _)| id).collect();
        let mut sorted = there.clone();
        sorted.sort_by_key(|id| id[1..].parse::<u32>().unwrap());
        prop_assert_eq!(&sorted, &here, "{:?}", there);
        for (comment, (id, public)) in stage.desk.comments[1..].iter().zip(&said) {
            prop_assert_eq!((&comment.id, comment.public), (id, *public));
            let remote = comment.remote.unwrap();
            prop_assert_eq!(stage.zendesk.public.contains(&remote), *public);
        }
        // The last word of a person on a field is final, or was agreed on, or is in a record (I-04).
        for (at, (field, is_here, value)) in edits.iter().enumerate() {
            let superseded = edits[at + 1..].iter().any(|(later, ..)| later == field);
            let final_one = if *is_here {
                case_value(&stage.desk.fields, *field) == *value
            } else {
                ticket_value(&ticket, *field) == *value
            };
            let was_agreed = agreed.iter().any(|(of, pair)| {
                of == field && (if *is_here { pair.crm == *value } else { pair.zendesk == *value })
            });
            let recorded = stage.written.conflicts.iter().any(|conflict| {
                conflict.field == *field
                    && (if *is_here { conflict.crm == *value } else { conflict.zendesk == *value })
            });
            // Zendesk took it, and a trigger changed it again within the same audit.
            let words = translated(*field, value);
            let was_taken = *is_here && stage.zendesk.audits.iter().any(|(_, audit)| {
                audit.op.is_some() && words.iter().any(|word| audit.set(*field, word))
            });
            prop_assert!(
                superseded || final_one || was_agreed || was_taken || recorded,
                "{field} = {value:?} (here: {is_here}) is lost"
            );
        }
        // With nothing to do, nothing is done (I-06, I-07).
        let (desk, writes) = (stage.desk.clone(), stage.zendesk.writes);
        stage.pass(3600);
        stage.pull();
        stage.rest();
        prop_assert_eq!(&stage.desk.fields, &desk.fields);
        prop_assert_eq!(stage.zendesk.writes, writes);
        prop_assert_eq!(stage.desk.operations.len(), desk.operations.len());
    }

    #[test]
    fn states_of_a_ticket_end_alike_in_whatever_order_and_how_often_they_arrive(
        mode in select(vec![REMOTE, LOCAL, Mode::OneWay]),
        changes in proptest::collection::vec(any_word(true), 1..6),
        order in proptest::collection::vec(0..6_usize, 0..12),
    ) {
        let mut stage = Stage::linked(mode);
        let mut states = Vec::new();
        for (field, word) in changes {
            stage.change(field, word);
            states.push((stage.zendesk.tickets[0].clone(), stage.now));
        }
        let newest = states.len() - 1;
        let mut in_order = Stage::linked(mode);
        for (ticket, read_at) in &states {
            in_order.with(|desk, room, written| desk.receive(ticket, *read_at, room, written));
        }
        for at in order.into_iter().chain([newest, 0, newest]) {
            let (ticket, read_at) = states[at.min(newest)].clone();
            stage.with(|desk, room, written| desk.receive(&ticket, read_at, room, written));
        }
        // The time of a solve is that of the state that told of it.
        stage.desk.fields.closed_at = in_order.desk.fields.closed_at;
        prop_assert_eq!(&stage.desk.fields, &in_order.desk.fields);
        prop_assert!(stage.desk.link == in_order.desk.link);
        prop_assert!(stage.line().is_empty() && stage.written.conflicts.is_empty());
    }

    #[test]
    fn edits_of_different_fields_end_alike_in_whatever_order_they_meet(
        mode in any_mode(),
        (here, there) in two_fields(),
        steps in 0..7_usize,
    ) {
        let edit = |stage: &mut Stage| {
            let value = (!here.1.is_empty()).then(|| here.1.to_owned());
            stage.edit(|fields| crate::desk::set_field(fields, here.0, &value));
        };
        // There first, and known here before the edit.
        let mut first = Stage::linked(mode);
        first.change(there.0, there.1);
        first.pull();
        edit(&mut first);
        first.rest();
        // Here first, and the other change comes while a worker is at some step.
        let mut second = Stage::linked(mode);
        edit(&mut second);
        second.pass(2);
        let mut worker = second.claim();
        if let Some(worker) = &mut worker {
            for _ in 0..steps {
                if worker.closed.is_none() {
                    second.step(worker);
                }
            }
        }
        second.change(there.0, there.1);
        if let Some(mut worker) = worker.filter(|worker| worker.closed.is_none()) {
            second.finish(&mut worker);
        }
        second.rest();
        second.pull();
        second.rest();
        prop_assert!(first.written.conflicts.is_empty() && second.written.conflicts.is_empty());
        for (field, ..) in WORDS {
            prop_assert_eq!(
                case_value(&first.desk.fields, field),
                case_value(&second.desk.fields, field)
            );
            let values = [&first, &second].map(|stage| ticket_value(&stage.zendesk.tickets[0], field));
            prop_assert_eq!(&values[0], &values[1]);
        }
    }
}

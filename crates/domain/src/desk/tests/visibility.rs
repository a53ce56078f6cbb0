//! What is private on one side never becomes public on the other (I-08).

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::stage::*;
use crate::case::CasePriority;
use crate::outbox::{Kind, Parked};
use crate::push::{Reply, Sending};

/// Something that happens to comments.
#[derive(Debug, Clone)]
enum Event {
    /// A person here comments, for the customer to see or not.
    Say(bool),
    /// The next request fares like this.
    Net(Net),
    /// A worker makes one whole attempt.
    Work,
    /// What was held up arrives.
    Arrive,
    /// A person there makes the n-th comment of the case private.
    Hide(usize),
    /// The case hears of its n-th comment, as Zendesk shows it now, or as an older event does.
    Hear(usize, bool),
    /// The ticket is closed, and a follow-up asked for.
    FollowUp,
    /// Seconds pass.
    Pass(i64),
}

fn any_event() -> impl Strategy<Value = Event> {
    let net = prop_oneof![
        Just(Net::AnswerLost),
        Just(Net::Lost),
        Just(Net::Late),
        Just(Net::TookNothing),
        Just(Net::Says(Reply::Changed)),
    ];
    prop_oneof![
        4 => any::<bool>().prop_map(Event::Say),
        3 => net.prop_map(Event::Net),
        6 => Just(Event::Work),
        1 => Just(Event::Arrive),
        2 => (0..5_usize).prop_map(Event::Hide),
        3 => (0..5_usize, any::<bool>()).prop_map(|(n, old)| Event::Hear(n, old)),
        1 => Just(Event::FollowUp),
        2 => (1..90_i64).prop_map(Event::Pass),
    ]
}

/// A stage whose description is for the customer or not, asked to be published.
fn published(public: bool) -> Stage {
    let mut stage = Stage::bare(REMOTE);
    stage.desk.comments[0].public = public;
    assert!(stage.with(|desk, room, written| desk.publish(room, written)));
    stage
}

fn say(stage: &mut Stage, id: &str, public: bool) {
    stage.say(id);
    stage.desk.comments.last_mut().unwrap().public = public;
}

/// The Zendesk comment of the n-th comment of the case, if there is one.
fn remote(stage: &Stage, n: usize) -> Option<i64> {
    stage.desk.comments.get(n)?.remote
}

fn follow_up(stage: &mut Stage) {
    let Some(link) = &stage.desk.link else {
        return;
    };
    let ticket = link.ticket;
    stage.pass(1);
    stage.zendesk.ticket(ticket).status = text("closed");
    stage.with(|desk, room, written| desk.follow_up(room, written));
}

/// The comments that the customer sees in Zendesk.
fn seen_there(stage: &Stage) -> Vec<&str> {
    let all = stage.zendesk.comments.iter();
    all.filter(|(_, id)| stage.zendesk.public.contains(id))
        .map(|(comment, _)| comment.as_str())
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.max(2_000), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn visibility_never_widens_on_either_side(
        public in any::<bool>(),
        events in proptest::collection::vec(any_event(), 1..40),
    ) {
        let mut stage = published(public);
        let mut private = BTreeSet::new();
        if !public {
            private.insert("description".to_owned());
        }
        for (n, event) in events.into_iter().enumerate() {
            match event {
                Event::Say(public) => {
                    let id = format!("c{n}");
                    say(&mut stage, &id, public);
                    if !public {
                        private.insert(id);
                    }
                }
                Event::Net(net) => {
                    // Only an answer that is about the ticket there is.
                    if !matches!(net, Net::TookNothing) || stage.zendesk.tickets.len() == 1 {
                        stage.net.push_back(net);
                    }
                }
                Event::Work => {
                    stage.work();
                }
                Event::Arrive => {
                    if !stage.zendesk.late.is_empty() {
                        stage.arrive();
                    }
                }
                Event::Hide(n) => {
                    if let Some(id) = remote(&stage, n) {
                        stage.zendesk.public.remove(&id);
                    }
                }
                Event::Hear(n, old) => {
                    if let Some(id) = remote(&stage, n) {
                        let shown = old || stage.zendesk.public.contains(&id);
                        stage.desk.hear_visibility(id, shown);
                    }
                }
                Event::FollowUp => follow_up(&mut stage),
                Event::Pass(seconds) => stage.pass(seconds),
            }
            // What is private here now is for nobody, whatever is said or asked for later.
            let hidden = stage.desk.comments.iter().filter(|comment| !comment.public);
            private.extend(hidden.map(|comment| comment.id.clone()));
            for comment in &stage.desk.comments {
                prop_assert!(!(comment.public && private.contains(&comment.id)), "{} widened here", comment.id);
            }
            // Hidden later, a copy may be older than that; no copy was ever wider than what was written.
            for comment in seen_there(&stage) {
                let known = private.contains(comment);
                let was_sent_before = stage.desk.comments.iter().any(|own| own.id == comment && own.remote.is_some());
                prop_assert!(!known || was_sent_before, "{comment} widened there");
            }
        }
        // In the end each copy is as visible as its comment was written, unless it was hidden since.
        for comment in seen_there(&stage) {
            let written_private = !public && comment == "description";
            prop_assert!(!written_private, "{comment} is public in Zendesk");
        }
    }
}

#[test]
fn each_copy_is_as_visible_as_its_comment() {
    for public in [true, false] {
        let mut stage = published(public);
        say(&mut stage, "c1", true);
        say(&mut stage, "c2", false);
        stage.rest();
        let expected: &[&str] = if public {
            &["description", "c1"]
        } else {
            &["c1"]
        };
        assert_eq!(seen_there(&stage), expected);
    }
}

#[test]
fn a_description_that_was_hidden_stays_hidden_in_the_follow_up() {
    let mut stage = published(true);
    stage.rest();
    let id = remote(&stage, 0).unwrap();
    assert!(stage.desk.hear_visibility(id, false));
    assert!(!stage.desk.hear_visibility(id, false), "hidden only once");
    stage.zendesk.public.remove(&id);
    follow_up(&mut stage);
    stage.rest();
    assert_eq!(stage.zendesk.tickets.len(), 2);
    assert!(seen_there(&stage).is_empty());
}

#[test]
fn a_frozen_draft_is_narrowed_to_what_the_case_shows_by_then() {
    let mut stage = published(true);
    stage.rest();
    let id = remote(&stage, 0).unwrap();
    follow_up(&mut stage);
    stage.net.push_back(Net::Lost);
    assert!(stage.work());
    stage.desk.hear_visibility(id, false);
    stage.wait();
    let mut worker = stage.claim().unwrap();
    stage.until_sending(&mut worker);
    assert!(matches!(sending(&worker), Sending::Create(draft) if !draft.public));
    stage.finish(&mut worker);
    let frozen = |stage: &Stage| {
        let operations = stage.desk.operations.iter();
        let follow_ups = operations.filter(|o| o.kind == Kind::FollowUp);
        let mut drafts = follow_ups.filter_map(|o| o.payload.draft.as_ref());
        drafts.any(|draft| draft.public)
    };
    assert!(!frozen(&stage), "it stays narrowed");
}

#[test]
fn what_zendesk_shows_never_widens_a_comment_here() {
    let mut stage = published(false);
    stage.rest();
    let id = remote(&stage, 0).unwrap();
    assert!(!stage.desk.hear_visibility(id, true));
    assert!(!stage.desk.comments[0].public);
    assert!(!stage.desk.hear_visibility(id + 100, false), "nobody's");
}

#[test]
fn a_private_note_that_was_parked_is_private_still_when_it_is_retried() {
    let mut stage = Stage::linked(REMOTE);
    say(&mut stage, "c1", false);
    stage.edit(|fields| fields.priority = CasePriority::High);
    let unfit = Parked::TooLong { bytes: 70_000 };
    stage.net.push_back(Net::Says(Reply::Unfit(unfit)));
    stage.work();
    assert!(stage.retry());
    stage.net.push_back(Net::AnswerLost);
    stage.rest();
    assert_eq!(stage.zendesk.comments.len(), 1);
    assert!(seen_there(&stage).is_empty());
    assert!(
        !stage
            .desk
            .operations
            .iter()
            .any(|o| o.kind == Kind::Comment && o.state.is_open())
    );
}

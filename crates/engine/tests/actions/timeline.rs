//! The history of a case tells every deed, of whom and when, and replays to the case as it is.

use domain::case::{CaseField, CaseStatus};
use domain::merge::Priority;
use domain::plan::case_value;
use engine::actions::{self, CaseEdit, Deed};
use engine::case_view::{self, HistoryKind, HistoryLine};
use serde_json::{Value, json};
use simulator::TicketChange;
use world::{ADMIN_EMAIL, World};

use crate::{a_case, pulled, quiet, run, say};

async fn history(world: &World, case: &str) -> Vec<HistoryLine> {
    let found = case_view::show(world.engine(), case).await.unwrap();
    let mut history = found.unwrap().history;
    history.reverse();
    history
}

async fn told(world: &World, case: &str) -> Vec<(HistoryKind, String)> {
    let lines = history(world, case).await;
    lines
        .into_iter()
        .map(|line| (line.kind, line.what))
        .collect()
}

/// The state that a case's entries lead to from nothing (I-19): its fields, and whether it is deleted.
async fn replayed(world: &World, case: &str) -> Value {
    let mut reader = world.engine().store.read().await.unwrap();
    let entries = store::history::of_case(&mut reader, case).await.unwrap();
    let mut state = json!({ "deleted": false });
    for entry in entries {
        let body: Value = serde_json::from_str(&entry.body.unwrap()).unwrap();
        for field in CaseField::ALL.iter().map(|field| field.as_str()) {
            if let Some(value) = body["state"].get(field) {
                state[field] = value.clone();
            }
        }
        for change in body["changes"].as_array().into_iter().flatten() {
            let field = change["field"].as_str().unwrap();
            assert_eq!(
                state[field], change["from"],
                "{field} before entry {}",
                entry.seq
            );
            state[field] = change["to"].clone();
        }
        match serde_json::from_value(body["deed"].clone()) {
            Ok(Deed::Deleted) => state["deleted"] = true.into(),
            Ok(Deed::Restored) => state["deleted"] = false.into(),
            Ok(_) | Err(_) => {}
        }
    }
    state
}

/// The history replays to the case as it is, and its chain is whole.
async fn is_true(world: &World, case: &str) {
    let mut reader = world.engine().store.read().await.unwrap();
    let found = store::cases::find(&mut reader, case).await.unwrap();
    let found = found.unwrap();
    let whole = store::history::chain_is_whole(&mut reader, case).await;
    assert!(whole.unwrap(), "the chain is broken");
    drop(reader);
    let mut state = json!({ "deleted": found.deleted_at.is_some() });
    for field in CaseField::ALL {
        state[field.as_str()] = json!(case_value(&found.fields, *field));
    }
    assert_eq!(replayed(world, case).await, state);
}

#[tokio::test]
async fn a_case_that_is_made_here_begins_with_who_made_it_and_what_it_said() {
    quiet(Priority::Remote)
        .each(async |world| {
            let case = a_case(world, "Printer on fire").await;
            let lines = history(world, &case.id).await;
            assert_eq!(lines.len(), 1);
            let first = &lines[0];
            assert_eq!(
                (first.kind, first.what.as_str()),
                (HistoryKind::Created, "The case was made")
            );
            assert_eq!(first.whose(), format!("here by {ADMIN_EMAIL}"));
            let subject = &first.changes[0];
            assert_eq!(subject.to.as_deref(), Some("Printer on fire"));
            is_true(world, &case.id).await;
        })
        .await;
}

#[tokio::test]
async fn publishing_commenting_editing_and_the_ticket_itself_stand_in_the_history() {
    quiet(Priority::Remote)
        .each(async |world| {
            let engine = world.engine();
            let case = a_case(world, "Printer on fire").await;
            say(world, &case.id, "Call the fire brigade.", false)
                .await
                .unwrap();
            actions::publish(engine, &case.id, None, ADMIN_EMAIL)
                .await
                .unwrap();
            actions::publish(engine, &case.id, None, ADMIN_EMAIL)
                .await
                .unwrap();
            run(world).await;
            say(world, &case.id, "We look at it.", true).await.unwrap();
            let edit = CaseEdit {
                status: Some(CaseStatus::Resolved),
                ..CaseEdit::default()
            };
            actions::edit(engine, &case.id, edit, ADMIN_EMAIL)
                .await
                .unwrap();
            run(world).await;
            let view = case_view::show(engine, &case.id).await.unwrap().unwrap();
            let (panel, ticket) = (view.ticket.unwrap(), view.comments.len());
            assert_eq!(ticket, 3, "the description and two comments");
            let expected = [
                (HistoryKind::Created, "The case was made".to_owned()),
                (
                    HistoryKind::CommentAdded,
                    "A private note was added".to_owned(),
                ),
                (
                    HistoryKind::TicketAsked,
                    format!("A ticket in {} was asked for", panel.integration),
                ),
                (
                    HistoryKind::TicketMade,
                    format!("Ticket {} was made in Zendesk", panel.number),
                ),
                (
                    HistoryKind::CommentAdded,
                    "A public comment was added".to_owned(),
                ),
                (HistoryKind::Changed, "Changed".to_owned()),
            ];
            assert_eq!(told(world, &case.id).await[..6], expected);
            let lines = history(world, &case.id).await;
            assert_eq!(lines[2].whose(), format!("here by {ADMIN_EMAIL}"));
            assert_eq!(lines[3].whose(), "by push");
            is_true(world, &case.id).await;
        })
        .await;
}

#[tokio::test]
async fn deleting_and_restoring_a_case_tell_who_did_it_even_of_one_that_a_pull_made() {
    quiet(Priority::Remote)
        .each(async |world| {
            let engine = world.engine();
            let (_, case) = pulled(world).await;
            assert!(history(world, &case.id).await.is_empty());
            actions::delete(engine, &case.id, ADMIN_EMAIL)
                .await
                .unwrap();
            is_true(world, &case.id).await;
            actions::restore(engine, &case.id, ADMIN_EMAIL)
                .await
                .unwrap();
            let kinds: Vec<HistoryKind> = told(world, &case.id)
                .await
                .into_iter()
                .map(|(kind, _)| kind)
                .collect();
            assert_eq!(
                kinds,
                [
                    HistoryKind::Beginning,
                    HistoryKind::Deleted,
                    HistoryKind::Restored
                ]
            );
            let lines = history(world, &case.id).await;
            assert!(
                lines[1..]
                    .iter()
                    .all(|line| line.whose() == format!("here by {ADMIN_EMAIL}"))
            );
            is_true(world, &case.id).await;
        })
        .await;
}

#[tokio::test]
async fn a_history_that_begins_with_a_comment_made_private_replays_too() {
    quiet(Priority::Remote)
        .each(async |world| {
            let (ticket, case) = pulled(world).await;
            let comment = world.zendesk().edit(|account| {
                let oops = simulator::NewComment::public("Oops, that was internal.");
                account.add_comment(ticket, oops).unwrap()
            });
            run(world).await;
            run(world).await;
            assert!(history(world, &case.id).await.is_empty());
            let hidden = world
                .zendesk()
                .edit(|account| account.make_comment_private(comment));
            hidden.unwrap();
            run(world).await;
            let kinds: Vec<HistoryKind> = told(world, &case.id)
                .await
                .into_iter()
                .map(|(kind, _)| kind)
                .collect();
            let expected = [HistoryKind::Beginning, HistoryKind::CommentMadePrivate];
            assert_eq!(kinds, expected);
            is_true(world, &case.id).await;
        })
        .await;
}

#[tokio::test]
async fn what_is_tried_again_given_up_or_asked_for_as_a_follow_up_is_told() {
    quiet(Priority::Remote)
        .each(async |world| {
            let engine = world.engine();
            let (ticket, case) = pulled(world).await;
            world.zendesk().edit(|account| {
                account.solve(ticket).unwrap();
                account.close(ticket).unwrap();
            });
            run(world).await;
            let edit = CaseEdit {
                subject: Some("Too late".to_owned()),
                ..CaseEdit::default()
            };
            actions::edit(engine, &case.id, edit, ADMIN_EMAIL)
                .await
                .unwrap();
            say(world, &case.id, "Too late as well.", true)
                .await
                .unwrap();
            run(world).await;
            let parked = case_view::show(engine, &case.id).await.unwrap().unwrap();
            let fields = parked.parked.iter().find(|one| one.comment.is_none());
            let fields = fields.unwrap().id.clone();
            actions::retry(engine, &fields, ADMIN_EMAIL).await.unwrap();
            run(world).await;
            actions::discard(engine, &fields, ADMIN_EMAIL)
                .await
                .unwrap();
            actions::follow_up(engine, &case.id, ADMIN_EMAIL)
                .await
                .unwrap();
            run(world).await;
            let all = told(world, &case.id).await;
            let what = |kind| {
                let found = all.iter().find(|(found, _)| *found == kind);
                found.map(|(_, what)| what.as_str()).unwrap_or_default()
            };
            assert_eq!(
                what(HistoryKind::Retried),
                "Not delivered before, to be sent again: Subject"
            );
            assert_eq!(
                what(HistoryKind::Discarded),
                "Given up, and not sent to Zendesk: Subject"
            );
            let follow = what(HistoryKind::FollowUpAsked);
            let follows = format!("follows ticket {ticket}");
            assert!(follow.contains(&follows), "{follow}");
            let made = what(HistoryKind::TicketMade);
            assert!(made.contains(&follows), "{made}");
            let again = actions::discard_all(engine, &case.id, ADMIN_EMAIL).await;
            assert_eq!(again.unwrap(), 0);
            assert_eq!(
                told(world, &case.id).await.len(),
                all.len(),
                "nothing given up, nothing told"
            );
            is_true(world, &case.id).await;
        })
        .await;
}

#[tokio::test]
async fn a_restored_conflict_tells_who_restored_it() {
    quiet(Priority::Remote)
        .each(async |world| {
            let engine = world.engine();
            let (ticket, case) = pulled(world).await;
            let edit = CaseEdit {
                subject: Some("Said here".to_owned()),
                ..CaseEdit::default()
            };
            actions::edit(engine, &case.id, edit, ADMIN_EMAIL)
                .await
                .unwrap();
            change_there(world, ticket, false);
            run(world).await;
            let conflict = conflict_of(world, &case.id).await;
            let found = case_view::conflict(engine, &conflict).await.unwrap();
            let found = found.unwrap();
            assert_eq!(found.changed_here.unwrap().actor, ADMIN_EMAIL);
            assert!(found.settled.is_some() && found.restored.is_none());
            actions::restore_conflict(engine, &conflict, ADMIN_EMAIL)
                .await
                .unwrap();
            let last = told(world, &case.id).await.pop().unwrap();
            assert_eq!(last.0, HistoryKind::ConflictRestored);
            let found = case_view::conflict(engine, &conflict).await.unwrap();
            assert_eq!(found.unwrap().restored.unwrap().actor, ADMIN_EMAIL);
            is_true(world, &case.id).await;
            run(world).await;
            is_true(world, &case.id).await;
        })
        .await;
}

#[tokio::test]
async fn a_value_that_zendesk_erased_is_not_restored_and_nothing_changes() {
    for nobody in [false, true] {
        quiet(Priority::Local)
            .each(async |world| {
                let engine = world.engine();
                let (ticket, case) = pulled(world).await;
                let edit = CaseEdit {
                    subject: (!nobody).then(|| "Said here".to_owned()),
                    // An erased value must not be taken for nobody.
                    assigned_to: nobody.then_some(None),
                    ..CaseEdit::default()
                };
                actions::edit(engine, &case.id, edit, ADMIN_EMAIL)
                    .await
                    .unwrap();
                change_there(world, ticket, nobody);
                run(world).await;
                let conflict = conflict_of(world, &case.id).await;
                world.zendesk().edit(|account| {
                    account.delete_ticket(ticket).unwrap();
                    account.scrub_ticket(ticket).unwrap();
                });
                run(world).await;
                let before = case_view::show(engine, &case.id).await.unwrap().unwrap();
                let said = actions::restore_conflict(engine, &conflict, ADMIN_EMAIL)
                    .await
                    .unwrap_err()
                    .to_string();
                assert!(said.contains("Zendesk has erased"), "{said}");
                assert!(said.contains("nothing to restore"), "{said}");
                let after = case_view::show(engine, &case.id).await.unwrap().unwrap();
                assert_eq!(
                    serde_json::to_value(&after).unwrap(),
                    serde_json::to_value(&before).unwrap()
                );
                let shown = &after.conflict_records[0];
                assert!(shown.erased && shown.restored_at.is_none());
                assert_eq!(shown.zendesk_told(), "erased in Zendesk");
            })
            .await;
    }
}

/// Gives the ticket another subject, or another agent if `whom`.
fn change_there(world: &World, ticket: i64, whom: bool) {
    world.zendesk().edit(|account| {
        let admin = account.administrator();
        let agent = account
            .users()
            .find(|user| user.role == simulator::Role::Agent && user.id != admin)
            .map(|user| user.id);
        let change = TicketChange {
            subject: (!whom).then(|| Some("Said there".to_owned())),
            assignee_id: whom.then_some(agent),
            ..TicketChange::default()
        };
        account.update_ticket(ticket, change).unwrap();
    });
}

async fn conflict_of(world: &World, case: &str) -> String {
    let view = case_view::show(world.engine(), case).await.unwrap();
    view.unwrap().conflict_records[0].id.clone()
}

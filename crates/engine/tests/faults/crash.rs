//! Ending at every durable step, as by kill -9, and going on: the end is the same, row for row
//! (reliability.md F39). `crates/deskbridge/tests/kill.rs` does it to the real binary.

use domain::merge::Priority;
use simulator::{
    Account, NewComment, NewTicket, NewUser, Priority as Urgency, TicketChange, UserChange,
};
use world::{Builder, Database, World};

use crate::{another_database, assert_same, small};

/// What a test does to a world before the pull that it disturbs.
type Preparation = for<'a> fn(&'a World) -> futures_util::future::LocalBoxFuture<'a, ()>;

fn nothing(_: &World) -> futures_util::future::LocalBoxFuture<'_, ()> {
    Box::pin(async {})
}

/// A first pull, and a busy day after it, on both sides.
fn a_busy_day(world: &World) -> futures_util::future::LocalBoxFuture<'_, ()> {
    Box::pin(async move {
        let zendesk = world.zendesk();
        let tickets =
            zendesk.edit(|account| (0..9).map(|n| add_ticket(account, n)).collect::<Vec<i64>>());
        world.pass_minutes(2);
        world.sync_well().await;
        zendesk.edit(|account| edit_everything(account, &tickets));
        // On this side too: one field only here, one on both sides.
        let admin = world.admin();
        admin
            .edit_case_of(tickets[0], |fields| fields.subject = "Ours".to_owned())
            .await;
        admin
            .edit_case_of(tickets[8], |fields| fields.description = "Ours".to_owned())
            .await;
        admin.delete_case_of(tickets[7]).await;
        world.pass_minutes(2);
    })
}

fn add_ticket(account: &mut Account, n: usize) -> i64 {
    let requester = account.users().rev().nth(n % 3).unwrap().id;
    let new = NewTicket {
        subject: Some(format!("Number {n}")),
        comment: NewComment::public(format!("It is about number {n}.")).by(requester),
        requester_id: Some(requester),
        ..NewTicket::default()
    };
    account.add_ticket(new).unwrap()
}

/// Edits of all kinds that Zendesk knows.
fn edit_everything(account: &mut Account, tickets: &[i64]) {
    let change = TicketChange {
        subject: Some(Some("Changed there".to_owned())),
        priority: Some(Some(Urgency::Urgent)),
        assignee_id: Some(Some(account.administrator())),
        tags: Some(vec!["vip".to_owned()]),
        ..TicketChange::default()
    };
    account.update_ticket(tickets[0], change).unwrap();
    account.solve(tickets[1]).unwrap();
    account.close(tickets[1]).unwrap();
    account
        .follow_up(tickets[1], NewComment::public("It is back."))
        .unwrap();
    account.delete_ticket(tickets[2]).unwrap();
    account.delete_ticket(tickets[3]).unwrap();
    account.scrub_ticket(tickets[3]).unwrap();
    account.merge_tickets(tickets[4], tickets[5]).unwrap();
    account.delete_ticket(tickets[6]).unwrap();
    account.restore_ticket(tickets[6]).unwrap();
    account.solve(tickets[7]).unwrap();
    let comment = account
        .add_comment(tickets[8], NewComment::public("My card is 4111 1111."))
        .unwrap();
    account.redact_comment(comment, Some("4111 1111")).unwrap();
    let comment = account
        .add_comment(tickets[8], NewComment::public("Not for all."))
        .unwrap();
    account.make_comment_private(comment).unwrap();
    account
        .add_comment(tickets[8], NewComment::private("A note."))
        .unwrap();
    account.system_touch(tickets[5]).unwrap();
    let newcomer = account
        .add_user(NewUser::end_user("Grace Hopper", "grace@example.net"))
        .unwrap();
    let renamed = account.users().next_back().unwrap().id;
    let moved = account.users().rev().nth(1).unwrap().id;
    let gone = account.users().rev().nth(2).unwrap().id;
    let change = UserChange {
        name: Some("Somebody Else".to_owned()),
        phone: Some(Some("+49 30 901820".to_owned())),
        ..UserChange::default()
    };
    account.update_user(renamed, change).unwrap();
    let change = UserChange {
        email: Some(Some("moved@example.net".to_owned())),
        ..UserChange::default()
    };
    account.update_user(moved, change).unwrap();
    account.delete_user(gone).unwrap();
    let new = NewTicket {
        subject: None,
        comment: NewComment::public("From a newcomer.").by(newcomer),
        requester_id: Some(newcomer),
        ..NewTicket::default()
    };
    account.add_ticket(new).unwrap();
}

/// The steps of an undisturbed pull after `prepare`, and what it comes to.
async fn watch(
    builder: &Builder,
    database: Database,
    prepare: Preparation,
) -> (usize, String, Database) {
    let calm = builder.make(database).await;
    prepare(&calm).await;
    calm.forget_steps();
    calm.sync_well().await;
    let steps = calm.steps().len();
    let dump = calm.dump().await;
    (steps, dump, calm.leave().await)
}

/// Ends the pull after `prepare` at each of `steps` in turn (a restart before each but the first),
/// then sees it through and compares.
async fn crash_at(
    builder: &Builder,
    database: Database,
    prepare: Preparation,
    steps: &[usize],
    expected: &str,
) -> Database {
    let mut world = builder.make(database).await;
    prepare(&world).await;
    for step in steps {
        // The later crashes may find less left to do than their number of steps.
        match world.sync_until_step(*step).await {
            Err(_) => world.restart().await,
            Ok(_) => world.forget_steps(),
        }
    }
    let run = world.sync_well().await;
    assert!(run.problem.is_none());
    assert_same(expected, &world.dump().await);
    world.leave().await
}

/// Ends the pull after `prepare` at every one of its steps, of which there are at least `fewest`.
async fn crash_at_every_step(builder: Builder, prepare: Preparation, fewest: usize) {
    let builder = &builder;
    World::builder()
        .tickets(0)
        .users(3)
        .inactive()
        .each(async |like| {
            let database = another_database(like).await;
            let (steps, expected, mut database) = watch(builder, database, prepare).await;
            assert!(steps >= fewest, "only {steps} steps");
            for step in 1..=steps {
                database = crash_at(builder, database, prepare, &[step], &expected).await;
            }
            database.remove().await;
        })
        .await;
}

#[tokio::test]
async fn a_first_pull_that_is_killed_at_any_step_ends_as_if_it_had_not_been() {
    crash_at_every_step(small(), nothing, 30).await;
}

#[tokio::test]
async fn a_later_pull_that_is_killed_at_any_step_ends_as_if_it_had_not_been() {
    crash_at_every_step(small().page_size(3), a_busy_day, 18).await;
}

/// Two-way, where everything ends within the one run after the crash. A marker that shows late would put
/// off what may have been sent to a later run; and an export that has the newest minute would tell of
/// comments that were just read from their lists, so that the mirror has the words of the other answer.
fn at_once() -> Builder {
    small().two_way(Priority::Local).simulator(|config| {
        config.switches.marker_delay = 0;
        config.switches.leave_out_newest_minute = true;
    })
}

#[tokio::test]
async fn a_two_way_pull_that_is_killed_at_any_step_keeps_what_was_edited_here() {
    crash_at_every_step(at_once(), a_busy_day, 12).await;
}

#[tokio::test]
async fn where_markers_show_late_what_was_on_its_way_at_a_crash_is_sent_once_by_a_later_run() {
    let builder = &small()
        .two_way(Priority::Local)
        .simulator(|config| config.switches.marker_delay = 20);
    World::builder()
        .tickets(0)
        .users(3)
        .inactive()
        .each(async |like| {
            let database = another_database(like).await;
            let (steps, _, mut database) = watch(builder, database, a_busy_day).await;
            // Every third step, as each is ended at above.
            for step in (1..=steps).step_by(3) {
                let mut world = builder.make(database).await;
                a_busy_day(&world).await;
                let before = world.zendesk().count_audits();
                if world.sync_until_step(step).await.is_err() {
                    world.restart().await;
                }
                for _ in 0..2 {
                    world.sync_well().await;
                    world.pass_minutes(2);
                }
                let ours = |ticket: &&simulator::Ticket| {
                    let subject = ticket.subject.as_ref();
                    subject.is_some_and(|subject| subject.read() == "Ours")
                };
                let there = world
                    .zendesk()
                    .read(|account| account.tickets().filter(ours).count());
                assert_eq!(there, 1, "step {step}");
                let sent = world.zendesk().count_audits() - before;
                assert_eq!(sent, 1, "step {step}");
                database = world.leave().await;
            }
            database.remove().await;
        })
        .await;
}

#[tokio::test]
async fn a_pull_that_is_killed_twice_in_a_row_ends_as_if_it_had_not_been() {
    let builder = &small();
    World::builder()
        .tickets(0)
        .users(3)
        .inactive()
        .each(async |like| {
            for prepare in [nothing as Preparation, a_busy_day] {
                let database = another_database(like).await;
                let (steps, expected, mut database) = watch(builder, database, prepare).await;
                // Every third step, and a second one that is another each time.
                for first in (1..=steps).step_by(3) {
                    let second = 1 + (first * 7) % steps;
                    let steps = [first, second];
                    database = crash_at(builder, database, prepare, &steps, &expected).await;
                }
                // Again and again at the same early step: what was read before is not read anew.
                let database = crash_at(builder, database, prepare, &[4; 12], &expected).await;
                database.remove().await;
            }
        })
        .await;
}

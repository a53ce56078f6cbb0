//! Ending at every durable step of a busy two-way run, as by kill -9, and going on: both sides end as
//! if nothing had happened, counted on both (reliability.md F39). The real binary goes through the same
//! in `crates/deskbridge/tests/two_way`.

use std::fmt::Write as _;

use domain::case::CasePriority;
use rstest::rstest;
use simulator::{Action, Condition, Trigger};
use store::inbox::{self, Subject};
use world::{Crashed, Database, Voice};

use crate::*;

/// What a run must see through: fields, comments, a conflict, a ticket that is made, one that is
/// closed, words from there, and hints that wait.
async fn a_busy_day(world: &World) {
    let tag = Trigger::new("Tag", vec![Action::AddTags(vec!["answered".to_owned()])])
        .when(Condition::CommentPublic(true));
    world.zendesk().edit(|account| account.add_trigger(tag));
    let (first, one) = pulled(world).await;
    let (second, two) = pulled(world).await;
    let (third, three) = pulled(world).await;
    let admin = world.admin();
    admin
        .edit(&one, |fields| {
            fields.subject = "Said here".to_owned();
            fields.priority = CasePriority::High;
        })
        .await;
    admin.say(&one, "one", true, Voice::Own).await;
    admin.say(&one, "two", false, Voice::Own).await;
    change(
        world,
        second,
        TicketChange {
            comment: Some(NewComment::public("From there.")),
            ..subject("Said there")
        },
    );
    admin
        .edit(&two, |fields| {
            fields.subject = "Said here".to_owned();
            fields.priority = CasePriority::Low;
        })
        .await;
    world.zendesk().edit(|account| {
        account.solve(third).unwrap();
        account.close(third).unwrap();
    });
    admin
        .edit(&three, |fields| fields.priority = CasePriority::High)
        .await;
    let contact = meet(world, "Grace Hopper", "grace@navy.example").await;
    let new = admin
        .open_case("A moth", "In relay 70.", Some(&contact))
        .await;
    admin.say(&new.id, "And another.", false, Voice::Own).await;
    assert!(admin.publish(&new.id).await);
    let integration = world.integration().await.id;
    let now = world.now();
    let mut tx = world.store().begin().await.unwrap();
    let hinted = [Subject::Ticket(first), Subject::Ticket(second)];
    inbox::hint(&mut tx, &integration, &hinted, now, now)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    world.pass_minutes(2);
}

/// What both sides came to, without ids and times.
async fn verdict(world: &World) -> String {
    let mut text = format!("{:?}\n", count(world));
    let tickets: Vec<i64> = world
        .zendesk()
        .read(|account| account.tickets().map(|ticket| ticket.id).collect());
    for ticket in tickets {
        let case = world.case_of(ticket).await;
        let fields = &case.fields;
        writeln!(
            text,
            "{:?} {:?}\n{} {} {} {:?}",
            there(world, ticket),
            comments_there(world, ticket),
            fields.subject,
            fields.status.as_str(),
            fields.priority.as_str(),
            world
                .parked(&case.id)
                .await
                .first()
                .map(|(_, why)| why.clone()),
        )
        .unwrap();
        let said = world.said_on(&case.id).await;
        for row in &said {
            let comment = &row.comment;
            writeln!(text, "{} {}", comment.message, comment.public).unwrap();
        }
        assert_same_comments(&said, world, ticket);
        assert_eq!(world.tally(&case.id).await.open, 0);
        let mut reader = world.store().read().await.unwrap();
        let whole = store::history::chain_is_whole(&mut reader, &case.id).await;
        assert!(whole.unwrap(), "the history of the case of ticket {ticket}");
    }
    for conflict in world.conflicts().await {
        writeln!(
            text,
            "{} {:?} {:?} {}",
            conflict.field, conflict.crm, conflict.zendesk, conflict.winner
        )
        .unwrap();
    }
    text
}

/// Runs until nothing is open any more.
async fn see_through(world: &World) {
    for _ in 0..30 {
        pull(world).await;
        let integration = world.integration().await.id;
        let mut reader = world.store().read().await.unwrap();
        let left = store::outbox::counts(&mut reader, &integration)
            .await
            .unwrap();
        let looks = inbox::open_counts(&mut reader, &integration).await.unwrap();
        drop(reader);
        if left.waiting + left.claimed + looks.waiting == 0 {
            // What was made last is in the exports now.
            pull(world).await;
            return;
        }
    }
    panic!("it never came to an end");
}

/// An empty database of the kind that `world` is on.
async fn another(world: &World) -> Database {
    match world.database().is_postgres() {
        true => Database::postgres("a second world").await.unwrap(),
        false => Database::sqlite(),
    }
}

/// Ends the busy run at each `stride`-th of its steps, and once more at an early step of the run after
/// the restart.
async fn crash_everywhere(wins: Wins, first: usize, stride: usize, again: Option<usize>) {
    let builder = &quiet(wins);
    World::builder()
        .tickets(0)
        .users(3)
        .inactive()
        .each(async |like| {
            let calm = builder.make(another(like).await).await;
            a_busy_day(&calm).await;
            calm.forget_steps();
            calm.sync_well().await;
            let steps = calm.steps();
            see_through(&calm).await;
            let expected = verdict(&calm).await;
            assert_at_rest(&calm).await;
            let mut database = calm.leave().await;
            for step in [
                "push: after the claim is committed",
                "push: after it is sent",
            ] {
                assert!(steps.contains(&step), "{steps:?}");
            }
            assert!(steps.len() >= 40, "only {steps:?}");
            for step in (first..=steps.len()).step_by(stride) {
                let mut world = builder.make(database).await;
                a_busy_day(&world).await;
                world.forget_steps();
                let crashed = world.sync_until_step(step).await;
                assert!(crashed.is_err(), "it ends at step {step}");
                world.restart().await;
                if let Some(again) = again
                    && world.sync_until_step(again).await.is_err()
                {
                    world.restart().await;
                }
                world.forget_steps();
                see_through(&world).await;
                let found = verdict(&world).await;
                assert_eq!(found, expected, "after step {step}, {crashed:?}");
                assert_at_rest(&world).await;
                database = world.leave().await;
            }
            database.remove().await;
        })
        .await;
}

/// Six tests, each with every sixth step: together all of them.
#[rstest]
#[tokio::test]
async fn a_run_killed_at_any_step_ends_with_nothing_lost_and_nothing_double(
    #[values(1, 2, 3, 4, 5, 6)] first: usize,
) {
    crash_everywhere(Wins::Remote, first, 6, None).await;
}

#[rstest]
#[tokio::test]
async fn a_run_killed_at_a_third_of_its_steps_ends_so_where_we_win_too(
    #[values(2, 5)] first: usize,
) {
    crash_everywhere(Wins::Local, first, 6, None).await;
}

#[tokio::test]
async fn a_run_killed_twice_in_a_row_ends_with_nothing_lost_and_nothing_double() {
    crash_everywhere(Wins::Remote, 3, 7, Some(9)).await;
}

#[tokio::test]
async fn a_worker_killed_at_a_look_holds_up_no_hint_for_long() {
    const LOOK: &str = "hints: after the look is committed";
    quiet(Wins::Remote)
        .each(async |world| {
            let (ticket, _) = pulled(world).await;
            let look_at = async |world: &World| {
                let integration = world.integration().await.id;
                let now = world.now();
                let mut tx = world.store().begin().await.unwrap();
                inbox::hint(&mut tx, &integration, &[Subject::Ticket(ticket)], now, now)
                    .await
                    .unwrap();
                tx.commit().await.unwrap();
            };
            pull(world).await;
            look_at(world).await;
            world.forget_steps();
            pull(world).await;
            let step = world.steps().iter().position(|step| *step == LOOK).unwrap();
            world.pass_minutes(2);
            look_at(world).await;
            let crashed = world.sync_until_step(step + 1).await;
            assert_eq!(crashed.err(), Some(Crashed(LOOK)));
            world.restart().await;
            look_at(world).await;
            world.pass(std::time::Duration::from_secs(31));
            world.sync_well().await;
            let integration = world.integration().await.id;
            let mut reader = world.store().read().await.unwrap();
            let open = inbox::open_counts(&mut reader, &integration).await.unwrap();
            assert_eq!(open.waiting, 0);
        })
        .await;
}

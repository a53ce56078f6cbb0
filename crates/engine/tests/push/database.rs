//! The database fails in the middle of an attempt, after Zendesk has carried it out: the operation is
//! free again as soon as the database answers, and the next attempt finds that it was sent.

use std::time::Duration;

use domain::outbox::State;
use engine::{schedule, worker};
use sqlx::AssertSqlSafe;
use store::outbox::Entry;
use world::{ADMIN_EMAIL, Voice};

use crate::*;

/// Has the database refuse to let operations come to these states; on PostgreSQL for so many times, with
/// the code of a database that is busy.
async fn refuse(world: &World, states: &str, times: Option<u32>) {
    let text = match (world.database().is_postgres(), times) {
        (false, _) => format!(
            "CREATE TRIGGER broken BEFORE UPDATE ON outbox WHEN NEW.state IN ({states}) BEGIN SELECT RAISE(ABORT, 'broken'); END"
        ),
        (true, None) => format!(
            "CREATE FUNCTION break_it() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN IF NEW.state IN ({states}) THEN RAISE EXCEPTION 'broken'; END IF; RETURN NEW; END $$; \
             CREATE TRIGGER broken BEFORE UPDATE ON outbox FOR EACH ROW EXECUTE FUNCTION break_it()"
        ),
        // A sequence is not set back with the transaction that drew from it.
        (true, Some(times)) => format!(
            "CREATE SEQUENCE broken_times; CREATE FUNCTION break_it() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN IF NEW.state IN ({states}) AND nextval('broken_times') <= {times} \
             THEN RAISE EXCEPTION 'busy' USING ERRCODE = '55P03'; END IF; RETURN NEW; END $$; \
             CREATE TRIGGER broken BEFORE UPDATE ON outbox FOR EACH ROW EXECUTE FUNCTION break_it()"
        ),
    };
    execute(world, text).await;
}

async fn mend(world: &World) {
    let text = match world.database().is_postgres() {
        true => "DROP TRIGGER broken ON outbox",
        false => "DROP TRIGGER broken",
    };
    execute(world, text.to_owned()).await;
}

async fn execute(world: &World, text: String) {
    let mut tx = world.store().begin().await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(text))
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

/// A run that fails.
async fn fail(world: &World) {
    let (engine, integration) = (world.engine(), world.integration().await);
    let scheduled = schedule::schedule_sync(engine, &integration, ADMIN_EMAIL);
    let run = scheduled.await.unwrap().run_id;
    let ended = Box::pin(worker::see_through(engine, &integration.id, &run)).await;
    let went_well = ended.is_ok_and(|run| run.state == store::runs::RunState::Completed);
    assert!(!went_well, "the database did not fail");
}

async fn only_entry(world: &World, case: &str) -> Entry {
    let mut reader = world.store().read().await.unwrap();
    let mut line = store::outbox::of_line(&mut reader, case).await.unwrap();
    assert_eq!(line.len(), 1, "{line:?}");
    line.remove(0)
}

/// A comment that Zendesk has taken and whose attempt could not be ended here.
async fn break_off(world: &World, states: &str, times: Option<u32>) -> (i64, String) {
    let (ticket, case) = pulled(world).await;
    refuse(world, states, times).await;
    world.admin().say(&case, "We come.", true, Voice::Own).await;
    fail(world).await;
    assert_eq!(comments_there(world, ticket).len(), 2, "it was sent");
    (ticket, case)
}

/// What became of an attempt is told by its marker, and these tests count on it at once.
fn marked_at_once() -> Builder {
    quiet(Wins::Remote).simulator(|config| config.switches.marker_delay = 0)
}

#[tokio::test]
async fn an_attempt_that_the_database_broke_off_is_repeated_at_once_and_sends_nothing_twice() {
    marked_at_once()
        .each(async |world| {
            let (ticket, case) = break_off(world, "'done'", None).await;
            let entry = only_entry(world, &case).await;
            assert_eq!(entry.operation.state, State::Waiting);
            assert_eq!(entry.lease_holder, None);
            // Whether it was carried out is known to nobody here yet.
            assert!(entry.operation.is_unknown(world.now()), "{entry:?}");
            mend(world).await;
            let writes = ticket_writes(world);
            // Long before the claim would have ended.
            world.pass(Duration::from_secs(3));
            world.sync_well().await;
            let entry = only_entry(world, &case).await;
            assert_eq!(entry.operation.state, State::Done);
            assert_eq!(
                (ticket_writes(world), comments_there(world, ticket).len()),
                (writes, 2)
            );
            assert_same_comments(&world.said_on(&case).await, world, ticket);
        })
        .await;
}

#[tokio::test]
async fn an_operation_that_the_database_refuses_again_and_again_waits_longer_each_time() {
    marked_at_once()
        .each(async |world| {
            let (_, case) = break_off(world, "'done'", None).await;
            let first = only_entry(world, &case).await.operation;
            fail(world).await;
            let second = only_entry(world, &case).await.operation;
            assert!(second.attempts > first.attempts, "{second:?}");
            // Each time it waits longer before it comes first again.
            let pause = |operation: &domain::outbox::Operation| {
                domain::outbox::pause_after(operation.attempts)
            };
            assert!(pause(&second) > pause(&first));
            assert!(second.not_before > world.now(), "{second:?}");
        })
        .await;
}

#[tokio::test]
async fn a_claim_is_given_back_once_a_busy_database_answers_again() {
    quiet(Wins::Remote)
        .each(async |world| {
            if !world.database().is_postgres() {
                // SQLite has no way to be busy for a moment of somebody else's clock.
                return;
            }
            let (_, case) = break_off(world, "'done', 'waiting'", Some(4)).await;
            let entry = only_entry(world, &case).await;
            assert_eq!(entry.operation.state, State::Waiting);
            assert!(entry.operation.is_unknown(world.now()), "{entry:?}");
        })
        .await;
}

#[tokio::test]
async fn a_claim_that_cannot_be_given_back_ends_by_itself() {
    quiet(Wins::Remote)
        .each(async |world| {
            let (ticket, case) = break_off(world, "'done', 'waiting'", None).await;
            assert_eq!(
                only_entry(world, &case).await.operation.state,
                State::Claimed
            );
            mend(world).await;
            world.pass(world.engine().settings.lease);
            world.sync_well().await;
            assert_eq!(only_entry(world, &case).await.operation.state, State::Done);
            assert_eq!(comments_there(world, ticket).len(), 2);
            assert_same_comments(&world.said_on(&case).await, world, ticket);
        })
        .await;
}

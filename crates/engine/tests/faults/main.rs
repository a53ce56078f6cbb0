//! What goes wrong while a pull reads, and what comes of it: every such run ends completed, or failed
//! with a sentence, and once the cause is gone the next one comes to the end an undisturbed one
//! comes to.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed unwrap is a failed test"
)]

mod addresses;
mod answers;
mod crash;
mod damage;
mod databases;
mod limits;
mod recordings;
mod revoked;
mod sign_in;
mod swarm;
mod unreadable;

use std::cell::RefCell;

use simulator::Fault;
use store::runs::{Run, RunState};
use world::{Builder, Database, World};

/// A small account whose pull still takes several pages of users and of tickets.
fn small() -> Builder {
    World::builder()
        .tickets(20)
        .users(12)
        .comments(2)
        .page_size(7)
}

/// An empty database of the kind that `world` is on.
async fn another_database(world: &World) -> Database {
    if world.database().is_postgres() {
        Database::postgres("a second world").await.unwrap()
    } else {
        Database::sqlite()
    }
}

/// The dump of a world made so, on a database like that of `like`, after one undisturbed pull.
async fn undisturbed(builder: &Builder, like: &World) -> String {
    let calm = builder.make(another_database(like).await).await;
    calm.sync_well().await;
    let dump = calm.dump().await;
    calm.end().await;
    dump
}

/// Fails with the first line that differs: whole dumps are too long to read.
#[track_caller]
fn assert_same(expected: &str, found: &str) {
    let in_order = |dump: &str| {
        let mut lines: Vec<String> = dump.lines().map(in_order).collect();
        lines.sort_unstable();
        lines
    };
    let (expected, found) = (in_order(expected), in_order(found));
    let lacking = expected.iter().find(|line| !found.contains(line));
    let surplus = found.iter().find(|line| !expected.contains(line));
    assert_eq!(lacking, surplus);
    assert_eq!(expected.len(), found.len());
}

/// A line of a dump with the keys of its raw JSON in order: a fault that touches an answer also
/// changes their order, which nobody minds.
fn in_order(line: &str) -> String {
    const RAW: &str = " raw=";
    let Some(start) = line.find(RAW).map(|start| start + RAW.len()) else {
        return line.to_owned();
    };
    let mut values = serde_json::Deserializer::from_str(&line[start..]).into_iter::<String>();
    let Some(Ok(raw)) = values.next() else {
        return line.to_owned();
    };
    let end = start + values.byte_offset();
    match serde_json::from_str::<serde_json::Value>(&raw) {
        Ok(ordered) => format!("{}{ordered}{}", &line[..start], &line[end..]),
        Err(_) => line.to_owned(),
    }
}

/// The sentence a run failed with.
#[track_caller]
fn problem(run: Run) -> String {
    assert_eq!(run.state, RunState::Failed, "{:?}", run.problem);
    run.problem.unwrap()
}

/// No failed run may have asked more often than this: one whose sign-in was taken away looks thirty
/// times whether it was mended, with three or four requests each.
const BOUND: u64 = 130;

/// Arms faults, as the command line writes them, several with spaces between.
fn hurt(world: &World, faults: &str) {
    for fault in faults.split_whitespace() {
        world.zendesk().add_fault(Fault::parse(fault).unwrap());
    }
}

/// Pulls into each of `faults` (several at once stand in one text), in a world of its own on each
/// database, and then without it. Returns each with the sentence its run failed with.
async fn fail_and_recover(builder: Builder, faults: &[&str]) -> String {
    let told = RefCell::new(Vec::new());
    let nowhere = World::builder().tickets(0).users(3).inactive();
    nowhere
        .each(async |like| {
            let expected = undisturbed(&builder, like).await;
            let mut lines = String::new();
            let mut database = another_database(like).await;
            for fault in faults {
                let world = builder.make(database).await;
                let before = world.zendesk().requests();
                hurt(&world, fault);
                let run = world.sync().await;
                assert!(
                    world.zendesk().requests() - before <= BOUND,
                    "{fault}: {:?}",
                    world.zendesk().requests_by_route()
                );
                assert!(run.problem.is_some(), "{fault} did no harm");
                lines.push_str(&format!("{fault}\n  {}\n", problem(run)));
                world.zendesk().clear_faults();
                // Whatever wait Zendesk has asked for is over then.
                world.pass_minutes(61);
                world.sync_well().await;
                assert_same(&expected, &world.dump().await);
                database = world.leave().await;
            }
            database.remove().await;
            told.borrow_mut().push(lines);
        })
        .await;
    let told = told.into_inner();
    for other in &told {
        assert_eq!(&told[0], other, "the same on both databases");
    }
    told[0].clone()
}

/// Pulls into each of `faults`, as above: the run completes and comes to the undisturbed end.
async fn survive(builder: Builder, faults: &[&str]) {
    let nowhere = World::builder().tickets(0).users(3).inactive();
    nowhere
        .each(async |like| {
            let expected = undisturbed(&builder, like).await;
            let mut database = another_database(like).await;
            for fault in faults {
                let world = builder.make(database).await;
                hurt(&world, fault);
                let run = world.sync().await;
                assert_eq!(run.problem, None, "{fault}");
                assert_eq!(world.warnings(&run).await, Vec::<String>::new(), "{fault}");
                assert_same(&expected, &world.dump().await);
                database = world.leave().await;
            }
            database.remove().await;
        })
        .await;
}

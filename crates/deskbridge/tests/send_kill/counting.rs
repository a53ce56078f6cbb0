//! What is counted once a workflow has ended: in the simulator, in the store, and in what was printed.

use std::collections::{BTreeMap, BTreeSet};

use domain::profile::RowState;
use serde_json::Value;
use simulator::Simulator;
use store::{send_batches, workflow_rows, workflows};

use crate::desk::Desk;
use crate::killing::Ended;
use crate::people::{self, CHANGED, NEW, REJECTED, SKIPPED, UNCHANGED};

/// What all workflows of a test came to.
#[derive(Debug, Default)]
pub(crate) struct Totals {
    pub(crate) kills: usize,
    pub(crate) rounds: usize,
    /// How often a process died at what.
    phases: BTreeMap<String, usize>,
    /// Batches of unknown outcome, and their rows.
    unknown: (usize, u64),
    /// Rows that the product counted as sent again.
    sent_again: u64,
    /// Rows that the simulator was sent more than once.
    posted_twice: u64,
}

impl Totals {
    /// A process died.
    pub(crate) fn killed(&mut self, phase: &str) {
        self.kills += 1;
        *self.phases.entry(phase.to_owned()).or_default() += 1;
    }
}

impl std::fmt::Display for Totals {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (batches, rows) = self.unknown;
        writeln!(
            f,
            "{} kills in {} workflows; {batches} batches of unknown outcome with {rows} rows; {} rows counted as sent again, {} of them posted twice",
            self.kills, self.rounds, self.sent_again, self.posted_twice
        )?;
        for (phase, kills) in &self.phases {
            writeln!(f, "{kills:5}  {phase}")?;
        }
        Ok(())
    }
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap()
}

/// The seven outcomes add up to the rows read, and are what they have to be.
fn assert_outcomes(result: &Value, created: usize, updated: usize, unchanged: usize) {
    let rows = &result["rows"];
    let expected = [
        ("created", created),
        ("updated", updated),
        ("unchanged", unchanged),
        ("rejected", REJECTED),
        ("failed", 0),
        ("conflict", 0),
        ("skipped", SKIPPED),
    ];
    for (outcome, expected) in expected {
        assert_eq!(
            number(&rows[outcome]),
            expected as u64,
            "{outcome}: {result}"
        );
    }
    let sum: usize = expected.iter().map(|(_, rows)| rows).sum();
    assert_eq!(number(&rows["read"]), sum as u64, "{result}");
    assert_eq!(result["state"], "completed", "{result}");
}

/// Counts after a workflow has ended.
pub(crate) async fn check_round(
    zendesk: &Simulator,
    desk: &Desk,
    ended: &Ended,
    totals: &mut Totals,
) {
    let round = totals.rounds;
    let result = desk
        .look(async |store| {
            let mut reader = store.read().await.unwrap();
            let open = send_batches::open(&mut reader, &ended.id).await.unwrap();
            assert!(open.is_empty(), "round {round}: {open:?}");
            assert_told_once(&mut reader, &ended.id).await;
            let found = workflows::find(&mut reader, &ended.id).await.unwrap();
            let found = found.unwrap();
            assert_eq!(found.sentence, None, "round {round}");
            serde_json::from_str::<Value>(&found.result.unwrap()).unwrap()
        })
        .await;
    if let Some(printed) = &ended.printed {
        assert_eq!(printed, &result, "round {round}");
    }
    assert_outcomes(&result, NEW, CHANGED, UNCHANGED);
    let (before, after) = (&ended.before, zendesk.sends());
    let created = after.users_created - before.users_created;
    assert_eq!(created, NEW as u64, "round {round}");
    assert_eq!(after.created_again, BTreeMap::new(), "round {round}");
    assert_eq!((after.staff_writes, after.requests_too_early), (0, 0));
    assert_eq!((after.rows_failed, after.users_deleted), (0, 0));
    assert!(after.most_open_jobs <= 30, "{}", after.most_open_jobs);

    // Only batches of unknown outcome are sent again, and all that is sent again is counted.
    let posted = after.users_posted - before.users_posted;
    let posted_twice = posted.checked_sub((NEW + CHANGED) as u64).unwrap();
    let sent_again = number(&result["sent_again"]);
    let unknown: u64 = ended.unknown.values().sum();
    assert!(
        posted_twice <= sent_again && sent_again <= unknown,
        "round {round}: {posted_twice} rows posted twice, {sent_again} counted, {unknown} unknown"
    );
    // A job whose id nobody kept is one that nobody can count.
    let queued = after.jobs_queued - before.jobs_queued;
    let jobs = number(&result["jobs"]);
    let lost = ended.unknown.len() as u64;
    assert!(
        jobs <= queued && queued <= jobs + lost,
        "round {round}: {jobs} of {queued} jobs, {lost} of unknown outcome"
    );

    assert_final(zendesk, round);
    let again = desk.json(&desk.sending(&people::of_round(round)));
    assert_outcomes(&again, 0, 0, NEW + CHANGED + UNCHANGED);
    assert_eq!(zendesk.sends().users_posted, after.users_posted, "{again}");

    totals.sent_again += sent_again;
    totals.posted_twice += posted_twice;
    totals.unknown.0 += ended.unknown.len();
    totals.unknown.1 += unknown;
}

/// Each row that was not sent is told about, and once.
async fn assert_told_once(reader: &mut store::Connection, id: &str) {
    let told = workflow_rows::page(reader, id, None, i64::MIN, 1_000).await;
    let told = told.unwrap();
    let lines: BTreeSet<i64> = told.iter().map(|row| row.line).collect();
    assert_eq!(lines.len(), told.len(), "{told:?}");
    let of = |state| told.iter().filter(|row| row.state == state).count();
    assert_eq!(of(RowState::Rejected), REJECTED, "{told:?}");
    assert_eq!(of(RowState::Skipped), SKIPPED, "{told:?}");
    assert_eq!(told.len(), REJECTED + SKIPPED, "{told:?}");
}

/// Everybody of a round is in Zendesk as the source says.
fn assert_final(zendesk: &Simulator, round: usize) {
    zendesk.read(|account| {
        for person in people::expected(round) {
            let user = account.user_by_external_id(&person.external_id);
            let user = user.unwrap_or_else(|| panic!("{} is lost", person.external_id));
            let found = (&*user.name, user.email.as_deref(), user.notes.as_deref());
            let wanted = (
                person.name.as_str(),
                Some(person.email.as_str()),
                Some(person.notes.as_str()),
            );
            assert_eq!(found, wanted, "{}", person.external_id);
            assert!(user.active && user.more_emails.is_empty());
        }
    });
}

/// Counts after all workflows: nobody is in Zendesk or in the ledger who does not belong there.
pub(crate) async fn check_all(zendesk: &Simulator, desk: &Desk, known: usize, totals: &Totals) {
    let sent = known * (UNCHANGED + CHANGED) + (totals.rounds + 1) * NEW;
    let there = zendesk.read(|account| {
        let is_customer = |user: &&simulator::User| user.external_id.is_some();
        account.users().filter(is_customer).count()
    });
    assert_eq!(there, sent);
    assert_eq!(desk.confirmed().await, sent as u64);
    let met: usize = totals.phases.values().sum();
    assert_eq!(met, totals.kills);
}

//! Checks of an account, against the simulator in every position of its switches: what differs is seen, what
//! goes wrong is cleaned up, and nobody else's record is touched. And the examination of an installation, which
//! only looks, and checks that a worker does for whoever asked.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod asked;
mod cleaning;
mod doctor;
mod switches;

use std::collections::BTreeMap;

use engine::live_check::{
    self, EXTERNAL_ID, MOST_REQUESTS, Options, Outcome, Report, Target, Verdict,
};
use tokio::sync::watch;
use world::World;

/// What is seen where Zendesk does what Deskbridge expects, by probe.
const EXPECTED: [(&str, &str); 19] = [
    ("sign_in", "admin"),
    ("stranger", "nobody_null_wrong_token_401"),
    ("throw_away_records", "made"),
    ("idempotency_key", "same_ticket_hit_other_body_refused"),
    ("safe_update", "one_passes"),
    ("same_second", "stands_still"),
    ("same_value", "nothing"),
    ("marker_in_audits", "at_once"),
    ("placeholders", "encoded_stays_plain_replaced"),
    ("triggers", "none_ran"),
    ("metadata_size", "4096_then_kept"),
    ("unknown_upload", "passed_over"),
    ("clocks_of_zendesk", "one_clock"),
    (
        "bulk_rows",
        "2_failed_by_id_is_position_with_external_id_in_no_order",
    ),
    ("recent_start", "answered"),
    ("marker_in_events", "after_a_minute"),
    ("deleted_ticket", "404"),
    ("deleted_user", "inactive"),
    ("our_clock", "agrees"),
];

async fn target(world: &World) -> Target {
    let integration = world.integration().await;
    let target = Target::integration(world.engine(), &integration).await;
    target.unwrap()
}

/// A whole check.
async fn check(world: &World) -> Report {
    let (_nobody, stop) = watch::channel(false);
    let options = Options {
        stop,
        names_account: false,
    };
    let target = target(world).await;
    let report = live_check::run(world.engine(), &target, options, &|_| {}).await;
    let report = report.unwrap();
    assert!(report.requests <= MOST_REQUESTS, "{}", report.requests);
    report
}

/// What was seen, by probe, whatever the order of a job's rows happened to be: of three rows it may be the one
/// they were sent in.
fn codes_in_any_order(report: &Report) -> Vec<(&str, String)> {
    codes(report)
        .into_iter()
        .map(|(probe, code)| (probe, code.replace("_in_order", "_in_no_order")))
        .collect()
}

fn expected() -> Vec<(&'static str, String)> {
    EXPECTED
        .map(|(probe, code)| (probe, code.to_owned()))
        .to_vec()
}

/// What was seen, by probe.
fn codes(report: &Report) -> Vec<(&str, &str)> {
    let findings = report.findings.iter();
    findings
        .map(|finding| (finding.probe, finding.code.as_str()))
        .collect()
}

/// The living tickets and users of Zendesk that a check has made.
fn left_in(world: &World) -> (Vec<i64>, Vec<i64>) {
    world.zendesk().read(|account| {
        let tickets = account.tickets().filter(|ticket| {
            ticket.external_id.as_deref() == Some(EXTERNAL_ID) && ticket.deleted_at.is_none()
        });
        let users = account.users().filter(|user| {
            let id = user.external_id.as_deref().unwrap_or_default();
            user.active && id.starts_with(EXTERNAL_ID)
        });
        (
            tickets.map(|ticket| ticket.id).collect(),
            users.map(|user| user.id).collect(),
        )
    })
}

/// Everything that Zendesk holds and no check has made.
fn others(world: &World) -> Vec<String> {
    world.zendesk().read(|account| {
        let is_ours = |id: Option<&str>| id.is_some_and(|id| id.starts_with(EXTERNAL_ID));
        let tickets = account
            .tickets()
            .filter(|ticket| !is_ours(ticket.external_id.as_deref()));
        let mut all: Vec<String> = Vec::new();
        for ticket in tickets {
            let audits: Vec<_> = account.audits_of(ticket.id).collect();
            all.push(format!("{ticket:?} {audits:?}"));
        }
        let users = account
            .users()
            .filter(|user| user.name.as_ref() as &str != live_check::TITLE);
        all.extend(users.map(|user| format!("{user:?}")));
        all
    })
}

#[tokio::test]
async fn an_account_that_does_what_is_expected_is_as_expected_and_nothing_stays() {
    World::builder()
        .simulator(|config| config.api_token = "s3cr3t-zq".to_owned())
        .each(async |world| {
            let (before, writes) = (others(world), world.zendesk().writes_by_route());
            let report = check(world).await;
            assert_eq!(codes(&report), EXPECTED);
            assert_eq!(report.outcome, Outcome::AsExpected);
            assert!(
                report
                    .findings
                    .iter()
                    .all(|one| one.verdict == Verdict::Fine)
            );
            assert_eq!(left_in(world), (vec![], vec![]));
            assert_eq!((report.cleaned.tickets, report.cleaned.users), (1, 1));
            assert_eq!(report.cleaned.earlier, 0);
            assert_eq!(others(world), before, "another record was touched");
            let mut after = world.zendesk().writes_by_route();
            for (route, count) in writes {
                *after.get_mut(&route).unwrap() -= count;
            }
            after.retain(|_, count| *count > 0);
            let written = [
                ("DELETE tickets/{id}", 1),
                ("DELETE users/{id}", 1),
                ("POST tickets", 3),
                ("POST users", 1),
                ("POST users/create_or_update_many", 1),
                ("PUT tickets/{id}", 12),
            ];
            let written: BTreeMap<String, u64> = written
                .iter()
                .map(|(route, count)| ((*route).to_owned(), *count))
                .collect();
            assert_eq!(after, written);
            let file = serde_json::to_string(&report).unwrap();
            for secret in ["s3cr3t-zq", "agent@example.com", "127.0.0.1", "Ada"] {
                assert!(!file.contains(secret), "{secret} is in the report");
            }
            let names = world.zendesk().read(|account| {
                let users = account.users();
                users.map(|user| user.name.to_string()).collect::<Vec<_>>()
            });
            for name in names.iter().filter(|name| *name != live_check::TITLE) {
                assert!(!file.contains(name.as_str()), "{name} is in the report");
            }
        })
        .await;
}

#[tokio::test]
async fn every_request_is_in_the_report_with_its_shape() {
    World::builder()
        .oauth()
        .once(async |world| {
            let requests = world.zendesk().requests();
            let report = check(world).await;
            let sent = world.zendesk().requests() - requests;
            assert_eq!(u64::try_from(report.requests).unwrap(), sent);
            assert_eq!(report.exchanges.len(), report.requests);
            assert!(report.exchanges.iter().all(|row| row.shape.is_some()));
            let conflict = report.exchanges.iter().find(|row| row.status == Some(409));
            let conflict = conflict.unwrap();
            assert_eq!(conflict.probe, "safe_update");
            assert_eq!(conflict.path, "tickets/{id}");
            let shape = conflict.shape.as_ref().unwrap();
            assert_eq!(shape["error"]["is"], "UpdateConflict");
            assert!(conflict.headers["date"].is_some());
            assert_eq!(codes(&report), EXPECTED);
        })
        .await;
}

#[tokio::test]
async fn a_check_stays_within_the_limits_of_the_smallest_account() {
    World::builder()
        .simulator(|config| config.limits = simulator::Limits::Team)
        .once(async |world| {
            let report = check(world).await;
            assert_eq!(codes(&report), EXPECTED);
            let refused = report.exchanges.iter().filter(|row| row.status.is_none());
            let refused: Vec<_> = refused.map(|row| (row.probe, &row.problem)).collect();
            assert!(refused.is_empty(), "{refused:?}");
        })
        .await;
}

#[tokio::test]
async fn one_check_at_a_time_looks_at_an_account() {
    World::builder()
        .once(async |world| {
            let engine = world.engine();
            let name = format!("live-check/{}", target(world).await.account());
            let length = std::time::Duration::from_secs(60);
            let taken = store::leases::take(
                &engine.store,
                &name,
                &engine.settings.holder,
                engine.now(),
                length,
            );
            taken.await.unwrap().unwrap();
            let (_nobody, stop) = watch::channel(false);
            let options = Options {
                stop,
                names_account: false,
            };
            let target = target(world).await;
            let before = world.zendesk().requests();
            let refused = live_check::run(engine, &target, options, &|_| {}).await;
            let said = refused.unwrap_err().to_string();
            assert!(said.contains("under way"), "{said}");
            assert_eq!(world.zendesk().requests(), before);
        })
        .await;
}

//! Every switch that a probe looks at is seen by it, and every other one changes nothing.

use std::cell::RefCell;

use engine::live_check::Verdict;
use serde_json::json;
use simulator::{Action, AnonymousMe, Config, FailedRows, Status, Switches, Trigger, TwoMatches};
use world::World;

use crate::{EXPECTED, check, codes, left_in};

/// A probe, what it found, and what that means.
type Found = (&'static str, String, Verdict);

/// Moves switches.
type Turn = fn(&mut Switches);

/// A check of an account with these switches: what differs from what is expected, by probe.
async fn seen(change: impl FnOnce(&mut Config)) -> Vec<(String, String, Verdict)> {
    let differs = RefCell::new(Vec::new());
    let world = World::builder().simulator(change);
    world
        .once(async |world| {
            let report = check(world).await;
            assert_eq!(left_in(world), (vec![], vec![]));
            assert!(report.left_behind.is_empty());
            assert_eq!(report.findings.len(), EXPECTED.len());
            for ((probe, code), (_, expected)) in codes(&report).into_iter().zip(EXPECTED) {
                if code != expected {
                    let verdict = report.finding(probe).unwrap().verdict;
                    differs
                        .borrow_mut()
                        .push((probe.to_owned(), code.to_owned(), verdict));
                }
            }
        })
        .await;
    differs.into_inner()
}

#[tokio::test]
async fn each_position_of_a_switch_that_is_looked_at_is_seen() {
    let (fine, setting, tell) = (Verdict::Fine, Verdict::Setting, Verdict::Tell);
    let rows = "2_failed_by_";
    let turns: Vec<(Turn, Vec<Found>)> = vec![
        (
            |switches| switches.anonymous_me = AnonymousMe::Nobody,
            vec![("stranger", "nobody_401_wrong_token_401".into(), fine)],
        ),
        (
            |switches| switches.anonymous_me = AnonymousMe::Everybody,
            vec![("stranger", "nobody_null_wrong_token_null".into(), fine)],
        ),
        (
            |switches| switches.leave_out_newest_minute = false,
            vec![("marker_in_events", "within_the_minute".into(), fine)],
        ),
        (
            |switches| switches.refuse_recent_start_for_users = true,
            vec![("recent_start", "refused_400".into(), fine)],
        ),
        (
            |switches| {
                switches.refuse_recent_start_for_users = true;
                switches.recent_start_is_422 = true;
            },
            vec![("recent_start", "refused_422".into(), fine)],
        ),
        (
            |switches| switches.events_have_metadata = false,
            vec![("marker_in_events", "never".into(), tell)],
        ),
        (
            |switches| switches.idle_updates_show = true,
            vec![("same_value", "updated_at_moves".into(), tell)],
        ),
        (
            |switches| switches.deleted_tickets_show = true,
            vec![("deleted_ticket", "shown_as_deleted".into(), tell)],
        ),
        (
            |switches| switches.expand_placeholders = false,
            vec![("placeholders", "encoded_stays_plain_stays".into(), fine)],
        ),
        (
            |switches| switches.placeholders_in_encoded_braces = true,
            vec![(
                "placeholders",
                "encoded_replaced_plain_replaced".into(),
                tell,
            )],
        ),
        (
            |switches| switches.marker_delay = 3,
            vec![("marker_in_audits", "within_5_s".into(), tell)],
        ),
        (
            |switches| switches.marker_delay = 600,
            vec![
                ("marker_in_audits", "never".into(), tell),
                ("marker_in_events", "never".into(), tell),
            ],
        ),
        (
            |switches| switches.refuse_unknown_uploads = true,
            vec![("unknown_upload", "refused_422".into(), fine)],
        ),
        (
            |switches| switches.bulk_user_import = false,
            vec![("bulk_rows", "off".into(), setting)],
        ),
        (
            |switches| {
                switches.bulk_user_import = false;
                switches.bulk_off_says_so = true;
            },
            vec![("bulk_rows", "off_says_so".into(), setting)],
        ),
        (
            |switches| switches.failed_rows = FailedRows::Indexed,
            vec![(
                "bulk_rows",
                format!("{rows}index_with_external_id_in_no_order"),
                fine,
            )],
        ),
        (
            |switches| switches.bare_rows = true,
            vec![(
                "bulk_rows",
                format!("{rows}id_is_position_bare_in_no_order"),
                fine,
            )],
        ),
        (
            |switches| switches.rows_in_order = true,
            vec![(
                "bulk_rows",
                format!("{rows}id_is_position_with_external_id_in_order"),
                fine,
            )],
        ),
        (
            |switches| switches.safe_updates_race = true,
            vec![("safe_update", "both_pass".into(), tell)],
        ),
        (
            |switches| switches.date_ahead = 4,
            vec![("clocks_of_zendesk", "date_ahead".into(), tell)],
        ),
        (
            |switches| switches.date_ahead = -2,
            vec![("clocks_of_zendesk", "date_behind".into(), tell)],
        ),
        (
            |switches| switches.date_ahead = 60,
            vec![
                ("clocks_of_zendesk", "date_ahead".into(), tell),
                ("our_clock", "off".into(), setting),
            ],
        ),
        (
            |switches| switches.most_metadata = 1_000,
            vec![("metadata_size", "512_then_refused".into(), fine)],
        ),
        (
            |switches| {
                switches.most_metadata = 1_000;
                switches.drop_long_metadata = true;
            },
            vec![("metadata_size", "512_then_dropped".into(), fine)],
        ),
        (
            |switches| switches.most_metadata = 100,
            vec![("metadata_size", "0_then_refused".into(), tell)],
        ),
    ];
    for (turn, expected) in turns {
        let mut now = Switches::default();
        turn(&mut now);
        let seen = seen(|config| turn(&mut config.switches)).await;
        let expected: Vec<_> = expected
            .into_iter()
            .map(|(probe, code, verdict)| (probe.to_owned(), code, verdict))
            .collect();
        assert_eq!(seen, expected, "{now:?}");
    }
}

#[tokio::test]
async fn a_switch_that_no_probe_looks_at_changes_nothing() {
    let turns: [Turn; 18] = [
        |switches| switches.triggers_in_own_audit = true,
        |switches| switches.reply_reopens = false,
        |switches| switches.private_attachments = true,
        |switches| switches.too_many_jobs_is_422 = true,
        |switches| switches.refuse_unknown_options = false,
        |switches| switches.suspended_is_forbidden = true,
        |switches| switches.bad_bearer_is_plain = true,
        |switches| switches.limits_say_json = true,
        |switches| switches.bare_job_ids = true,
        |switches| switches.made_rows_have_index = true,
        |switches| switches.last_page_leads_on = false,
        |switches| switches.new_again_is_dropped = true,
        |switches| switches.only_rules_close = true,
        |switches| switches.gone_users_are_unknown = true,
        |switches| switches.two_matches = TwoMatches::Email,
        |switches| switches.uploads_die_in_an_hour = true,
        |switches| switches.bad_phones_are_dropped = true,
        |switches| {
            // Says nothing while bulk import is on, or metadata has no limit.
            switches.bulk_off_says_so = true;
            switches.drop_long_metadata = true;
        },
    ];
    for turn in turns {
        assert_eq!(seen(|config| turn(&mut config.switches)).await, []);
    }
}

#[tokio::test]
async fn where_triggers_write_what_they_do_is_seen() {
    for (own, code) in [
        (false, "in_the_updates_audit"),
        (true, "in_their_own_audits"),
    ] {
        let seen = seen(|config| {
            config.switches.triggers_in_own_audit = own;
            let actions = vec![Action::Status(Status::Pending)];
            config.triggers = vec![Trigger::new("t", actions)];
        })
        .await;
        let triggers = seen.iter().find(|(probe, ..)| probe == "triggers").unwrap();
        assert_eq!(triggers.1, code);
        assert_eq!(triggers.2, Verdict::Fine);
        assert_eq!(seen.len(), 1, "{seen:?}");
    }
}

/// A switch that is added later is to be thought of here.
#[test]
fn every_switch_is_in_one_of_the_lists_above() {
    let page = include_str!("switches.rs");
    let written = format!("{:?}", Switches::default());
    let names = written
        .trim_start_matches("Switches { ")
        .split(", ")
        .filter_map(|pair| pair.split_once(':').map(|(name, _)| name));
    let missing: Vec<&str> = names
        .filter(|name| !page.contains(&format!("switches.{name} = ")))
        .collect();
    assert_eq!(json!(missing), json!([]));
}

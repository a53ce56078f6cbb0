use rstest::rstest;

use super::*;

/// The next runs after a moment, as UTC.
fn runs(cron: &str, zone: &str, after: &str, count: usize) -> Vec<String> {
    let timing = Timing::parse(cron, Some(zone)).unwrap();
    let mut at: Timestamp = after.parse().unwrap();
    let mut found = Vec::new();
    for _ in 0..count {
        at = timing.next(at).unwrap();
        found.push(at.to_string());
    }
    found
}

#[rstest]
// Berlin: from 02:00 to 03:00 on 29 March 2026; back from 03:00 to 02:00 on 25 October 2026.
#[case::berlin_skipped("30 2 * * *", "Europe/Berlin", "2026-03-28T00:00:00Z",
    &["2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"])]
#[case::berlin_doubled("30 2 * * *", "Europe/Berlin", "2026-10-24T00:00:00Z",
    &["2026-10-24T00:30:00Z", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"])]
// New York: from 02:00 to 03:00 on 8 March 2026; back from 02:00 to 01:00 on 1 November 2026.
#[case::new_york_skipped("15 2 * * *", "America/New_York", "2026-03-07T12:00:00Z",
    &["2026-03-08T07:00:00Z", "2026-03-09T06:15:00Z"])]
#[case::new_york_doubled("15 1 * * *", "America/New_York", "2026-10-31T12:00:00Z",
    &["2026-11-01T05:15:00Z", "2026-11-02T06:15:00Z"])]
// Lord Howe moves by half an hour: from 02:00 to 02:30 on 4 October 2026, back from 02:00 to 01:30 on 5 April.
#[case::lord_howe_skipped("10 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00:00Z",
    &["2026-10-03T15:30:00Z", "2026-10-04T15:10:00Z"])]
#[case::lord_howe_doubled("45 1 * * *", "Australia/Lord_Howe", "2026-04-04T00:00:00Z",
    &["2026-04-04T14:45:00Z", "2026-04-05T15:15:00Z"])]
fn a_time_that_clocks_skip_or_show_twice_runs_exactly_once(
    #[case] cron: &str,
    #[case] zone: &str,
    #[case] after: &str,
    #[case] expected: &[&str],
) {
    assert_eq!(runs(cron, zone, after, expected.len()), expected);
}

#[test]
fn times_that_are_skipped_together_are_one_run() {
    let found = runs("*/20 * * * *", "Europe/Berlin", "2026-03-29T00:30:00Z", 4);
    // 02:00, 02:20 and 02:40 do not exist; 03:00 is the moment that stands for them, and for itself.
    assert_eq!(
        found,
        [
            "2026-03-29T00:40:00Z",
            "2026-03-29T01:00:00Z",
            "2026-03-29T01:20:00Z",
            "2026-03-29T01:40:00Z",
        ]
    );
}

#[test]
fn an_hour_that_is_shown_twice_has_its_runs_once() {
    let found = runs(
        "*/30 * * * *",
        "America/New_York",
        "2026-11-01T04:45:00Z",
        4,
    );
    // 01:00 and 01:30 of summer, then 02:00 and 02:30 of winter.
    assert_eq!(
        found,
        [
            "2026-11-01T05:00:00Z",
            "2026-11-01T05:30:00Z",
            "2026-11-01T07:00:00Z",
            "2026-11-01T07:30:00Z",
        ]
    );
}

#[test]
fn planning_from_within_the_second_showing_does_not_run_the_first_again() {
    let found = runs("30 2 * * *", "Europe/Berlin", "2026-10-25T01:10:00Z", 1);
    assert_eq!(found, ["2026-10-26T01:30:00Z"]);
}

#[test]
fn a_year_of_days_has_as_many_runs_as_days_in_every_zone() {
    for zone in [
        "Europe/Berlin",
        "America/New_York",
        "Australia/Lord_Howe",
        "America/Havana",
        "Asia/Kathmandu",
    ] {
        for cron in ["30 2 * * *", "0 0 * * *", "45 1 * * *"] {
            let timing = Timing::parse(cron, Some(zone)).unwrap();
            let zone_of = TimeZone::get(zone).unwrap();
            let moment = |year| {
                let day = jiff::civil::date(year, 7, 1).at(12, 0, 0, 0);
                day.to_zoned(zone_of.clone()).unwrap().timestamp()
            };
            let (mut at, end) = (moment(2026), moment(2027));
            let mut count = 0;
            loop {
                at = timing.next(at).unwrap();
                if at > end {
                    break;
                }
                count += 1;
            }
            assert_eq!(count, 365, "{cron} in {zone}");
        }
    }
}

#[test]
fn what_cannot_be_read_says_how_to_write_it() {
    let said = |cron, zone| Timing::parse(cron, zone).unwrap_err().to_string();
    for wrong in ["", "6", "0 6 * *", "61 6 * * *", "0 0 6 * * *", "six"] {
        assert!(said(wrong, None).contains("every day at six"), "{wrong}");
    }
    assert!(said("0 6 * * *", Some("Berlin")).contains("Europe/Berlin"));
    let never = Timing::parse("0 0 30 2 *", None).unwrap();
    assert_eq!(never.next(Timestamp::UNIX_EPOCH), None);
}

use http::{HeaderMap, HeaderName, HeaderValue};
use rstest::rstest;

use super::*;

fn headers(lines: &[(&str, &str)]) -> HeaderMap {
    lines
        .iter()
        .map(|(name, value)| {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            (name, HeaderValue::from_str(value).unwrap())
        })
        .collect()
}

fn seen(status: u16, lines: &[(&str, &str)], body: &str) -> RateSeen {
    let noon = "2026-11-22T12:00:00Z".parse().unwrap();
    RateSeen::read(&headers(lines), status, body.as_bytes(), noon)
}

#[rstest]
#[case::first_generation(&[("X-Rate-Limit", "700"), ("X-Rate-Limit-Remaining", "699")], Some(700), Some(699), None)]
#[case::of_2023(&[("x-rate-limit", "700"), ("x-rate-limit-remaining", "696"), ("rate-limit", "700"), ("rate-limit-remaining", "696"), ("rate-limit-reset", "59")], Some(700), Some(696), Some(59))]
#[case::of_2024(&[("X-Rate-Limit", "700"), ("X-Rate-Limit-Remaining", "698"), ("ratelimit-limit", "700"), ("ratelimit-remaining", "698"), ("ratelimit-reset", "49")], Some(700), Some(698), Some(49))]
#[case::with_a_window(&[("ratelimit-limit", "700, 700;w=60"), ("ratelimit-remaining", " 5 ")], Some(700), Some(5), None)]
#[case::nonsense(&[("ratelimit-limit", "many"), ("ratelimit-reset", "-1")], None, None, None)]
#[case::none(&[], None, None, None)]
fn rate_headers_of_every_generation_are_read(
    #[case] lines: &[(&str, &str)],
    #[case] limit: Option<u32>,
    #[case] remaining: Option<u32>,
    #[case] resets: Option<u64>,
) {
    let seen = seen(200, lines, "");
    assert_eq!((seen.limit, seen.remaining), (limit, remaining));
    assert_eq!(seen.resets_in, resets.map(Duration::from_secs));
}

#[rstest]
#[case("zendesk-rate-limit-tickets-index")]
#[case("Zendesk-RateLimit-Tickets-Index")]
fn named_limits_of_both_generations_are_read(#[case] name: &str) {
    let seen = seen(200, &[(name, "total=100; remaining=99; resets=41")], "");
    let expected = NamedLimit {
        name: "tickets-index".into(),
        total: Some(100),
        remaining: Some(99),
        resets: Some(Duration::from_secs(41)),
    };
    assert_eq!(seen.named, [expected]);
}

#[rstest]
#[case(&[("Retry-After", "27")], Some(27))]
#[case(&[("Retry-After", "0")], Some(1))]
#[case(&[("Retry-After", "1.2")], Some(2))]
#[case(&[("Retry-After", "Sun, 22 Nov 2026 12:00:30 GMT")], Some(30))]
#[case(&[("Retry-After", "Sun, 22 Nov 2026 13:00:30 GMT"), ("Date", "Sun, 22 Nov 2026 13:00:00 GMT")], Some(30))]
#[case(&[("Retry-After", "Sun, 22 Nov 2020 12:00:30 GMT")], Some(1))]
#[case(&[("Retry-After", "soon")], None)]
#[case(&[("Retry-After", "-5")], None)]
#[case(&[], None)]
fn retry_after_is_seconds_or_a_date(#[case] lines: &[(&str, &str)], #[case] wait: Option<u64>) {
    assert_eq!(
        seen(429, lines, "").retry_after,
        wait.map(Duration::from_secs)
    );
}

const ACCOUNT_TEXT: &str = "Number of allowed API requests per minute exceeded";
const ACCOUNT_JSON: &str = r#"{"error":"APIRateLimitExceeded","description":"Number of allowed API requests per minute exceeded"}"#;
const USER_TEXT: &str = "You have exceeded the rate limit for updating a single unique user. user email:  id:  external_id: ";
const JOBS: &str = r#"{"error":"TooManyJobs","description":"Too many UserBulkUpdateJobV2 jobs are currently queued or running. Try again later.","current_job_ids":["V3-1"]}"#;
const ORGANISATIONS: &str =
    r#"{"errors":[{"code":"TooManyRequests","title":"Too many requests to update"}]}"#;
const EXPORTS: (&str, &str) = (
    "zendesk-ratelimit-incremental-exports",
    "total=10; remaining=0; resets=41",
);
const STRANGE: (&str, &str) = (
    "zendesk-ratelimit-sparkles",
    "total=10; remaining=0; resets=41",
);
const LEFT: (&str, &str) = ("X-Rate-Limit-Remaining", "668");
const SPENT: (&str, &str) = ("X-Rate-Limit-Remaining", "0");

#[rstest]
#[case::the_accounts_text(&[LEFT], ACCOUNT_TEXT, None, true)]
#[case::the_accounts_json(&[LEFT], ACCOUNT_JSON, None, true)]
#[case::nothing_remains(&[SPENT, EXPORTS], USER_TEXT, None, true)]
#[case::one_user(&[LEFT], USER_TEXT, Some(Bucket::UserUpdates), false)]
#[case::jobs(&[LEFT], JOBS, Some(Bucket::Jobs), false)]
#[case::exports(&[LEFT, EXPORTS], "", Some(Bucket::Exports), false)]
#[case::a_limit_with_an_unknown_name(&[LEFT, STRANGE], "", None, false)]
#[case::one_organisation(&[LEFT], ORGANISATIONS, None, false)]
#[case::unknown(&[LEFT], "Slow down", None, true)]
#[case::unknown_page(&[], "<html>", None, true)]
fn a_429_says_which_limiter_answered(
    #[case] lines: &[(&str, &str)],
    #[case] body: &str,
    #[case] limiter: Option<Bucket>,
    #[case] whole_account: bool,
) {
    let seen = seen(429, lines, body);
    assert_eq!((seen.limiter, seen.whole_account), (limiter, whole_account));
}

const TICKET_JSON: &str = r#"{"error":"APIRateLimitExceeded","description":"Number of allowed updates to this ticket exceeded"}"#;
const TICKET: (&str, &str) = (
    "zendesk-ratelimit-per-ticket-updates",
    "total=30; remaining=0; resets=540",
);
const TICKETS: (&str, &str) = (
    "zendesk-ratelimit-tickets-update",
    "total=100; remaining=0; resets=41",
);

#[rstest]
#[case::of_one_ticket(&[LEFT, TICKET], Some(Bucket::TicketUpdates), true)]
#[case::of_all_tickets(&[LEFT, TICKETS], Some(Bucket::TicketUpdates), false)]
#[case::of_both(&[LEFT, TICKET, TICKETS], Some(Bucket::TicketUpdates), false)]
fn the_limit_of_one_ticket_is_told_apart_from_that_of_all(
    #[case] lines: &[(&str, &str)],
    #[case] limiter: Option<Bucket>,
    #[case] one_record: bool,
) {
    let seen = seen(429, lines, TICKET_JSON);
    assert_eq!((seen.limiter, seen.one_record), (limiter, one_record));
    assert!(!seen.whole_account);
}

#[test]
fn the_exports_own_words_do_not_close_the_account() {
    let body = r#"{"error":"APIRateLimitExceeded","description":"Number of allowed incremental export API requests per minute exceeded"}"#;
    assert!(!seen(429, &[LEFT, EXPORTS], body).whole_account);
    assert!(
        seen(429, &[LEFT], body).whole_account,
        "nothing names the limiter"
    );
}

#[test]
fn a_503_with_retry_after_closes_the_account_and_a_200_closes_nothing() {
    assert!(seen(503, &[("Retry-After", "5")], "").whole_account);
    assert!(!seen(503, &[], "").whole_account);
    assert!(!seen(200, &[SPENT], ACCOUNT_TEXT).whole_account);
}

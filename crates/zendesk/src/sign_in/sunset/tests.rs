use rstest::rstest;

use super::*;

#[rstest]
#[case(
    "2026-11-22T12:00:00Z",
    159,
    false,
    "API tokens stop on 30 Apr 2027: 159 days left. Switch to OAuth."
)]
#[case(
    "2027-04-29T23:59:59Z",
    1,
    false,
    "API tokens stop on 30 Apr 2027: 1 day left. Switch to OAuth."
)]
#[case(
    "2027-04-30T00:00:00Z",
    0,
    false,
    "API tokens stop today, 30 Apr 2027. Switch to OAuth."
)]
#[case(
    "2027-05-01T00:00:00Z",
    0,
    true,
    "API tokens stopped on 30 Apr 2027. Switch to OAuth."
)]
#[case(
    "2031-01-01T00:00:00Z",
    0,
    true,
    "API tokens stopped on 30 Apr 2027. Switch to OAuth."
)]
fn the_end_of_api_tokens_is_counted_down(
    #[case] now: &str,
    #[case] days_left: u32,
    #[case] stopped: bool,
    #[case] sentence: &str,
) {
    let expected = TokenSunset {
        days_left,
        stopped,
        sentence: sentence.into(),
    };
    assert_eq!(api_token_countdown(now.parse().unwrap()), expected);
}

//! 429 and 503 over real sockets, on a clock that waits move.

use std::sync::Arc;
use std::time::Duration;

use clock::{Clock, ManualClock};
use zendesk::{
    Asking, Bucket, Client, Error, Governor, LocalGovernor, Options, Position, Urgency, When,
};

use crate::served::{Answer, Served, api_token, manual_clock, options};

const ME: &str = r#"{"user":{"id":7}}"#;

/// Serves `answers`, asks once, and says how long the clock was moved.
async fn waited(answers: Vec<Answer>) -> (Duration, Result<zendesk::Me, Error>) {
    let clock = manual_clock();
    let served = Served::start(answers).await;
    let client = Client::new(served.account(), api_token(), options(clock.clone())).unwrap();
    let before = clock.now();
    let me = client.me().await;
    let waited = clock.now().duration_since(before);
    (Duration::try_from(waited).unwrap(), me)
}

#[tokio::test]
async fn a_429_waits_as_long_as_it_says_then_the_request_is_repeated() {
    let limited = Answer::json(429, r#"{"error":"APIRateLimitExceeded","description":"Number of allowed API requests per minute exceeded"}"#)
        .header("Retry-After", "27");
    let (waited, me) = waited(vec![limited, Answer::json(200, ME)]).await;
    assert_eq!(me.unwrap().id, 7);
    assert_eq!(waited, Duration::from_secs(27));
}

#[tokio::test]
async fn plain_text_429s_are_obeyed_also_those_of_a_limiter_that_was_not_expected() {
    let account = "Number of allowed API requests per minute exceeded";
    let user = "You have exceeded the rate limit for updating a single unique user. user email:  id:  external_id: ";
    for text in [account, user] {
        let limited = Answer::text(429, text).header("Retry-After", "23");
        let (waited, me) = waited(vec![limited, Answer::json(200, ME)]).await;
        assert_eq!(me.unwrap().id, 7);
        assert_eq!(waited, Duration::from_secs(23), "{text}");
    }
}

#[tokio::test]
async fn a_429_without_retry_after_waits_ten_seconds_then_twice_as_long_each_time() {
    let limited = Answer::text(429, "Slow down");
    let (waited, me) = waited(vec![
        limited.clone(),
        limited.clone(),
        limited,
        Answer::json(200, ME),
    ])
    .await;
    assert_eq!(me.unwrap().id, 7);
    assert_eq!(waited, Duration::from_secs(10 + 20 + 40));
}

#[tokio::test]
async fn a_429_that_asks_for_more_than_our_patience_is_given_back_with_its_wait() {
    let limited = Answer::text(429, "Slow down").header("Retry-After", "3600");
    let (waited, me) = waited(vec![limited]).await;
    let error = me.unwrap_err();
    assert_eq!(
        error.when(),
        When::Later {
            after: Some(Duration::from_secs(3600))
        }
    );
    assert_eq!(waited, Duration::ZERO);
}

#[tokio::test]
async fn a_storm_of_429s_ends_within_our_patience() {
    let (waited, me) = waited(vec![
        Answer::text(429, "Slow down").header("Retry-After", "60"),
    ])
    .await;
    assert!(matches!(me, Err(Error::Limited { .. })), "{me:?}");
    assert_eq!(waited, Duration::from_secs(15 * 60));
}

#[tokio::test]
async fn a_503_with_retry_after_keeps_everyone_away_for_that_long() {
    let down = Answer::html(503).header("Retry-After", "120");
    let (waited, me) = waited(vec![down, Answer::json(200, ME)]).await;
    assert_eq!(me.unwrap().id, 7);
    assert_eq!(waited, Duration::from_secs(120));
}

#[tokio::test]
async fn no_request_of_any_client_of_the_account_goes_out_while_a_retry_after_is_open() {
    let clock = manual_clock();
    let governor = Arc::new(LocalGovernor::new(clock.clone(), 100));
    let served = Served::start([
        Answer::text(429, "Number of allowed API requests per minute exceeded")
            .header("Retry-After", "30"),
        Answer::json(200, ME),
    ])
    .await;
    let client = || {
        let options = Options {
            retries: 0,
            patience: Duration::ZERO,
            ..Options::new(governor.clone(), clock.clone())
        };
        Client::new(served.account(), api_token(), options).unwrap()
    };
    assert!(client().me().await.is_err());
    let before = clock.now();
    client().me().await.unwrap();
    assert_eq!(clock.now().duration_since(before).as_secs(), 30);
}

#[tokio::test]
async fn a_spent_export_limit_is_left_alone_until_it_starts_anew_and_holds_back_nothing_else() {
    let clock = manual_clock();
    let page = r#"{"users":[],"after_cursor":"a","end_of_stream":true}"#;
    let served = Served::by(move |asked| {
        if asked.path.contains("incremental") {
            Answer::json(200, page).header(
                "zendesk-ratelimit-incremental-exports",
                "total=10; remaining=0; resets=41",
            )
        } else {
            Answer::json(200, ME)
        }
    })
    .await;
    let client = Client::new(served.account(), api_token(), options(clock.clone())).unwrap();
    let start = Position::Start(0);
    client.incremental_users(&start, 1000).await.unwrap();
    let before = clock.now();
    client.me().await.unwrap();
    assert_eq!(clock.now(), before, "another bucket does not wait");
    client.incremental_users(&start, 1000).await.unwrap();
    assert_eq!(clock.now().duration_since(before).as_secs(), 41);
}

#[tokio::test]
async fn a_governor_that_holds_longer_than_it_may_says_when_to_come_back() {
    let clock: Arc<ManualClock> = manual_clock();
    let governor = LocalGovernor::new(clock.clone(), 100).longest_wait(Duration::from_secs(5));
    let mut seen = zendesk::RateSeen {
        status: 429,
        retry_after: Some(Duration::from_secs(60)),
        ..Default::default()
    };
    seen.whole_account = true;
    governor.observe(Bucket::Search, &seen).await;
    let refused = governor
        .admit(Asking::on(Bucket::Exports))
        .await
        .unwrap_err();
    assert_eq!(
        refused.when(),
        When::Later {
            after: Some(Duration::from_secs(60))
        }
    );
}

#[tokio::test]
async fn an_impatient_caller_is_told_at_once_instead_of_being_held() {
    let clock = manual_clock();
    let limited = Answer::text(429, "Number of allowed API requests per minute exceeded")
        .header("Retry-After", "30");
    let served = Served::start([limited, Answer::json(200, ME)]).await;
    let client = Client::new(served.account(), api_token(), options(clock.clone())).unwrap();
    let impatient = client.impatient(Duration::from_secs(2));
    let before = clock.now();
    for _ in 0..2 {
        // The first time Zendesk says so, the second time the governor does.
        let error = impatient.me().await.unwrap_err();
        assert!(
            matches!(error, Error::Limited { bucket: Bucket::Account, after: Some(wait) }
                if wait == Duration::from_secs(30)),
            "{error:?}"
        );
    }
    assert_eq!(clock.now(), before);
    assert_eq!(served.asked().len(), 1, "nothing goes to a closed limiter");
    assert_eq!(client.me().await.unwrap().id, 7, "a patient one waits");
    assert_eq!(clock.now().duration_since(before).as_secs(), 30);
}

#[tokio::test]
async fn a_pressing_request_goes_where_a_less_pressing_one_waits() {
    let clock = manual_clock();
    let answer = Answer::json(200, ME)
        .header("ratelimit-limit", "10")
        .header("ratelimit-remaining", "10");
    let served = Served::start([answer]).await;
    let client = Client::new(served.account(), api_token(), options(clock.clone())).unwrap();
    let client = client.impatient(Duration::ZERO);
    for _ in 0..8 {
        client.me().await.unwrap();
    }
    assert!(client.me().await.is_err(), "85 % are spent");
    assert!(client.with(Urgency::Sweep).me().await.is_err());
    client.with(Urgency::Fields).me().await.unwrap();
    client.with(Urgency::Comments).me().await.unwrap();
    assert!(client.with(Urgency::Comments).me().await.is_err());
    assert_eq!(served.asked().len(), 10);
}

use super::super::NamedLimit;
use super::*;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

fn says(limit: u32, remaining: u32, resets: u64) -> RateSeen {
    RateSeen {
        status: 200,
        limit: Some(limit),
        remaining: Some(remaining),
        resets_in: Some(Duration::from_secs(resets)),
        ..RateSeen::default()
    }
}

fn refuses(wait: u64, limiter: Option<Bucket>, whole_account: bool) -> RateSeen {
    RateSeen {
        status: 429,
        retry_after: Some(Duration::from_secs(wait)),
        limiter,
        whole_account,
        ..RateSeen::default()
    }
}

#[test]
fn nothing_waits_before_a_limit_is_known() {
    let mut budget = Budget::new(50);
    for _ in 0..10_000 {
        assert_eq!(budget.admit(at(0), Bucket::Exports), Ok(()));
    }
    assert_eq!(budget.allowance(at(0)), None);
}

/// I-23: never over the configured share of the account's limit, in any minute whatever.
#[test]
fn no_minute_ever_holds_more_than_our_share() {
    let mut budget = Budget::new(50);
    let mut sent: Vec<i64> = Vec::new();
    budget.observe(at(0), Bucket::Account, &says(200, 200, 60));
    let mut second = 0;
    while second < 600 {
        match budget.admit(at(second), Bucket::Account) {
            Ok(()) => sent.push(second),
            Err(wait) => second += i64::try_from(wait.as_secs().max(1)).unwrap(),
        }
    }
    for start in 0..600 {
        let within = sent
            .iter()
            .filter(|s| (start..start + 60).contains(*s))
            .count();
        assert!(within <= 100, "{within} in the minute from {start}");
    }
    assert!(sent.len() >= 800, "and the share is used: {}", sent.len());
}

#[test]
fn our_share_shrinks_when_others_spend() {
    let mut budget = Budget::new(50);
    assert_eq!(budget.admit(at(0), Bucket::Account), Ok(()));
    budget.observe(at(0), Bucket::Account, &says(700, 299, 40));
    // 401 are spent, one of them by us: 300 are left to be shared.
    assert_eq!(budget.allowance(at(1)), Some(150));
    assert_eq!(budget.allowance(at(41)), Some(350), "a new minute begins");
}

#[test]
fn nothing_is_sent_while_nothing_remains() {
    let mut budget = Budget::new(100);
    budget.observe(at(0), Bucket::Account, &says(700, 0, 25));
    assert_eq!(
        budget.admit(at(5), Bucket::Search),
        Err(Duration::from_secs(20))
    );
    assert_eq!(budget.admit(at(25), Bucket::Search), Ok(()));
}

#[test]
fn a_share_is_never_less_than_one_request() {
    let mut budget = Budget::new(1);
    budget.observe(at(0), Bucket::Account, &says(10, 10, 60));
    assert_eq!(budget.admit(at(0), Bucket::Account), Ok(()));
    assert!(budget.admit(at(0), Bucket::Account).is_err());
}

#[test]
fn requests_under_way_count_on_a_named_limit_before_they_are_answered() {
    let mut budget = Budget::new(100);
    let named = NamedLimit {
        name: "incremental-exports".into(),
        total: Some(10),
        remaining: Some(2),
        resets: Some(Duration::from_secs(30)),
    };
    let seen = RateSeen {
        status: 200,
        named: vec![named],
        ..RateSeen::default()
    };
    budget.observe(at(0), Bucket::Exports, &seen);
    assert_eq!(budget.admit(at(0), Bucket::Exports), Ok(()));
    assert_eq!(budget.admit(at(0), Bucket::Exports), Ok(()));
    assert_eq!(
        budget.admit(at(0), Bucket::Exports),
        Err(Duration::from_secs(30))
    );
    assert_eq!(
        budget.admit(at(0), Bucket::Search),
        Ok(()),
        "another limit is not touched"
    );
}

#[test]
fn an_answer_that_arrives_late_does_not_give_requests_back() {
    let mut budget = Budget::new(100);
    budget.observe(at(0), Bucket::Account, &says(700, 1, 30));
    budget.observe(at(0), Bucket::Account, &says(700, 5, 30));
    assert_eq!(budget.admit(at(0), Bucket::Account), Ok(()));
    assert!(budget.admit(at(0), Bucket::Account).is_err());
}

#[test]
fn a_wait_closes_the_limiter_that_answered_only() {
    let mut budget = Budget::new(100);
    budget.observe(
        at(0),
        Bucket::Account,
        &refuses(30, Some(Bucket::UserUpdates), false),
    );
    assert_eq!(
        budget.admit(at(0), Bucket::UserUpdates),
        Err(Duration::from_secs(30))
    );
    assert_eq!(budget.admit(at(0), Bucket::Exports), Ok(()));
    assert_eq!(budget.admit(at(30), Bucket::UserUpdates), Ok(()));
}

#[test]
fn a_wait_of_an_unnamed_endpoint_limit_closes_the_bucket_that_was_asked() {
    let mut budget = Budget::new(100);
    budget.observe(at(0), Bucket::Search, &refuses(30, None, false));
    assert!(budget.admit(at(0), Bucket::Search).is_err());
    assert_eq!(budget.admit(at(0), Bucket::Account), Ok(()));
}

#[test]
fn a_wait_of_the_account_closes_everything_and_a_shorter_one_does_not_open_it() {
    let mut budget = Budget::new(100);
    budget.observe(at(0), Bucket::Search, &refuses(60, None, true));
    budget.observe(at(1), Bucket::Exports, &refuses(5, None, true));
    for bucket in Bucket::ALL {
        assert_eq!(
            budget.admit(at(10), bucket),
            Err(Duration::from_secs(50)),
            "{bucket:?}"
        );
    }
}

#[test]
fn a_budget_survives_being_stored() {
    let mut budget = Budget::new(50);
    budget.observe(at(0), Bucket::Exports, &says(700, 300, 30));
    budget.observe(
        at(0),
        Bucket::Exports,
        &refuses(60, Some(Bucket::Exports), false),
    );
    assert_eq!(budget.admit(at(1), Bucket::Account), Ok(()));
    let stored = serde_json::to_string(&budget).unwrap();
    let mut again: Budget = serde_json::from_str(&stored).unwrap();
    assert_eq!(again, budget);
    assert_eq!(
        again.admit(at(1), Bucket::Exports),
        Err(Duration::from_secs(59))
    );
}

#[test]
fn words_of_buckets_are_read_back() {
    for bucket in Bucket::ALL {
        assert_eq!(Bucket::parse(bucket.as_str()), Some(bucket));
    }
    assert_eq!(Bucket::parse("sparkles"), None);
}

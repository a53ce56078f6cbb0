use super::super::NamedLimit;
use super::*;

/// The urgency that may use the whole share, for tests about the share itself.
const FIRST: Urgency = Urgency::Comments;

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
        assert_eq!(budget.admit(at(0), Bucket::Exports, FIRST), Ok(()));
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
        match budget.admit(at(second), Bucket::Account, FIRST) {
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
    assert_eq!(budget.admit(at(0), Bucket::Account, FIRST), Ok(()));
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
        budget.admit(at(5), Bucket::Search, FIRST),
        Err(Duration::from_secs(20))
    );
    assert_eq!(budget.admit(at(25), Bucket::Search, FIRST), Ok(()));
}

#[test]
fn a_share_is_never_less_than_one_request() {
    let mut budget = Budget::new(1);
    budget.observe(at(0), Bucket::Account, &says(10, 10, 60));
    assert_eq!(budget.admit(at(0), Bucket::Account, FIRST), Ok(()));
    assert!(budget.admit(at(0), Bucket::Account, FIRST).is_err());
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
    assert_eq!(budget.admit(at(0), Bucket::Exports, FIRST), Ok(()));
    assert_eq!(budget.admit(at(0), Bucket::Exports, FIRST), Ok(()));
    assert_eq!(
        budget.admit(at(0), Bucket::Exports, FIRST),
        Err(Duration::from_secs(30))
    );
    assert_eq!(
        budget.admit(at(0), Bucket::Search, FIRST),
        Ok(()),
        "another limit is not touched"
    );
}

#[test]
fn an_answer_that_arrives_late_does_not_give_requests_back() {
    let mut budget = Budget::new(100);
    budget.observe(at(0), Bucket::Account, &says(700, 1, 30));
    budget.observe(at(0), Bucket::Account, &says(700, 5, 30));
    assert_eq!(budget.admit(at(0), Bucket::Account, FIRST), Ok(()));
    assert!(budget.admit(at(0), Bucket::Account, FIRST).is_err());
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
        budget.admit(at(0), Bucket::UserUpdates, FIRST),
        Err(Duration::from_secs(30))
    );
    assert_eq!(budget.admit(at(0), Bucket::Exports, FIRST), Ok(()));
    assert_eq!(budget.admit(at(30), Bucket::UserUpdates, FIRST), Ok(()));
}

#[test]
fn a_wait_of_an_unnamed_endpoint_limit_closes_the_bucket_that_was_asked() {
    let mut budget = Budget::new(100);
    budget.observe(at(0), Bucket::Search, &refuses(30, None, false));
    assert!(budget.admit(at(0), Bucket::Search, FIRST).is_err());
    assert_eq!(budget.admit(at(0), Bucket::Account, FIRST), Ok(()));
}

#[test]
fn a_wait_of_the_account_closes_everything_and_a_shorter_one_does_not_open_it() {
    let mut budget = Budget::new(100);
    budget.observe(at(0), Bucket::Search, &refuses(60, None, true));
    budget.observe(at(1), Bucket::Exports, &refuses(5, None, true));
    for bucket in Bucket::ALL {
        assert_eq!(
            budget.admit(at(10), bucket, FIRST),
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
    assert_eq!(budget.admit(at(1), Bucket::Account, FIRST), Ok(()));
    let stored = serde_json::to_string(&budget).unwrap();
    let mut again: Budget = serde_json::from_str(&stored).unwrap();
    assert_eq!(again, budget);
    assert_eq!(
        again.admit(at(1), Bucket::Exports, FIRST),
        Err(Duration::from_secs(59))
    );
}

#[test]
fn a_ticket_that_was_changed_too_often_holds_back_no_other() {
    let mut budget = Budget::new(100);
    let spent = NamedLimit {
        name: "per-ticket-updates".into(),
        total: Some(30),
        remaining: Some(0),
        resets: Some(Duration::from_secs(540)),
    };
    let last_one = RateSeen {
        status: 200,
        named: vec![spent],
        ..RateSeen::default()
    };
    budget.observe(at(0), Bucket::TicketUpdates, &last_one);
    assert_eq!(budget.admit(at(0), Bucket::TicketUpdates, FIRST), Ok(()));
    let refused = RateSeen {
        one_record: true,
        ..refuses(540, Some(Bucket::TicketUpdates), false)
    };
    budget.observe(at(0), Bucket::TicketUpdates, &refused);
    assert_eq!(budget.admit(at(0), Bucket::TicketUpdates, FIRST), Ok(()));
}

#[test]
fn the_limit_of_the_webhook_endpoints_is_not_taken_for_the_accounts() {
    let mut budget = Budget::new(100);
    budget.observe(at(0), Bucket::Account, &says(700, 600, 60));
    budget.observe(at(0), Bucket::Webhooks, &says(100, 0, 60));
    assert_eq!(budget.limit(), Some(700));
    assert_eq!(budget.admit(at(0), Bucket::Search, FIRST), Ok(()));
    assert!(budget.admit(at(0), Bucket::Webhooks, FIRST).is_err());
    budget.observe(at(0), Bucket::Webhooks, &refuses(30, None, true));
    assert_eq!(budget.admit(at(0), Bucket::Search, FIRST), Ok(()));
}

/// How many requests of `urgency` go within one second before one has to wait.
fn goes(budget: &mut Budget, urgency: Urgency) -> usize {
    goes_at(0, budget, urgency)
}

fn goes_at(second: i64, budget: &mut Budget, urgency: Urgency) -> usize {
    (0..1000)
        .take_while(|_| budget.admit(at(second), Bucket::Account, urgency).is_ok())
        .count()
}

/// Profiles take all that they may in a minute, as fast as they may. Returns how many go.
fn spend_on_profiles(budget: &mut Budget) -> usize {
    let slots = (0..60).step_by(5);
    slots
        .map(|second| goes_at(second, budget, Urgency::Profiles))
        .sum()
}

#[test]
fn a_less_pressing_request_leaves_room_for_a_more_pressing_one() {
    let mut budget = Budget::new(50);
    budget.observe(at(0), Bucket::Account, &says(400, 400, 60));
    assert_eq!(spend_on_profiles(&mut budget), 160);
    assert_eq!(goes_at(59, &mut budget, Urgency::Profiles), 0);
    assert_eq!(goes_at(59, &mut budget, Urgency::Pull), 10);
    assert_eq!(goes_at(59, &mut budget, Urgency::Fields), 10);
    assert_eq!(goes_at(59, &mut budget, Urgency::Status), 10);
    assert_eq!(goes_at(59, &mut budget, Urgency::Comments), 10);
    for urgency in Urgency::ALL {
        assert!(
            budget.admit(at(59), Bucket::Account, urgency).is_err(),
            "the share is spent: {urgency:?}"
        );
    }
}

#[test]
fn urgencies_are_ordered_and_none_may_use_more_than_a_more_pressing_one() {
    assert!(Urgency::ALL.is_sorted());
    let percents = Urgency::ALL.map(Urgency::percent);
    assert!(percents.is_sorted_by(|more, less| more >= less));
}

#[test]
fn the_sweep_stays_within_a_twentieth_of_our_share_in_any_minute() {
    let mut budget = Budget::new(50);
    budget.observe(at(0), Bucket::Account, &says(700, 700, 60));
    assert_eq!(goes(&mut budget, Urgency::Sweep), 17, "5 % of 350");
    assert_eq!(budget.swept(at(0)), 17);
    assert!(
        budget
            .admit(at(59), Bucket::Account, Urgency::Sweep)
            .is_err()
    );
    assert_eq!(budget.admit(at(59), Bucket::Account, Urgency::Pull), Ok(()));
    assert_eq!(
        budget.admit(at(65), Bucket::Account, Urgency::Sweep),
        Ok(())
    );
}

#[test]
fn the_sweep_gets_a_request_a_minute_of_the_smallest_share() {
    let mut budget = Budget::new(5);
    budget.observe(at(0), Bucket::Account, &says(200, 200, 60));
    assert_eq!(goes(&mut budget, Urgency::Sweep), 1);
}

#[test]
fn the_sweep_gives_way_once_three_quarters_of_our_share_are_spent() {
    let mut budget = Budget::new(50);
    budget.observe(at(0), Bucket::Account, &says(400, 400, 60));
    assert_eq!(spend_on_profiles(&mut budget), 160);
    assert_eq!(goes_at(59, &mut budget, Urgency::Sweep), 0);
    assert_eq!(budget.admit(at(59), Bucket::Account, Urgency::Pull), Ok(()));
}

#[test]
fn profiles_are_spread_over_the_minute_and_nothing_else_is() {
    let mut budget = Budget::new(50);
    budget.observe(at(0), Bucket::Account, &says(400, 400, 60));
    assert_eq!(goes(&mut budget, Urgency::Profiles), 22, "14 % of 160");
    let wait = budget
        .admit(at(3), Bucket::Account, Urgency::Profiles)
        .unwrap_err();
    assert_eq!(wait, Duration::from_secs(2), "the next slot");
    assert_eq!(goes_at(5, &mut budget, Urgency::Profiles), 6, "18 % of 160");
    assert_eq!(goes_at(10, &mut budget, Urgency::Profiles), 22);
    assert_eq!(goes_at(10, &mut budget, Urgency::Pull), 170 - 50);
}

#[test]
fn the_sweep_sends_ten_a_minute_while_no_limit_is_known() {
    let mut budget = Budget::new(50);
    assert_eq!(goes(&mut budget, Urgency::Sweep), 10);
    assert_eq!(budget.admit(at(0), Bucket::Account, Urgency::Pull), Ok(()));
    let wait = budget
        .admit(at(0), Bucket::Account, Urgency::Sweep)
        .unwrap_err();
    assert!(wait <= Duration::from_secs(65), "{wait:?}");
}

#[test]
fn what_an_older_version_stored_is_still_read() {
    let stored = r#"{"share":50,"limit":700,"others":null,"spent":[[360000000,3]],
        "closed":{"exports":"2027-01-15T08:01:00Z"},"windows":{}}"#;
    let mut budget: Budget = serde_json::from_str(stored).unwrap();
    assert_eq!(budget.spent(at(0)), 3);
    assert_eq!(budget.swept(at(0)), 0);
    assert_eq!(
        budget.admit(at(0), Bucket::Exports, FIRST),
        Err(Duration::from_secs(60))
    );
}

#[test]
fn words_of_buckets_are_read_back() {
    for bucket in Bucket::ALL {
        assert_eq!(Bucket::parse(bucket.as_str()), Some(bucket));
    }
    assert_eq!(Bucket::parse("sparkles"), None);
}

/// Case W08: profiles have taken all that they may when tickets begin to need nearly the whole share.
#[test]
fn tickets_wait_for_no_minute_that_profiles_have_spent() {
    let mut budget = Budget::new(50);
    budget.observe(at(0), Bucket::Account, &says(700, 700, 60));
    let (mut profiles, mut longest) = (0, 0);
    let mut wanted: Vec<i64> = Vec::new();
    for second in 0..300 {
        if second >= 90 {
            wanted.extend([second; 5]);
        }
        while let Some(since) = wanted.first() {
            if budget.admit(at(second), Bucket::Account, FIRST).is_err() {
                break;
            }
            longest = longest.max(second - since);
            wanted.remove(0);
        }
        while budget
            .admit(at(second), Bucket::Account, Urgency::Profiles)
            .is_ok()
        {
            profiles += 1;
        }
    }
    assert!(longest <= 2, "{longest} seconds");
    assert!(profiles >= 260, "alone they have their part: {profiles}");
}

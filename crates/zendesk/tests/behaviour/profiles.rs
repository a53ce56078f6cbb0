//! Sends of profiles over real sockets: jobs, single users, fields, staff, and what their errors mean.

use clock::Clock;
use domain::profile::answer::{Auth, Call, Judgement, Scope, Situation};
use domain::profile::job::JobState as Outcome;
use domain::profile::{FieldOption, FieldType, RowState, UserField};
use futures_util::TryStreamExt;
use serde_json::{Value, json};
use zendesk::{Bucket, Client, Error, JobState, StaffMember, Urgency};

use crate::served::{Answer, Asked, Served, api_token, client_of, manual_clock, options};

const QUEUED: &str = r#"{"job_status":{"id":"V3-1","job_type":"Bulk Create User","url":"u","total":2,"progress":null,"status":"queued","message":null,"results":null}}"#;
const USERS: &[u8] =
    br#"{"users":[{"name":"A","external_id":"a"},{"name":"B","email":"b@example.org"}]}"#;
const PER_USER: &str = "You have exceeded the rate limit for updating a single unique user. user email:  id:  external_id: ";

const BULK: Situation = Situation {
    call: Call::Bulk,
    auth: Auth::ApiToken,
    single_works: None,
};

fn last(served: &Served) -> Asked {
    served.asked().pop().unwrap()
}

#[tokio::test]
async fn a_batch_goes_out_byte_for_byte_and_its_job_comes_back() {
    let queued = Answer::json(200, QUEUED).header(
        "zendesk-ratelimit-inflight-jobs",
        "total=30; remaining=12; resets=0",
    );
    let served = Served::start([queued]).await;
    let job = client_of(&served).bulk_upsert_users(USERS).await.unwrap();
    assert_eq!((job.id.as_str(), &job.status), ("V3-1", &JobState::Queued));
    assert_eq!(
        (job.slots_left, job.outcome()),
        (Some(12), Outcome::Waiting)
    );
    let asked = last(&served);
    assert_eq!(
        (asked.method.as_str(), asked.path.as_str()),
        ("POST", "/api/v2/users/create_or_update_many")
    );
    assert_eq!(asked.bytes, USERS);
    assert_eq!(asked.headers["content-type"], "application/json");
}

#[tokio::test]
async fn updates_and_deletions_of_many_are_jobs_too() {
    let served = Served::start([Answer::json(200, QUEUED)]).await;
    let client = client_of(&served);
    let body = br#"{"users":[{"id":7,"suspended":true}]}"#;
    client.bulk_update_users(body).await.unwrap();
    let asked = last(&served);
    assert_eq!(
        (asked.method.as_str(), asked.path.as_str()),
        ("PUT", "/api/v2/users/update_many")
    );
    client.bulk_delete_users(&[7, 8]).await.unwrap();
    let asked = last(&served);
    assert_eq!(
        (asked.method.as_str(), asked.path.as_str()),
        ("DELETE", "/api/v2/users/destroy_many?ids=7%2C8")
    );
}

#[tokio::test]
async fn one_request_polls_all_jobs_and_an_unknown_row_hides_no_other() {
    let body = r#"{"job_statuses":[
        {"id":"V3-1","status":"completed","total":3,"progress":3,"message":"Completed at x","results":[
            {"id":11,"external_id":"a","status":"Created"},
            {"id":1,"status":"Failed","error":"UserUpdateError","details":"Name: Email: b is not properly formatted"},
            "what is this"]},
        {"id":"V3-2","status":"killed","results":null},
        {"id":"V3-3","status":"failed","message":"boom","results":null},
        {"id":"V3-4","status":"resting","results":null}],"count":4}"#;
    let served = Served::start([Answer::json(200, body)]).await;
    let ids = ["V3-1", "V3-2", "V3-3", "V3-4", "V3-5"];
    let jobs = client_of(&served).job_statuses(&ids).await.unwrap();
    assert_eq!(served.asked().len(), 1);
    assert_eq!(jobs.len(), 4, "the fifth has expired");
    let Outcome::Completed(rows) = jobs[0].outcome() else {
        panic!("the first is completed");
    };
    assert_eq!(rows.len(), 3);
    assert_eq!(
        (rows[0].id, rows[0].done),
        (Some(11), Some(RowState::Created))
    );
    assert_eq!(
        rows[1].failure.as_ref().unwrap().field.as_deref(),
        Some("email")
    );
    assert_eq!(jobs[1].outcome(), Outcome::Killed(Vec::new()));
    assert_eq!(jobs[2].outcome(), Outcome::Failed(Vec::new()));
    assert_eq!(jobs[3].status, JobState::Other("resting".into()));
    assert_eq!(jobs[3].outcome(), Outcome::Waiting);
}

#[tokio::test]
async fn a_single_user_says_whether_it_was_made() {
    let user = r#"{"user":{"id":61,"name":"Ada","role":"end-user","active":true}}"#;
    let served = Served::start([Answer::json(201, user), Answer::json(200, user)]).await;
    let client = client_of(&served);
    let body = br#"{"user":{"name":"Ada","external_id":"a"}}"#;
    assert!(client.upsert_user(body).await.unwrap().created);
    let again = client.upsert_user(body).await.unwrap();
    assert_eq!((again.created, again.user.id), (false, Some(61)));
    assert_eq!(last(&served).bytes, body);
    client.suspend_user(61).await.unwrap();
    let asked = last(&served);
    assert_eq!(
        (asked.method.as_str(), asked.path.as_str()),
        ("PUT", "/api/v2/users/61")
    );
    assert_eq!(asked.body, r#"{"user":{"suspended":true}}"#);
}

#[tokio::test]
async fn users_are_read_back_by_external_id() {
    let served = Served::by(|asked: &Asked| {
        let body = if asked.path.contains("search") {
            r#"{"users":[{"id":2,"external_id":"x,y"}]}"#
        } else {
            r#"{"users":[{"id":1,"external_id":"C 1"}]}"#
        };
        Answer::json(200, body)
    })
    .await;
    let found = client_of(&served)
        .users_by_external_ids(&["c 1", "missing", "x,y"])
        .await
        .unwrap();
    let ids: Vec<i64> = found.iter().filter_map(|record| record.id).collect();
    assert_eq!(ids, [1, 2]);
    assert_eq!(
        served.paths(),
        [
            "/api/v2/users/show_many?external_ids=c+1%2Cmissing",
            "/api/v2/users/search?external_id=x%2Cy"
        ]
    );
}

#[tokio::test]
async fn fields_come_with_types_options_and_patterns() {
    let body = r#"{"user_fields":[
        {"id":1,"key":"tier","type":"dropdown","title":"Tier","active":true,"system":false,
         "custom_field_options":[{"id":11,"name":"Gold","raw_name":"Gold","value":"tier_gold"}]},
        {"id":2,"key":"vat","type":"regexp","title":"VAT","regexp_for_validation":"\\A[A-Z]+\\z","active":false},
        {"id":3,"key":"odd","type":"hologram","title":"Odd"}],"next_page":null,"count":3}"#;
    let changed = r#"{"user_field":{"id":1,"key":"tier","type":"dropdown","title":"Tier"}}"#;
    let served = Served::start([Answer::json(200, body), Answer::json(200, changed)]).await;
    let client = client_of(&served);
    let fields = client.profile_fields().await.unwrap();
    let tier = fields[0].field.as_ref().unwrap();
    assert_eq!(
        (tier.kind, tier.options[0].value.as_str()),
        (FieldType::Dropdown, "tier_gold")
    );
    let vat = fields[1].field.as_ref().unwrap();
    assert_eq!(
        (vat.pattern.as_deref(), vat.active),
        (Some(r"\A[A-Z]+\z"), false)
    );
    assert_eq!(
        (fields[2].kind.as_str(), &fields[2].field),
        ("hologram", &None)
    );
    let all: Vec<FieldOption> = [("Gold", "tier_gold"), ("Silver", "tier_silver")]
        .map(|(name, value)| FieldOption {
            name: name.into(),
            value: value.into(),
        })
        .into();
    client.set_field_options(&fields[0], &all).await.unwrap();
    let asked = last(&served);
    assert_eq!(
        (asked.method.as_str(), asked.path.as_str()),
        ("PUT", "/api/v2/user_fields/1")
    );
    let sent: Value = serde_json::from_str(&asked.body).unwrap();
    assert_eq!(
        sent,
        json!({"user_field": {"custom_field_options": [
            {"id": 11, "name": "Gold", "value": "tier_gold"},
            {"name": "Silver", "value": "tier_silver"}]}})
    );
}

#[tokio::test]
async fn a_field_is_made_with_its_type_and_options() {
    let made =
        r#"{"user_field":{"id":5,"key":"churn","type":"dropdown","title":"churn","active":true}}"#;
    let served = Served::start([Answer::json(201, made)]).await;
    let field = UserField::new("churn", FieldType::Dropdown).with_options([("Low", "low")]);
    let made = client_of(&served).create_user_field(&field).await.unwrap();
    assert_eq!((made.id, made.key.as_str()), (5, "churn"));
    let sent: Value = serde_json::from_str(&last(&served).body).unwrap();
    assert_eq!(
        sent,
        json!({"user_field": {"key": "churn", "type": "dropdown", "title": "churn", "active": true,
            "custom_field_options": [{"name": "Low", "value": "low"}]}})
    );
}

#[tokio::test]
async fn staff_come_with_all_their_emails() {
    let served = Served::by(|asked: &Asked| {
        let body = if asked.path.contains("identities") {
            r#"{"identities":[{"id":1,"type":"email","value":"ANN@example.com","primary":true},
                {"id":2,"type":"email","value":"ann.private@example.org"},
                {"id":3,"type":"phone_number","value":"+3225551234"}],"meta":{"has_more":false}}"#
        } else {
            r#"{"users":[{"id":7,"email":"ann@example.com","role":"admin","external_id":"s-7"}],
                "meta":{"has_more":false,"after_cursor":null}}"#
        };
        Answer::json(200, body)
    })
    .await;
    let client = client_of(&served);
    let staff: Vec<StaffMember> = client.staff().try_collect().await.unwrap();
    assert_eq!(staff.len(), 1);
    assert_eq!(
        staff[0].emails,
        ["ann@example.com", "ann.private@example.org"]
    );
    assert_eq!(staff[0].external_id.as_deref(), Some("s-7"));
    assert!(!format!("{staff:?}").contains("example"));
    let listed = &served.paths()[0];
    assert!(
        listed.contains("role%5B%5D=agent&role%5B%5D=admin&page%5Bsize%5D=100"),
        "{listed}"
    );
}

#[tokio::test]
async fn a_member_of_staff_that_cannot_be_read_leaves_no_hole_in_the_shield() {
    let body = r#"{"users":[{"id":7,"email":["?"]}],"meta":{"has_more":false}}"#;
    let served = Served::start([Answer::json(200, body)]).await;
    let client = client_of(&served);
    let staff: Result<Vec<StaffMember>, Error> = client.staff().try_collect().await;
    assert!(matches!(staff, Err(Error::WrongShape { .. })), "{staff:?}");
}

#[tokio::test]
async fn nothing_is_sent_to_a_limiter_while_its_retry_after_is_open() {
    let limited = Answer::text(429, PER_USER).header("Retry-After", "27");
    let served = Served::start([limited, Answer::json(200, QUEUED)]).await;
    let clock = manual_clock();
    let client = Client::new(served.account(), api_token(), options(clock.clone()))
        .unwrap()
        .with(Urgency::Profiles);
    let error = client.bulk_upsert_users(USERS).await.unwrap_err();
    let expected = Judgement::Wait {
        seconds: Some(27),
        scope: Scope::User,
        rows: RowState::Pending,
    };
    assert_eq!(
        (error.judge(BULK), error.is_outcome_unknown()),
        (expected, false)
    );
    assert_eq!(served.asked().len(), 1);
    // The next call is held until the time is over, and only then sent.
    let closed = clock.now();
    client.bulk_upsert_users(USERS).await.unwrap();
    assert_eq!(clock.now().duration_since(closed).as_secs(), 27);
    assert_eq!(served.asked().len(), 2);
}

#[tokio::test]
async fn a_job_too_many_holds_back_jobs_and_nothing_else() {
    let body = r#"{"error":"TooManyJobs","description":"Too many jobs are currently queued or running. Try again later.","current_job_ids":[]}"#;
    for status in [422, 429] {
        let served = Served::start([
            Answer::json(status, body),
            Answer::json(200, r#"{"job_statuses":[]}"#),
            Answer::json(200, QUEUED),
        ])
        .await;
        let clock = manual_clock();
        let client = Client::new(served.account(), api_token(), options(clock.clone())).unwrap();
        let error = client.bulk_upsert_users(USERS).await.unwrap_err();
        let Error::Limited { bucket, .. } = error else {
            panic!("{status}: {error:?}");
        };
        assert_eq!(bucket, Bucket::Jobs);
        let refused = clock.now();
        client.job_statuses(&["V3-1"]).await.unwrap();
        assert_eq!(clock.now(), refused, "polls go on");
        client.bulk_upsert_users(USERS).await.unwrap();
        assert_eq!(clock.now().duration_since(refused).as_secs(), 10);
    }
}

#[tokio::test]
async fn a_full_window_of_jobs_is_no_reason_to_wait_for_a_minute() {
    let full = Answer::json(200, QUEUED).header(
        "zendesk-ratelimit-inflight-jobs",
        "total=30; remaining=0; resets=59",
    );
    let served = Served::start([full]).await;
    let clock = manual_clock();
    let client = Client::new(served.account(), api_token(), options(clock.clone())).unwrap();
    let before = clock.now();
    for _ in 0..2 {
        client.bulk_upsert_users(USERS).await.unwrap();
    }
    assert_eq!(clock.now(), before, "a slot is free when a job ends");
}

#[tokio::test]
async fn a_batch_without_a_reply_is_unknown_and_sent_once() {
    for broken in [
        Answer::hangup(),
        Answer::json(200, QUEUED).cut(20),
        Answer::text(502, ""),
    ] {
        let served = Served::start([broken]).await;
        let error = client_of(&served)
            .bulk_upsert_users(USERS)
            .await
            .unwrap_err();
        assert!(error.is_outcome_unknown(), "{error:?}");
        assert_eq!(error.judge(BULK).rows(), Some(RowState::Unknown));
        assert_eq!(served.asked().len(), 1);
    }
}

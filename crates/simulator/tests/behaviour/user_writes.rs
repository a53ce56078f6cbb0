use reqwest::Method;
use serde_json::{Value, json};
use simulator::{Account, NewComment, NewTicket, NewUser};

use crate::rig::{Reply, Rig, empty};

async fn upsert(rig: &Rig, user: Value) -> Reply {
    rig.post(
        "/api/v2/users/create_or_update.json",
        &json!({"user": user}),
    )
    .await
}

fn ann(account: &mut Account) -> i64 {
    account
        .add_user(NewUser {
            external_id: Some("A-1".to_owned()),
            ..NewUser::end_user("Ann", "ann@example.org")
        })
        .unwrap()
}

#[tokio::test]
async fn an_upsert_makes_a_user_once_and_matches_without_regard_to_case() {
    let rig = Rig::start(empty()).await;
    let made = upsert(
        &rig,
        json!({"name": "Ann", "email": "ann@example.org", "external_id": "a-1"}),
    )
    .await;
    assert_eq!(made.status, 201, "{}", made.text);
    let id = made.json()["user"]["id"].clone();
    assert!(
        made.header("location")
            .ends_with(&format!("/api/v2/users/{id}.json"))
    );
    let same = upsert(&rig, json!({"name": "Ann B", "external_id": "A-1"})).await;
    assert_eq!((same.status, &same.json()["user"]["id"]), (200, &id));
    // The stored value takes the new case of letters.
    assert_eq!(same.json()["user"]["external_id"], "A-1");
    assert_eq!(same.json()["user"]["name"], "Ann B");
}

#[tokio::test]
async fn a_new_email_by_put_becomes_a_secondary_one() {
    let rig = Rig::start(empty()).await;
    let id = rig.simulator.edit(ann);
    let reply = rig
        .put(
            &format!("/api/v2/users/{id}.json"),
            &json!({"user": {"email": "new@example.org"}}),
        )
        .await;
    assert_eq!(
        (reply.status, reply.json()["user"]["email"].as_str()),
        (200, Some("ann@example.org"))
    );
    assert_eq!(
        rig.simulator
            .read(|account| account.user_by_email("new@example.org").unwrap().id),
        id
    );
}

#[tokio::test]
async fn bad_and_taken_values_are_refused_by_field() {
    let rig = Rig::start(empty()).await;
    rig.simulator.edit(ann);
    let bad = upsert(&rig, json!({"name": "B", "email": "badmail"})).await;
    assert_eq!(bad.status, 422);
    assert_eq!(
        bad.json()["details"]["email"][0]["description"],
        "Email: badmail is not properly formatted"
    );
    let taken = rig
        .post(
            "/api/v2/users",
            &json!({"user": {"name": "B", "email": "ANN@example.org"}}),
        )
        .await;
    assert_eq!(
        taken.json()["details"]["email"][0]["error"],
        "DuplicateValue"
    );
    let nameless = rig
        .post("/api/v2/users", &json!({"user": {"name": " "}}))
        .await;
    assert_eq!(
        nameless.json()["details"]["name"][0]["error"],
        "ValueTooShort"
    );
    rig.simulator.edit(|account| {
        account
            .add_user(NewUser::end_user("Bo", "bo@example.org"))
            .unwrap()
    });
    let torn = upsert(
        &rig,
        json!({"name": "C", "email": "bo@example.org", "external_id": "a-1"}),
    )
    .await;
    assert_eq!(
        (
            torn.status,
            torn.json()["details"]["email"][0]["error"].as_str()
        ),
        (422, Some("DuplicateValue"))
    );
}

#[tokio::test]
async fn user_fields_keep_their_types_and_add_their_tags() {
    let rig = Rig::start(empty()).await;
    let user = upsert(
        &rig,
        json!({"name": "Ann", "tags": ["own"], "user_fields": {
            "newsletter": true, "loyalty_status": "loyalty_gold", "orders_total": 7,
            "last_order_on": "2020-08-19T20:50:04.000Z", "unknown": "dropped"
        }}),
    )
    .await
    .json()["user"]
        .clone();
    assert_eq!(user["user_fields"]["newsletter"], true);
    assert_eq!(user["user_fields"]["orders_total"], 7);
    assert_eq!(
        user["user_fields"]["last_order_on"],
        "2020-08-19T00:00:00+00:00"
    );
    assert_eq!(user["user_fields"]["customer_number"], Value::Null);
    assert!(user["user_fields"].get("unknown").is_none());
    assert_eq!(user["tags"], json!(["own", "loyalty_gold", "newsletter"]));
    let refused = upsert(
        &rig,
        json!({"name": "Bo", "user_fields": {"loyalty_status": "platinum"}}),
    )
    .await;
    assert_eq!(refused.status, 422);
}

#[tokio::test]
async fn a_deleted_user_frees_its_email_and_external_id() {
    let rig = Rig::start(empty()).await;
    let id = rig.simulator.edit(ann);
    let gone = rig
        .call(Method::DELETE, &format!("/api/v2/users/{id}.json"))
        .await;
    assert_eq!(gone.status, 200);
    let user = gone.json()["user"].clone();
    assert_eq!(
        (
            &user["active"],
            &user["email"],
            &user["external_id"],
            &user["name"]
        ),
        (&json!(false), &Value::Null, &Value::Null, &json!("Ann"))
    );
    let again = upsert(
        &rig,
        json!({"name": "Ann", "email": "ann@example.org", "external_id": "a-1"}),
    )
    .await;
    assert_eq!(again.status, 201);
    assert_ne!(again.json()["user"]["id"], id);
    assert_eq!(
        rig.call(Method::DELETE, &format!("/api/v2/users/{id}.json"))
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn a_requester_of_open_tickets_cannot_be_deleted() {
    let rig = Rig::start(empty()).await;
    let id = rig.simulator.edit(|account| {
        let id = ann(account);
        let new = NewTicket {
            comment: NewComment::public("x"),
            requester_id: Some(id),
            ..NewTicket::default()
        };
        account.add_ticket(new).unwrap();
        id
    });
    let refused = rig
        .call(Method::DELETE, &format!("/api/v2/users/{id}.json"))
        .await;
    assert_eq!(refused.status, 422);
    assert_eq!(
        refused.json()["details"]["base"][0]["description"],
        "User is requester on 1 ticket(s) that are not closed."
    );
}

#[tokio::test]
async fn a_merged_user_is_inactive_and_its_tickets_and_emails_move() {
    let rig = Rig::start(empty()).await;
    let (loser, winner) = rig.simulator.edit(|account| {
        let loser = ann(account);
        let winner = account
            .add_user(NewUser::end_user("Ann Two", "ann2@example.org"))
            .unwrap();
        let new = NewTicket {
            comment: NewComment::public("x"),
            requester_id: Some(loser),
            ..NewTicket::default()
        };
        account.add_ticket(new).unwrap();
        (loser, winner)
    });
    let merged = rig
        .put(
            &format!("/api/v2/users/{loser}/merge.json"),
            &json!({"user": {"id": winner}}),
        )
        .await;
    assert_eq!(
        (merged.status, &merged.json()["user"]["id"]),
        (200, &json!(winner))
    );
    rig.simulator.read(|account| {
        assert!(!account.user(loser).unwrap().active);
        assert_eq!(account.user_by_email("ann@example.org").unwrap().id, winner);
        assert_eq!(account.ticket(1).unwrap().requester_id, winner);
    });
}

#[tokio::test]
async fn a_secondary_email_is_made_primary_by_its_identity() {
    let rig = Rig::start(empty()).await;
    let id = rig.simulator.edit(ann);
    let path = format!("/api/v2/users/{id}");
    rig.put(&path, &json!({"user": {"email": "new@example.org"}}))
        .await;
    let listed = rig.get(&format!("{path}/identities.json")).await;
    let rows = listed.rows("identities");
    assert_eq!(
        (&rows[0]["value"], &rows[0]["primary"]),
        (&json!("ann@example.org"), &json!(true))
    );
    assert_eq!(
        (&rows[1]["value"], &rows[1]["primary"]),
        (&json!("new@example.org"), &json!(false))
    );
    let second = &rows[1]["id"];
    let made = rig
        .put(
            &format!("{path}/identities/{second}/make_primary.json"),
            &json!({}),
        )
        .await;
    assert_eq!(made.rows("identities")[0]["id"], *second);
    assert_eq!(made.rows("identities")[1]["id"], rows[0]["id"]);
    assert_eq!(made.rows("identities")[0]["value"], "new@example.org");
    assert_eq!(made.rows("identities")[1]["value"], "ann@example.org");
    assert_eq!(
        rig.get(&path).await.json()["user"]["email"],
        "new@example.org"
    );
    assert_eq!(
        rig.put(&format!("{path}/identities/7/make_primary"), &json!({}))
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn an_email_is_added_as_an_identity_and_made_the_primary_one() {
    let rig = Rig::start(empty()).await;
    let (ann, bo) = rig.simulator.edit(|account| {
        let add = |account: &mut Account, name: &str, email: &str| {
            let new = NewUser::end_user(name, email);
            account.add_user(new).unwrap()
        };
        (
            add(account, "Ann", "ann@example.org"),
            add(account, "Bo", "bo@example.org"),
        )
    });
    let path = format!("/api/v2/users/{ann}/identities.json");
    let identity = |value: &str| json!({"identity": {"type": "email", "value": value}});
    let made = rig.post(&path, &identity("Ann@Work.example")).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let added = made.json()["identity"].clone();
    assert_eq!(
        (&added["value"], &added["primary"]),
        (&json!("ann@work.example"), &json!(false))
    );
    let taken = rig.post(&path, &identity("bo@example.org")).await;
    assert_eq!(taken.status, 422);
    assert_eq!(
        taken.json()["details"]["value"],
        json!([{
            "description": "Value: bo@example.org is already being used by another user",
            "error": "DuplicateValue"
        }])
    );
    assert_eq!(rig.post(&path, &identity("no email")).await.status, 422);
    let path = format!(
        "/api/v2/users/{ann}/identities/{}/make_primary.json",
        added["id"]
    );
    assert_eq!(rig.put(&path, &json!({})).await.status, 200);
    let emails = rig.simulator.read(|account| {
        let user = account.user(ann).unwrap();
        (user.email.clone(), account.user(bo).unwrap().email.clone())
    });
    assert_eq!(
        emails,
        (
            Some("ann@work.example".into()),
            Some("bo@example.org".into())
        )
    );
}

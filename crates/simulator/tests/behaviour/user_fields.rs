use serde_json::{Value, json};

use crate::rig::{Rig, empty};

async fn upsert(rig: &Rig, user: Value) -> (u16, Value) {
    let reply = rig
        .post(
            "/api/v2/users/create_or_update.json",
            &json!({ "user": user }),
        )
        .await;
    (reply.status, reply.json())
}

fn with(key: &str, value: &Value) -> Value {
    json!({"name": "Kim", "external_id": "k", "user_fields": {key: value}})
}

#[tokio::test]
async fn values_are_taken_by_the_type_of_their_field() {
    let rig = Rig::start(empty()).await;
    for (key, given, kept) in [
        ("orders_total", json!(7), json!(7)),
        ("orders_total", json!("12"), json!(12)),
        ("lifetime_value", json!("12.50"), json!(12.5)),
        ("lifetime_value", json!(3), json!(3)),
        (
            "last_order_on",
            json!("2026-08-19T20:50:04.000Z"),
            json!("2026-08-19T00:00:00+00:00"),
        ),
        ("newsletter", json!("true"), json!(true)),
        ("newsletter", json!(0), json!(false)),
        (
            "loyalty_status",
            json!("loyalty_gold"),
            json!("loyalty_gold"),
        ),
        ("loyalty_status", json!(""), Value::Null),
        ("vat_number", json!("BE0123456789"), json!("BE0123456789")),
        ("customer_number", json!(42), json!("42")),
        ("preferences", Value::Null, Value::Null),
    ] {
        let (status, body) = upsert(&rig, with(key, &given)).await;
        assert!(status < 300, "{key} {given}: {body}");
        assert_eq!(body["user"]["user_fields"][key], kept, "{key} {given}");
    }
}

#[tokio::test]
async fn a_value_of_another_type_is_refused_by_the_key_of_its_field() {
    let rig = Rig::start(empty()).await;
    for (key, given) in [
        ("orders_total", json!("many")),
        ("orders_total", json!(1.5)),
        ("lifetime_value", json!("1,234.50")),
        ("last_order_on", json!("19.08.2026")),
        ("newsletter", json!("perhaps")),
        ("loyalty_status", json!("Gold")),
        ("vat_number", json!("be-1")),
        ("preferences", json!({"a": 1})),
    ] {
        let (status, body) = upsert(&rig, with(key, &given)).await;
        assert_eq!(status, 422, "{key} {given}: {body}");
        assert!(body["details"][key][0]["description"].is_string(), "{body}");
    }
    let (status, body) = upsert(&rig, with("no_such_field", &json!("x"))).await;
    assert_eq!(status, 201);
    assert!(body["user"]["user_fields"].get("no_such_field").is_none());
}

#[tokio::test]
async fn an_unknown_option_may_be_dropped_without_a_word() {
    let mut config = empty();
    config.switches.refuse_unknown_options = false;
    let rig = Rig::start(config).await;
    upsert(&rig, with("loyalty_status", &json!("loyalty_gold"))).await;
    let (status, body) = upsert(&rig, with("loyalty_status", &json!("nonsense"))).await;
    assert_eq!(status, 200);
    assert_eq!(
        body["user"]["user_fields"]["loyalty_status"],
        "loyalty_gold"
    );
    assert_eq!(
        upsert(&rig, with("orders_total", &json!("many"))).await.0,
        422
    );
}

#[tokio::test]
async fn values_bring_their_tags_and_take_them_away() {
    let rig = Rig::start(empty()).await;
    let tags = |body: &Value| {
        let mut tags: Vec<String> = serde_json::from_value(body["user"]["tags"].clone()).unwrap();
        tags.sort();
        tags
    };
    let user = json!({"name": "Kim", "external_id": "k", "tags": ["One!", "two three", "!"],
        "user_fields": {"loyalty_status": "loyalty_gold", "newsletter": true}});
    let (_, body) = upsert(&rig, user).await;
    assert_eq!(
        tags(&body),
        ["loyalty_gold", "newsletter", "one", "three", "two"]
    );
    let change = json!({"name": "Kim", "external_id": "K",
        "user_fields": {"loyalty_status": "loyalty_silver", "newsletter": false}});
    let (_, body) = upsert(&rig, change).await;
    assert_eq!(tags(&body), ["loyalty_silver", "one", "three", "two"]);
    assert_eq!(body["user"]["external_id"], "K");
    let replaced = json!({"name": "Kim", "external_id": "k", "tags": ["mine"]});
    assert_eq!(tags(&upsert(&rig, replaced).await.1), ["mine"]);
}

#[tokio::test]
async fn fields_are_made_and_their_options_set() {
    let rig = Rig::start(empty()).await;
    let field = json!({"user_field": {"key": "churn_risk", "type": "dropdown", "title": "Churn risk",
        "custom_field_options": [{"name": "Low", "value": "risk_low"}, {"name": "High", "value": "risk_high"}]}});
    let made = rig.post("/api/v2/user_fields.json", &field).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let id = made.json()["user_field"]["id"].as_i64().unwrap();
    assert!(
        made.header("location")
            .ends_with(&format!("user_fields/{id}.json"))
    );
    let again = rig.post("/api/v2/user_fields.json", &field).await;
    assert_eq!(again.json()["details"]["key"][0]["error"], "DuplicateValue");
    let (_, body) = upsert(&rig, with("churn_risk", &json!("risk_high"))).await;
    assert_eq!(body["user"]["user_fields"]["churn_risk"], "risk_high");
    // What is left out is removed, and the value of the user with it.
    let low = made.json()["user_field"]["custom_field_options"][0].clone();
    let options = json!({"user_field": {"custom_field_options": [low, {"name": "Medium", "value": "risk_medium"}]}});
    let changed = rig
        .put(&format!("/api/v2/user_fields/{id}.json"), &options)
        .await;
    let kept = &changed.json()["user_field"]["custom_field_options"];
    assert_eq!(
        (&kept[0]["id"], &kept[1]["value"]),
        (&low["id"], &json!("risk_medium"))
    );
    let (_, body) = upsert(&rig, json!({"name": "Kim", "external_id": "k"})).await;
    assert!(body["user"]["user_fields"]["churn_risk"].is_null());
    assert_eq!(
        rig.get("/api/v2/user_fields/churn_risk").await.json()["user_field"]["id"],
        id
    );
}

#[tokio::test]
async fn a_field_without_a_sound_key_or_type_is_refused() {
    let rig = Rig::start(empty()).await;
    for (field, refused) in [
        (json!({"key": "12", "title": "T", "type": "text"}), "key"),
        (json!({"key": "a b", "title": "T", "type": "text"}), "key"),
        (json!({"key": "ok", "type": "text"}), "title"),
        (json!({"key": "ok", "title": "T", "type": "magic"}), "type"),
        (
            json!({"key": "ok", "title": "T", "type": "regexp"}),
            "regexp_for_validation",
        ),
    ] {
        let reply = rig
            .post("/api/v2/user_fields", &json!({ "user_field": field }))
            .await;
        assert_eq!(reply.status, 422, "{field}");
        assert!(
            reply.json()["details"].get(refused).is_some(),
            "{}",
            reply.text
        );
    }
}

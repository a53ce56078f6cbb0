//! Users and their emails written over real sockets.

use serde_json::{Value, json};
use zendesk::{Bucket, Error, NewUser, UserChange};

use crate::served::{Answer, Served, client_of};

const USER: &str = r#"{"user":{"id":61,"name":"Ada Lovelace","email":"ada@example.com","role":"end-user","active":true}}"#;
const IDENTITIES: &str = r#"{"identities":[
    {"id":1,"user_id":61,"type":"email","value":"new@example.com","verified":true,"primary":true},
    {"id":2,"user_id":61,"type":"email","value":"ada@example.com","verified":true,"primary":false},
    {"id":3,"user_id":61,"type":"phone_number","value":"+3225551234","primary":true}],"next_page":null,"previous_page":null,"count":3}"#;

fn sent(served: &Served) -> (String, String, Value) {
    let asked = served.asked().pop().unwrap();
    let body = serde_json::from_str(&asked.body).unwrap();
    (asked.method, asked.path, body)
}

#[tokio::test]
async fn a_new_user_is_never_mailed() {
    let served = Served::start([Answer::json(201, USER)]).await;
    let user = NewUser {
        name: "Ada Lovelace".into(),
        email: Some("ada@example.com".into()),
        external_id: Some("deskbridge:contact:1".into()),
        phone: None,
    };
    let made = client_of(&served)
        .create_or_update_user(&user)
        .await
        .unwrap();
    assert_eq!(made.id, Some(61));
    let body = json!({"user": {"name": "Ada Lovelace", "email": "ada@example.com",
        "external_id": "deskbridge:contact:1", "skip_verify_email": true}});
    let path = "/api/v2/users/create_or_update".to_owned();
    assert_eq!(sent(&served), ("POST".into(), path, body));
    assert!(!format!("{user:?}").contains("Ada"));
}

#[tokio::test]
async fn a_change_of_a_user_sends_only_what_changed() {
    let served = Served::start([Answer::json(200, USER)]).await;
    let client = client_of(&served);
    let change = UserChange {
        name: Some("Ada King".into()),
        phone: None,
    };
    client.update_user(61, &change).await.unwrap();
    let path = "/api/v2/users/61".to_owned();
    let body = json!({"user": {"name": "Ada King"}});
    assert_eq!(sent(&served), ("PUT".into(), path, body));
    let change = UserChange {
        name: None,
        phone: Some(None),
    };
    client.update_user(61, &change).await.unwrap();
    assert_eq!(sent(&served).2, json!({"user": {"phone": null}}));
}

#[tokio::test]
async fn the_first_email_is_changed_in_two_steps() {
    let identity = r#"{"identity":{"id":1,"user_id":61,"type":"email","value":"new@example.com","primary":false}}"#;
    let served = Served::start([Answer::json(201, identity), Answer::json(200, IDENTITIES)]).await;
    let client = client_of(&served);
    let added = client.add_email(61, "new@example.com").await.unwrap();
    assert_eq!((added.id, added.primary), (1, false));
    let body = json!({"identity": {"type": "email", "value": "new@example.com", "skip_verify_email": true}});
    let path = "/api/v2/users/61/identities".to_owned();
    assert_eq!(sent(&served), ("POST".into(), path, body));
    let now = client.make_primary(61, 1).await.unwrap();
    assert!(now[0].primary && now[0].is_email("NEW@example.com"));
    let path = "/api/v2/users/61/identities/1/make_primary".to_owned();
    assert_eq!(sent(&served), ("PUT".into(), path, json!({})));
}

#[tokio::test]
async fn identities_of_all_kinds_are_listed() {
    let served = Served::start([Answer::json(200, IDENTITIES)]).await;
    let found = client_of(&served).identities(61).await.unwrap();
    let kinds: Vec<&str> = found
        .iter()
        .map(|identity| identity.kind.as_str())
        .collect();
    assert_eq!(kinds, ["email", "email", "phone_number"]);
    assert!(!found[2].is_email("+3225551234"));
    assert!(!format!("{found:?}").contains("example.com"));
}

#[tokio::test]
async fn an_email_of_somebody_else_is_refused_by_field() {
    let taken = r#"{"error":"RecordInvalid","description":"Record validation errors","details":{"value":[{"description":"Value: new@example.com is already being used by another user","error":"DuplicateValue"}]}}"#;
    let served = Served::start([Answer::json(422, taken)]).await;
    let error = client_of(&served)
        .add_email(61, "new@example.com")
        .await
        .unwrap_err();
    assert_eq!(error.refused_fields()[0].0, "value");
    assert_eq!(
        error.fields().unwrap()["value"][0].code.as_deref(),
        Some("DuplicateValue")
    );
    assert!(!error.sentence().contains("example.com"), "{error}");
}

#[tokio::test]
async fn the_limit_of_user_writes_is_given_back_by_its_name() {
    let text = "You have exceeded the rate limit for updating a single unique user. user email:  id:  external_id: ";
    let served = Served::start([Answer::text(429, text).header("Retry-After", "27")]).await;
    let change = UserChange::default();
    let error = client_of(&served)
        .update_user(61, &change)
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            Error::Limited {
                bucket: Bucket::UserUpdates,
                ..
            }
        ),
        "{error:?}"
    );
    assert_eq!(served.asked().len(), 1);
}

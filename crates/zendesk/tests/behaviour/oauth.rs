//! OAuth over real sockets: fetching, renewing, and never spending one refresh token twice.

use std::sync::{Arc, Mutex};

use clock::Clock;
use serde_json::Value;
use zendesk::{Client, Error, Fix, MemoryKeeper, SignIn, TokenKeeper, Tokens, When};

use crate::served::{Answer, Asked, Served, manual_clock, options};

const ME: &str = r#"{"user":{"id":7}}"#;

/// A Zendesk that rotates refresh tokens: each may be spent once.
#[derive(Default)]
struct Rotation {
    generation: u32,
    /// How often a spent refresh token came again.
    double_spends: u32,
}

/// Serves `users/me` to the newest access token and the token endpoint.
async fn rotating(start: u32) -> (Served, Arc<Mutex<Rotation>>) {
    let state = Arc::new(Mutex::new(Rotation {
        generation: start,
        double_spends: 0,
    }));
    let shared = state.clone();
    let served = Served::by(move |asked: &Asked| {
        let mut state = shared.lock().unwrap();
        if asked.path.ends_with("/oauth/tokens") {
            let ask: Value = serde_json::from_str(&asked.body).unwrap();
            assert_eq!(asked.method, "POST");
            assert!(!asked.headers.contains_key("authorization"));
            if ask["grant_type"] == "refresh_token"
                && ask["refresh_token"] != format!("refresh-{}", state.generation)
            {
                state.double_spends += 1;
                return Answer::json(400, r#"{"error":"invalid_grant","error_description":"spent"}"#);
            }
            state.generation += 1;
            let n = state.generation;
            return Answer::json(200, format!(
                r#"{{"access_token":"access-{n}","refresh_token":"refresh-{n}","expires_in":7200,"token_type":"bearer"}}"#
            ));
        }
        let good = format!("Bearer access-{}", state.generation);
        if asked.headers.get("authorization") == Some(&good) {
            Answer::json(200, ME)
        } else {
            Answer::json(401, r#"{"error":"invalid_token","error_description":"The access token provided is expired, revoked, malformed or invalid for other reasons."}"#)
        }
    })
    .await;
    (served, state)
}

fn granted() -> SignIn {
    SignIn::OAuthTokens {
        client_id: "deskbridge".into(),
        client_secret: None,
    }
}

fn by_itself() -> SignIn {
    SignIn::OAuthClient {
        client_id: "deskbridge".into(),
        client_secret: "c1ient-secret".into(),
    }
}

fn tokens(generation: u32) -> Tokens {
    Tokens {
        access: format!("access-{generation}").into(),
        refresh: Some(format!("refresh-{generation}").into()),
        expires_at: None,
    }
}

fn client(served: &Served, sign_in: SignIn, keeper: Option<Arc<dyn TokenKeeper>>) -> Client {
    let mut options = options(manual_clock());
    options.tokens = keeper;
    Client::new(served.account(), sign_in, options).unwrap()
}

#[tokio::test]
async fn a_client_fetches_its_own_token_and_uses_it_again() {
    let (served, _) = rotating(0).await;
    let client = client(&served, by_itself(), None);
    client.me().await.unwrap();
    client.me().await.unwrap();
    assert_eq!(
        served.paths(),
        ["/oauth/tokens", "/api/v2/users/me", "/api/v2/users/me"]
    );
    let ask: Value = serde_json::from_str(&served.asked()[0].body).unwrap();
    assert_eq!(ask["grant_type"], "client_credentials");
    assert_eq!(ask["client_id"], "deskbridge");
    assert_eq!(ask["client_secret"], "c1ient-secret");
    assert_eq!(ask["scope"], "read write");
    assert_eq!(client.requests(), 3);
}

#[tokio::test]
async fn a_client_that_may_only_read_asks_for_that() {
    let served = Served::by(|asked: &Asked| match asked.path.as_str() {
        "/oauth/tokens" if asked.body.contains("write") => Answer::json(
            400,
            r#"{"error":"invalid_scope","error_description":"too much"}"#,
        ),
        "/oauth/tokens" => Answer::json(200, r#"{"access_token":"a"}"#),
        _ => Answer::json(200, ME),
    })
    .await;
    client(&served, by_itself(), None).me().await.unwrap();
    assert_eq!(served.asked().len(), 3);
}

#[tokio::test]
async fn a_revoked_token_is_renewed_once_and_the_request_repeated_once() {
    let (served, state) = rotating(1).await;
    let keeper = Arc::new(MemoryKeeper::with(tokens(1)));
    let client = client(&served, granted(), Some(keeper.clone()));
    client.me().await.unwrap();
    // Revoked behind our back: the access token alone is no longer good.
    let stale = Tokens {
        access: "revoked".into(),
        ..tokens(1)
    };
    let keeper = Arc::new(MemoryKeeper::with(stale));
    let again = self::client(&served, granted(), Some(keeper.clone()));
    again.me().await.unwrap();
    let state = state.lock().unwrap();
    assert_eq!((state.generation, state.double_spends), (2, 0));
    let asked = served.paths();
    assert_eq!(
        asked[1..],
        ["/api/v2/users/me", "/oauth/tokens", "/api/v2/users/me"]
    );
}

#[tokio::test]
async fn a_second_401_after_the_renewal_is_not_signed_in() {
    let served = Served::by(|asked: &Asked| match asked.path.as_str() {
        "/oauth/tokens" => Answer::json(200, r#"{"access_token":"a","refresh_token":"b"}"#),
        _ => Answer::json(401, r#"{"error":"invalid_token"}"#),
    })
    .await;
    let keeper = Arc::new(MemoryKeeper::with(tokens(1)));
    let error = client(&served, granted(), Some(keeper))
        .me()
        .await
        .unwrap_err();
    assert!(
        matches!(error, Error::NotSignedIn { status: 401, .. }),
        "{error:?}"
    );
    assert_eq!(served.asked().len(), 3);
}

#[tokio::test]
async fn a_token_near_its_end_is_renewed_before_it_is_used() {
    let (served, state) = rotating(1).await;
    let soon = manual_clock().now() + jiff::SignedDuration::from_secs(30);
    let keeper = Arc::new(MemoryKeeper::with(Tokens {
        expires_at: Some(soon),
        ..tokens(1)
    }));
    client(&served, granted(), Some(keeper.clone()))
        .me()
        .await
        .unwrap();
    assert_eq!(served.paths(), ["/oauth/tokens", "/api/v2/users/me"]);
    assert_eq!(state.lock().unwrap().generation, 2);
    let kept = keeper.load().await.unwrap().unwrap();
    assert_eq!(kept.expires_at.unwrap().to_string(), "2026-11-22T14:00:00Z");
}

#[tokio::test]
async fn two_tasks_and_two_processes_that_renew_at_once_spend_the_refresh_token_once() {
    let (served, state) = rotating(1).await;
    let stale = Tokens {
        access: "expired".into(),
        ..tokens(1)
    };
    let keeper: Arc<dyn TokenKeeper> = Arc::new(MemoryKeeper::with(stale));
    // Two clients stand for two processes: they share nothing but the keeper.
    let one = client(&served, granted(), Some(keeper.clone()));
    let other = client(&served, granted(), Some(keeper.clone()));
    let asking: Vec<_> = [&one, &one, &other, &other, &one, &other]
        .map(|client| {
            let client = client.clone();
            tokio::spawn(async move { client.me().await })
        })
        .into();
    for asked in asking {
        asked.await.unwrap().unwrap();
    }
    let state = state.lock().unwrap();
    assert_eq!((state.generation, state.double_spends), (2, 0));
}

#[tokio::test]
async fn a_refresh_token_that_is_refused_wants_a_person() {
    let (served, _) = rotating(5).await;
    let keeper = Arc::new(MemoryKeeper::with(tokens(1)));
    let error = client(&served, granted(), Some(keeper))
        .me()
        .await
        .unwrap_err();
    assert!(
        matches!(error, Error::NotSignedIn { status: 400, .. }),
        "{error:?}"
    );
    assert_eq!(error.when(), When::AfterFix(Fix::SignIn));
    assert!(error.sentence().contains("invalid_grant"));
}

#[tokio::test]
async fn an_account_that_was_never_connected_is_not_signed_in_and_nothing_is_sent() {
    let (served, _) = rotating(1).await;
    let keeper = Arc::new(MemoryKeeper::default());
    let error = client(&served, granted(), Some(keeper))
        .me()
        .await
        .unwrap_err();
    assert!(matches!(error, Error::NotSignedIn { .. }), "{error:?}");
    assert!(served.asked().is_empty());
}

#[tokio::test]
async fn granted_tokens_without_a_keeper_are_refused_at_the_start() {
    let (served, _) = rotating(1).await;
    let made = Client::new(served.account(), granted(), options(manual_clock()));
    assert!(matches!(made, Err(Error::Setup(_))));
}

#[tokio::test]
async fn tokens_and_secrets_do_not_show_in_debug() {
    let seen = format!(
        "{:?} {:?} {:?}",
        tokens(1),
        by_itself(),
        MemoryKeeper::with(tokens(1))
    );
    for secret in ["access-1", "refresh-1", "c1ient-secret"] {
        assert!(!seen.contains(secret), "{seen}");
    }
}

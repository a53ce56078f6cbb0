use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

/// A lookup that gives the next of `answers` at each call, the last one for ever.
fn lookup(answers: &'static [&'static [&'static str]]) -> (Lookup, Arc<AtomicUsize>) {
    let calls = Arc::new(AtomicUsize::new(0));
    let count = calls.clone();
    let lookup: Lookup = Arc::new(move |_| {
        let call = count.fetch_add(1, Ordering::Relaxed).min(answers.len() - 1);
        let found = answers[call].iter().map(|ip| ip.parse().unwrap()).collect();
        Box::pin(std::future::ready(Ok(found)))
    });
    (lookup, calls)
}

async fn resolve(pinned: &Arc<Pinned>) -> Result<Vec<String>, String> {
    resolve_name(pinned, "company.zendesk.com").await
}

async fn resolve_name(pinned: &Arc<Pinned>, name: &str) -> Result<Vec<String>, String> {
    let name = name.parse().unwrap();
    match Shared(pinned.clone()).resolve(name).await {
        Ok(found) => Ok(found.map(|socket| socket.ip().to_string()).collect()),
        Err(error) => Err(error.to_string()),
    }
}

#[tokio::test]
async fn a_name_is_looked_up_once_and_kept_to_until_a_connect_fails() {
    let (lookup, calls) = lookup(&[&["104.16.51.111"], &["104.16.53.111"]]);
    let pinned = Arc::new(Pinned::new(lookup, false));
    assert_eq!(resolve(&pinned).await.unwrap(), ["104.16.51.111"]);
    assert_eq!(resolve(&pinned).await.unwrap(), ["104.16.51.111"]);
    assert_eq!(calls.load(Ordering::Relaxed), 1);
    pinned.forget();
    assert_eq!(resolve(&pinned).await.unwrap(), ["104.16.53.111"]);
}

#[tokio::test]
async fn each_name_has_a_pin_of_its_own() {
    let (lookup, calls) = lookup(&[&["104.16.51.111"], &["104.16.53.111"]]);
    let pinned = Arc::new(Pinned::new(lookup, false));
    for _ in 0..2 {
        assert_eq!(resolve(&pinned).await.unwrap(), ["104.16.51.111"]);
        let content = resolve_name(&pinned, "p18.zdusercontent.com").await;
        assert_eq!(content.unwrap(), ["104.16.53.111"]);
    }
    assert_eq!(calls.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn a_name_that_changes_to_an_internal_address_is_judged_again() {
    let (lookup, _) = lookup(&[&["104.16.51.111"], &["169.254.169.254"]]);
    let pinned = Arc::new(Pinned::new(lookup, false));
    resolve(&pinned).await.unwrap();
    pinned.forget();
    assert!(
        resolve(&pinned)
            .await
            .unwrap_err()
            .contains("169.254.169.254")
    );
}

#[tokio::test]
async fn internal_addresses_among_public_ones_are_left_out() {
    let (lookup, _) = lookup(&[&["10.0.0.1", "104.16.51.111", "::1"]]);
    let pinned = Arc::new(Pinned::new(lookup, false));
    assert_eq!(resolve(&pinned).await.unwrap(), ["104.16.51.111"]);
}

#[tokio::test]
async fn loopback_is_let_through_only_where_it_is_allowed_and_nothing_else_with_it() {
    for (allowed, ok) in [(true, true), (false, false)] {
        let (lookup, _) = lookup(&[&["127.0.0.1", "10.0.0.1"]]);
        let pinned = Arc::new(Pinned::new(lookup, allowed));
        let found = resolve(&pinned).await;
        assert_eq!(found.is_ok(), ok, "{found:?}");
        if let Ok(found) = found {
            assert_eq!(found, ["127.0.0.1"]);
        }
    }
}

/// The whole way: a Zendesk name that leads inside is refused before anything is sent.
#[tokio::test]
async fn a_zendesk_name_that_leads_to_this_machine_is_never_called() {
    use crate::address::{Address, AddressPolicy};
    use crate::error::Error;
    use crate::http::{Http, Outgoing};
    use std::time::Duration;

    let (lookup, calls) = lookup(&[&["127.0.0.1"]]);
    let policy = AddressPolicy {
        allow_loopback: true,
        extra_hosts: Vec::new(),
    };
    let address = Address::parse("company.zendesk.com", &policy).unwrap();
    let http = Http::new(&address, lookup, Duration::from_secs(5), 1000).unwrap();
    let sent = http.send(Outgoing {
        call: "a thing",
        method: ::http::Method::GET,
        url: "https://company.zendesk.com/api/v2/users/me",
        authorization: None,
        payload: crate::http::Payload::Nothing,
        idempotency_key: None,
    });
    let error = sent.await.unwrap_err();
    assert!(matches!(error, Error::Address(_)), "{error:?}");
    assert!(error.to_string().contains("127.0.0.1"), "{error}");
    assert_eq!(calls.load(Ordering::Relaxed), 1);
}

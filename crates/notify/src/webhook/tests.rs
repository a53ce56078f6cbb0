use futures_util::FutureExt as _;

use super::*;

fn settings(url: &str, allow_private: bool) -> WebhookSettings {
    WebhookSettings {
        url: url.to_owned(),
        secret: "quince".to_owned().into(),
        allow_private,
    }
}

fn said(settings: &WebhookSettings) -> String {
    Caller::new(settings).unwrap_err().to_string()
}

#[test]
fn the_signature_is_the_one_that_every_hmac_makes() {
    // Made with `openssl dgst -sha256 -hmac`, not with this crate.
    let signature = sign(&"quince".to_owned().into(), "2026-11-22T12:00:00Z", b"{}");
    assert_eq!(signature, "FGBME1RPZU4bL/TyVuTTHOmHxZpVG70OWd6Otvo+hkc=");
}

#[test]
fn addresses_inside_are_refused_as_soon_as_they_are_typed() {
    for inner in [
        "https://127.0.0.1/x",
        "https://10.0.0.8/x",
        "https://[::1]/x",
        "https://169.254.169.254/latest",
        "https://[::ffff:10.0.0.8]/x",
    ] {
        assert!(
            said(&settings(inner, false)).contains("not called"),
            "{inner}"
        );
    }
    for metadata in ["http://169.254.169.254/latest", "http://[fd00:ec2::254]/"] {
        let refused = said(&settings(metadata, true));
        assert!(refused.contains("not called"), "{metadata}");
    }
    for own in [
        "http://127.0.0.1:9/x",
        "https://10.0.0.8/x",
        "https://[fd12::1]/",
    ] {
        Caller::new(&settings(own, true)).unwrap();
    }
}

#[test]
fn an_address_that_would_tell_secrets_or_cannot_be_read_is_refused() {
    assert!(said(&settings("http://example.com/", false)).contains("https://"));
    assert!(said(&settings("ftp://example.com/", true)).contains("https://"));
    assert!(said(&settings("https://a:b@example.com/", false)).contains("name or password"));
    assert!(said(&settings("not an address", false)).contains("cannot be read"));
    let without = WebhookSettings {
        secret: String::new().into(),
        ..settings("https://example.com/", false)
    };
    assert!(said(&without).contains("secret is empty"));
}

#[tokio::test]
async fn a_public_name_that_leads_inside_is_not_called() {
    let lookup: Lookup =
        std::sync::Arc::new(|_| async { Ok(vec!["192.168.7.7".parse().unwrap()]) }.boxed());
    let caller = Caller::with_lookup(&settings("https://hooks.example.com/", false), lookup);
    let refused = caller
        .unwrap()
        .post("a1", Timestamp::UNIX_EPOCH, b"{}".to_vec())
        .await
        .unwrap_err();
    assert!(matches!(refused, Error::Refused(_)), "{refused:?}");
    assert!(
        refused.to_string().contains("a private network"),
        "{refused}"
    );
}

#[test]
fn a_secret_never_shows_in_what_is_logged() {
    let caller = Caller::new(&settings("https://example.com/token/abc", false)).unwrap();
    let shown = format!("{caller:?} {:?}", settings("https://example.com/", false));
    assert!(
        !shown.contains("quince") && !shown.contains("abc"),
        "{shown}"
    );
}

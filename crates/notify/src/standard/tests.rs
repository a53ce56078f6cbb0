use super::*;

#[test]
fn the_signature_is_the_one_of_the_conventions_own_example() {
    // The example that the convention's reference libraries are tested with.
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned().into();
    let signature = sign(
        &secret,
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "1614265330",
        br#"{"test": 2432232314}"#,
    );
    assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

#[test]
fn a_secret_is_the_base64_of_its_bytes() {
    let bytes: [u8; 32] = std::array::from_fn(|n| u8::try_from(n).unwrap());
    let made = secret(&bytes);
    assert_eq!(
        made.expose_secret(),
        "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
    );
    // Made with Python's hmac, not with this crate.
    assert_eq!(
        sign(&made, "evt1", "1772366400", br#"{"type":"test"}"#),
        "v1,r+gXPXdZLVBVnWm8WZVJXu3GeQXFdiuFFP17eeHnYmM="
    );
}

#[test]
fn a_wait_is_heard_as_seconds_and_as_a_moment() {
    let now: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
    assert_eq!(wait(" 120 ", now), Some(Duration::from_secs(120)));
    let moment = "Sun, 22 Nov 2026 12:05:00 GMT";
    assert_eq!(wait(moment, now), Some(Duration::from_secs(300)));
    assert_eq!(
        wait("Sun, 22 Nov 2026 11:00:00 GMT", now),
        Some(Duration::ZERO)
    );
    for odd in ["", "soon", "-1", "99999999999999999999999"] {
        assert_eq!(wait(odd, now), None, "{odd}");
    }
}

#[test]
fn addresses_are_judged_as_soon_as_they_are_typed() {
    for (url, unfit) in [
        ("not an address", Unfit::Unreadable),
        ("https://a:b@example.com/", Unfit::SignsIn),
        ("http://example.com/", Unfit::NotHttps),
        ("ftp://example.com/", Unfit::NotHttps),
    ] {
        assert_eq!(judge(url, false), Err(unfit), "{url}");
    }
    for inner in [
        "https://127.0.0.1/",
        "https://10.0.0.8/",
        "https://[::1]/",
        "https://169.254.169.254/",
        "https://0x7f.1/",
    ] {
        assert!(
            matches!(judge(inner, false), Err(Unfit::Inside(_))),
            "{inner}"
        );
    }
    assert_eq!(judge("https://hooks.example.com/a?b=c", false), Ok(()));
    assert_eq!(judge("http://127.0.0.1:9/", true), Ok(()));
    let metadata = judge("https://169.254.169.254/", true);
    assert!(matches!(metadata, Err(Unfit::Inside(_))), "{metadata:?}");
}

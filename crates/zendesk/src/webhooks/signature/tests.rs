use super::*;

// The vectors below were made with Python's hmac and hashlib, not with this crate.
const SIGNED_AT: &str = "2026-11-22T12:00:00Z";
const BODY: &[u8] = br#"{"id":"e1","type":"zen:event-type:ticket.created"}"#;
const FIRST: &str = "first-secret-of-the-webhook";
const SECOND: &str = "second-secret-of-the-webhook";
const BY_FIRST: &str = "7k2uiqs3aPg01MmG0VLW1KwloUCbtLGMaOQkJCI/r5o=";
const BY_SECOND: &str = "bBp1v9N3J+Mb/gRJpr/ZvS+4vaPJmlZ1dW8QktsvKiE=";
const BY_TEST_SECRET: &str = "ia6yUUElSug3sPCPjf3tHdWuiMsYa/O2oiaPBlyzHdQ=";
const BY_EMPTY_SECRET: &str = "ryympvuzEnMxSQ34F8n4S4hW+sxVGH/1i3jRRxy5wJY=";
/// By the first secret, over an empty body.
const OF_NOTHING: &str = "jpPG4tOHopTLFzkSfUaCG9PC+aD9P/IXO5s4QJuxm9c=";
/// By the first secret, over body and moment in the other order, as an older page shows it.
const REVERSED: &str = "kXiQuRStxWgSWy+OfNbLgaFrwUCkAxm6c81x/FQ+qzY=";

fn secrets(words: &[&str]) -> Vec<SecretString> {
    words.iter().map(|word| SecretString::from(*word)).collect()
}

/// Judges at `seconds` after the signature.
fn judge(words: &[&str], signature: &str, body: &[u8], seconds: i64) -> Result<(), Unverified> {
    let signed: Timestamp = SIGNED_AT.parse().unwrap();
    let now = signed + SignedDuration::from_secs(seconds);
    verify(&secrets(words), SIGNED_AT, signature, body, now)
}

#[test]
fn a_delivery_of_zendesks_is_believed() {
    assert_eq!(judge(&[FIRST], BY_FIRST, BODY, 2), Ok(()));
    assert_eq!(
        judge(&[FIRST], OF_NOTHING, b"", 2),
        Ok(()),
        "a body may be empty"
    );
}

#[test]
fn two_secrets_make_a_rotation_in_either_order() {
    for words in [[FIRST, SECOND], [SECOND, FIRST]] {
        assert_eq!(judge(&words, BY_FIRST, BODY, 2), Ok(()));
        assert_eq!(judge(&words, BY_SECOND, BODY, 2), Ok(()));
    }
}

#[test]
fn a_forged_or_changed_delivery_is_not_believed() {
    let changed = [BODY, b" "].concat();
    assert_eq!(
        judge(&[FIRST], BY_FIRST, &changed, 2),
        Err(Unverified::NoMatch)
    );
    assert_eq!(
        judge(&[SECOND], BY_FIRST, BODY, 2),
        Err(Unverified::NoMatch)
    );
    assert_eq!(judge(&[FIRST], REVERSED, BODY, 2), Err(Unverified::NoMatch));
    assert_eq!(judge(&[], BY_FIRST, BODY, 2), Err(Unverified::NoMatch));
}

#[test]
fn the_moment_is_a_part_of_what_is_signed() {
    let later = "2026-11-22T12:04:00Z";
    let verdict = verify(
        &secrets(&[FIRST]),
        later,
        BY_FIRST,
        BODY,
        later.parse().unwrap(),
    );
    assert_eq!(verdict, Err(Unverified::NoMatch));
}

#[test]
fn five_minutes_either_way_are_believed_and_a_second_more_is_not() {
    let at = |seconds| judge(&[FIRST], BY_FIRST, BODY, seconds);
    assert_eq!(at(300), Ok(()));
    assert_eq!(at(-300), Ok(()));
    assert_eq!(at(301), Err(Unverified::TooOld));
    assert_eq!(at(-301), Err(Unverified::TooNew));
    assert_eq!(
        judge(&[SECOND], BY_FIRST, BODY, 301),
        Err(Unverified::NoMatch),
        "forged comes first"
    );
}

#[test]
fn the_secret_that_everybody_knows_is_never_accepted() {
    for words in [&[FIRST][..], &[TEST_SECRET], &[FIRST, TEST_SECRET]] {
        assert_eq!(
            judge(words, BY_TEST_SECRET, BODY, 2),
            Err(Unverified::TestSecret)
        );
    }
}

#[test]
fn an_empty_secret_matches_nothing() {
    assert_eq!(
        judge(&[""], BY_EMPTY_SECRET, BODY, 2),
        Err(Unverified::NoMatch)
    );
}

#[test]
fn missing_and_malformed_headers_are_told_apart() {
    assert_eq!(judge(&[FIRST], "", BODY, 2), Err(Unverified::Missing));
    for malformed in ["!", "AAAA", &BY_FIRST[..43], &format!("{BY_FIRST} ")] {
        assert_eq!(
            judge(&[FIRST], malformed, BODY, 2),
            Err(Unverified::Malformed),
            "{malformed}"
        );
    }
    let now: Timestamp = SIGNED_AT.parse().unwrap();
    for (moment, why) in [
        ("", Unverified::Missing),
        ("yesterday", Unverified::Malformed),
    ] {
        assert_eq!(
            verify(&secrets(&[FIRST]), moment, BY_FIRST, BODY, now),
            Err(why)
        );
    }
}

//! Identifiers: ordered by time where that helps, and never guessed where that matters.

use std::collections::BTreeSet;

use clock::SystemDice;
use store::ids::{new_id, new_short_id, new_token};

use crate::samples::at;

#[test]
fn identifiers_made_later_come_later_and_are_never_the_same() {
    let ids: Vec<_> = (0..1_000)
        .map(|n| new_id(at(n / 10), &SystemDice))
        .collect();
    let different: BTreeSet<_> = ids.iter().collect();
    assert_eq!(different.len(), ids.len());
    for pair in ids.windows(11) {
        assert!(pair[0] < pair[10], "{} {}", pair[0], pair[10]);
    }
    for id in &ids {
        assert_eq!(id.len(), 32);
        assert!(
            id.chars()
                .all(|c| c.is_ascii_digit() || ('a'..='f').contains(&c)),
            "{id}"
        );
    }
}

#[test]
fn short_identifiers_have_no_letter_that_reads_like_another() {
    let ids: BTreeSet<_> = (0..1_000).map(|_| new_short_id(&SystemDice)).collect();
    assert_eq!(ids.len(), 1_000);
    for id in &ids {
        assert_eq!(id.len(), 12);
        assert!(!id.contains(['l', '0', '1']), "{id}");
        assert!(
            id.chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()),
            "{id}"
        );
    }
}

#[test]
fn tokens_are_never_the_same_and_fit_a_cookie() {
    let tokens: BTreeSet<_> = (0..1_000).map(|_| new_token(&SystemDice)).collect();
    assert_eq!(tokens.len(), 1_000);
    for token in &tokens {
        assert_eq!(token.len(), 43);
        assert!(
            token
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_'),
            "{token}"
        );
    }
}

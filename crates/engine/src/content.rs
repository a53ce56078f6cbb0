//! A hash of what matters in a record, so that one that comes again unchanged costs no write.

use sha2::{Digest as _, Sha256};

/// System updates move this number of a ticket without changing anything a person could see
/// (zendesk-api.md 3.9), so it does not count.
const NOISE: &str = "\"generated_timestamp\":";

/// The hash of a raw record.
pub(crate) fn content_of(raw: &str) -> i64 {
    let mut hasher = Sha256::new();
    match raw.find(NOISE) {
        Some(at) => {
            let after = at + NOISE.len();
            let digits = raw[after..].bytes().take_while(u8::is_ascii_digit).count();
            hasher.update(&raw[..after]);
            hasher.update(&raw[after + digits..]);
        }
        None => hasher.update(raw),
    }
    let hash = hasher.finalize();
    hash.first_chunk()
        .map_or(0, |first| i64::from_be_bytes(*first))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_system_update_is_no_change_and_anything_else_is() {
        let ticket = r#"{"id":1,"subject":"a","generated_timestamp":1700000000,"tags":[]}"#;
        let touched = r#"{"id":1,"subject":"a","generated_timestamp":1800000000,"tags":[]}"#;
        let edited = r#"{"id":1,"subject":"b","generated_timestamp":1700000000,"tags":[]}"#;
        assert_eq!(content_of(ticket), content_of(touched));
        assert_ne!(content_of(ticket), content_of(edited));
    }
}

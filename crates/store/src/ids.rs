//! Identifiers of our own records.

use clock::Dice;
use jiff::Timestamp;

/// A new identifier: 128 bits as 32 hex digits, beginning with the time so that rows made together
/// lie together, and random in the rest so that a restored backup never hands out an old one again
/// (reliability.md 5). It is a UUID of version 7 without hyphens.
pub fn new_id(now: Timestamp, dice: &dyn Dice) -> String {
    let mut random = [0; 10];
    dice.fill(&mut random);
    let millis = u64::try_from(now.as_millisecond()).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &random)
        .into_uuid()
        .simple()
        .to_string()
}

/// A new short identifier for the few records whose id is repeated in every row of others
/// (integrations): 60 random bits as 12 letters and digits.
pub fn new_short_id(dice: &dyn Dice) -> String {
    let mut random = [0; 12];
    dice.fill(&mut random);
    random.iter().map(short_sign).collect()
}

/// The short identifier that belongs to another one of ours: always the same for the same one.
pub fn short_id_of(id: &str) -> String {
    use sha2::Digest as _;
    let hash = sha2::Sha256::digest(id);
    hash.iter().take(12).map(short_sign).collect()
}

/// One of the signs of a short identifier, by five bits of a random byte.
fn short_sign(byte: &u8) -> char {
    const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    char::from(ALPHABET[usize::from(byte & 31)])
}

/// A new secret for a session or a token: 256 random bits, base64 without padding.
pub fn new_token(dice: &dyn Dice) -> String {
    use base64::Engine as _;
    let mut random = [0; 32];
    dice.fill(&mut random);
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(random)
}

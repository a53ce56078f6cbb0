//! Passwords of people who log in: Argon2id, never stored, never logged.

use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Argon2, PasswordHash};
use clock::Dice;
use secrecy::{ExposeSecret as _, SecretString};

use crate::error::{Error, Result};

/// The shortest password that is taken (security-and-operations.md 1, 6.2.1).
pub const SHORTEST: usize = 8;

/// How many guesses, as a power of ten, a password withstands at least that may be used: more than any
/// list of common ones is long.
const GUESSES_LOG10: f64 = 6.0;

/// Whether a password is among those that are guessed first: a common one, a name, a date, a row of
/// keys, or what `about` says of its owner (6.2.1).
pub fn is_easy(password: &SecretString, about: &[&str]) -> bool {
    zxcvbn::zxcvbn(password.expose_secret(), about).guesses_log10() < GUESSES_LOG10
}

/// Hashes a password for keeping, with a salt of its own.
///
/// # Errors
/// [`Error::Damaged`] never in practice: only if Argon2 refuses its own default parameters.
pub fn hash(password: &SecretString, dice: &dyn Dice) -> Result<String> {
    let mut salt = [0; 16];
    dice.fill(&mut salt);
    Argon2::default()
        .hash_password_with_salt(password.expose_secret().as_bytes(), &salt)
        .map(|hash| hash.to_string())
        .map_err(|error| Error::Damaged(format!("a password could not be hashed: {error}")))
}

/// Whether `password` is the one that was hashed. A stored hash that cannot be read matches nothing.
pub fn matches(password: &SecretString, stored: &str) -> bool {
    PasswordHash::new(stored).is_ok_and(|hash| {
        Argon2::default()
            .verify_password(password.expose_secret().as_bytes(), &hash)
            .is_ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clock::SeededDice;

    #[test]
    fn what_everybody_tries_first_is_easy() {
        for easy in [
            "password1",
            "qwertyuiop",
            "11111111",
            "iloveyou1",
            "ada@example.com",
            "12.12.2012",
        ] {
            assert!(
                is_easy(&easy.to_owned().into(), &["ada@example.com"]),
                "{easy}"
            );
        }
        for fine in ["correct-horse", "four words that rhyme", "k9!vQ2#zLm"] {
            assert!(
                !is_easy(&fine.to_owned().into(), &["ada@example.com"]),
                "{fine}"
            );
        }
    }

    #[test]
    fn only_the_right_password_matches_its_hash() {
        let hash = hash(&"correct horse".to_owned().into(), &SeededDice::new(1)).unwrap();
        assert!(matches(&"correct horse".to_owned().into(), &hash));
        assert!(!matches(&"wrong horse".to_owned().into(), &hash));
        assert!(!matches(&"correct horse".to_owned().into(), "not a hash"));
    }
}

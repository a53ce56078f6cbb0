//! Sealed secrets: what other systems trust us with is encrypted at rest.
//!
//! Each secret is encrypted under a key of its own, and that key under the installation's key,
//! which lives outside the database (security-and-operations.md 1, *Secrets at rest*). The row and
//! column a secret belongs to are authenticated with it, so a sealed text copied into another row
//! does not open there.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use clock::Dice;
use secrecy::{ExposeSecret as _, SecretBox, SecretString};
use sqlx::{AssertSqlSafe, Row as _};

use crate::database::{Store, Tx};
use crate::error::{Error, KeyProblem, Result};

const PREFIX: &str = "deskbridge-key-1:";

/// The installation's key. Never printed, never stored in the database.
pub struct Keyring {
    key: SecretBox<[u8; 32]>,
}

impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keyring([sealed])")
    }
}

impl Keyring {
    /// The text of a new key, one line, to be kept in a file only its owner can read.
    pub fn generate(dice: &dyn Dice) -> SecretString {
        let mut key = [0; 32];
        dice.fill(&mut key);
        format!("{PREFIX}{}\n", BASE64.encode(key)).into()
    }

    /// Reads a key text; `place` says where it was found, for the sentence.
    ///
    /// # Errors
    /// [`KeyProblem::Unreadable`] if it is no key.
    pub fn parse(text: &SecretString, place: &str) -> Result<Self> {
        let unreadable = || {
            Error::Key(KeyProblem::Unreadable {
                place: place.to_owned(),
            })
        };
        let encoded = text
            .expose_secret()
            .trim()
            .strip_prefix(PREFIX)
            .ok_or_else(unreadable)?;
        let bytes = BASE64.decode(encoded).map_err(|_| unreadable())?;
        let key: [u8; 32] = bytes.try_into().map_err(|_| unreadable())?;
        Ok(Self {
            key: SecretBox::new(Box::new(key)),
        })
    }

    /// Seals `secret` for one `place` (table, row and column): `credential/ID/secret`.
    pub fn seal(&self, secret: &SecretString, place: &str, dice: &dyn Dice) -> String {
        let mut own_key = [0; 32];
        let mut nonces = [[0; 24]; 2];
        dice.fill(&mut own_key);
        nonces.iter_mut().for_each(|nonce| dice.fill(nonce));
        let wrapped = encrypt(self.key.expose_secret(), &nonces[0], &own_key, place);
        let sealed = encrypt(
            &own_key,
            &nonces[1],
            secret.expose_secret().as_bytes(),
            place,
        );
        format!("1.{}.{}", BASE64.encode(wrapped), BASE64.encode(sealed))
    }

    /// Opens what [`Keyring::seal`] made for the same place.
    ///
    /// # Errors
    /// [`KeyProblem::Wrong`] if this is not its key, or the text was altered or moved.
    pub fn open(&self, sealed: &str, place: &str) -> Result<SecretString> {
        let wrong = || Error::Key(KeyProblem::Wrong);
        let mut parts = sealed.split('.');
        let (Some("1"), Some(wrapped), Some(sealed), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(Error::Damaged(format!("the sealed value at {place}")));
        };
        let wrapped = BASE64.decode(wrapped).map_err(|_| wrong())?;
        let sealed = BASE64.decode(sealed).map_err(|_| wrong())?;
        let own_key: [u8; 32] = decrypt(self.key.expose_secret(), &wrapped, place)
            .and_then(|key| key.try_into().ok())
            .ok_or_else(wrong)?;
        let plain = decrypt(&own_key, &sealed, place).ok_or_else(wrong)?;
        Ok(String::from_utf8(plain).map_err(|_| wrong())?.into())
    }

    /// Makes sure that this key belongs to this database, and ties them together if the database
    /// is new.
    ///
    /// # Errors
    /// [`KeyProblem::Wrong`] if the database was made with another key.
    pub async fn check(&self, store: &Store, dice: &dyn Dice) -> Result<()> {
        const PLACE: &str = "installation/key_check";
        if let Some(stored) = stored_check(store).await? {
            return self.open(&stored, PLACE).map(drop);
        }
        let sealed = self.seal(&"deskbridge".to_owned().into(), PLACE, dice);
        let mut tx = store.begin().await?;
        sqlx::query(
            "INSERT INTO installation (name, value) VALUES ('key_check', $1) ON CONFLICT (name) DO NOTHING",
        )
        .bind(sealed)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        // Another process may have tied another key to the database since we looked.
        match stored_check(store).await? {
            Some(stored) => self.open(&stored, PLACE).map(drop),
            None => Err(Error::Damaged(PLACE.to_owned())),
        }
    }

    /// Seals every stored secret again under `new`, in one transaction. Returns how many.
    ///
    /// # Errors
    /// [`KeyProblem::Wrong`] if one of them does not open; nothing is changed then.
    pub async fn rotate(&self, new: &Self, tx: &mut Tx, dice: &dyn Dice) -> Result<u64> {
        // Locked, so that tokens somebody is just keeping are sealed again too, and not undone: a
        // refresh token can be used once.
        let mut rewrapped = 0;
        for (table, id, columns) in [
            ("credential", "id", ["secret", "tokens"]),
            ("webhook", "integration_id", ["secret", "previous"]),
            ("outgoing_webhook", "id", ["secret", "previous"]),
        ] {
            rewrapped += self
                .rotate_table(new, tx, dice, (table, id, columns))
                .await?;
        }
        let check = new.seal(
            &"deskbridge".to_owned().into(),
            "installation/key_check",
            dice,
        );
        sqlx::query("UPDATE installation SET value = $1 WHERE name = 'key_check'")
            .bind(check)
            .execute(&mut **tx)
            .await?;
        Ok(rewrapped)
    }

    /// Seals again what these two columns of a table hold: `sealed_secret` for `secret`.
    async fn rotate_table(
        &self,
        new: &Self,
        tx: &mut Tx,
        dice: &dyn Dice,
        (table, id, [first, second]): (&str, &str, [&str; 2]),
    ) -> Result<u64> {
        let lock = tx.dialect().locking();
        let all = format!(
            "SELECT {id} AS id, sealed_{first} AS first, sealed_{second} AS second FROM {table} ORDER BY {id}{lock}"
        );
        let again =
            format!("UPDATE {table} SET sealed_{first} = $1, sealed_{second} = $2 WHERE {id} = $3");
        let mut rewrapped = 0;
        for row in sqlx::query(AssertSqlSafe(all)).fetch_all(&mut **tx).await? {
            let id: String = row.try_get("id")?;
            let mut sealed_again = Vec::new();
            for (name, column) in [("first", first), ("second", second)] {
                let sealed: Option<String> = row.try_get(name)?;
                let place = format!("{table}/{id}/{column}");
                sealed_again.push(match sealed {
                    None => None,
                    Some(sealed) => {
                        rewrapped += 1;
                        Some(new.seal(&self.open(&sealed, &place)?, &place, dice))
                    }
                });
            }
            sqlx::query(AssertSqlSafe(again.clone()))
                .bind(sealed_again[0].take())
                .bind(sealed_again[1].take())
                .bind(id)
                .execute(&mut **tx)
                .await?;
        }
        Ok(rewrapped)
    }
}

async fn stored_check(store: &Store) -> Result<Option<String>> {
    let row = sqlx::query("SELECT value FROM installation WHERE name = 'key_check'")
        .fetch_optional(&mut *store.read().await?)
        .await?;
    Ok(row.map(|row| row.try_get("value")).transpose()?)
}

fn cipher(key: &[u8; 32]) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&Key::from(*key))
}

fn encrypt(key: &[u8; 32], nonce: &[u8; 24], plain: &[u8], place: &str) -> Vec<u8> {
    let payload = Payload {
        msg: plain,
        aad: place.as_bytes(),
    };
    let mut out = nonce.to_vec();
    // Encryption fails only past 256 GiB, which no secret is; an empty text would not open again.
    out.extend(
        cipher(key)
            .encrypt(&XNonce::from(*nonce), payload)
            .unwrap_or_default(),
    );
    out
}

fn decrypt(key: &[u8; 32], sealed: &[u8], place: &str) -> Option<Vec<u8>> {
    let (nonce, msg) = sealed.split_first_chunk::<24>()?;
    let payload = Payload {
        msg,
        aad: place.as_bytes(),
    };
    cipher(key).decrypt(&XNonce::from(*nonce), payload).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use clock::SeededDice;

    fn keyring(seed: u64) -> Keyring {
        Keyring::parse(&Keyring::generate(&SeededDice::new(seed)), "test").unwrap()
    }

    #[test]
    fn a_sealed_secret_opens_only_with_its_key_in_its_place() {
        let dice = SeededDice::new(1);
        let key = keyring(1);
        let sealed = key.seal(&"hunter2".to_owned().into(), "credential/1/secret", &dice);
        assert!(!sealed.contains("hunter2"));
        let opened = key.open(&sealed, "credential/1/secret").unwrap();
        assert_eq!(opened.expose_secret(), "hunter2");
        assert!(key.open(&sealed, "credential/2/secret").is_err());
        assert!(keyring(2).open(&sealed, "credential/1/secret").is_err());
    }

    #[test]
    fn the_same_secret_sealed_twice_looks_different() {
        let dice = SeededDice::new(3);
        let key = keyring(3);
        let secret: SecretString = "same".to_owned().into();
        assert_ne!(key.seal(&secret, "p", &dice), key.seal(&secret, "p", &dice));
    }

    #[test]
    fn a_text_that_is_no_key_is_refused_with_its_place() {
        let said = Keyring::parse(&"nonsense".to_owned().into(), "/data/key")
            .unwrap_err()
            .to_string();
        assert!(
            said.contains("/data/key") && !said.contains("nonsense"),
            "{said}"
        );
    }
}

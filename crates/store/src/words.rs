//! Words that records are looked up by, the same way in both databases.
//!
//! Neither a full-text index (each database has its own) nor `LIKE` on text (a scan, or an index that
//! only some collations can use) does. So the words of a text are kept beside it, one row each, and a word
//! is packed into a 64-bit number: twelve letters and digits to the base 37, which keeps their order. The
//! beginning of a word is then a range of numbers. Letters beyond a to z share the 36 signs, and what
//! stands behind the twelfth letter is left out; what is found is therefore always checked against the
//! record's own text (`Wanted::is_in`), which also makes words harmless that a text has no more.

pub mod backlog;

use sqlx::{AnyConnection, AssertSqlSafe};

use crate::bulk::{Bulk, clean};
use crate::database::Tx;
use crate::error::Result;

/// Signs of a word that are packed.
const SIGNS: u32 = 12;
const BASE: i64 = 37;

/// So many words of one text are kept; subjects seldom have more.
const MOST: usize = 16;

/// From so many letters on, a word that is looked for may be the beginning of one.
const BEGINNING: usize = 3;

/// So many different words may begin like one that is looked for; others are left out.
const LIKE: usize = 64;

/// The words of a text, in lower case, each once: runs of letters and digits.
fn words(text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    let mut words: Vec<String> = Vec::new();
    for word in lower.split(|c: char| !c.is_alphanumeric()) {
        if word.chars().nth(1).is_some() && !words.iter().any(|known| known == word) {
            words.push(word.to_owned());
        }
    }
    words
}

fn sign(c: char) -> i64 {
    match c {
        '0'..='9' => i64::from(u32::from(c) - u32::from('0')) + 1,
        'a'..='z' => i64::from(u32::from(c) - u32::from('a')) + 11,
        _ => i64::from(u32::from(c) % 36) + 1,
    }
}

/// A word as a number.
fn pack(word: &str) -> i64 {
    let mut signs = word.chars().map(sign);
    (0..SIGNS).fold(0, |packed, _| packed * BASE + signs.next().unwrap_or(0))
}

/// The numbers of a text's words.
pub(crate) fn packed(text: &str) -> Vec<i64> {
    let mut packed: Vec<i64> = words(text)
        .iter()
        .take(MOST)
        .map(|word| pack(word))
        .collect();
    packed.sort_unstable();
    packed.dedup();
    packed
}

/// A word that is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wanted(String);

impl Wanted {
    /// The words of what somebody typed.
    pub(crate) fn all(text: &str) -> Vec<Self> {
        words(text).into_iter().map(Self).collect()
    }

    fn may_go_on(&self) -> bool {
        self.0.chars().nth(BEGINNING - 1).is_some()
    }

    /// Whether a text has all of these words.
    pub(crate) fn all_in(wanted: &[Self], text: &str) -> bool {
        let words = words(text);
        wanted.iter().all(|wanted| wanted.is_in(&words))
    }

    fn is_in(&self, words: &[String]) -> bool {
        words
            .iter()
            .any(|word| word == &self.0 || (self.may_go_on() && word.starts_with(self.0.as_str())))
    }

    /// The numbers it may have.
    fn range(&self) -> (i64, i64) {
        let first = pack(&self.0);
        let length = u32::try_from(self.0.chars().count()).unwrap_or(SIGNS);
        let open = SIGNS.saturating_sub(length);
        match self.may_go_on() {
            true => (first, first + BASE.pow(open) - 1),
            false => (first, first),
        }
    }
}

/// Where words are kept: of cases, by number, or of other records, by kind and id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shelf {
    /// `case_word`.
    Cases,
    /// `record_word` of contacts.
    Contacts,
    /// `record_word` of accounts.
    Accounts,
}

impl Shelf {
    /// The table, with the condition that a row is of this kind.
    pub(crate) const fn rows(self) -> (&'static str, &'static str) {
        match self {
            Self::Cases => ("case_word", "1 = 1"),
            Self::Contacts => ("record_word", "kind = 'contact'"),
            Self::Accounts => ("record_word", "kind = 'account'"),
        }
    }
}

/// The words kept that a word looked for may be, in their order.
///
/// # Errors
/// As the database says.
pub(crate) async fn like(
    connection: &mut AnyConnection,
    shelf: Shelf,
    wanted: &Wanted,
) -> Result<Vec<i64>> {
    let (first, last) = wanted.range();
    let (table, of) = shelf.rows();
    // From one word to the next: what has the word is passed over.
    let text = format!(
        "WITH RECURSIVE walk (word, place) AS ( \
         SELECT (SELECT MIN(word) FROM {table} WHERE {of} AND word >= $1 AND word <= $2), 1 \
         UNION ALL \
         SELECT (SELECT MIN(k.word) FROM {table} k WHERE {of} AND k.word > walk.word AND k.word <= $2), walk.place + 1 \
         FROM walk WHERE walk.word IS NOT NULL AND walk.place < {LIKE}) \
         SELECT word FROM walk WHERE word IS NOT NULL ORDER BY word"
    );
    let found = sqlx::query_scalar(AssertSqlSafe(text))
        .bind(first)
        .bind(last)
        .fetch_all(connection)
        .await?;
    Ok(found)
}

/// Of several words looked for the one that fewest have, as the words kept that it may be. None if no
/// record has one of them at all.
///
/// # Errors
/// As the database says.
pub(crate) async fn rarest(
    connection: &mut AnyConnection,
    shelf: Shelf,
    wanted: &[Wanted],
) -> Result<Vec<i64>> {
    /// Beyond this a word counts as common.
    const COMMON: i64 = 2_000;
    let (table, of) = shelf.rows();
    let text = format!(
        "SELECT COUNT(*) FROM (SELECT 1 AS one FROM {table} WHERE {of} AND word = $1 LIMIT {COMMON}) AS few"
    );
    let mut best: Option<(i64, Vec<i64>)> = None;
    for word in wanted {
        let known = like(connection, shelf, word).await?;
        if known.is_empty() {
            return Ok(known);
        }
        if wanted.len() == 1 {
            return Ok(known);
        }
        let mut count = 0;
        for packed in &known {
            count += sqlx::query_scalar::<_, i64>(AssertSqlSafe(text.clone()))
                .bind(*packed)
                .fetch_one(&mut *connection)
                .await?;
            if count >= COMMON {
                break;
            }
        }
        if best.as_ref().is_none_or(|(fewest, _)| count < *fewest) {
            best = Some((count, known));
        }
    }
    Ok(best.map(|(_, known)| known).unwrap_or_default())
}

static CASES: Bulk = Bulk::new(
    "INSERT INTO case_word (word, number)",
    2,
    "ON CONFLICT (word, number) DO NOTHING",
);

/// Keeps the words of the subjects of cases: `(number, subject)`.
///
/// # Errors
/// As the database says.
pub(crate) async fn keep_cases(
    tx: &mut Tx,
    subjects: impl Iterator<Item = (i64, &str)>,
) -> Result<()> {
    let rows: Vec<(i64, i64)> = subjects
        .flat_map(|(number, subject)| packed(subject).into_iter().map(move |word| (word, number)))
        .collect();
    CASES
        .run(tx, &rows, |row, (word, number)| {
            row.int(*word).int(*number);
        })
        .await?;
    Ok(())
}

static RECORDS: Bulk = Bulk::new(
    "INSERT INTO record_word (kind, word, id)",
    3,
    "ON CONFLICT (kind, word, id) DO NOTHING",
);

/// Keeps the words of other records: `(id, text)`.
///
/// # Errors
/// As the database says.
pub(crate) async fn keep_records(
    tx: &mut Tx,
    kind: &str,
    records: impl Iterator<Item = (&str, String)>,
) -> Result<()> {
    let rows: Vec<(i64, &str)> = records
        .flat_map(|(id, text)| packed(&text).into_iter().map(move |word| (word, id)))
        .collect();
    RECORDS
        .run(tx, &rows, |row, (word, id)| {
            row.text(kind).int(*word).text(id);
        })
        .await?;
    Ok(())
}

/// The ids of records that have one of the words looked for, the last first, those below `before` if
/// given, at most `most`. Whether they have the others too is to be checked.
///
/// # Errors
/// As the database says.
pub(crate) async fn ids(
    connection: &mut AnyConnection,
    shelf: Shelf,
    wanted: &[Wanted],
    before: Option<&str>,
    most: i64,
) -> Result<Vec<String>> {
    let words = rarest(connection, shelf, wanted).await?;
    let (table, of) = shelf.rows();
    let text = format!(
        "SELECT id FROM {table} WHERE {of} AND word = $1 AND ($2 = '' OR id < $2) ORDER BY id DESC LIMIT $3"
    );
    let mut ids: Vec<String> = Vec::new();
    for word in words {
        let found: Vec<String> = sqlx::query_scalar(AssertSqlSafe(text.clone()))
            .bind(word)
            .bind(clean(before.unwrap_or_default()))
            .bind(most)
            .fetch_all(&mut *connection)
            .await?;
        ids.extend(found);
        // Those of several words, each the last of its own: enough of them, and no more.
        ids.sort_unstable_by(|one, other| other.cmp(one));
        ids.dedup();
        ids.truncate(usize::try_from(most).unwrap_or(usize::MAX));
    }
    Ok(ids)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finds(typed: &str, text: &str) -> bool {
        let wanted = Wanted::all(typed);
        let packed = packed(text);
        let by_number = wanted.iter().all(|wanted| {
            let (first, last) = wanted.range();
            packed.iter().any(|word| (first..=last).contains(word))
        });
        let by_text = Wanted::all_in(&wanted, text);
        assert!(
            by_number || !by_text,
            "{typed:?} in {text:?} is passed over"
        );
        by_text
    }

    #[test]
    fn words_are_found_whole_or_by_their_beginning_and_in_any_order() {
        let text = "RE: The Printer-Queue on floor 3 is on FIRE (café, снег)";
        for typed in ["fire printer", "prin", "QUEUE", "café", "caf", "сне", "on"] {
            assert!(finds(typed, text), "{typed}");
        }
        for typed in ["rinter", "pr", "fired", "water fire", "снегопад"] {
            assert!(!finds(typed, text), "{typed}");
        }
    }

    #[test]
    fn long_words_are_told_apart_by_their_text() {
        assert!(finds("internationalisation", "Internationalisation of all"));
        assert!(!finds(
            "internationalisations",
            "Internationalisation of all"
        ));
        assert!(finds("internation", "Internationalisation of all"));
    }

    #[test]
    fn the_number_of_a_word_keeps_the_order_and_fits() {
        assert!(pack("printer") < pack("printers") && pack("printers") < pack("prints"));
        assert!(pack("zzzzzzzzzzzzzzzz") > 0);
        let (first, last) = Wanted("zzz".to_owned()).range();
        assert!(first <= pack("zzzzzzzzzzzz") && pack("zzzzzzzzzzzz") <= last);
        assert_eq!(packed(""), Vec::<i64>::new());
    }
}

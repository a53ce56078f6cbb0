//! Cases by words: of their subject, of their contact, or by a number that somebody typed.

use std::collections::{BTreeSet, HashMap, VecDeque};

use sqlx::AnyConnection;

use super::{CaseFilter, CaseLine, OWN, Place, Statement, TICKET, conditions};
use crate::cases::line;
use crate::contacts;
use crate::error::Result;
use crate::words::{self, Shelf, Wanted};

/// So many cases that have a word are looked at for one page.
const LOOKED_AT: usize = 1_000;

/// So many at a time.
const AT_ONCE: usize = 200;

/// Of words that begin alike so many are read on with one statement, and so many cases of each.
const TOGETHER: usize = 50;
const OF_A_WORD: i64 = 64;

/// What no word is packed into.
const NO_WORD: i64 = -1;

/// So many contacts whose name or email has the words, and so many cases of each.
const CONTACTS: i64 = 20;
const OF_A_CONTACT: i64 = 200;

/// The cases that pass in the order of the walk, one more than the page takes, and where it stopped if
/// that was before the end.
pub(super) async fn by_text(
    connection: &mut AnyConnection,
    filter: &CaseFilter,
    place: Place,
    limit: i64,
) -> Result<(Vec<CaseLine>, Option<i64>)> {
    let most = usize::try_from(limit + 1).unwrap_or(usize::MAX);
    let named = named(connection, filter, place).await?;
    let named: Vec<i64> = named.into_iter().collect();
    let mut found = rows(connection, filter, &named).await?;

    let wanted = Wanted::all(&filter.text);
    let mut stopped_at = None;
    if !wanted.is_empty() {
        let words = words::rarest(connection, Shelf::Cases, &wanted).await?;
        let mut walk = Walk::new(words, place);
        let (mut looked_at, mut of_subject) = (0, 0);
        while of_subject < most {
            let numbers = walk.next(connection, AT_ONCE).await?;
            let Some(last) = numbers.last().copied() else {
                stopped_at = None;
                break;
            };
            looked_at += numbers.len();
            stopped_at = Some(last);
            let mut lines = rows(connection, filter, &numbers).await?;
            lines.retain(|line| Wanted::all_in(&wanted, &line.subject));
            of_subject += lines.len();
            found.append(&mut lines);
            if looked_at >= LOOKED_AT {
                break;
            }
        }
    }
    found.sort_by_key(|line| line.number);
    if !place.is_up() {
        found.reverse();
    }
    found.dedup_by_key(|line| line.number);
    if let Some(end) = stopped_at {
        // What lies behind it comes with a later page.
        found.retain(|line| match place.is_up() {
            true => line.number <= end,
            false => line.number >= end,
        });
    }
    Ok((found, stopped_at))
}

/// The numbers of cases that are named by their own number, by their ticket's, or by their contact.
async fn named(
    connection: &mut AnyConnection,
    filter: &CaseFilter,
    place: Place,
) -> Result<BTreeSet<i64>> {
    let (sign, from) = place.bound();
    let mut numbers = BTreeSet::new();
    let typed = filter.text.trim().trim_start_matches('#');
    if let Ok(number) = typed.parse::<i64>() {
        numbers.insert(number);
        let mut statement = Statement::default();
        let ticket = statement.int(number)?;
        let text = format!(
            "SELECT c.number FROM link l JOIN crm_case c ON c.id = l.case_id WHERE l.remote_id = {ticket}"
        );
        for row in statement.rows(&mut *connection, text).await? {
            numbers.insert(sqlx::Row::try_get(&row, "number")?);
        }
        numbers.retain(|number| match place.is_up() {
            true => *number > from,
            false => *number < from,
        });
    }
    if filter.people {
        let who = contacts::search(connection, typed, None, CONTACTS).await?;
        for contact in who {
            let mut statement = Statement::default();
            let (id, from) = (statement.text(&contact.id)?, statement.int(from)?);
            let text = format!(
                "SELECT number FROM crm_case WHERE contact_id = {id} AND number {sign} {from} \
                 ORDER BY number {} LIMIT {OF_A_CONTACT}",
                place.order()
            );
            for row in statement.rows(&mut *connection, text).await? {
                numbers.insert(sqlx::Row::try_get(&row, "number")?);
            }
        }
    }
    Ok(numbers)
}

/// The lines of the cases with these numbers that pass.
async fn rows(
    connection: &mut AnyConnection,
    filter: &CaseFilter,
    numbers: &[i64],
) -> Result<Vec<CaseLine>> {
    let mut lines = Vec::new();
    for numbers in numbers.chunks(AT_ONCE) {
        let mut statement = Statement::default();
        let rest = conditions(filter, &mut statement)?;
        let mut list = Vec::with_capacity(AT_ONCE);
        // The same length always, so that the statement stays the same.
        for at in 0..AT_ONCE {
            let number = numbers.get(at).or(numbers.last()).copied().unwrap_or(0);
            list.push(statement.int(number)?);
        }
        let text = format!(
            "SELECT {OWN}, l.remote_id, l.integration_id FROM crm_case c {TICKET} \
             WHERE c.number IN ({}) AND c.deleted_at IS NULL AND {rest}",
            list.join(",")
        );
        for row in statement.rows(&mut *connection, text).await? {
            lines.push(line(&row)?);
        }
    }
    Ok(lines)
}

/// A walk over the cases that have one of several words, in the order of their numbers.
struct Walk {
    words: Vec<Word>,
    place: Place,
}

struct Word {
    packed: i64,
    /// Behind which number it goes on.
    from: i64,
    waiting: VecDeque<i64>,
    ended: bool,
}

impl Walk {
    fn new(words: Vec<i64>, place: Place) -> Self {
        let (_, from) = place.bound();
        let words = words.into_iter().map(|packed| Word {
            packed,
            from,
            waiting: VecDeque::new(),
            ended: false,
        });
        Self {
            words: words.collect(),
            place,
        }
    }

    /// The next numbers, each once, at most `most`; none at the end.
    async fn next(&mut self, connection: &mut AnyConnection, most: usize) -> Result<Vec<i64>> {
        let mut numbers: Vec<i64> = Vec::with_capacity(most);
        while numbers.len() < most {
            self.fill(connection).await?;
            let first = self.words.iter().filter_map(|word| word.waiting.front());
            let next = match self.place.is_up() {
                true => first.min(),
                false => first.max(),
            };
            let Some(next) = next.copied() else { break };
            for word in &mut self.words {
                if word.waiting.front() == Some(&next) {
                    word.waiting.pop_front();
                }
            }
            numbers.push(next);
        }
        Ok(numbers)
    }

    /// Reads on in every word of which nothing waits.
    async fn fill(&mut self, connection: &mut AnyConnection) -> Result<()> {
        let place = self.place;
        let empty = self.words.iter_mut().filter(|word| word.is_to_be_filled());
        let mut empty: Vec<&mut Word> = empty.collect();
        for words in empty.chunks_mut(TOGETHER) {
            let mut statement = Statement::default();
            let mut parts = Vec::with_capacity(TOGETHER);
            for word in &*words {
                parts.push(next_of(word.packed, word.from, place, &mut statement)?);
            }
            // One length or the other, so that there are but two statements.
            while parts.len() != 1 && parts.len() < TOGETHER {
                parts.push(next_of(NO_WORD, 0, place, &mut statement)?);
            }
            let rows = statement.rows(connection, parts.join(" UNION ALL "));
            let mut read: HashMap<i64, Vec<i64>> = HashMap::new();
            for row in rows.await? {
                let number = sqlx::Row::try_get(&row, "number")?;
                let of = read.entry(sqlx::Row::try_get(&row, "word")?);
                of.or_default().push(number);
            }
            for word in words {
                word.take(read.remove(&word.packed).unwrap_or_default(), place);
            }
        }
        Ok(())
    }
}

impl Word {
    fn is_to_be_filled(&self) -> bool {
        !self.ended && self.waiting.is_empty()
    }

    /// What was read of it, in no order.
    fn take(&mut self, mut numbers: Vec<i64>, place: Place) {
        numbers.sort_unstable();
        if !place.is_up() {
            numbers.reverse();
        }
        match numbers.last() {
            Some(last) => self.from = *last,
            None => self.ended = true,
        }
        self.waiting = numbers.into();
    }
}

/// The next cases that have a word, as a part of a statement.
fn next_of(word: i64, from: i64, place: Place, statement: &mut Statement) -> Result<String> {
    let (sign, _) = place.bound();
    let (word, from) = (statement.int(word)?, statement.int(from)?);
    Ok(format!(
        "SELECT word, number FROM (SELECT word, number FROM case_word WHERE word = {word} AND number {sign} {from} \
         ORDER BY number {} LIMIT {OF_A_WORD}) AS one",
        place.order()
    ))
}

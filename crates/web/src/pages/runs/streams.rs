//! How many streams of events somebody may have open at once.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Each holds a connection and asks the database again and again.
const AT_ONCE: usize = 6;

/// Open streams of this process, by person.
static OPEN: Mutex<BTreeMap<String, usize>> = Mutex::new(BTreeMap::new());

/// A place for one stream; dropping it gives it back.
pub(super) struct Place(String);

/// A place for one more stream of this person, if they have not too many open.
pub(super) fn take(person: &str) -> Option<Place> {
    let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
    let count = open.entry(person.to_owned()).or_default();
    if *count >= AT_ONCE {
        return None;
    }
    *count += 1;
    Some(Place(person.to_owned()))
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
        let left = open.get(&self.0).map_or(0, |count| count.saturating_sub(1));
        if left == 0 {
            open.remove(&self.0);
        } else {
            open.insert(self.0.clone(), left);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_person_has_so_many_streams_and_another_ones_do_not_count() {
        let places: Vec<_> = (0..AT_ONCE).map_while(|_| take("ada")).collect();
        assert_eq!(places.len(), AT_ONCE);
        assert!(take("ada").is_none());
        assert!(take("bob").is_some());
        drop(places);
        assert!(take("ada").is_some());
    }
}

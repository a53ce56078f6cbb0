//! One JSON object: its keys and the raw text of its values, without a copy of either.

use std::collections::HashMap;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// Calls `take` with each key and the raw text of its value.
///
/// # Errors
/// That of the parser. Its own words may repeat values, so only its place is for people.
pub(crate) fn read<'a>(
    line: &'a [u8],
    keys: &Keys,
    take: impl FnMut(Key, &'a str),
) -> Result<(), serde_json::Error> {
    let mut parser = serde_json::Deserializer::from_slice(line);
    parser.deserialize_map(Object { keys, take })?;
    parser.end()
}

/// Which key is which column.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    names: Vec<String>,
    places: HashMap<String, usize>,
}

/// A key of an object.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Key {
    /// That of a column.
    Column(usize),
    /// One that is no column.
    Unknown(String),
}

impl Keys {
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    pub(crate) fn add(&mut self, name: String) -> usize {
        let place = self.names.len();
        self.places.insert(name.clone(), place);
        self.names.push(name);
        place
    }

    /// Objects mostly have their keys in the order of the columns, so `guess` is tried first.
    fn find(&self, name: &str, guess: usize) -> Key {
        if self.names.get(guess).is_some_and(|known| known == name) {
            return Key::Column(guess);
        }
        match self.places.get(name) {
            Some(place) => Key::Column(*place),
            None => Key::Unknown(name.to_owned()),
        }
    }
}

struct Object<'k, F> {
    keys: &'k Keys,
    take: F,
}

impl<'de, F: FnMut(Key, &'de str)> Visitor<'de> for Object<'_, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        let mut guess = 0;
        while let Some(key) = map.next_key_seed(Name {
            keys: self.keys,
            guess,
        })? {
            if let Key::Column(place) = key {
                guess = place + 1;
            }
            let value: &'de RawValue = map.next_value()?;
            (self.take)(key, value.get());
        }
        Ok(())
    }
}

struct Name<'k> {
    keys: &'k Keys,
    guess: usize,
}

impl<'de> DeserializeSeed<'de> for Name<'_> {
    type Value = Key;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Key, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Name<'_> {
    type Value = Key;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<Key, E> {
        Ok(self.keys.find(name, self.guess))
    }
}

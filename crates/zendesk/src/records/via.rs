//! `via`: how a record came about. An object usually, a word in ticket events, a number in old ones.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::scalar::{id, loose_text, skip_list};

/// What we read of `via`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Via {
    #[serde(deserialize_with = "loose_text")]
    pub(super) channel: Option<String>,
    #[serde(deserialize_with = "object")]
    source: Source,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Source {
    #[serde(deserialize_with = "loose_text")]
    rel: Option<String>,
    #[serde(deserialize_with = "object")]
    from: End,
    #[serde(deserialize_with = "object")]
    to: End,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct End {
    #[serde(deserialize_with = "id")]
    ticket_id: Option<i64>,
}

impl Via {
    /// The closed ticket that this one follows up.
    pub(super) fn followup_source(&self) -> Option<i64> {
        match self.source.rel.as_deref() {
            Some("follow_up") => self.source.from.ticket_id,
            Some(_) | None => None,
        }
    }

    /// The surviving ticket named by the note that a merge leaves.
    pub(super) fn merge_target(&self) -> Option<i64> {
        self.is_merge()
            .then_some(self.source.to.ticket_id)
            .flatten()
    }

    /// Whether this came from a merge of tickets.
    pub(super) fn is_merge(&self) -> bool {
        self.source.rel.as_deref() == Some("merge")
    }
}

/// Reads `via`; a word stands for its channel, anything else but an object for nothing.
pub(super) fn via<'de, D: Deserializer<'de>>(from: D) -> Result<Via, D::Error> {
    struct ViaVisitor;
    impl<'de> Visitor<'de> for ViaVisitor {
        type Value = Via;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a `via`")
        }
        fn visit_str<E: Error>(self, word: &str) -> Result<Via, E> {
            Ok(Via {
                channel: Some(word.to_owned()),
                ..Via::default()
            })
        }
        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Via, A::Error> {
            Via::deserialize(MapAccessDeserializer::new(map))
        }
        fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Via, A::Error> {
            skip_list(list).map(|()| Via::default())
        }
        fn visit_unit<E: Error>(self) -> Result<Via, E> {
            Ok(Via::default())
        }
        fn visit_u64<E: Error>(self, _: u64) -> Result<Via, E> {
            Ok(Via::default())
        }
        fn visit_i64<E: Error>(self, _: i64) -> Result<Via, E> {
            Ok(Via::default())
        }
        fn visit_bool<E: Error>(self, _: bool) -> Result<Via, E> {
            Ok(Via::default())
        }
    }
    from.deserialize_any(ViaVisitor)
}

/// Reads an object; anything else counts as an empty one.
pub(super) fn object<'de, D, T>(from: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    struct ObjectVisitor<T>(PhantomData<T>);
    impl<'de, T: Deserialize<'de> + Default> Visitor<'de> for ObjectVisitor<T> {
        type Value = T;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }
        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
            T::deserialize(MapAccessDeserializer::new(map))
        }
        fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<T, A::Error> {
            skip_list(list).map(|()| T::default())
        }
        fn visit_unit<E: Error>(self) -> Result<T, E> {
            Ok(T::default())
        }
        fn visit_str<E: Error>(self, _: &str) -> Result<T, E> {
            Ok(T::default())
        }
        fn visit_u64<E: Error>(self, _: u64) -> Result<T, E> {
            Ok(T::default())
        }
        fn visit_i64<E: Error>(self, _: i64) -> Result<T, E> {
            Ok(T::default())
        }
        fn visit_f64<E: Error>(self, _: f64) -> Result<T, E> {
            Ok(T::default())
        }
        fn visit_bool<E: Error>(self, _: bool) -> Result<T, E> {
            Ok(T::default())
        }
    }
    from.deserialize_any(ObjectVisitor(PhantomData))
}

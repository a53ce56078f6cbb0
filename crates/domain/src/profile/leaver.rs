//! Leavers: customers whom the ledger knows and the source no longer has (profile-send.md 3).

use super::json::push_string;
use super::key::KeyKind;
use super::tag::{TagPlan, Tags, plan};
use crate::value::quiet_debug;
use crate::word::words;

words! {
    /// What becomes of a customer who left.
    #[derive(Default)]
    pub enum OnLeave {
        /// Nothing: Zendesk keeps what was sent. The default.
        #[default]
        Keep = "keep",
        /// The tags that we set are taken away; those of others stay.
        RemoveTags = "remove_tags",
        /// The custom fields that we set are cleared.
        ClearFields = "clear_fields",
        /// The user is barred from signing in, and new tickets go to the suspended ones.
        Suspend = "suspend",
        /// The user is deleted.
        Delete = "delete",
    }
}

/// What the ledger knows of a customer who left.
#[derive(Clone, PartialEq, Eq)]
pub struct Leaver {
    /// What the customer was told by.
    pub key_kind: KeyKind,
    /// The key as it was sent.
    pub key: String,
    /// The name as it was sent, which an upsert needs.
    pub name: String,
    /// The user in Zendesk, if a send was confirmed.
    pub zendesk_id: Option<i64>,
    /// Our tags on the user.
    pub tags: Tags,
    /// The keys of the custom fields that we filled.
    pub fields: Vec<String>,
}

quiet_debug!(Leaver {
    shown: [key_kind, zendesk_id, fields],
    hidden: [key, name]
});

/// What is to be sent about a leaver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Farewell {
    /// Nothing.
    Nothing,
    /// This object, as one of `users: […]`.
    Send(Vec<u8>),
    /// The user's tags, once they were read: see [`farewell_tags`].
    ReadTags,
    /// The deletion of this user.
    Delete(i64),
}

/// What is to be sent about a leaver. Whoever was never confirmed in Zendesk is not created only to be
/// told goodbye.
pub fn farewell(leaver: &Leaver, policy: OnLeave) -> Farewell {
    let Some(id) = leaver.zendesk_id else {
        return Farewell::Nothing;
    };
    match policy {
        OnLeave::Keep => Farewell::Nothing,
        OnLeave::RemoveTags if leaver.tags.is_empty() => Farewell::Nothing,
        OnLeave::RemoveTags => Farewell::ReadTags,
        OnLeave::ClearFields if leaver.fields.is_empty() => Farewell::Nothing,
        OnLeave::ClearFields => {
            let mut json = opening(leaver);
            json.extend_from_slice(b",\"user_fields\":{");
            let mut fields: Vec<&String> = leaver.fields.iter().collect();
            fields.sort_unstable();
            fields.dedup();
            for (place, field) in fields.into_iter().enumerate() {
                if place > 0 {
                    json.push(b',');
                }
                push_string(field, &mut json);
                json.extend_from_slice(b":null");
            }
            json.extend_from_slice(b"}}");
            Farewell::Send(json)
        }
        OnLeave::Suspend => {
            let mut json = opening(leaver);
            json.extend_from_slice(b",\"suspended\":true}");
            Farewell::Send(json)
        }
        OnLeave::Delete => Farewell::Delete(id),
    }
}

/// The object that takes our tags away, now that the user's tags are known; nothing if none of ours is
/// there any more.
pub fn farewell_tags(leaver: &Leaver, current: &Tags) -> Option<Vec<u8>> {
    if leaver.tags.is_disjoint(current) {
        return None;
    }
    let TagPlan { send, .. } = plan(current, &leaver.tags, &Tags::new(), &Tags::new());
    let mut json = opening(leaver);
    json.extend_from_slice(b",\"tags\":");
    super::json::push_list(send.iter().map(String::as_str), &mut json);
    json.push(b'}');
    Some(json)
}

/// The object of a leaver up to its name, without the brace that ends it.
fn opening(leaver: &Leaver) -> Vec<u8> {
    let mut json = vec![b'{'];
    push_string(leaver.key_kind.as_str(), &mut json);
    json.push(b':');
    push_string(&leaver.key, &mut json);
    json.extend_from_slice(b",\"name\":");
    push_string(&leaver.name, &mut json);
    json
}

/// The largest share of the ledger that may leave in one run, in thousandths: a tenth.
pub const LEAVERS_PER_MILLE: u64 = 100;

/// Whether so many leavers of so many customers in the ledger are over the brake, in thousandths. The
/// brake stops the run before anything is sent, so that an empty source takes nobody along.
pub fn brakes(leavers: u64, ledger: u64, per_mille: u64) -> bool {
    let share = u128::from(leavers) * 1_000;
    share > u128::from(ledger) * u128::from(per_mille)
}

#[cfg(test)]
mod tests;

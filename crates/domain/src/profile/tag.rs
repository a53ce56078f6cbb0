//! Tags: what Zendesk makes of them, and which of them are ours.
//!
//! A user sent with `tags` has those and no others afterwards. So what others set is read just before
//! and sent again, and what we set before and no longer want is left out (profile-send.md 2). Between
//! the reading and the sending somebody may still set a tag that is then lost; nothing can prevent it.

use std::collections::BTreeSet;

use super::normal::{SEPARATOR, push_tags};

/// A set of tags, as Zendesk stores them.
pub type Tags = BTreeSet<String>;

/// What Zendesk stores when these are sent, sorted and each once: lower case, one tag per word, without
/// punctuation.
pub fn normalise<'a>(tags: impl IntoIterator<Item = &'a str>) -> Tags {
    let mut all = String::new();
    for tag in tags {
        push_tags(tag, &mut all);
    }
    all.split(SEPARATOR)
        .filter(|tag| !tag.is_empty())
        .map(str::to_owned)
        .collect()
}

/// What a user's tags become.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TagPlan {
    /// All tags to send.
    pub send: Tags,
    /// Those among them that are ours from now on: what we bring, and what was ours already. A tag that
    /// others had set before we wanted it stays theirs, so that it is not taken away when we stop.
    pub ours: Tags,
}

/// What a user's tags become, from those read just before the send, those of them that were ours, and
/// those wanted now. `fields` are the tags of options that fields of this row set to something else:
/// sending such a tag back would undo the field.
pub fn plan(current: &Tags, ours: &Tags, wanted: &Tags, fields: &Tags) -> TagPlan {
    let others: Tags = current
        .iter()
        .filter(|tag| !ours.contains(*tag) && !fields.contains(*tag))
        .cloned()
        .collect();
    TagPlan {
        ours: wanted
            .iter()
            .filter(|tag| !others.contains(*tag))
            .cloned()
            .collect(),
        send: others.union(wanted).cloned().collect(),
    }
}

/// What the reading after the send shows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TagCheck {
    /// Tags of ours that are not there: somebody took them away, or Zendesk refused them.
    pub missing: Tags,
    /// Tags that nobody sent: somebody added them since, or a field brought them.
    pub added: Tags,
    /// Which of ours are really there: what the ledger keeps.
    pub ours: Tags,
}

/// Compares what was sent with what is there afterwards.
pub fn confirm(plan: &TagPlan, after: &Tags) -> TagCheck {
    TagCheck {
        missing: plan.ours.difference(after).cloned().collect(),
        added: after.difference(&plan.send).cloned().collect(),
        ours: plan.ours.intersection(after).cloned().collect(),
    }
}

/// The profile with these tags in place of its own: what is sent once the user's tags were read. What
/// is no JSON object stays what it is.
pub fn with_tags(profile: &[u8], tags: &Tags) -> Vec<u8> {
    let Ok(mut object) =
        serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(profile)
    else {
        return profile.to_vec();
    };
    object.insert(
        "tags".to_owned(),
        tags.iter()
            .cloned()
            .map(serde_json::Value::String)
            .collect(),
    );
    serde_json::Value::Object(object).to_string().into_bytes()
}

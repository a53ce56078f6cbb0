//! I-08: who may see a comment here and there.

use crate::remote::Origin;
use crate::schedule::Schedule;

impl Schedule<'_> {
    /// Visibility never widens: what was written or made private on one side is so on both. What was
    /// written is known from the moment it was, not from the rows that the core may have changed since.
    pub(super) fn check_visibility(&self) -> Option<(&'static str, String)> {
        let private = &self.ledger.private;
        for there in self.remote.tickets.iter().flat_map(|found| &found.comments) {
            let (Origin::Ours(id) | Origin::Repeats(id)) = &there.origin else {
                continue;
            };
            if there.public && self.was_written_private(id) {
                let said = format!("private comment {id} is public in Zendesk, as {}", there.id);
                return Some(("I-08", said));
            }
            // Nobody there hid it: we have.
            if !there.public && there.is_as_sent && self.was_written_public(id) {
                let said = format!("public comment {id} was sent as private");
                return Some(("I-08", said));
            }
        }
        for comment in self.db.desks.iter().flat_map(|desk| &desk.comments) {
            if comment.public && private.contains(&comment.id) {
                let said = format!("private comment {} became public here", comment.id);
                return Some(("I-08", said));
            }
            let there = comment.remote.and_then(|id| self.remote.comment(id));
            if comment.public && there.is_some_and(|there| !there.public) {
                let said = format!(
                    "comment {} is private in Zendesk and public here",
                    comment.id
                );
                return Some(("I-08", said));
            }
        }
        None
    }

    /// Whether a comment of a case was private from the start, wherever it was written.
    fn was_written_private(&self, id: &str) -> bool {
        let there = || {
            let there = id.strip_prefix('r')?.parse().ok()?;
            self.remote.comment(there)
        };
        self.ledger.private.contains(id)
            || there().is_some_and(|there| !there.public && there.is_as_sent)
    }

    /// Whether a comment was written here, for the customer to see.
    fn was_written_public(&self, id: &str) -> bool {
        !self.ledger.private.contains(id) && id.starts_with('l')
    }
}

//! Other systems are told what happens here, by signed webhooks that go out. What comes in from Zendesk is in
//! [`crate::webhooks`], and has nothing to do with these.
//!
//! What is to be told is a row for each endpoint that wants it, written in the transaction of the deed itself
//! (`telling`). It is sent at least once (`delivery`), always with the same id, so that who gets it twice
//! can tell.

mod change;
mod delivery;
mod kind;
mod message;
mod telling;
mod trial;
mod view;

pub use change::{
    Added, LONGEST_NAME, LONGEST_URL, MOST, PREVIOUS_HOLDS, Wrong, add, check, edit, remove, roll,
    send_again,
};
pub(crate) use delivery::serve;
pub use delivery::{KEEP_DELIVERED, KEEP_GIVEN_UP, KEEP_TRYING, deliver_due, tidy_up};
pub use kind::EventKind;
pub(crate) use telling::{Happening, tell};
pub use trial::{Tested, test};
pub use view::{EventPage, Overview, events, list};

/// Which endpoints may be told anything.
#[derive(Debug, Clone, Copy, Default)]
pub struct Rules {
    /// Whether one may be of this machine or of a private network.
    pub allow_private: bool,
}

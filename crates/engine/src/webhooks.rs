//! Webhooks: what Zendesk tells us by itself (reliability.md 7, zendesk-api.md 3.12).
//!
//! [`Gate`] takes deliveries: what is signed by Zendesk becomes a hint, and nothing else happens in
//! the request. [`install`], [`rotate`] and [`remove`] look after the webhook in Zendesk, and
//! [`status()`] tells how it does. Correctness never depends on any of it: polling alone converges.

mod counts;
mod gate;
mod installing;
mod status;

pub use counts::Counts;
pub use gate::{Answer, Delivery, Gate, LARGEST_BODY};
pub use installing::{Change, Installed, LONGEST_ADDRESS, PREVIOUS_LASTS, install, remove, rotate};
pub use status::{Standing, Status, in_zendesk, standing, status};

use crate::case_sync;
use crate::engine::Engine;
use crate::error::Result;

/// Looks at what deliveries named, of every active integration, as the workers do all the time.
/// Returns how many records were looked at.
///
/// # Errors
/// As the database says. What Zendesk says is told in the log, and the records wait on.
pub async fn heed(engine: &Engine) -> Result<usize> {
    Box::pin(case_sync::heed_all(engine)).await
}

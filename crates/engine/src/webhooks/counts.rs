//! How many deliveries came in, and what became of them.

use serde::{Deserialize, Serialize};
use store::{Connection, Tx, cursors};

use crate::engine::Engine;
use crate::error::Result;

/// Under which name they are kept, beside how far each stream has been read.
const STREAM: &str = "webhook deliveries";

/// Deliveries since the integration was made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    /// Signed by Zendesk and new: each led to a hint.
    pub noted: u64,
    /// Signed by Zendesk and seen before: repeats and replays.
    pub repeated: u64,
    /// Signed by Zendesk, about nothing that is kept here.
    pub ignored: u64,
    /// Refused: too large, or not signed by Zendesk just now.
    pub rejected: u64,
}

impl Counts {
    /// Both together.
    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            noted: self.noted.saturating_add(other.noted),
            repeated: self.repeated.saturating_add(other.repeated),
            ignored: self.ignored.saturating_add(other.ignored),
            rejected: self.rejected.saturating_add(other.rejected),
        }
    }

    /// What is kept of an integration. What an older version kept in another form counts from nought.
    ///
    /// # Errors
    /// As the database says.
    pub(super) async fn load(connection: &mut Connection, integration: &str) -> Result<Self> {
        let kept = cursors::load(connection, integration, STREAM).await?;
        Ok(kept
            .and_then(|kept| serde_json::from_str(&kept).ok())
            .unwrap_or_default())
    }

    /// Adds these to what is kept. Two processes that do so in the same moment may lose one of the
    /// two; nothing depends on it, and a lock would make Zendesk wait for whoever holds it.
    ///
    /// # Errors
    /// As the database says.
    pub(super) async fn add_to_kept(
        self,
        engine: &Engine,
        tx: &mut Tx,
        integration: &str,
    ) -> Result<()> {
        let all = Self::load(tx, integration).await?.plus(self);
        let text = serde_json::to_string(&all)
            .map_err(|error| store::Error::Damaged(error.to_string()))?;
        Ok(cursors::store(tx, integration, STREAM, &text, engine.now()).await?)
    }
}

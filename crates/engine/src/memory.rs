//! What one process remembers between its jobs. Nothing here is needed for correctness: another
//! process, or this one after a restart, begins without it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use store::integrations::Settings;
use tokio::sync::Notify;
use zendesk::Client;

/// How long a client is used again before it is made anew, so that an edited credential takes effect.
const FRESH: SignedDuration = SignedDuration::from_secs(60);

/// Connected clients by integration, and the bell that wakes idle workers.
#[derive(Default)]
pub struct Memory {
    clients: Mutex<HashMap<String, Remembered>>,
    bell: Notify,
}

struct Remembered {
    settings: Settings,
    since: Timestamp,
    client: Client,
}

impl Memory {
    /// The client of this integration, if one was made lately for the same settings.
    pub(crate) fn client(&self, id: &str, settings: &Settings, now: Timestamp) -> Option<Client> {
        let clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        let known = clients.get(id)?;
        let fresh = now.duration_since(known.since).abs() < FRESH;
        (fresh && known.settings == *settings).then(|| known.client.clone())
    }

    /// Remembers a client.
    pub(crate) fn keep_client(
        &self,
        id: &str,
        settings: &Settings,
        now: Timestamp,
        client: &Client,
    ) {
        let remembered = Remembered {
            settings: settings.clone(),
            since: now,
            client: client.clone(),
        };
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        clients.insert(id.to_owned(), remembered);
    }

    /// Forgets the client of this integration: its sign-in was refused, or its settings changed.
    pub(crate) fn forget_client(&self, id: &str) {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        clients.remove(id);
    }

    /// Wakes the workers of this process: there is something to do.
    pub fn ring(&self) {
        self.bell.notify_waiters();
    }

    /// Resolves at the next [`Memory::ring`].
    pub(crate) async fn rung(&self) {
        self.bell.notified().await;
    }
}

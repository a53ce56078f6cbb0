//! What everything here works with: database, key, clock, chance and settings, passed in once.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clock::{Clock, Dice};
use jiff::Timestamp;
use secrecy::SecretString;
use store::Store;
use store::audit::Act;
use store::secrets::Keyring;
use zendesk::AddressPolicy;

use crate::alerts::Channels;
use crate::attachments::Limits;
use crate::memory::Memory;
use crate::outgoing_webhooks::Rules;

/// A durable step, told to whoever listens. The binary's fault switch ends the process at one of
/// them, which is how the tests prove that every one of them can be survived.
pub type Checkpoint = Arc<dyn Fn(&'static str) + Send + Sync>;

/// Whether the worker of this name (a lease's holder) is known to have ended without giving its lease
/// back, so that nobody need wait for it to run out. `false` where that cannot be known.
pub type IsGone = Arc<dyn Fn(&str) -> bool + Send + Sync>;

/// Settings of the engine; `config.default.toml` says what each is for.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Who this process is, for leases.
    pub holder: String,
    /// How long a worker may be silent before another one takes over its job. Longer than one
    /// request with its timeout (reliability.md 5, step 8).
    pub lease: Duration,
    /// Records asked for per page of an export, 1 to 1,000.
    pub page_size: u32,
    /// The longest one request to Zendesk may take.
    pub request_timeout: Duration,
    /// Which addresses count as Zendesk.
    pub addresses: AddressPolicy,
    /// How long edits of a case are gathered before they are sent (reliability.md 8).
    pub settle: Duration,
    /// What files are fetched and sent at all.
    pub files: Limits,
    /// What may be read as a source of profiles, and where.
    pub sources: Sources,
    /// Where alerts go beside the notifications pane.
    pub alerts: Channels,
    /// Which endpoints of other systems may be told anything.
    pub outgoing_webhooks: Rules,
}

/// What may be read as a source of profiles, and where (profile-send.md 5).
#[derive(Debug, Clone)]
pub struct Sources {
    /// A folder with room for files that live as long as a workflow works.
    pub scratch: PathBuf,
    /// Folders whose files a query may name.
    pub import_folders: Vec<PathBuf>,
    /// The address of our own database, where a statement could reach it: it is refused as a source.
    pub own_database: Option<SecretString>,
    /// Where files are kept that people send with a form; without it none are taken.
    pub uploads: Option<Uploads>,
}

/// Where uploaded files are kept.
#[derive(Debug, Clone)]
pub struct Uploads {
    /// A folder of our own; each file gets one of its own in it.
    pub folder: PathBuf,
    /// The largest file that is taken, in bytes.
    pub largest: u64,
}

impl Default for Sources {
    /// The folder of the system for such files, and no other.
    fn default() -> Self {
        Self {
            scratch: std::env::temp_dir(),
            import_folders: Vec::new(),
            own_database: None,
            uploads: None,
        }
    }
}

/// What everything here works with. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    /// The database.
    pub store: Store,
    /// Opens sealed secrets.
    pub keyring: Arc<Keyring>,
    /// Tells the time and waits.
    pub clock: Arc<dyn Clock>,
    /// Draws identifiers.
    pub dice: Arc<dyn Dice>,
    /// Settings.
    pub settings: Arc<Settings>,
    /// Told of each durable step.
    pub checkpoint: Checkpoint,
    /// Tells workers that have died.
    pub is_gone: IsGone,
    /// What this process remembers between jobs.
    pub memory: Arc<Memory>,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine")
            .field("store", &self.store)
            .finish_non_exhaustive()
    }
}

impl Engine {
    /// The present moment.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A new identifier.
    pub(crate) fn new_id(&self) -> String {
        store::ids::new_id(self.now(), &*self.dice)
    }

    /// A new operation's id: 128 random bits, so that a restored database hands none out twice.
    pub(crate) fn new_op_id(&self) -> String {
        let mut bytes = [0; 16];
        self.dice.fill(&mut bytes);
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// An act of `actor` now, for the audit log.
    pub fn act<'a>(&'a self, actor: &'a str) -> Act<'a> {
        Act {
            actor,
            now: self.now(),
            dice: &*self.dice,
        }
    }

    pub(crate) fn reached(&self, step: &'static str) {
        (self.checkpoint)(step);
    }
}

//! The two kinds of database a test runs on.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use tempfile::TempDir;

/// Names the server whose databases may be made and dropped.
pub(crate) const VARIABLE: &str = "DESKBRIDGE_TEST_POSTGRES";

/// One database, with nothing in it at first. It is gone once the test has ended.
#[derive(Debug)]
pub struct Database {
    url: String,
    server: Option<(String, String)>,
    folder: TempDir,
}

impl Database {
    /// A new SQLite file.
    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!(
            "sqlite:{}?mode=rwc",
            folder.path().join("world.db").display()
        );
        Self {
            url,
            server: None,
            folder,
        }
    }

    /// A new database on the PostgreSQL server that `DESKBRIDGE_TEST_POSTGRES` names, if it names
    /// one. Else a line says that `name` was skipped there.
    pub async fn postgres(name: &str) -> Option<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let Some(server) = std::env::var(VARIABLE).ok().filter(|url| !url.is_empty()) else {
            skip(name);
            return None;
        };
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let database = format!("deskbridge_world_{}_{number}", std::process::id());
        let url = with_tables(&server, &database).await;
        Some(Self {
            url,
            server: Some((server, database)),
            folder: tempfile::tempdir().unwrap(),
        })
    }

    /// Its address, as `Store::open` takes it.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Whether it is PostgreSQL.
    pub fn is_postgres(&self) -> bool {
        self.server.is_some()
    }

    /// What to call it in a message.
    pub fn kind(&self) -> &'static str {
        if self.is_postgres() {
            "PostgreSQL"
        } else {
            "SQLite"
        }
    }

    /// A folder that lives as long as the database.
    pub fn folder(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    /// The same place without anything in it, for another world. Nothing may be connected to it.
    pub async fn emptied(self) -> Self {
        match self.server {
            Some((ref server, ref database)) => {
                with_tables(server, database).await;
                self
            }
            None => Self::sqlite(),
        }
    }

    /// Drops it. Nothing may be connected to it for long after.
    pub async fn remove(self) {
        if let Some((server, database)) = &self.server {
            store::scratch::drop(server, database).await.unwrap();
        }
    }
}

/// A new database with our tables in it.
async fn with_tables(server: &str, database: &str) -> String {
    let made = store::scratch::create_with_tables(server, database);
    made.await.unwrap()
}

#[expect(clippy::print_stdout, reason = "a skipped test says so in one line")]
fn skip(name: &str) {
    println!("skipped: {name} on PostgreSQL needs {VARIABLE}");
}

/// The name of the running test: Rust's harness names the thread after it.
pub(crate) fn test_name() -> String {
    std::thread::current().name().unwrap_or("a test").to_owned()
}

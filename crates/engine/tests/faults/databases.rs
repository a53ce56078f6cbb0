//! The database goes wrong in the middle of a pull: a sentence, nothing half-done, and the next pull
//! comes to the undisturbed end.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use engine::{Engine, schedule, worker};
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _};
use world::{ADMIN_EMAIL, Builder, World};

use crate::{assert_same, small, undisturbed};

/// Pulls with `engine`. Returns the sentence that a person reads, wherever it failed.
async fn fail(world: &World, engine: &Engine) -> String {
    let integration = world.integration().await;
    let pulled = async {
        let scheduled = schedule::schedule_sync(engine, &integration, ADMIN_EMAIL).await?;
        Box::pin(worker::see_through(
            engine,
            &integration.id,
            &scheduled.run_id,
        ))
        .await
    };
    match pulled.await {
        Ok(run) => crate::problem(run),
        Err(error) => error.to_string(),
    }
}

/// Then the cause is gone: whatever the failed pull left is taken up and completed.
async fn recover(world: &World, expected: &str) {
    world.sync_well().await;
    assert_same(expected, &world.dump().await);
}

/// Runs a statement on every connection that the store may have, and leaves it so.
async fn on_every_connection(world: &World, statement: &str) {
    let most = if world.database().is_postgres() {
        12
    } else {
        6
    };
    let mut connections = Vec::new();
    for _ in 0..most {
        connections.push(world.store().read().await.unwrap());
    }
    for connection in &mut connections {
        execute(connection, statement).await;
    }
    drop(connections);
    // SQLite's writer is a connection of its own.
    let mut tx = world.store().begin().await.unwrap();
    execute(&mut tx, statement).await;
    tx.commit().await.unwrap();
}

async fn execute(connection: &mut AnyConnection, statement: &str) {
    sqlx::raw_sql(AssertSqlSafe(statement.to_owned()))
        .execute(connection)
        .await
        .unwrap();
}

/// The engine of the world; when it reaches the step `name` for the `nth` time, it stops to let `act`
/// happen.
fn interrupted(
    world: &World,
    name: &'static str,
    nth: usize,
    act: impl Fn() + Send + Sync + 'static,
) -> Engine {
    let reached = AtomicUsize::new(0);
    Engine {
        checkpoint: Arc::new(move |step| {
            if step == name && reached.fetch_add(1, Ordering::SeqCst) + 1 == nth {
                act();
            }
        }),
        memory: Arc::default(),
        ..world.engine().clone()
    }
}

/// Another program's connection to a database, worked from wherever one is.
struct Stranger {
    runtime: tokio::runtime::Runtime,
    connection: Mutex<Option<AnyConnection>>,
}

impl Stranger {
    fn new() -> Arc<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        Arc::new(Self {
            runtime,
            connection: Mutex::new(None),
        })
    }

    /// Runs `work` on a thread that belongs to no runtime, and waits for it.
    fn outside<T: Send>(&self, work: impl FnOnce(&tokio::runtime::Runtime) -> T + Send) -> T {
        std::thread::scope(|scope| scope.spawn(|| work(&self.runtime)).join().unwrap())
    }

    /// Runs statements, and keeps the connection with what they hold.
    fn run(&self, url: &str, statements: &[&str]) {
        let connection = self.outside(|runtime| {
            runtime.block_on(async {
                let mut connection = AnyConnection::connect(url).await.unwrap();
                for statement in statements {
                    execute(&mut connection, statement).await;
                }
                connection
            })
        });
        *self.connection.lock().unwrap() = Some(connection);
    }

    /// Lets go of it all.
    fn leave(&self) {
        let connection = self.connection.lock().unwrap().take();
        self.outside(|runtime| {
            runtime.block_on(async {
                if let Some(connection) = connection {
                    connection.close().await.unwrap();
                }
            });
        });
    }
}

/// Ends the runtime outside of the test's own, where it may.
fn dismiss(stranger: Arc<Stranger>) {
    if let Some(stranger) = Arc::into_inner(stranger) {
        stranger.runtime.shutdown_background();
    }
}

/// A step at which no transaction is open, and one at which a page's is.
const READ: &str = "export: a page was read";
const WRITTEN: &str = "page: before it is committed";

/// Ends every connection to the world's database but its own.
fn killer(world: &World, stranger: &Arc<Stranger>) -> impl Fn() + Send + Sync + 'static {
    let (stranger, url) = (stranger.clone(), world.database().url().to_owned());
    move || {
        stranger.run(
            &url,
            &["SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
               WHERE datname = current_database() AND pid <> pg_backend_pid()"],
        );
    }
}

/// Enough for several pages, and for the file to have to grow.
fn ample() -> Builder {
    small().tickets(60).comments(3)
}

#[tokio::test]
async fn a_disk_that_is_full_is_told_and_loses_nothing() {
    ample()
        .each(async |world| {
            let expected = undisturbed(&ample(), world).await;
            if world.database().is_postgres() {
                // The very error of a full disk, from a trigger.
                on_every_connection(world, "SELECT 1").await;
                let mut tx = world.store().begin().await.unwrap();
                execute(
                    &mut tx,
                    "CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS \
                     $$ BEGIN RAISE EXCEPTION 'no space left' USING ERRCODE = '53100'; END $$; \
                     CREATE TRIGGER fill BEFORE INSERT ON crm_case EXECUTE FUNCTION fill()",
                )
                .await;
                tx.commit().await.unwrap();
            } else {
                // No page more than there are.
                on_every_connection(world, "PRAGMA max_page_count = 1").await;
            }
            let said = fail(world, world.engine()).await;
            insta::allow_duplicates! { insta::assert_snapshot!(said, @"The disk that holds the database is full. Nothing stored is lost: free some space and run the command again."); }
            if world.database().is_postgres() {
                let mut tx = world.store().begin().await.unwrap();
                execute(&mut tx, "DROP TRIGGER fill ON crm_case").await;
                tx.commit().await.unwrap();
            } else {
                on_every_connection(world, "PRAGMA max_page_count = 1000000").await;
            }
            recover(world, &expected).await;
        })
        .await;
}

#[tokio::test]
async fn a_database_that_another_program_holds_is_told_and_nothing_is_half_done() {
    ample()
        .each(async |world| {
            let expected = undisturbed(&ample(), world).await;
            // Nobody wants to wait for the fifteen seconds of real life.
            let (impatient, lock): (_, &[&str]) = if world.database().is_postgres() {
                (
                    "SET lock_timeout = '100ms'",
                    &["BEGIN; LOCK TABLE crm_case"],
                )
            } else {
                ("PRAGMA busy_timeout = 100", &["BEGIN IMMEDIATE"])
            };
            on_every_connection(world, impatient).await;
            let stranger = Stranger::new();
            let (holder, url) = (stranger.clone(), world.database().url().to_owned());
            let engine = interrupted(world, READ, 4, move || holder.run(&url, lock));
            let said = fail(world, &engine).await;
            insta::allow_duplicates! { insta::assert_snapshot!(said, @"The database is locked by another process and did not become free in time. Nothing was lost; the work is repeated by itself. If it stays so, end the other process (a backup or a database browser?)."); }
            stranger.leave();
            drop(engine);
            dismiss(stranger);
            recover(world, &expected).await;
        })
        .await;
}

#[tokio::test]
async fn a_server_that_ends_our_connections_is_told_and_nothing_is_half_done() {
    ample()
        .each(async |world| {
            if !world.database().is_postgres() {
                return;
            }
            let expected = undisturbed(&ample(), world).await;
            // While the transaction of a page is open.
            let mut told = Vec::new();
            for nth in [4, 9] {
                let stranger = Stranger::new();
                let engine = interrupted(world, WRITTEN, nth, killer(world, &stranger));
                told.push(fail(world, &engine).await);
                stranger.leave();
                drop(engine);
                dismiss(stranger);
            }
            insta::assert_snapshot!(told.join("\n"), @r"
        The connection to the database was lost. Nothing half-done was kept; the work is repeated by itself.
        The connection to the database was lost. Nothing half-done was kept; the work is repeated by itself.
        ");
            recover(world, &expected).await;
        })
        .await;
}

#[tokio::test]
async fn a_server_that_ends_our_connections_between_two_pages_is_not_even_noticed() {
    ample()
        .each(async |world| {
            if !world.database().is_postgres() {
                return;
            }
            let expected = undisturbed(&ample(), world).await;
            let stranger = Stranger::new();
            let engine = interrupted(world, READ, 3, killer(world, &stranger));
            let integration = world.integration().await;
            let run = schedule::schedule_sync(&engine, &integration, ADMIN_EMAIL)
                .await
                .unwrap();
            let run = Box::pin(worker::see_through(&engine, &integration.id, &run.run_id))
                .await
                .unwrap();
            assert_eq!(run.problem, None);
            stranger.leave();
            drop(engine);
            dismiss(stranger);
            assert_same(&expected, &world.dump().await);
        })
        .await;
}

//! A throw-away PostgreSQL cluster, for one run of the tests or benches.
//!
//! ```text
//! make a folder -> start the minder -> initdb -> start -> the task runs -> the minder stops it
//! ```
//!
//! The minder is a small shell that waits for this program to end, however it ends: well, with a
//! failure, by ctrl-c, even by kill -9. It then stops the one cluster in that folder, by the
//! process id that the cluster wrote there, and removes the folder.

use std::io::Write;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::Context;

use crate::command::{command, find_program, is_root, run_quietly, target};
use crate::debian;

/// The variable that tells tests and benches of a PostgreSQL server in which they may create and
/// drop databases. Unset: there is none.
pub(crate) const VARIABLE: &str = "DESKBRIDGE_TEST_POSTGRES";

/// The user that runs the server when we are root, since PostgreSQL refuses to.
const SERVER_USER: &str = "postgres";

/// Waits for the end of its input, then ends the cluster below folder `$1` and removes the folder.
///
/// The process id is believed only while that process works in our own data folder (the server
/// always does), so that an old file never leads to somebody else's process.
const MINDER: &str = r#"
trap '' INT TERM HUP
while read -r _; do :; done
pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null)
ours() { [ ! -d /proc/self ] || [ "$(readlink "/proc/$pid/cwd")" = "$1/data" ]; }
if [ -n "$pid" ] && ours "$1"; then
    kill -QUIT "$pid" 2>/dev/null
    tries=0
    while kill -0 "$pid" 2>/dev/null && [ "$tries" -lt 100 ]; do
        sleep 0.1
        tries=$((tries + 1))
    done
fi
rm -rf -- "$1"
"#;

/// What the cluster promises for committed data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Durability {
    /// Nothing survives a crash of the machine: tests, which are faster for it.
    ThrowAway,
    /// As PostgreSQL is set up by default: benches, whose numbers would flatter otherwise.
    AsInProduction,
}

/// A running server for tests. Dropping it ends the cluster, if it is our own.
#[derive(Debug)]
pub(crate) struct Postgres {
    url: String,
    minder: Option<Child>,
}

impl Postgres {
    /// Takes the server that the environment names, or starts a cluster of our own, for which
    /// PostgreSQL is installed if it is missing.
    ///
    /// # Errors
    /// Says what to install, or what the server wrote when it did not start.
    pub(crate) fn start(durability: Durability) -> anyhow::Result<Self> {
        if let Some(url) = std::env::var(VARIABLE).ok().filter(|url| !url.is_empty()) {
            println!("PostgreSQL: the server that {VARIABLE} names");
            return Ok(Self { url, minder: None });
        }
        let programs = match find_programs() {
            Some(programs) => programs,
            None => {
                debian::install(&["postgresql"])?;
                find_programs().context("postgresql was installed, but initdb is nowhere")?
            }
        };
        Self::start_cluster(&Server::below(programs)?, durability)
    }

    /// The address of the server's `postgres` database, for a superuser without a password.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    fn start_cluster(server: &Server, durability: Durability) -> anyhow::Result<Self> {
        let minder = start_minder(&server.folder)?;
        let mut cluster = Self {
            url: String::new(),
            minder: Some(minder),
        };
        let data = server.folder.join("data");
        run_quietly(
            server
                .program("initdb")
                .arg("--pgdata")
                .arg(&data)
                .args(["--username=postgres", "--auth=trust", "--encoding=UTF8"])
                .args(["--locale=C.UTF-8", "--no-sync", "--no-instructions"]),
        )
        .context("could not make a PostgreSQL cluster")?;
        write_settings(&data.join("postgresql.conf"), durability)?;

        // Another program may take the free port in the moment before the server does.
        let mut tries = 0;
        loop {
            let port = find_free_port()?;
            let started = run_quietly(
                server
                    .program("pg_ctl")
                    .args(["start", "--silent", "--wait", "--pgdata"])
                    .arg(&data)
                    .arg("--log")
                    .arg(server.folder.join("log"))
                    .arg(format!("--options=-p {port}")),
            );
            tries += 1;
            match started {
                Ok(_) => {
                    cluster.url = format!("postgres://postgres@127.0.0.1:{port}/postgres");
                    println!("PostgreSQL: a throw-away cluster on 127.0.0.1:{port}");
                    return Ok(cluster);
                }
                Err(_) if tries < 3 => {}
                Err(error) => {
                    let log =
                        std::fs::read_to_string(server.folder.join("log")).unwrap_or_default();
                    return Err(error.context(format!("PostgreSQL did not start:\n{log}")));
                }
            }
        }
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if let Some(minder) = &mut self.minder {
            drop(minder.stdin.take());
            if let Err(error) = minder.wait() {
                eprintln!("warning: the throw-away PostgreSQL may still run: {error}");
            }
        }
    }
}

/// Where the server's programs are, and the folder for its files.
#[derive(Debug)]
struct Server {
    programs: PathBuf,
    folder: PathBuf,
    as_root: bool,
}

impl Server {
    fn below(programs: PathBuf) -> anyhow::Result<Self> {
        let as_root = is_root();
        let parent = if as_root {
            // The server's user must reach the folder, and a checkout may lie below /root.
            std::env::temp_dir()
        } else {
            let parent = target().join("postgres-test");
            std::fs::create_dir_all(&parent)
                .with_context(|| format!("could not make the folder {}", parent.display()))?;
            parent
        };
        let made = run_quietly(
            command("mktemp")
                .args(["-d", "--"])
                .arg(parent.join("deskbridge-postgres.XXXXXXXX")),
        )
        .context("could not make a folder for PostgreSQL")?;
        let folder = Path::new(made.trim_end())
            .canonicalize()
            .context("the folder for PostgreSQL has gone")?;
        if as_root {
            run_quietly(command("chown").arg(SERVER_USER).arg(&folder))
                .context("PostgreSQL does not run as root and needs the user `postgres`")?;
        }
        Ok(Self {
            programs,
            folder,
            as_root,
        })
    }

    /// One of the server's programs, as the user that may run it.
    fn program(&self, name: &str) -> Command {
        let path = self.programs.join(name);
        let mut run = if self.as_root {
            let mut run = command("runuser");
            run.args(["-u", SERVER_USER, "--"]).arg(path);
            run
        } else {
            command(path)
        };
        run.current_dir(&self.folder);
        run
    }
}

/// The folder of the newest PostgreSQL server's programs. Debian keeps them off the search path.
fn find_programs() -> Option<PathBuf> {
    let debian = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let version: u32 = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .filter(|(_, folder)| is_server_folder(folder))
        .max();
    debian.map(|(_, folder)| folder).or_else(|| {
        let initdb = find_program("initdb")?.canonicalize().ok()?;
        let folder = initdb.parent()?;
        is_server_folder(folder).then(|| folder.to_path_buf())
    })
}

fn is_server_folder(folder: &Path) -> bool {
    ["initdb", "pg_ctl", "postgres"]
        .iter()
        .all(|program| folder.join(program).is_file())
}

/// Starts the minder in a process group of its own, so that ctrl-c on the terminal passes it by.
fn start_minder(folder: &Path) -> anyhow::Result<Child> {
    command("sh")
        .args(["-c", MINDER, "minder"])
        .arg(folder)
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .process_group(0)
        .spawn()
        .context("could not start the shell that ends PostgreSQL later")
}

fn write_settings(file: &Path, durability: Durability) -> anyhow::Result<()> {
    // One loopback address, and no socket file: nobody outside this machine is trusted.
    let mut settings = String::from(
        "\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = ''\nmax_connections = 300\n",
    );
    match durability {
        Durability::ThrowAway => settings
            .push_str("fsync = off\nsynchronous_commit = off\nfull_page_writes = off\njit = off\n"),
        Durability::AsInProduction => {}
    }
    std::fs::OpenOptions::new()
        .append(true)
        .open(file)
        .and_then(|mut file| file.write_all(settings.as_bytes()))
        .with_context(|| format!("could not write {}", file.display()))
}

fn find_free_port() -> anyhow::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .context("could not find a free port on 127.0.0.1")?;
    Ok(listener.local_addr()?.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn make_folder() -> PathBuf {
        let made = run_quietly(command("mktemp").arg("-d")).unwrap();
        Path::new(made.trim_end()).canonicalize().unwrap()
    }

    fn end(mut minder: Child) {
        drop(minder.stdin.take());
        minder.wait().unwrap();
    }

    #[test]
    fn the_minder_ends_the_process_that_works_in_its_folder_and_removes_the_folder() {
        let folder = make_folder();
        std::fs::create_dir(folder.join("data")).unwrap();
        let minder = start_minder(&folder).unwrap();
        let mut server = command("sh")
            .args(["-c", "exec sleep 600"])
            .current_dir(folder.join("data"))
            .spawn()
            .unwrap();
        std::fs::write(
            folder.join("data/postmaster.pid"),
            format!("{}\n", server.id()),
        )
        .unwrap();
        let reaper = std::thread::spawn(move || server.wait().unwrap());
        end(minder);
        assert!(!reaper.join().unwrap().success());
        assert!(!folder.exists());
    }

    #[test]
    fn the_minder_leaves_a_process_alone_that_works_elsewhere() {
        if !Path::new("/proc/self").exists() {
            return;
        }
        let folder = make_folder();
        std::fs::create_dir(folder.join("data")).unwrap();
        let minder = start_minder(&folder).unwrap();
        let mut stranger = command("sleep").arg("600").spawn().unwrap();
        std::fs::write(
            folder.join("data/postmaster.pid"),
            format!("{}\n", stranger.id()),
        )
        .unwrap();
        end(minder);
        let lives = stranger.try_wait().unwrap().is_none();
        stranger.kill().unwrap();
        stranger.wait().unwrap();
        assert!(lives);
        assert!(!folder.exists());
    }

    #[test]
    fn a_cluster_for_benches_keeps_its_promises_and_one_for_tests_does_not() {
        let settings = |durability| {
            let folder = make_folder();
            let file = folder.join("postgresql.conf");
            std::fs::write(&file, "# as made\n").unwrap();
            write_settings(&file, durability).unwrap();
            let written = std::fs::read_to_string(&file).unwrap();
            std::fs::remove_dir_all(folder).unwrap();
            written
        };
        assert!(settings(Durability::ThrowAway).contains("fsync = off"));
        assert!(!settings(Durability::AsInProduction).contains("fsync"));
        assert!(settings(Durability::ThrowAway).starts_with("# as made\n"));
    }
}

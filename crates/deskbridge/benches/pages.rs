//! How long pages take with very many cases: the real binary serving in a process of its own, its database
//! filled by a first pull from the bundled simulator.
//!
//! `cargo bench -p deskbridge --bench pages` makes 1,000,000 cases on SQLite, which takes a while; a number
//! as argument makes so many, and `data=FOLDER` keeps the installation there and takes the one it finds. What is measured is
//! the time from a request to the last byte of its answer over loopback, one request at a time, beside
//! `/healthz` in the same run: what the wire, the listener and the client take alone.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a bench measures real time, prints what it measured, and stops when it cannot"
)]

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use reqwest::header::{ACCEPT_ENCODING, CONTENT_TYPE, COOKIE, SET_COOKIE};

const BINARY: &str = env!("CARGO_BIN_EXE_deskbridge");
/// How often each page is asked for.
const TIMES: usize = 400;
/// How often before that, so that what is read for the first time is left out: a start-up is measured alone.
const WARM: usize = 5;
/// What the slowest of 100 may take.
const AIM: Duration = Duration::from_millis(50);
const FORM: &str = "application/x-www-form-urlencoded";

/// Lists as people open them. Words are such as the simulator's tickets and people have.
const PAGES: [(&str, &str); 24] = [
    ("", "/healthz"),
    ("", "/"),
    ("all", "/cases"),
    ("open", "/cases?status=open"),
    ("closed", "/cases?status=closed"),
    ("urgent", "/cases?priority=urgent"),
    ("nobody's", "/cases?assigned=nobody"),
    ("mine", "/cases?assigned=me"),
    ("mine, open", "/cases?assigned=me&status=open"),
    ("a common word", "/cases?q=order"),
    ("two words", "/cases?q=invoice+order"),
    ("a word nobody has", "/cases?q=zzzyx"),
    ("a number", "/cases?q=777"),
    ("a person", "/cases?q=ethan+johnson"),
    ("with a conflict", "/cases?conflict=yes"),
    ("with something parked", "/cases?parked=yes"),
    ("all", "/contacts"),
    ("a name", "/contacts?q=ethan"),
    ("all", "/accounts"),
    ("all", "/conflicts"),
    ("all", "/parked"),
    ("all", "/integrations"),
    ("all", "/workflows"),
    ("all", "/audit"),
];

/// A process that is ended with its owner.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let number = words.iter().find_map(|word| word.parse().ok());
    let cases: u64 = number.unwrap_or(1_000_000);
    let temporary = tempfile::tempdir().unwrap();
    let kept = words.iter().find_map(|word| word.strip_prefix("data="));
    let folder = kept.map_or_else(|| temporary.path().join("data"), PathBuf::from);
    let sign_in = folder.join("sign-in");
    if !sign_in.exists() {
        std::fs::create_dir_all(&folder).unwrap();
        fill(&folder, cases, &sign_in);
    }
    let password = std::fs::read_to_string(&sign_in).unwrap();
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap()
        .block_on(measure(&folder, password.trim()));
}

/// Fills a folder by a first pull, and notes how to sign in.
fn fill(folder: &Path, cases: u64, sign_in: &Path) {
    let began = Instant::now();
    let (tickets, users) = (cases.to_string(), (cases / 5).max(3).to_string());
    let child = Command::new(BINARY)
        .args(["demo", "--listen", "127.0.0.1:0", "--tickets", &tickets])
        .args(["--users", &users, "--data"])
        .arg(folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the demonstration starts");
    let mut demo = Running(child);
    let mut lines = BufReader::new(demo.0.stdout.take().unwrap()).lines();
    let password = lines.find_map(|line| {
        let line = line.unwrap();
        let password = line.strip_prefix("Password")?;
        Some(password.trim().to_owned())
    });
    std::fs::write(sign_in, password.expect("it says how to sign in")).unwrap();
    println!(
        "{cases} cases made in {:.0} s",
        began.elapsed().as_secs_f64()
    );
}

/// Starts to serve, and measures.
async fn measure(folder: &Path, password: &str) {
    let began = Instant::now();
    let child = Command::new(BINARY)
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(folder)
        .env("DESKBRIDGE_ALLOW_LOOPBACK", "1")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let mut serve = Running(child);
    let mut lines = BufReader::new(serve.0.stdout.take().unwrap()).lines();
    let base = lines.find_map(|line| {
        let line = line.unwrap();
        let at = line.find("http://")?;
        Some(line[at..].trim_end_matches('/').to_owned())
    });
    let base = base.expect("it says where it serves");
    // The client asks for one, although all of this goes over plain HTTP.
    drop(rustls::crypto::ring::default_provider().install_default());
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        // What travels is weighed, not what comes out of it.
        .no_gzip()
        .build()
        .unwrap();
    let first = client.get(format!("{base}/login")).send().await.unwrap();
    assert_eq!(first.status(), 200);
    first.bytes().await.unwrap();
    println!(
        "start to first page: {:.3} s",
        began.elapsed().as_secs_f64()
    );

    let form = format!("email=agent%40example.com&password={password}");
    let request = client.post(format!("{base}/login"));
    let answer = request
        .header(CONTENT_TYPE, FORM)
        .body(form)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 303, "the sign-in is taken");
    let cookie = answer.headers()[SET_COOKIE].to_str().unwrap();
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let desk = Desk {
        client,
        base,
        cookie,
    };

    println!(
        "page                                        |     p50 |     p99 | slowest | of /healthz | kB, with all it loads"
    );
    println!(
        "--------------------------------------------|---------|---------|---------|-------------|----------------------"
    );
    let mut ground = 0.0;
    let mut late = Vec::new();
    let mut deep = PAGES.to_vec();
    let far = desk.far("/cases", 40).await;
    deep.push(("40 pages further", &far));
    for (name, path) in deep {
        let measured = desk.measure(path).await;
        let p50 = measured.at(50);
        if path == "/healthz" {
            ground = p50;
        }
        let size = desk.weight(path).await as f64 / 1_000.0;
        println!(
            "{:<43} | {p50:>4.1} ms | {:>4.1} ms | {:>4.1} ms | {:>10.1}× | {size:>6.1}",
            if name.is_empty() {
                path.to_owned()
            } else {
                format!("{} ({name})", path.chars().take(24).collect::<String>())
            },
            measured.at(99),
            measured.at(100),
            p50 / ground,
        );
        if measured.at(99) > AIM.as_secs_f64() * 1_000.0 || size > 100.0 {
            late.push(path.to_owned());
        }
    }
    match late.is_empty() {
        true => println!(
            "every page is under {} ms at p99 and under 100 kB",
            AIM.as_millis()
        ),
        false => println!(
            "over {} ms at p99, or over 100 kB: {}",
            AIM.as_millis(),
            late.join(", ")
        ),
    }
}

/// How long each answer took, in milliseconds, the shortest first.
struct Times(Vec<f64>);

impl Times {
    fn at(&self, percent: usize) -> f64 {
        let at = (self.0.len() * percent).div_ceil(100).saturating_sub(1);
        self.0.get(at).copied().unwrap_or_default()
    }
}

/// Somebody who has signed in.
struct Desk {
    client: reqwest::Client,
    base: String,
    cookie: String,
}

impl Desk {
    async fn get(&self, path: &str) -> String {
        let request = self.client.get(format!("{}{path}", self.base));
        let answer = request.header(COOKIE, &self.cookie).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        answer.text().await.unwrap()
    }

    async fn measure(&self, path: &str) -> Times {
        for _ in 0..WARM {
            self.get(path).await;
        }
        let mut times = Vec::with_capacity(TIMES);
        for _ in 0..TIMES {
            let began = Instant::now();
            self.get(path).await;
            times.push(began.elapsed().as_secs_f64() * 1_000.0);
        }
        times.sort_by(f64::total_cmp);
        Times(times)
    }

    /// The bytes of a page and of every style, script and picture it loads, as they travel.
    async fn weight(&self, path: &str) -> usize {
        let page = self.get(path).await;
        let mut all = page.len();
        let mut loaded: Vec<&str> = page
            .split(['"', '\''])
            .filter(|part| part.starts_with("/assets/"))
            .collect();
        loaded.sort_unstable();
        loaded.dedup();
        for asset in loaded {
            let request = self.client.get(format!("{}{asset}", self.base));
            let answer = request.header(ACCEPT_ENCODING, "gzip").send().await;
            all += answer.unwrap().bytes().await.unwrap().len();
        }
        all
    }

    /// The address of a list's page so many pages further.
    async fn far(&self, path: &str, pages: usize) -> String {
        let mut path = path.to_owned();
        for _ in 0..pages {
            let page = self.get(&path).await;
            let links = page.split("href=\"").skip(1);
            let mut links = links.filter_map(|rest| rest.split('"').next());
            let Some(next) = links.find(|link| link.contains("before=")) else {
                break;
            };
            path = next.replace("&amp;", "&").replace("&#38;", "&");
        }
        path
    }
}

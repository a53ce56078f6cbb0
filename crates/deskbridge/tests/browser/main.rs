//! What a person sees: the demonstration in a real Chromium.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a failed unwrap is a failed test, and a skipped one says so"
)]

mod desk;
mod driver;
mod journeys;
mod person;
mod walk;
mod wire;

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use driver::Browser;
use serde_json::json;

/// Names the WebDriver server; `cargo xtask test` sets it.
const DRIVER: &str = "DESKBRIDGE_TEST_CHROMEDRIVER";

/// The lines of the ticket panel, as ticket-sync.md 3 promises them.
const LABELS: [&str; 10] = [
    "Ticket Number",
    "Recipients Email",
    "Status",
    "Type",
    "Submitter",
    "Assignee",
    "Requester",
    "Priority",
    "Problem",
    "Collaborators",
];

/// A running demonstration. Dropping it ends the process.
struct Demo {
    process: Child,
    address: String,
    email: String,
    password: String,
    _data: tempfile::TempDir,
}

impl Demo {
    /// Starts it with little data on a free port, and reads from what it prints how to sign in.
    fn start() -> Self {
        let data = tempfile::tempdir().unwrap();
        let mut process = Command::new(env!("CARGO_BIN_EXE_deskbridge"))
            .args(["demo", "--tickets", "80", "--users", "24"])
            .args(["--listen", "127.0.0.1:0", "--data"])
            .arg(data.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut said = |label: &str| loop {
            let Some(line) = lines.next() else {
                panic!("the demonstration ended before it said its {label:?}");
            };
            if let Some(value) = line.unwrap().strip_prefix(label) {
                return value.trim().to_owned();
            }
        };
        let address = said("Open ");
        Self {
            address: address.trim_end_matches('/').to_owned(),
            email: said("Email "),
            password: said("Password "),
            process,
            _data: data,
        }
    }
}

impl Demo {
    /// Signs in as the demonstration says.
    fn sign_in(&self, browser: &Browser) {
        browser.open(&format!("{}/login", self.address));
        browser.type_into("#email", &self.email);
        browser.type_into("#password", &self.password);
        browser.click("main form button");
        browser.text(".who");
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

#[test]
fn a_person_signs_in_finds_a_case_reads_its_ticket_panel_and_comments_and_signs_out() {
    let Some(driver) = std::env::var(DRIVER).ok().filter(|path| !path.is_empty()) else {
        println!("skipped: browser needs {DRIVER} (cargo xtask test sets it)");
        return;
    };
    let demo = Demo::start();
    let browser = Browser::start(&driver);
    let at = |path: &str| format!("{}{path}", demo.address);

    browser.open(&at("/"));
    assert_eq!(browser.title(), "Sign in · Deskbridge");
    look(&browser, "login");
    browser.type_into("#email", &demo.email);
    browser.type_into("#password", &demo.password);
    browser.click("form button");
    assert!(browser.text(".tiles").contains("parked"));
    assert_eq!(browser.address(), at("/"));
    look(&browser, "home");
    browser.click("nav a[href='/cases']");
    browser.text(".cases tbody tr");
    assert_eq!(browser.address(), at("/cases"));
    assert_eq!(browser.texts(".cases tbody tr").len(), 50);
    look(&browser, "cases");

    browser.click("nav a[href='/integrations']");
    let line = browser.text(".integrations tbody tr");
    for told in ["demo", "Zendesk", "Active", "completed", "tickets read"] {
        assert!(line.contains(told), "{told} is missing in {line}");
    }
    look(&browser, "integrations");

    browser.click("nav a[href='/cases']");
    let subject = browser.text(".cases tbody .subject a");
    browser.click(".cases tbody .subject a");
    let heading = browser.text(".case-head h1");
    assert!(heading.ends_with(&subject), "{heading} is not {subject}");
    let labels = browser.texts("#ticket-panel h2 + dl dt");
    assert_eq!(labels, LABELS);
    let number = browser.text("#ticket-panel dd a");
    assert!(number.parse::<i64>().is_ok(), "{number}");
    let comments = browser.texts(".comments .text");
    assert!(comments.len() >= 3, "{comments:?}");
    assert!(comments.iter().all(|text| !text.trim().is_empty()));
    look(&browser, "case");

    browser.click(".who button");
    browser.text("#password");
    browser.open(&at("/cases"));
    assert_eq!(browser.address(), at("/login?next=/cases"));
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

/// Keeps a picture for README, as wide as it is shown there.
fn picture(browser: &Browser, name: &str) {
    let screen = json!({"width": 1180, "height": 820, "deviceScaleFactor": 1, "mobile": false});
    browser.command("Emulation.setDeviceMetricsOverride", &screen);
    browser.picture(&screenshots().join(format!("readme-{name}.png")));
    browser.command("Emulation.clearDeviceMetricsOverride", &json!({}));
}

/// Where pictures are kept.
fn screenshots() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("../screenshots")
}

/// Keeps pictures of a page by day, by night and on a phone, and checks that nothing sticks out.
fn look(browser: &Browser, name: &str) {
    let folder = screenshots();
    for (kind, width, height, scheme) in [
        ("wide", 1360, 1300, "light"),
        ("night", 1360, 1300, "dark"),
        ("phone", 390, 844, "light"),
    ] {
        let screen = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500});
        browser.command("Emulation.setDeviceMetricsOverride", &screen);
        let media = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        browser.command("Emulation.setEmulatedMedia", &media);
        // Not the window's own width: on a phone it grows with what sticks out.
        let wider = format!("document.documentElement.scrollWidth - {width}");
        let wider = browser.evaluate(&wider);
        assert!(
            wider.as_i64().unwrap() <= 0,
            "{name}, {kind}: {wider} pixels stick out"
        );
        browser.picture(&folder.join(format!("{name}-{kind}.png")));
    }
    browser.command("Emulation.clearDeviceMetricsOverride", &json!({}));
}

//! A WebDriver client of few words (W3C WebDriver, and Chromium's own commands beside it).
//!
//! Ten commands over plain HTTP do not ask for a library.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use base64::Engine as _;
use serde_json::{Value, json};

use crate::wire;

/// Under this key WebDriver names an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// How long the driver looks for what is not there yet, and waits for a page, in milliseconds. It is the
/// only waiting there is: for a condition, with an end.
const PATIENCE: u32 = 30_000;

/// An element of the page that is shown.
pub(crate) struct Element(String);

/// A running browser. Dropping it ends browser and driver.
pub(crate) struct Browser {
    driver: Child,
    address: SocketAddr,
    session: String,
    _profile: tempfile::TempDir,
}

impl Browser {
    /// Starts the driver at `path` on a free port, and Chromium with a fresh profile.
    pub(crate) fn start(path: &str) -> Self {
        let profile = tempfile::tempdir().unwrap();
        let mut driver = Command::new(path)
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let port = read_port(&mut driver);
        let mut browser = Self {
            driver,
            address: SocketAddr::from(([127, 0, 0, 1], port)),
            session: String::new(),
            _profile: profile,
        };
        let folder = browser._profile.path().display();
        let arguments = [
            "--headless".to_owned(),
            "--no-sandbox".to_owned(),
            "--disable-gpu".to_owned(),
            "--disable-quic".to_owned(),
            "--no-first-run".to_owned(),
            "--disable-background-networking".to_owned(),
            "--disable-component-update".to_owned(),
            "--disable-sync".to_owned(),
            "--disable-dev-shm-usage".to_owned(),
            "--no-proxy-server".to_owned(),
            "--window-size=1360,900".to_owned(),
            format!("--user-data-dir={folder}"),
        ];
        let wish = json!({"capabilities": {"alwaysMatch": {
            "browserName": "chrome",
            "goog:chromeOptions": {"args": arguments},
            "goog:loggingPrefs": {"browser": "ALL"},
            "timeouts": {"implicit": PATIENCE, "pageLoad": PATIENCE},
        }}});
        let answer = browser.call("POST", "/session", &wish);
        browser.session = answer["sessionId"].as_str().unwrap().to_owned();
        browser
    }

    pub(crate) fn open(&self, address: &str) {
        self.post("/url", &json!({"url": address}));
    }

    /// The address shown.
    pub(crate) fn address(&self) -> String {
        self.get("/url").as_str().unwrap().to_owned()
    }

    pub(crate) fn title(&self) -> String {
        self.get("/title").as_str().unwrap().to_owned()
    }

    /// The text of the first element that a selector finds, waiting for it to be there.
    pub(crate) fn text(&self, selector: &str) -> String {
        self.text_of(&self.find(selector))
    }

    /// The texts of all elements that a selector finds.
    pub(crate) fn texts(&self, selector: &str) -> Vec<String> {
        let wish = json!({"using": "css selector", "value": selector});
        let found = self.post("/elements", &wish);
        let elements = found.as_array().unwrap().iter();
        elements
            .map(|element| self.text_of(element[ELEMENT].as_str().unwrap()))
            .collect()
    }

    pub(crate) fn click(&self, selector: &str) {
        let element = self.find(selector);
        self.post(&format!("/element/{element}/click"), &json!({}));
    }

    pub(crate) fn type_into(&self, selector: &str, text: &str) {
        let element = self.find(selector);
        let wish = json!({"text": text});
        self.post(&format!("/element/{element}/value"), &wish);
    }

    /// The first element that an XPath finds, waiting for it to be there.
    pub(crate) fn seek(&self, path: &str) -> Element {
        let wish = json!({"using": "xpath", "value": path});
        let found = self.post("/element", &wish);
        Element(found[ELEMENT].as_str().unwrap().to_owned())
    }

    /// Clicks an element, which must be in sight: the driver clicks where a person would. Not, if the
    /// page has put another into its place by now, as parts that move by themselves do.
    pub(crate) fn press(&self, Element(id): &Element) -> bool {
        let path = format!("/session/{}/element/{id}/click", self.session);
        let (status, value) = self.try_call("POST", &path, &json!({})).unwrap();
        let is_gone = status == 404 && value["error"] == "stale element reference";
        assert!(is_gone || status == 200, "a click on {path}: {value}");
        !is_gone
    }

    /// Puts a text into a field in place of what stands there; a file's path into a field for files.
    pub(crate) fn fill(&self, Element(id): &Element, text: &str, clear: bool) {
        if clear {
            self.post(&format!("/element/{id}/clear"), &json!({}));
        }
        self.post(&format!("/element/{id}/value"), &json!({"text": text}));
    }

    /// Whether an element is in sight; not, if it is gone from the page by now.
    pub(crate) fn is_in_sight(&self, Element(id): &Element) -> bool {
        let path = format!("/session/{}/element/{id}/displayed", self.session);
        let (status, value) = self.try_call("GET", &path, &Value::Null).unwrap();
        status == 200 && value == true
    }

    /// What a script finds on the page.
    pub(crate) fn evaluate(&self, script: &str) -> Value {
        let wish = json!({"script": format!("return {script}"), "args": []});
        self.post("/execute/sync", &wish)
    }

    /// What a script finds that gives its answer to the function it is called with last.
    pub(crate) fn evaluate_later(&self, script: &str) -> Value {
        let wish = json!({"script": script, "args": []});
        self.post("/execute/async", &wish)
    }

    /// Gives one of Chromium's own commands.
    pub(crate) fn command(&self, name: &str, parameters: &Value) {
        let wish = json!({"cmd": name, "params": parameters});
        self.post("/goog/cdp/execute", &wish);
    }

    /// The lines of the console that are no mere notes.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let log = self.post("/se/log", &json!({"type": "browser"}));
        let lines = log.as_array().unwrap().iter();
        lines
            .filter(|line| line["level"] == "SEVERE" || line["level"] == "WARNING")
            .map(|line| line["message"].to_string())
            .collect()
    }

    /// Keeps a picture of the page.
    pub(crate) fn picture(&self, file: &Path) {
        let picture = self.get("/screenshot");
        let bytes = base64::engine::general_purpose::STANDARD
            .decode(picture.as_str().unwrap())
            .unwrap();
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, bytes).unwrap();
    }

    fn find(&self, selector: &str) -> String {
        let wish = json!({"using": "css selector", "value": selector});
        let found = self.post("/element", &wish);
        found[ELEMENT].as_str().unwrap().to_owned()
    }

    fn text_of(&self, element: &str) -> String {
        let text = self.get(&format!("/element/{element}/text"));
        text.as_str().unwrap().to_owned()
    }

    fn get(&self, path: &str) -> Value {
        self.call(
            "GET",
            &format!("/session/{}{path}", self.session),
            &Value::Null,
        )
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        self.call("POST", &format!("/session/{}{path}", self.session), body)
    }

    fn call(&self, method: &str, path: &str, body: &Value) -> Value {
        let (status, value) = self.try_call(method, path, body).unwrap();
        assert_eq!(status, 200, "{method} {path} {body}: {value}");
        value
    }

    fn try_call(&self, method: &str, path: &str, body: &Value) -> std::io::Result<(u16, Value)> {
        let (status, mut answer) = wire::call(self.address, method, path, &[], body)?;
        Ok((status, answer["value"].take()))
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The browser ends with its session, the driver by itself only on request. Whatever fails
        // here fails in a test that has said what is wrong already.
        let session = format!("/session/{}", self.session);
        drop(self.try_call("DELETE", &session, &Value::Null));
        drop(self.driver.kill());
        drop(self.driver.wait());
    }
}

/// The driver says on its standard output which port it has found.
fn read_port(driver: &mut Child) -> u16 {
    let output = BufReader::new(driver.stdout.take().unwrap());
    let mut said = String::new();
    for line in output.lines() {
        let line = line.unwrap();
        let port = line
            .split_once("started successfully on port ")
            .and_then(|(_, port)| port.trim_end_matches('.').parse().ok());
        if let Some(port) = port {
            return port;
        }
        said.push_str(&line);
    }
    panic!("the driver did not say on which port it listens: {said}");
}

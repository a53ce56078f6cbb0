//! The REST API held to its own document: schemathesis makes calls of all kinds from it, sound and unsound,
//! against the running server. No call may be answered with an error of the server, or in a way that the
//! document does not tell.

use std::process::Stdio;

use reqwest::header::{CONTENT_TYPE, COOKIE, SET_COOKIE};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

use crate::desk::{Desk, in_time, terminate};

/// Names the program `schemathesis`; `cargo xtask test` sets it.
const SCHEMATHESIS: &str = "DESKBRIDGE_TEST_SCHEMATHESIS";

/// What every answer is held to. Whether sound input is taken is not among them: the document cannot say
/// which ids there are.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
     response_headers_conformance,response_schema_conformance,unsupported_method,ignored_auth";

/// How many calls are made of each operation in each of the two ways.
const CALLS: &str = "12";

const FORM: &str = "application/x-www-form-urlencoded";

#[expect(
    clippy::disallowed_methods,
    reason = "a person's browser, which is no part of the product"
)]
/// A token for everything, made on the pages as a person makes one.
async fn token(base: &str, email: &str, password: &str) -> String {
    // The client asks for one, although all of this goes over plain HTTP.
    drop(rustls::crypto::ring::default_provider().install_default());
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let post = async |path: &str, cookie: &str, form: String| {
        let request = client.post(format!("{base}{path}")).header(COOKIE, cookie);
        let request = request.header(CONTENT_TYPE, FORM).body(form);
        request.send().await.unwrap()
    };
    let form = format!("email={}&password={password}", email.replace('@', "%40"));
    let answer = post("/login", "", form).await;
    let cookie = answer.headers()[SET_COOKIE].to_str().unwrap();
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let scopes: Vec<String> = web::Scope::ALL
        .iter()
        .map(|scope| format!("&scope={}", scope.as_str()))
        .collect();
    let form = format!("name=contract&days=30{}", scopes.concat());
    let page = post("/tokens", &cookie, form).await.text().await.unwrap();
    let (_, rest) = page.split_once("<code>deskbridge_").expect(&page);
    let (token, _) = rest.split_once('<').unwrap();
    format!("deskbridge_{token}")
}

#[tokio::test]
async fn every_answer_of_the_api_is_one_that_its_document_tells() {
    let Some(schemathesis) = std::env::var_os(SCHEMATHESIS).filter(|path| !path.is_empty()) else {
        println!("skipped: needs {SCHEMATHESIS} (cargo xtask test sets it)");
        return;
    };
    let mut desk = Desk::bare();
    let place = tempfile::tempdir().unwrap();
    desk.set("TMPDIR", place.path().to_str().unwrap());
    let mut demo = desk
        .command(&["demo", "--listen", "127.0.0.1:0", "--tickets", "20"])
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(demo.stdout.take().unwrap()).lines();
    let mut said = async |label: &str| loop {
        let line = in_time(lines.next_line()).await.unwrap().unwrap();
        if let Some(value) = line.strip_prefix(label) {
            break value.trim().to_owned();
        }
    };
    let base = said("Open ").await.trim_end_matches('/').to_owned();
    let (email, password) = (said("Email ").await, said("Password ").await);
    let token = token(&base, &email, &password).await;
    let run = Command::new(schemathesis)
        .arg("run")
        .arg(format!("{base}/api/v1/openapi.json"))
        .args(["--header", &format!("Authorization:Bearer {token}")])
        .args(["--checks", CHECKS, "--phases", "examples,coverage,fuzzing"])
        .args(["--max-examples", CALLS, "--seed", "20261123"])
        // One worker: with more, Python 3.11 fails in its own parser.
        .args(["--request-timeout", "20", "--no-color", "--workers", "1"])
        .args(["--generation-database", "none", "--no-shrink"])
        .args(["--suppress-health-check", "all", "--warnings", "off"])
        .current_dir(place.path())
        .stdin(Stdio::null())
        .output()
        .await
        .unwrap();
    let told = String::from_utf8_lossy(&run.stdout);
    assert!(
        run.status.success(),
        "{told}\n{}",
        String::from_utf8_lossy(&run.stderr)
    );
    println!("{told}");
    terminate(&demo).await;
    in_time(demo.wait()).await.unwrap();
}

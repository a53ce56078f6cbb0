//! Commands that stay: `serve` and `demo`.

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::process::Child;

use crate::desk::{Desk, in_time, terminate, zendesk};

/// Reads the child's standard output up to the line that holds an address, and returns that.
async fn address_of(child: &mut Child) -> String {
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    while let Some(line) = in_time(lines.next_line()).await.unwrap() {
        if let Some((_, address)) = line.split_once("http://") {
            return address.trim_end_matches('/').to_owned();
        }
    }
    panic!("it ended without naming an address");
}

async fn get(address: &str, path: &str) -> String {
    let mut socket = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    in_time(socket.read_to_string(&mut answer)).await.unwrap();
    answer
}

async fn ends_well(mut child: Child) {
    terminate(&child).await;
    assert_eq!(in_time(child.wait()).await.unwrap().code(), Some(0));
}

#[tokio::test]
async fn serve_offers_pages_does_the_work_and_ends_when_asked() {
    Desk::each(async |desk| {
        let zendesk = zendesk(|_| {}).await;
        // The first run was asked for by the activation; the worker of `serve` does it.
        desk.set_up(&zendesk.url()).await;
        let mut serve = desk
            .command(&["serve", "--listen", "127.0.0.1:0"])
            .spawn()
            .unwrap();
        let address = address_of(&mut serve).await;
        let healthy = get(&address, "/healthz").await;
        assert!(healthy.starts_with("HTTP/1.1 200"), "{healthy}");
        let ready = get(&address, "/readyz").await;
        assert!(ready.starts_with("HTTP/1.1 200"), "{ready}");
        // Joins the run that the worker has claimed or done, or does it: cases are there after it.
        desk.ok(&["sync", "main", "--json"]).await;
        let cases = desk.json(&["case", "list", "--json"]).await;
        assert_eq!(cases["cases"].as_array().unwrap().len(), 8);
        ends_well(serve).await;
    })
    .await;
}

#[tokio::test]
async fn where_nothing_is_set_up_serve_makes_the_installation_and_prints_a_link() {
    let desk = Desk::bare();
    let mut serve = desk
        .command(&["serve", "--listen", "127.0.0.1:0"])
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(serve.stdout.take().unwrap()).lines();
    let link = loop {
        let line = in_time(lines.next_line()).await.unwrap().unwrap();
        if let Some((_, link)) = line.split_once("open http://") {
            break link.to_owned();
        }
    };
    let (address, path) = link.split_once('/').unwrap();
    assert!(desk.data().join("deskbridge.db").exists());
    let led = get(address, "/cases").await;
    assert!(led.contains("location: /setup"), "{led}");
    let closed = get(address, "/setup").await;
    assert!(closed.contains("Look at the terminal"), "{closed}");
    let open = get(address, &format!("/{path}")).await;
    assert!(open.contains("First administrator"), "{open}");
    ends_well(serve).await;
    // `init` goes on where `serve` left it.
    desk.init().await;
}

#[tokio::test]
async fn an_address_that_is_taken_is_refused_with_what_to_do() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let desk = Desk::bare();
    desk.init().await;
    let said = desk.refused(1, &["serve", "--listen", &address]).await;
    assert!(said.contains("--listen"), "{said}");
    let said = desk.refused(2, &["serve", "--listen", "nowhere"]).await;
    assert!(said.contains("IP:PORT"), "{said}");
}

#[tokio::test]
async fn the_demonstration_ends_with_one_summary_and_leaves_nothing_behind() {
    let mut desk = Desk::bare();
    let place = tempfile::tempdir().unwrap();
    desk.set("TMPDIR", place.path().to_str().unwrap());
    let summary = desk
        .json(&[
            "demo",
            "--exit",
            "--json",
            "--tickets",
            "25",
            "--users",
            "8",
        ])
        .await;
    assert_eq!(summary["state"], "completed");
    assert_eq!(summary["cases"]["created"], 25);
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 0);
    assert_eq!(
        std::fs::read_dir(desk.data()).unwrap().count(),
        0,
        "an installation named by the environment is not touched"
    );
}

#[tokio::test]
async fn the_demonstration_serves_its_pages_and_prints_a_login() {
    let mut desk = Desk::bare();
    let place = tempfile::tempdir().unwrap();
    desk.set("TMPDIR", place.path().to_str().unwrap());
    let mut demo = desk
        .command(&["demo", "--listen", "127.0.0.1:0", "--tickets", "10"])
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(demo.stdout.take().unwrap()).lines();
    let mut said = Vec::new();
    while !said
        .iter()
        .any(|line: &String| line.starts_with("Password"))
    {
        said.push(in_time(lines.next_line()).await.unwrap().unwrap());
    }
    let open = said.iter().find(|line| line.starts_with("Open")).unwrap();
    let address = open.split("http://").nth(1).unwrap().trim_end_matches('/');
    assert!(
        said.iter()
            .any(|line| line == "Email     agent@example.com"),
        "{said:?}"
    );
    assert!(get(address, "/healthz").await.starts_with("HTTP/1.1 200"));
    ends_well(demo).await;
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_demonstration_never_takes_over_a_folder_that_is_in_use() {
    let desk = Desk::bare();
    desk.init().await;
    let data = desk.data().to_str().unwrap().to_owned();
    let said = desk.refused(1, &["demo", "--exit", "--data", &data]).await;
    assert!(said.contains("holds an installation already"), "{said}");
}

#[tokio::test]
async fn a_demonstration_ends_when_asked_during_its_first_run() {
    let mut desk = Desk::bare();
    let place = tempfile::tempdir().unwrap();
    desk.set("TMPDIR", place.path().to_str().unwrap());
    let mut demo = desk
        .command(&["demo", "--listen", "127.0.0.1:0", "--tickets", "30000"])
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(demo.stderr.take().unwrap()).lines();
    in_time(lines.next_line()).await.unwrap().unwrap();
    terminate(&demo).await;
    assert_eq!(in_time(demo.wait()).await.unwrap().code(), Some(1));
    let mut said = String::new();
    while let Some(line) = in_time(lines.next_line()).await.unwrap() {
        said.push_str(&line);
    }
    assert!(said.contains("before its first run was over"), "{said}");
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 0);
}

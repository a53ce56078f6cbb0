//! Objects of an object store as a source, from a store on this machine that speaks as Amazon's does.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::desk::Desk;

/// What the store holds under its one key, and what it was asked.
#[derive(Clone, Default)]
struct Store {
    object: Arc<Mutex<Option<String>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Store {
    fn put(&self, object: Option<&str>) {
        *self.object.lock().unwrap() = object.map(str::to_owned);
    }

    async fn listen(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let store = self.clone();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                store.answer(socket).await.unwrap();
            }
        });
        address
    }

    async fn answer(&self, mut socket: TcpStream) -> std::io::Result<()> {
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            request.push(socket.read_u8().await?);
        }
        let request = String::from_utf8(request).unwrap();
        let is_known = request.starts_with("GET /exports/daily/people.csv HTTP/1.1");
        self.asked.lock().unwrap().push(request);
        let object = self.object.lock().unwrap().clone().filter(|_| is_known);
        let answer = match object {
            Some(object) => format!(
                "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nETag: \"1\"\r\nLast-Modified: Sun, 22 Nov 2026 07:38:00 GMT\r\nConnection: close\r\n\r\n{object}",
                object.len()
            ),
            None => "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                .to_owned(),
        };
        socket.write_all(answer.as_bytes()).await?;
        socket.shutdown().await
    }
}

#[tokio::test]
async fn an_object_is_tried_looked_at_and_sent() {
    let mut desk = Desk::bare();
    let zendesk = desk.destination("support", &[]).await;
    let store = Store::default();
    let endpoint = store.listen().await;
    desk.set("STORE_SECRET", "hunter2");
    let add = [
        "credential",
        "add",
        "exports",
        "--type",
        "object-store",
        "--key-id",
        "AKID",
        "--secret-env",
        "STORE_SECRET",
    ];
    desk.ok(&add).await;
    let at = |key: &'static str| -> Vec<String> {
        [
            "--object",
            key,
            "--region",
            "eu-central-1",
            "--endpoint",
            &endpoint,
        ]
        .map(str::to_owned)
        .to_vec()
    };
    let with = |words: &[&str], object: Vec<String>| -> Vec<String> {
        words
            .iter()
            .map(ToString::to_string)
            .chain(object)
            .collect()
    };
    let known = "s3://exports/daily/people.csv";
    let test = with(&["credential", "test", "exports"], at(known));
    let test: Vec<&str> = test.iter().map(String::as_str).collect();
    let said = desk.refused(1, &test).await;
    assert!(
        said.contains("people.csv is not there. Check its name and place"),
        "{said}"
    );
    let unnamed = desk.refused(2, &["credential", "test", "exports"]).await;
    assert!(unnamed.contains("--object s3://BUCKET/KEY"), "{unnamed}");

    store.put(Some("external_id;name\no1;Kim\no2;Ada\n"));
    let said = desk.ok(&test).await;
    assert!(said.contains("it was opened and read"), "{said}");
    let query = with(
        &[
            "query",
            "add",
            "people",
            "--credential",
            "exports",
            "--delimiter",
            ";",
        ],
        at(known),
    );
    desk.ok(&query.iter().map(String::as_str).collect::<Vec<_>>())
        .await;
    desk.ok(&["query", "activate", "people"]).await;
    desk.ok(&[
        "orchestration",
        "add",
        "all",
        "--query",
        "people",
        "--to",
        "support",
    ])
    .await;
    let run = ["orchestration", "run", "all", "--json"];
    let result = desk.json(&run).await;
    assert_eq!(result["rows"]["created"], 2, "{result}");
    store.put(Some("external_id;name;name\no1;Kim;x\n"));
    let said = desk.refused(1, &run).await;
    assert!(
        said.contains("columns 2 and 3 are both called `name`"),
        "{said}"
    );
    store.put(None);
    let said = desk.refused(1, &run).await;
    assert!(
        said.contains("Missing source file: people.csv is not there."),
        "{said}"
    );
    assert_eq!(zendesk.sends().users_created, 2);

    let asked = store.asked.lock().unwrap().concat();
    assert!(
        asked.contains("AWS4-HMAC-SHA256 Credential=AKID/"),
        "{asked}"
    );
    assert!(
        !asked.contains("hunter2"),
        "the secret signs and is not sent"
    );
}

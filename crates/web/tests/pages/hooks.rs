//! The door for what Zendesk tells by itself, on a socket, with Zendesk on another.

use std::net::SocketAddr;
use std::time::Duration;

use simulator::{Delivery, NewComment};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use web::Options;
use world::{ADMIN_EMAIL, World};

use crate::browser::{Answer, Browser};

/// The pages of a world, and the door in them.
struct Door {
    address: SocketAddr,
    path: String,
}

impl Door {
    async fn open(world: &World) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let engine = world.engine().clone();
        let app = web::app(engine.clone(), Options::new(None, "1.2.3").unwrap());
        tokio::spawn(web::serve(listener, app, std::future::pending()));
        let integration = world.integration().await;
        let url = format!("http://{address}");
        let installed = engine::webhooks::install(&engine, &integration, &url, ADMIN_EMAIL);
        Box::pin(installed).await.unwrap();
        Self {
            address,
            path: format!("/hooks/zendesk/{}", integration.id),
        }
    }

    async fn post(&self, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut stranger = Browser::at(self.address);
        stranger.send("POST", path, headers, body).await
    }

    /// Sends this to the letter, and reads the status of what comes back.
    async fn send(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        // Who is refused in the middle of a body may find the connection gone.
        drop(stream.read_to_end(&mut answer).await);
        let answer = String::from_utf8(answer).unwrap();
        answer.split(' ').nth(1).unwrap_or_default().to_owned()
    }
}

fn small() -> world::Builder {
    World::builder().tickets(1).users(4).comments(1)
}

/// The headers of a delivery that somebody made up.
const MADE_UP: [(&str, &str); 2] = [
    (
        "X-Zendesk-Webhook-Signature",
        "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
    ),
    (
        "X-Zendesk-Webhook-Signature-Timestamp",
        "2026-11-22T12:00:00Z",
    ),
];

#[tokio::test]
async fn what_zendesk_sends_comes_in_without_session_or_form() {
    small()
        .each(async |world| {
            world.sync_well().await;
            let _door = Door::open(world).await;
            let ticket = world
                .zendesk()
                .read(|account| account.tickets().next().map(|ticket| ticket.id))
                .unwrap();
            world.pass_minutes(1);
            let comment = NewComment::public("It is out.");
            world
                .zendesk()
                .edit(|account| account.add_comment(ticket, comment))
                .unwrap();
            world.zendesk().webhooks_settled().await;
            let sent = world.zendesk().webhook_invocations();
            assert!(
                sent.iter().all(|one| one.outcome == Delivery::Success),
                "{sent:?}"
            );
            world.pass(Duration::from_secs(2));
            let looked = Box::pin(engine::webhooks::heed(world.engine())).await;
            assert_eq!(looked.unwrap(), 1);
            let comments = world.comments_of(ticket).await;
            assert_eq!(comments.last().unwrap().comment.message, "It is out.");
        })
        .await;
}

#[tokio::test]
async fn a_stranger_learns_nothing_at_the_door() {
    small()
        .each(async |world| {
            let door = Door::open(world).await;
            let forged = door.post(&door.path, &MADE_UP, "{}").await;
            let unsigned = door.post(&door.path, &[], "{}").await;
            let nobodys = door.post("/hooks/zendesk/nobody", &MADE_UP, "{}").await;
            let odd = door.post("/hooks/zendesk/%00..%2F", &MADE_UP, "{}").await;
            assert_eq!((forged.status, unsigned.status), (401, 401));
            assert_eq!((nobodys.status, odd.status), (404, 404));
            for answer in [&forged, &unsigned, &nobodys, &odd] {
                assert_eq!(answer.body, "refused");
                assert_eq!(answer.header("set-cookie"), "");
                assert_eq!(answer.header("cache-control"), "no-store");
                assert_eq!(answer.header("x-content-type-options"), "nosniff");
            }
            let mut browser = Browser::at(door.address);
            assert_eq!(browser.get(&door.path).await.status, 405);
        })
        .await;
}

#[tokio::test]
async fn a_body_over_64_kb_is_refused_before_it_is_read() {
    small()
        .each(async |world| {
            let door = Door::open(world).await;
            let path = &door.path;
            // None of the body is sent: the length that was announced is enough.
            let announced = |length: usize| {
                format!("POST {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n")
            };
            assert_eq!(door.send(&announced(64 * 1024 + 1)).await, "413");
            assert_eq!(door.send(&announced(1_000_000_000_000)).await, "413");
            // One that announces nothing is read up to there.
            let chunk = format!("2000\r\n{}\r\n", "x".repeat(0x2000));
            let chunked = format!(
                "POST {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n{}0\r\n\r\n",
                chunk.repeat(9)
            );
            assert_eq!(door.send(&chunked).await, "413");
            let largest = "x".repeat(64 * 1024);
            assert_eq!(door.post(path, &MADE_UP, &largest).await.status, 401);
        })
        .await;
}

#[tokio::test]
async fn what_cannot_be_noted_is_asked_for_again() {
    small()
        .each(async |world| {
            let door = Door::open(world).await;
            world.store().close().await;
            let answer = door.post(&door.path, &MADE_UP, "{}").await;
            assert_eq!(answer.status, 503);
            assert_eq!(answer.header("retry-after"), "10");
            assert_eq!(answer.body, "not noted");
        })
        .await;
}

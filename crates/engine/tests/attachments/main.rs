//! Files of comments, both ways, on both databases (I-15). docs/attachments.md tells the same to a
//! person.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what fails here is a failed test"
)]

mod addition;
mod fetching;
mod parked;
mod sending;
mod trouble;

use clock::{Dice as _, SeededDice};
use domain::merge::Priority;
use engine::attachments::{self, Added, Limits, NewComment, Source};
use simulator::{NewFile, NewTicket};
use store::attachments::{Attachment, CHUNK};
use world::{ADMIN_EMAIL, Builder, World};

/// A world whose Zendesk has three people of staff and no tickets yet, and is written to.
fn two_way() -> Builder {
    World::builder()
        .tickets(0)
        .users(3)
        .comments(1)
        .two_way(Priority::Remote)
}

/// So many bytes without a pattern, the same each time.
fn bytes(count: usize) -> Vec<u8> {
    let mut bytes = vec![0; count];
    SeededDice::new(count as u64).fill(&mut bytes);
    bytes
}

/// Files that have gone wrong elsewhere: an empty one, one of exactly a piece, one of many, and names
/// with quotes, other alphabets and folders.
fn files() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("empty.txt", Vec::new()),
        ("one piece.bin", bytes(CHUNK)),
        ("many pieces.bin", bytes(5 * 1024 * 1024 + 17)),
        ("say \"hi\" & 100%;.txt", b"quoted".to_vec()),
        ("Übersicht 雪 🙂.pdf", b"elsewhere".to_vec()),
    ]
}

/// Makes a ticket in Zendesk whose first comment has these files, and pulls it.
async fn pull_ticket(world: &World, files: &[(&str, Vec<u8>)]) -> i64 {
    let comment = simulator::NewComment {
        files: files
            .iter()
            .map(|(name, bytes)| NewFile {
                file_name: (*name).to_owned(),
                content_type: None,
                bytes: bytes.clone(),
            })
            .collect(),
        ..simulator::NewComment::public("See the files.")
    };
    let new = NewTicket {
        subject: Some("Printer on fire".to_owned()),
        comment,
        ..NewTicket::default()
    };
    let ticket = world
        .zendesk()
        .edit(|account| account.add_ticket(new))
        .unwrap();
    pull(world).await;
    ticket
}

/// A run two minutes later, when every export shows what was done before.
async fn pull(world: &World) {
    world.pass_minutes(2);
    world.sync_well().await;
}

/// Fetches everything that can be fetched now. Returns how many were tried.
async fn fetch(world: &World, limits: Limits) -> usize {
    let mut tried = 0;
    while attachments::fetch_next(world.engine(), limits)
        .await
        .unwrap()
    {
        tried += 1;
    }
    tried
}

/// The files of a ticket's case, by the order of their comments.
async fn files_of(world: &World, ticket: i64) -> Vec<Attachment> {
    let comments = world.comments_of(ticket).await;
    let ids: Vec<String> = comments.into_iter().map(|row| row.comment.id).collect();
    let mut reader = world.store().read().await.unwrap();
    let mut found = store::attachments::of_comments(&mut reader, &ids)
        .await
        .unwrap();
    ids.iter()
        .flat_map(|id| found.remove(id).unwrap_or_default())
        .collect()
}

/// The bytes of a file that are kept here.
async fn kept(world: &World, id: &str) -> Vec<u8> {
    let mut reader = world.store().read().await.unwrap();
    let mut bytes = Vec::new();
    for seq in 0.. {
        match store::attachments::chunk(&mut reader, id, seq)
            .await
            .unwrap()
        {
            Some(piece) => bytes.extend(piece),
            None => break,
        }
    }
    bytes
}

/// The files of a ticket in Zendesk, with their bytes, comment by comment.
fn in_zendesk(world: &World, ticket: i64) -> Vec<Vec<(String, Vec<u8>)>> {
    world.zendesk().read(|account| {
        account
            .comments_of(ticket)
            .map(|(_, comment)| {
                comment
                    .attachments
                    .iter()
                    .map(|file| (file.file_name.clone(), file.bytes()))
                    .collect()
            })
            .collect()
    })
}

fn sources(files: &[(&str, Vec<u8>)]) -> Vec<Source> {
    files
        .iter()
        .map(|(name, bytes)| Source {
            name: (*name).to_owned(),
            content: Box::pin(std::io::Cursor::new(bytes.clone())),
        })
        .collect()
}

/// Adds a private comment with files to the case of a ticket here.
async fn say(world: &World, ticket: i64, files: &[(&str, Vec<u8>)]) -> Added {
    try_say(world, ticket, files).await.unwrap()
}

async fn try_say(world: &World, ticket: i64, files: &[(&str, Vec<u8>)]) -> engine::Result<Added> {
    say_on(world, &world.case_of(ticket).await.id, files).await
}

async fn say_on(world: &World, case: &str, files: &[(&str, Vec<u8>)]) -> engine::Result<Added> {
    let author = world.admin().user().await.id;
    let new = NewComment {
        case,
        text: "Here they are.",
        public: false,
        author: &author,
        actor: ADMIN_EMAIL,
    };
    let sources = sources(files);
    attachments::comment(world.engine(), new, sources, Limits::default()).await
}

//! Rows handed over, batches, and the life of a reader.

use audience::{
    Allowed, Column, ColumnKind, Error, FileSource, Form, Limits, NobodyReads, Reader, Schema,
    Source, When, hand_over, preview,
};

use crate::table::{read, upload};

fn schema() -> Schema {
    let column = |name: &str| Column {
        name: name.to_owned(),
        kind: ColumnKind::Text,
    };
    Schema::new(
        "contacts",
        vec![column("email"), column("name")],
        &Limits::default(),
    )
    .unwrap()
}

#[tokio::test]
async fn rows_handed_over_come_out_in_their_order() {
    let (mut handing, rows) = hand_over("contacts", schema());
    let giving = tokio::spawn(async move {
        for piece in 0..50_u64 {
            let mut batch = handing.batch();
            for row in 0..100 {
                let email = format!("{piece}-{row}@example.com");
                batch.push(piece * 100 + row + 1, [Some(email), None]);
            }
            handing.send(batch).await.unwrap();
        }
        handing.finish().await
    });
    let table = read(Source::Rows(rows), &Limits::default()).await.unwrap();
    giving.await.unwrap().unwrap();
    assert_eq!(table.rows.len(), 5_000);
    assert_eq!(
        table.rows[4_999],
        [Some("49-99@example.com".to_owned()), None]
    );
    assert_eq!(table.reader.fingerprint(), None);
}

#[tokio::test]
async fn a_giver_that_dies_does_not_look_like_one_with_fewer_rows() {
    let (mut handing, rows) = hand_over("contacts", schema());
    let mut batch = handing.batch();
    batch.push(1, [Some("a@example.com"), None]);
    handing.send(batch).await.unwrap();
    drop(handing);
    let mut reader = Reader::open(Source::Rows(rows), &Limits::default())
        .await
        .unwrap();
    assert_eq!(reader.next().await.unwrap().unwrap().len(), 1);
    let error = reader.next().await.unwrap_err();
    assert!(matches!(error, Error::EndedEarly { .. }));
    assert_eq!(error.when(), When::Later);
    assert_eq!(reader.next().await.unwrap_err(), error);
}

#[tokio::test]
async fn a_giver_learns_that_nobody_reads() {
    let (mut handing, rows) = hand_over("contacts", schema());
    let limits = Limits::default();
    let shown = preview(Source::Rows(rows), 1, &limits);
    let giving = async {
        loop {
            let mut batch = handing.batch();
            batch.push(1, [Some("a@example.com"), None]);
            batch.push(2, [Some("b@example.com"), None]);
            if let Err(nobody) = handing.send(batch).await {
                return nobody;
            }
        }
    };
    let (shown, nobody) = tokio::join!(shown, giving);
    assert_eq!(shown.unwrap().rows.len(), 1);
    assert_eq!(nobody, NobodyReads);
}

#[tokio::test]
async fn a_reader_waits_for_whoever_reads_and_ends_with_it() {
    let text = format!("a,b\n{}", "1,2\n".repeat(2_000_000));
    let mut reader = Reader::open(
        upload(text.as_bytes(), &Form::default()).await,
        &Limits::default(),
    )
    .await
    .unwrap();
    drop(reader.next().await.unwrap().unwrap());
    // However long it has, the thread reads no further than its two batches and the next.
    for _ in 0..10_000 {
        std::thread::yield_now();
    }
    assert!(
        reader.bytes_read() < text.len() as u64 / 2,
        "{}",
        reader.bytes_read()
    );
    drop(reader);
}

#[tokio::test]
async fn the_columns_of_a_run_are_compared_with_those_of_the_preview() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("people.csv");
    let source = || {
        Source::File(FileSource {
            path: path.clone(),
            allowed: Allowed::Anywhere,
            form: Form::default(),
        })
    };
    std::fs::write(&path, "email,name\na@example.com,A\n").unwrap();
    let seen = preview(source(), 100, &Limits::default()).await.unwrap();
    std::fs::write(&path, "email,full name\na@example.com,A\n").unwrap();
    let reader = Reader::open(source(), &Limits::default()).await.unwrap();
    let error = reader
        .schema()
        .must_equal(reader.name(), &seen.schema)
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "The columns of people.csv have changed: `name` is gone; `full name` is new. Look at the preview and the mapping again, then start anew."
    );
}

#[tokio::test]
async fn a_file_that_is_written_to_while_it_is_read_is_no_whole_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("people.csv");
    std::fs::write(&path, format!("a,b\n{}", "1,2\n".repeat(1_000_000))).unwrap();
    let source = Source::File(FileSource {
        path: path.clone(),
        allowed: Allowed::Anywhere,
        form: Form::default(),
    });
    let mut reader = Reader::open(source, &Limits::default()).await.unwrap();
    reader.next().await.unwrap().unwrap();
    let mut file = std::fs::OpenOptions::new()
        .append(true)
        .open(&path)
        .unwrap();
    std::io::Write::write_all(&mut file, b"3,4\n").unwrap();
    let error = loop {
        match reader.next().await {
            Ok(Some(batch)) => reader.give_back(batch),
            Ok(None) => panic!("the half file passed for a whole one"),
            Err(error) => break error,
        }
    };
    assert!(
        error
            .to_string()
            .contains("written to while it was being read"),
        "{error}"
    );
    assert_eq!(error.when(), When::Later);
}

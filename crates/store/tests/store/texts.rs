//! Text as people write it, and as machines break it.

use clock::SystemDice;
use domain::case::CaseField;
use domain::value::Pair;
use store::links::Link;
use store::runs::{self, Counters, Level, RunState};
use store::{budgets, cases, conflicts, contacts, cursors, jobs, links, tombstones, users};

use crate::database::on_both;
use crate::samples::{act, at, case, contact, integration, link, user};

/// What has broken programs before.
pub(crate) const DIFFICULT: [&str; 12] = [
    "",
    " ",
    "a\0b",
    "\0",
    "👩‍👩‍👧‍👦 and 🏳️‍🌈 and 🇩🇪",
    "مرحبا بالعالم — שלום עולם",
    "\u{202e}backwards\u{202c}",
    "e\u{301} is not é",
    "'; DROP TABLE crm_case; --",
    "$1 ? :name \\ \\x00 %s",
    "line\r\nline\ttab\u{b}\u{7f}",
    "\u{feff}\u{fffd}\u{10ffff}",
];

/// What is kept of a text: all of it, but for the zero character, which PostgreSQL cannot hold.
fn kept(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

#[tokio::test]
async fn difficult_text_comes_back_as_it_went_in() {
    on_both(async |database| {
        for (n, text) in (1..).zip(DIFFICULT) {
            let mut written = case(n);
            written.fields.subject = text.to_owned();
            written.fields.description = text.to_owned();
            written.fields.assigned_to = Some(text.to_owned());
            let mut person = contact(n);
            person.name.last = Some(text.to_owned());
            person.email = Some(text.to_owned());
            let mut tx = database.tx().await;
            cases::put(&mut tx, &[written.clone()]).await.unwrap();
            contacts::put(&mut tx, &[person.clone()], at(0))
                .await
                .unwrap();
            tx.commit().await.unwrap();
            written.fields.subject = kept(text);
            written.fields.description = kept(text);
            written.fields.assigned_to = Some(kept(text));
            person.name.last = Some(kept(text));
            person.email = Some(kept(text));
            let mut reader = database.reader().await;
            let found = cases::find(&mut reader, &written.id).await.unwrap();
            assert_eq!(found, Some(written), "{text:?}");
            let ids = [person.id.clone()];
            let found = contacts::by_ids(&mut reader, &ids).await.unwrap();
            assert_eq!(found.get(&person.id), Some(&person), "{text:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_megabyte_of_text_comes_back_as_it_went_in() {
    on_both(async |database| {
        let mut written = case(1);
        written.fields.description = "🖨️ שלום ".repeat(1_000_000 / 18);
        let mut tx = database.tx().await;
        cases::put(&mut tx, &[written.clone()]).await.unwrap();
        tx.commit().await.unwrap();
        let found = cases::find(&mut *database.reader().await, "1").await;
        assert_eq!(found.unwrap(), Some(written));
    })
    .await;
}

#[tokio::test]
async fn what_is_agreed_may_hold_any_text() {
    on_both(async |database| {
        for (n, text) in (1..).zip(DIFFICULT) {
            let mut agreed = link(n, &format!("case{n}"));
            let pair = Pair::new(Some(text.to_owned()), Some(text.to_owned()));
            agreed.agreed.put(CaseField::Subject, pair);
            let mut tx = database.tx().await;
            links::put(&mut tx, "main", &[agreed.clone()], at(0))
                .await
                .unwrap();
            tx.commit().await.unwrap();
            let found: Option<Link> =
                links::by_tickets(&mut *database.reader().await, "main", &[n])
                    .await
                    .unwrap()
                    .remove(&n);
            // Our half is what the case reads back as: the difference would look like an edit.
            let pair = Pair::new(Some(kept(text)), Some(text.to_owned()));
            agreed.agreed.put(CaseField::Subject, pair);
            assert_eq!(found, Some(agreed), "{text:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn difficult_text_is_written_wherever_text_from_outside_goes() {
    on_both(async |database| {
        let integration = integration(database, "main").await;
        for (n, text) in (1_i64..).zip(DIFFICULT) {
            let mut tx = database.tx().await;
            cases::put(&mut tx, &[case(n)]).await.unwrap();
            contacts::put(&mut tx, &[contact(n)], at(0)).await.unwrap();
            contacts::add_email(&mut tx, &contact(n).id, text)
                .await
                .unwrap();
            cursors::store(&mut tx, &integration.id, "tickets", text, at(n))
                .await
                .unwrap();
            budgets::store(&mut tx, "acme", text, at(n)).await.unwrap();
            tombstones::put(&mut tx, text, text, text, at(n))
                .await
                .unwrap();
            jobs::add(&mut tx, "pull", &format!("{n}"), text, at(n), &SystemDice)
                .await
                .unwrap();
            let (run, _) =
                runs::open_or_join(&mut tx, &integration.id, "pull", text, at(n), &SystemDice)
                    .await
                    .unwrap();
            runs::progress(&mut tx, &run, text, &Counters::default(), at(n))
                .await
                .unwrap();
            runs::log(
                &mut tx,
                &run,
                1,
                &[(Level::Warning, text.to_owned())],
                at(n),
            )
            .await
            .unwrap();
            runs::end(
                &mut tx,
                &run,
                RunState::Failed,
                Some(text),
                &Counters::default(),
                at(n),
            )
            .await
            .unwrap();
            let conflict = conflicts::Conflict {
                id: format!("conflict{n}"),
                subject: conflicts::Subject::Case(case(n).id),
                remote_id: n,
                field: "subject".to_owned(),
                agreed: None,
                crm: Some(text.to_owned()),
                zendesk: Some(text.to_owned()),
                winner: "crm",
                rule: "local wins",
            };
            conflicts::record(&mut tx, &integration.id, Some(&run), &[conflict], at(n))
                .await
                .unwrap();
            store::audit::note(&mut tx, act(), "case.edit", text, text)
                .await
                .unwrap();
            tx.commit().await.unwrap();

            let mut reader = database.reader().await;
            let cursor = cursors::load(&mut reader, &integration.id, "tickets").await;
            assert_eq!(cursor.unwrap(), Some(kept(text)));
            let state = budgets::load(&mut reader, "acme").await;
            assert_eq!(state.unwrap(), Some(kept(text)));
            assert!(tombstones::exists(&mut reader, text, text).await.unwrap());
            let run = runs::find(&mut reader, &run).await.unwrap().unwrap();
            assert_eq!(run.problem, Some(kept(text)));
            assert_eq!((run.stage, run.requested_by), (kept(text), kept(text)));
            let log = runs::read_log(&mut reader, &run.id, 0, 10, true).await;
            assert_eq!(log.unwrap()[0].line, kept(text));
            drop(reader);
            let length = std::time::Duration::from_secs(60);
            let job = jobs::claim(&database.store, None, text, at(n), length).await;
            let job = job.unwrap().unwrap();
            assert_eq!(job.payload, kept(text));
            let mut tx = database.tx().await;
            jobs::end(&mut tx, &job, Some(text), at(n)).await.unwrap();
            tx.commit().await.unwrap();
        }
    })
    .await;
}

#[tokio::test]
async fn difficult_text_that_somebody_types_is_only_not_found() {
    on_both(async |database| {
        user(database, "ada@example.com").await;
        let mut reader = database.reader().await;
        for text in DIFFICULT {
            assert_eq!(users::by_email(&mut reader, text).await.unwrap(), None);
            let session = store::sessions::find(&mut reader, text, at(0)).await;
            assert_eq!(session.unwrap(), None);
            assert_eq!(cases::find(&mut reader, text).await.unwrap(), None);
            let found = store::integrations::find(&mut reader, text).await;
            assert_eq!(found.unwrap(), None);
            let found = store::credentials::find(&mut reader, text).await;
            assert_eq!(found.unwrap(), None);
            assert_eq!(runs::find(&mut reader, text).await.unwrap(), None);
        }
    })
    .await;
}

//! Connected accounts: settings, activation, and what deleting one takes along.

use clock::SystemDice;
use domain::identity::Unassigned;
use domain::merge::{Mode, Priority};
use std::time::Duration;
use store::comments::{self, MirroredComment};
use store::integrations::{self, ContactPolicy, EmailMatch};
use store::references::{self, Reference};
use store::runs::{self, Level};
use store::tickets::{self, MirroredTicket};
use store::unreadable::{self, Unreadable};
use store::zendesk_users::{self, MirroredUser, PersonLink};
use store::{cases, conflicts, contacts, cursors, history, links, waiting};

use crate::database::{Database, on_both};
use crate::samples::{
    act, at, case, case_comment, contact, credential, integration, link, settings, ticket,
    ticket_comment, zendesk_user,
};

async fn find(database: &Database, name: &str) -> Option<integrations::Integration> {
    integrations::find(&mut *database.reader().await, name)
        .await
        .unwrap()
}

#[tokio::test]
async fn settings_come_back_as_they_were_written_by_name_and_by_id() {
    on_both(async |database| {
        let made = integration(database, "main").await;
        let owner = made.settings.owner_id.clone();
        let first = settings("main", &made.settings.credential_id, &owner);
        assert_eq!(made.settings, first);
        assert_eq!((made.active, made.account.as_ref()), (false, None));
        assert_eq!((made.next_run_at, made.references_at), (None, None));
        assert_eq!(find(database, &made.id).await, Some(made.clone()));
        assert_eq!(find(database, "nobody").await, None);

        let mut second = first.clone();
        second.name = "renamed".to_owned();
        second.url = "https://other.zendesk.com".to_owned();
        second.credential_id = credential(database, "another").await;
        second.default_email = None;
        second.two_way = false;
        second.priority = Priority::Remote;
        second.interval = Duration::from_secs(86_400);
        second.contacts = ContactPolicy::TicketPeople;
        second.unassigned = Unassigned::Leave;
        second.email_match = EmailMatch::Primary;
        second.budget_share = 10;
        let mut tx = database.tx().await;
        integrations::edit(&mut tx, &made.id, &second, "all of it", act())
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let edited = find(database, "renamed").await.unwrap();
        assert_eq!(edited.settings, second);
        assert_eq!(edited.settings.mode(), Mode::OneWay);
        assert_eq!(first.mode(), Mode::TwoWay(Priority::Local));
        assert_eq!(edited.id, made.id);
        assert_eq!(find(database, "main").await, None);
    })
    .await;
}

#[tokio::test]
async fn two_integrations_cannot_have_one_name() {
    on_both(async |database| {
        let main = integration(database, "main").await;
        let other = integration(database, "other").await;
        let mut tx = database.tx().await;
        let added = integrations::add(&mut tx, &main.settings, act()).await;
        drop(tx);
        let mut tx = database.tx().await;
        let edited = integrations::edit(&mut tx, &other.id, &main.settings, "name", act()).await;
        drop(tx);
        for error in [added.unwrap_err(), edited.unwrap_err()] {
            assert_eq!(
                error.to_string(),
                "An integration named main exists already. Choose another name."
            );
        }
        let all = integrations::list(&mut *database.reader().await).await;
        let names: Vec<_> = all
            .unwrap()
            .into_iter()
            .map(|one| one.settings.name)
            .collect();
        assert_eq!(names, ["main", "other"]);
    })
    .await;
}

#[tokio::test]
async fn an_active_integration_is_due_and_an_inactive_one_is_never_planned() {
    on_both(async |database| {
        let made = integration(database, "main").await;
        let plan_next = async |seconds| {
            let mut tx = database.tx().await;
            integrations::plan_next(&mut tx, &made.id, at(seconds))
                .await
                .unwrap();
            tx.commit().await.unwrap();
            find(database, "main").await.unwrap().next_run_at
        };
        assert_eq!(plan_next(5).await, None);
        let mut tx = database.tx().await;
        integrations::activate(&mut tx, &made, "acme", act())
            .await
            .unwrap();
        integrations::note_references(&mut tx, &made.id, at(7))
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let active = find(database, "main").await.unwrap();
        assert!(active.active);
        assert_eq!(active.account.as_deref(), Some("acme"));
        assert_eq!(active.next_run_at, Some(at(0)));
        assert_eq!(active.references_at, Some(at(7)));
        assert_eq!(plan_next(300).await, Some(at(300)));
        let mut tx = database.tx().await;
        integrations::deactivate(&mut tx, &made, act())
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let inactive = find(database, "main").await.unwrap();
        assert!(!inactive.active);
        assert_eq!(inactive.next_run_at, None);
        assert_eq!(inactive.account.as_deref(), Some("acme"));
    })
    .await;
}

#[tokio::test]
async fn a_setting_that_nobody_can_read_is_named() {
    on_both(async |database| {
        integration(database, "main").await;
        for column in ["priority", "contacts", "unassigned", "email_match", "maps"] {
            database
                .execute(&format!(
                    "CREATE TABLE kept AS SELECT {column} FROM integration"
                ))
                .await;
            database
                .execute(&format!("UPDATE integration SET {column} = 'nonsense'"))
                .await;
            let error = integrations::find(&mut *database.reader().await, "main")
                .await
                .unwrap_err();
            let expected = format!("A stored value cannot be read: integration.{column}. ");
            assert!(error.to_string().starts_with(&expected), "{error}");
            database
                .execute(&format!(
                    "UPDATE integration SET {column} = (SELECT {column} FROM kept)"
                ))
                .await;
            database.execute("DROP TABLE kept").await;
        }
        assert!(find(database, "main").await.is_some());
    })
    .await;
}

/// One row of everything that an integration has.
pub(crate) async fn fill(database: &Database, id: &str, n: i64) {
    let mut tx = database.tx().await;
    let (ticket, user, said) = (ticket(n), zendesk_user(n), ticket_comment(n, n));
    cases::put(&mut tx, &[case(n)]).await.unwrap();
    contacts::put(&mut tx, &[contact(n)], at(0)).await.unwrap();
    comments::put(&mut tx, &[case_comment(n, &case(n).id)], at(0))
        .await
        .unwrap();
    let mirrored = MirroredTicket {
        ticket: &ticket,
        content: 1,
        raw: "{}",
    };
    tickets::put(&mut tx, id, &[mirrored]).await.unwrap();
    let mirrored = MirroredUser {
        user: &user,
        content: 1,
        raw: "{}",
    };
    zendesk_users::put(&mut tx, id, &[mirrored]).await.unwrap();
    let person = PersonLink {
        remote_id: n,
        contact_id: contact(n).id,
        agreed: domain::value::Agreed::default(),
    };
    zendesk_users::link(&mut tx, id, &[person], at(0))
        .await
        .unwrap();
    let our_comment = case_comment(n, "").id;
    let mirrored = MirroredComment {
        comment: &said,
        case_comment_id: Some(&our_comment),
        content: 1,
        raw: "{}",
    };
    comments::mirror(&mut tx, id, &[mirrored]).await.unwrap();
    let group = Reference {
        remote_id: n,
        name: "Support".to_owned(),
        content: 1,
        raw: "{}".to_owned(),
    };
    references::put(&mut tx, id, references::GROUPS, &[group])
        .await
        .unwrap();
    links::put(&mut tx, id, &[link(n, &case(n).id)], at(0))
        .await
        .unwrap();
    cursors::store(&mut tx, id, "tickets", "there", at(0))
        .await
        .unwrap();
    let (run, _) = runs::open_or_join(&mut tx, id, "pull", "schedule", at(0), &SystemDice)
        .await
        .unwrap();
    runs::log(
        &mut tx,
        &run,
        1,
        &[(Level::Info, "Begun.".to_owned())],
        at(0),
    )
    .await
    .unwrap();
    let conflict = conflicts::Conflict {
        id: format!("conflict{n}"),
        subject: conflicts::Subject::Case(case(n).id),
        remote_id: n,
        field: "subject".to_owned(),
        agreed: None,
        crm: None,
        zendesk: None,
        winner: "crm",
        rule: "local wins",
    };
    conflicts::record(&mut tx, id, Some(&run), &[conflict], at(0))
        .await
        .unwrap();
    let event = history::Event {
        case_id: case(n).id,
        side: "zendesk",
        actor: "pull".to_owned(),
        run_id: Some(run),
        body: "{}".to_owned(),
        before: "{}".to_owned(),
    };
    history::append(&mut tx, &[event], at(0)).await.unwrap();
    let unread = Unreadable {
        stream: "tickets".to_owned(),
        key: n.to_string(),
        problem: "It is no object.".to_owned(),
        raw: "1".to_owned(),
    };
    unreadable::keep(&mut tx, id, &[unread], at(0))
        .await
        .unwrap();
    waiting::note(&mut tx, id, &[(n, n)]).await.unwrap();
    tx.commit().await.unwrap();
    database
        .execute(&format!(
            "INSERT INTO outbox (op_id, integration_id, line, seq, kind, payload, state, not_before, created_at, requested_by) \
             VALUES ('op{n}', '{id}', 'case{n}', 1, 'comment', '{{}}', 'waiting', 0, 0, 'sync'); \
             INSERT INTO inbox (source, event_id, integration_id, subject, received_at) \
             VALUES ('webhook', 'event{n}', '{id}', 'ticket:{n}', 1); \
             INSERT INTO hint (integration_id, subject, state, received_at) VALUES ('{id}', 'ticket:{n}', 'waiting', 1); \
             INSERT INTO webhook (integration_id, sealed_secret, endpoint, created_at) VALUES ('{id}', 'x', 'https://desk', 1); \
             INSERT INTO sweep (integration_id, state, updated_at) VALUES ('{id}', '{{}}', 1); \
             INSERT INTO oauth_consent (state_hash, session_id, integration_id, redirect, created_at, expires_at) \
             VALUES ('state{n}', 'session', '{id}', 'https://desk', 1, 2); \
             INSERT INTO asked_check (id, kind, subject, integration_id, actor, asked_at) \
             VALUES ('check{n}', 'verify', '{id}', '{id}', 'ada@example.com', 1); \
             INSERT INTO attachment (id, case_comment_id, integration_id, file_name, content_type, size, state, created_at) \
             VALUES ('file{n}', 'comment{n}', '{id}', 'a.txt', 'text/plain', 1, 'remote', 1)"
        ))
        .await;
}

#[tokio::test]
async fn deleting_an_integration_takes_its_mirror_and_links_and_leaves_what_is_ours() {
    on_both(async |database| {
        let gone = integration(database, "gone").await;
        let stays = integration(database, "stays").await;
        fill(database, &gone.id, 1).await;
        fill(database, &stays.id, 2).await;
        let mut tx = database.tx().await;
        integrations::delete(&mut tx, &gone, act()).await.unwrap();
        tx.commit().await.unwrap();

        // Every table that names an integration, also one that is made later.
        let mut tables = 0;
        for table in crate::schema::tables() {
            if table.name == "conflict" || !table.has("integration_id") {
                continue;
            }
            let table = table.name;
            tables += 1;
            for (id, expected) in [(&gone.id, 0), (&stays.id, 1)] {
                let rows = format!("SELECT COUNT(*) FROM {table} WHERE integration_id = '{id}'");
                assert_eq!(database.number(&rows).await, expected, "{table}");
            }
        }
        assert!(tables >= 17, "{tables}");
        assert_eq!(database.count("run_log").await, 1);
        // What was not fetched by then says so.
        let files = "SELECT state FROM attachment ORDER BY id";
        assert_eq!(database.texts(files).await, ["parked", "remote"]);
        for table in [
            "crm_case",
            "crm_case_comment",
            "crm_contact",
            "conflict",
            "credential",
            "attachment",
        ] {
            assert_eq!(database.count(table).await, 2, "{table}");
        }
        assert_eq!(database.count("history").await, 4);
        let mut reader = database.reader().await;
        assert!(
            history::chain_is_whole(&mut reader, &case(1).id)
                .await
                .unwrap()
        );
        let ticket = tickets::of_case(&mut reader, &case(1).id).await.unwrap();
        assert_eq!(ticket, None);
        let said = comments::of_case(&mut reader, &case(1).id, 0, 10).await;
        assert_eq!(said.unwrap()[0].remote_id, None);
        drop(reader);
        assert_eq!(find(database, "gone").await, None);
        assert_eq!(find(database, "stays").await, Some(stays));
    })
    .await;
}

#[tokio::test]
async fn a_consent_is_found_once_and_only_in_its_own_session() {
    use store::integrations::consents;
    on_both(async |database| {
        let made = integration(database, "main").await;
        let mut tx = database.tx().await;
        let place = ("session", made.id.as_str(), "https://desk.example.com/back");
        consents::begin(&mut tx, "state", place, at(0))
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let take = async |state: &str, session: &str| {
            let mut tx = database.tx().await;
            let found = consents::take(&mut tx, state, session).await.unwrap();
            tx.commit().await.unwrap();
            found
        };
        assert_eq!(take("state", "another").await, None);
        assert_eq!(take("guessed", "session").await, None);
        let found = take("state", "session").await.unwrap();
        assert_eq!(found.integration, made.id);
        assert_eq!(found.redirect, place.2);
        assert_eq!(found.expires_at, at(600));
        assert_eq!(take("state", "session").await, None);
    })
    .await;
}

//! What becomes of rows.

use domain::profile::RowState;
use simulator::NewUser;

use crate::*;

#[tokio::test]
async fn new_customers_are_created_once_and_cost_no_request_the_second_time() {
    quiet()
        .each(async |world| {
            let first = send(world, &people(250)).await;
            assert_completed(&first);
            let outcome = rows(&first);
            assert_eq!((outcome.read, outcome.created), (250, 250), "{outcome:?}");
            assert_eq!(counts(&first).jobs, 3);
            let kim = customer(world, "c7").unwrap();
            assert_eq!(kim.email.as_deref(), Some("person7@customer.example"));
            let posts = seen(world, "create_or_update_many");
            let second = send(world, &people(250)).await;
            assert_eq!(rows(&second).unchanged, 250);
            assert_eq!(seen(world, "create_or_update_many"), posts);
        })
        .await;
}

#[tokio::test]
async fn only_what_changed_is_sent_again() {
    quiet()
        .each(async |world| {
            send(world, &people(120)).await;
            let changed = people(121).replace("Person 7,", "Person Seven,");
            let second = send(world, &changed).await;
            let outcome = rows(&second);
            assert_eq!(
                (outcome.created, outcome.updated, outcome.unchanged),
                (1, 1, 119)
            );
            assert_eq!(customer(world, "c7").unwrap().name.as_ref(), "Person Seven");
            assert_eq!(counts(&second).jobs, 1);
        })
        .await;
}

#[tokio::test]
async fn a_few_rows_find_their_customers_among_many() {
    quiet()
        .each(async |world| {
            send(world, &people(2_000)).await;
            let all = people(2_001).replace("Person 7,", "Person Seven,");
            let few = [0, 5, 7, 1_999, 2_001].map(|line| all.lines().nth(line).unwrap());
            let second = send(world, &few.join("\n")).await;
            let outcome = rows(&second);
            assert_eq!(
                (outcome.created, outcome.updated, outcome.unchanged),
                (1, 1, 2)
            );
            assert_eq!(customer(world, "c7").unwrap().name.as_ref(), "Person Seven");
        })
        .await;
}

#[tokio::test]
async fn a_row_that_cannot_be_sent_says_why_and_the_others_are_sent() {
    quiet()
        .each(async |world| {
            let csv = "external_id,name,email\n\
                       1,Kim,kim@customer.example\n\
                       2,,nobody@customer.example\n\
                       ,Lee,\n\
                       3,Ann,not an email\n\
                       1,Kim the Second,kim@customer.example\n";
            let sent = send(world, csv).await;
            let outcome = rows(&sent);
            assert_eq!((outcome.read, outcome.created, outcome.rejected), (5, 2, 3));
            let told = told(world, &sent).await;
            let codes: Vec<_> = told
                .iter()
                .map(|row| (row.line, row.code.as_deref().unwrap()))
                .collect();
            assert_eq!(
                codes,
                [
                    (2, "replaced_by_later_row"),
                    (3, "missing_name"),
                    (4, "missing_identity")
                ]
            );
            assert!(
                told.iter()
                    .all(|row| row.cells.is_some() && row.sentence.is_some())
            );
            assert_eq!(
                customer(world, "1").unwrap().name.as_ref(),
                "Kim the Second"
            );
            // A bad optional value drops the field, not the customer.
            assert_eq!(customer(world, "3").unwrap().email, None);
            assert_eq!(counts(&sent).notes.values().sum::<u64>(), 1);
        })
        .await;
}

#[tokio::test]
async fn one_email_under_two_keys_is_sent_for_neither_until_somebody_decides() {
    quiet()
        .each(async |world| {
            let csv = "external_id,name,email\n\
                       1,Kim,both@customer.example\n\
                       2,Lee,both@customer.example\n\
                       3,Ann,ann@customer.example\n";
            let sent = send(world, csv).await;
            assert_failed(&sent, "identity_conflicts");
            let outcome = counts(&sent).rows;
            assert_eq!((outcome.created, outcome.conflict), (1, 2));
            assert!(customer(world, "1").is_none() && customer(world, "2").is_none());

            let engine = world.engine();
            use domain::profile::action::ConflictChoice;
            workflows::choose(engine, &sent, 2, ConflictChoice::Skip)
                .await
                .unwrap();
            workflows::choose(engine, &sent, 3, ConflictChoice::KeepSecondary)
                .await
                .unwrap();
            let ended = act(world, &sent, ActionKind::Resolve).await;
            assert_completed(&ended);
            let outcome = rows(&ended);
            assert_eq!(
                (outcome.created, outcome.skipped, outcome.conflict),
                (2, 1, 0)
            );
            assert!(customer(world, "1").is_none());
            assert_eq!(customer(world, "2").unwrap().email, None);
        })
        .await;
}

#[tokio::test]
async fn staff_is_never_touched() {
    quiet()
        .each(async |world| {
            let agent = world.zendesk().edit(|account| {
                let new = NewUser::agent("Agatha Agent", "agatha@company.example");
                account.add_user(new).unwrap()
            });
            let csv = "external_id,name,email\n1,Somebody,Agatha@company.example\n";
            let sent = send(world, csv).await;
            assert_eq!(rows(&sent).skipped, 1);
            let told = told(world, &sent).await;
            assert_eq!(
                (told[0].state, told[0].zendesk_id),
                (RowState::Skipped, Some(agent))
            );
            let name = world
                .zendesk()
                .edit(|account| account.user(agent).unwrap().name.clone());
            assert_eq!(name.as_ref(), "Agatha Agent");
            assert_eq!(seen(world, "create_or_update_many"), 0);
        })
        .await;
}

#[tokio::test]
async fn a_dry_run_tells_before_and_after_and_writes_nothing() {
    quiet()
        .each(async |world| {
            world.zendesk().edit(|account| {
                let mut new = NewUser::end_user("Kim Old", "kim@customer.example");
                new.external_id = Some("1".to_owned());
                account.add_user(new).unwrap()
            });
            let csv = "external_id,name,email\n\
                       1,Kim New,kim@customer.example\n\
                       2,Lee,lee@customer.example\n";
            let before = world.zendesk().edit(|account| account.users().count());
            let dry = send_with(world, csv, WorkflowKind::DryRun, |_| {}).await;
            assert_completed(&dry);
            let outcome = rows(&dry);
            assert_eq!((outcome.created, outcome.updated), (1, 1));
            let told = told(world, &dry).await;
            assert_eq!(
                told[0].sentence.as_deref(),
                Some("name: \"Kim Old\" → \"Kim New\"; verified: false → true")
            );
            assert_eq!(seen(world, "create_or_update_many"), 0);
            assert_eq!(
                world.zendesk().edit(|account| account.users().count()),
                before
            );
            // A dry run leaves no trace in the ledger either: the send does all of it.
            let sent = send(world, csv).await;
            assert_eq!((rows(&sent).created, rows(&sent).updated), (1, 1));
        })
        .await;
}

#[tokio::test]
async fn a_test_send_sends_its_first_rows_only() {
    quiet()
        .each(async |world| {
            let sent = send_with(world, &people(40), WorkflowKind::Test, |settings| {
                settings.first = Some(10);
            })
            .await;
            assert_eq!((rows(&sent).read, rows(&sent).created), (10, 10));
            assert!(customer(world, "c10").is_some() && customer(world, "c11").is_none());
        })
        .await;
}

//! What can go wrong, what it tells a person, and how the workflow goes on.

use simulator::{BodyForm, Fault, FaultKind, JobFate};

use crate::*;

#[tokio::test]
async fn forty_nine_of_fifty_rows_that_fail_in_a_completed_job_are_forty_nine_failures() {
    quiet()
        .each(async |world| {
            world
                .zendesk()
                .add_fault(Fault::new(FaultKind::Job(JobFate::FailRows { rows: 49 })));
            let sent = send(world, &people(50)).await;
            let outcome = rows(&sent);
            assert_eq!((outcome.created, outcome.failed), (1, 49));
            let told = told(world, &sent).await;
            assert_eq!(told.len(), 49);
            assert!(
                told.iter()
                    .all(|row| row.sentence.is_some() && row.cells.is_some())
            );
        })
        .await;
}

#[tokio::test]
async fn a_refused_sign_in_says_what_to_do_and_the_workflow_goes_on_once_it_is_mended() {
    quiet()
        .each(async |world| {
            destination(world, |_| {}).await;
            world
                .zendesk()
                .add_fault(Fault::new(FaultKind::RevokeToken));
            let sent = send(world, &people(3)).await;
            assert_failed(&sent, "invalid_credentials");
            let engine = world.engine();
            let refused = workflows::act(engine, &sent, ActionKind::Resolve, false, "ada").await;
            assert!(refused.is_err(), "the cause is still there");
            world.zendesk().clear_faults();
            let ended = act(world, &sent, ActionKind::Resolve).await;
            assert_completed(&ended);
            assert_eq!(rows(&ended).created, 3);
        })
        .await;
}

#[tokio::test]
async fn where_bulk_import_is_off_users_go_one_by_one_only_if_somebody_says_so() {
    quiet()
        .simulator(|config| config.switches.bulk_user_import = false)
        .each(async |world| {
            let sent = send(world, &people(3)).await;
            assert_failed(&sent, "bulk_off");
            let ended = act(world, &sent, ActionKind::OneByOne).await;
            assert_completed(&ended);
            assert_eq!(rows(&ended).created + rows(&ended).updated, 3);
        })
        .await;
}

#[tokio::test]
async fn an_unknown_field_is_refused_with_the_nearest_name_before_anything_is_sent() {
    quiet()
        .each(async |world| {
            let csv = "external_id,name,user_fields.tiers\n1,Kim,gold\n";
            let sent = send(world, csv).await;
            assert_failed(&sent, "unknown_fields");
            assert!(sent.sentence.unwrap().contains("tiers"));
            assert_eq!(seen(world, "create_or_update_many"), 0);
        })
        .await;
}

#[tokio::test]
async fn a_column_with_power_is_not_allowed_until_the_destination_says_so() {
    quiet()
        .each(async |world| {
            let sent = send(world, "external_id,name,suspended\n1,Kim,true\n").await;
            assert_failed(&sent, "powerful_columns");
            assert!(
                sent.sentence
                    .unwrap()
                    .starts_with("suspended gives or takes away power")
            );
            assert_eq!(seen(world, "create_or_update_many"), 0);
            let both = send(
                world,
                "external_id,name,suspended,user_fields.tiers\n1,Kim,true,x\n",
            );
            assert_failed(&both.await, "unknown_fields");
        })
        .await;
}

#[tokio::test]
async fn a_missing_file_can_be_ignored_and_nothing_else_can() {
    quiet()
        .each(async |world| {
            let workflow = begin(world, &people(1), WorkflowKind::Send, |_| {}).await;
            std::fs::remove_file(world.database().folder().join("people.csv")).unwrap();
            let sent = see_through(world, &workflow).await;
            assert_failed(&sent, "source_file_missing");
            let engine = world.engine();
            let wrong = workflows::act(engine, &sent, ActionKind::OneByOne, false, "ada").await;
            assert!(wrong.is_err());
            let ended = act(world, &sent, ActionKind::Ignore).await;
            assert_completed(&ended);
        })
        .await;
}

#[tokio::test]
async fn a_storm_of_refusals_is_waited_out_and_nothing_is_sent_twice() {
    quiet()
        .each(async |world| {
            let storm = FaultKind::Status {
                status: 429,
                form: BodyForm::Json,
                retry_after: Some(20),
            };
            let fault = Fault::new(storm).on("users/create_or_update_many").times(5);
            world.zendesk().add_fault(fault);
            let sent = send(world, &people(250)).await;
            assert_completed(&sent);
            assert_eq!(rows(&sent).created, 250);
            assert_eq!(counts(&sent).sent_again, 0);
        })
        .await;
}

#[tokio::test]
async fn a_lost_reply_is_looked_up_and_what_arrived_is_not_sent_again() {
    quiet()
        .each(async |world| {
            let fault = Fault::new(FaultKind::ResetAfter)
                .on("users/create_or_update_many")
                .after(1)
                .times(1);
            world.zendesk().add_fault(fault);
            let sent = send(world, &people(250)).await;
            assert_completed(&sent);
            assert_eq!(rows(&sent).created, 250);
            assert_eq!(counts(&sent).sent_again, 0);
            assert_eq!(seen(world, "create_or_update_many"), 3);
        })
        .await;
}

#[tokio::test]
async fn a_user_who_may_not_manage_users_is_told_so_with_the_credential_in_view() {
    quiet()
        .each(async |world| {
            destination(world, |_| {}).await;
            let refusal = FaultKind::Status {
                status: 403,
                form: BodyForm::Object,
                retry_after: None,
            };
            world
                .zendesk()
                .add_fault(Fault::new(refusal.clone()).on("users/create_or_update_many"));
            world
                .zendesk()
                .add_fault(Fault::new(refusal).on("users/create_or_update"));
            let sent = send(world, &people(3)).await;
            assert_failed(&sent, "authorization");
            let trouble = workflows::trouble(&sent).unwrap();
            assert!(trouble.shows_credential());
            assert!(
                trouble
                    .actions()
                    .iter()
                    .all(|action| action.kind != ActionKind::OneByOne)
            );
            world.zendesk().clear_faults();
            let ended = act(world, &sent, ActionKind::Resolve).await;
            assert_eq!(rows(&ended).created, 3, "{:?}", ended.sentence);
        })
        .await;
}

#[tokio::test]
async fn a_source_that_is_too_short_is_stopped_by_its_guard_until_somebody_approves_once() {
    quiet()
        .each(async |world| {
            let sent = send_with(world, &people(3), WorkflowKind::Send, |settings| {
                settings.guard.fail_below = Some(100);
            })
            .await;
            assert_failed(&sent, "row_guard");
            assert_eq!(seen(world, "create_or_update_many"), 0);
            let ended = act(world, &sent, ActionKind::ApproveOnce).await;
            assert_eq!(rows(&ended).created, 3, "{:?}", ended.sentence);
        })
        .await;
}

#[tokio::test]
async fn a_column_that_is_gone_is_a_changed_source() {
    quiet()
        .each(async |world| {
            let sent = send_with(world, &people(3), WorkflowKind::Send, |settings| {
                let origin = domain::profile::Origin::Column("full_name".to_owned());
                let name = domain::profile::Target::of_column("name").unwrap();
                settings.mapping.entries.insert(name, origin);
                settings.mapping.by_name = true;
            })
            .await;
            assert_failed(&sent, "source_columns_changed");
            assert!(sent.sentence.unwrap().contains("full_name"));
        })
        .await;
}

#[tokio::test]
async fn a_page_where_zendesk_should_be_is_not_zendesk() {
    quiet()
        .each(async |world| {
            destination(world, |_| {}).await;
            let page = Fault::new(FaultKind::Html).on("users/create_or_update_many");
            world.zendesk().add_fault(page);
            let sent = send(world, &people(3)).await;
            assert_failed(&sent, "not_zendesk");
            world.zendesk().clear_faults();
            let ended = act(world, &sent, ActionKind::Resolve).await;
            let outcome = rows(&ended);
            assert_eq!(outcome.created + outcome.updated, 3, "{:?}", ended.sentence);
        })
        .await;
}

#[tokio::test]
async fn an_outage_is_waited_out_and_becomes_a_failure_only_past_the_deadline() {
    quiet()
        .each(async |world| {
            destination(world, |_| {}).await;
            let outage = FaultKind::Status {
                status: 503,
                form: BodyForm::Text,
                retry_after: Some(60),
            };
            let fault = Fault::new(outage).on("users/create_or_update_many");
            world.zendesk().add_fault(fault);
            let begun = world.now();
            let sent = send_with(world, &people(3), WorkflowKind::Send, |settings| {
                settings.deadline_hours = 1;
            })
            .await;
            assert_failed(&sent, "deadline");
            let waited = world.now().duration_since(begun).as_secs();
            assert!((3_600..4_200).contains(&waited), "{waited} s");
            world.zendesk().clear_faults();
            let ended = act(world, &sent, ActionKind::Resolve).await;
            assert_eq!(rows(&ended).created, 3, "{:?}", ended.sentence);
        })
        .await;
}

//! Answers that do not come, or not as they should: each is repeated while that can help, then told
//! in a sentence, and the pull after it makes up for everything.

use std::time::Duration;

use simulator::TicketChange;
use world::World;

use crate::{assert_same, fail_and_recover, hurt, problem, small, survive};

/// The fault once on every route of a pull, in the middle of it where it has several pages.
fn everywhere(fault: &str) -> String {
    [
        "incremental/users/cursor:after=1",
        "incremental/tickets/cursor:after=1",
        "incremental/ticket_events",
        "groups",
        "ticket_fields",
        "incremental/organizations",
    ]
    .map(|route| format!("{fault}:times=1:route={route}"))
    .join(" ")
}

#[tokio::test]
async fn trouble_that_passes_is_not_even_worth_a_warning() {
    let faults = [
        "status=500",
        "status=500:form=html",
        "status=502:form=html",
        "status=503:form=text:retry-after=5",
        "status=503:form=empty",
        "status=504:form=text",
        "too-many:retry-after=7",
        "too-many:form=text:retry-after=7",
        "too-many:form=text",
        "too-many:form=object",
        "too-many:form=errors:retry-after=1",
        "reset-before",
        "reset-after",
        "truncate",
        "invalid-json",
        "html",
        "wrong-shape",
    ]
    .map(everywhere);
    let faults: Vec<&str> = faults.iter().map(String::as_str).collect();
    survive(small(), &faults).await;
}

#[tokio::test]
async fn rows_that_come_twice_or_in_any_order_do_no_harm() {
    survive(
        small(),
        &[
            "duplicate-rows",
            "shuffle-rows",
            "duplicate-rows:route=incremental/ticket_events",
            "shuffle-rows:route=incremental/ticket_events",
            "duplicate-rows shuffle-rows",
        ],
    )
    .await;
}

#[tokio::test]
async fn no_whole_answer_is_told_with_what_came_instead() {
    let told = fail_and_recover(
        small(),
        &[
            "reset-before:route=incremental/users/cursor",
            "reset-after:route=incremental/tickets/cursor:after=1",
            "truncate:route=incremental/tickets/cursor:after=1",
            "truncate:route=incremental/ticket_events",
            "invalid-json:route=incremental/users/cursor:after=1",
            "html:route=incremental/users/cursor",
            "html:route=incremental/ticket_events",
            "wrong-shape:route=incremental/tickets/cursor:after=2",
            "wrong-shape:route=groups",
            "wrong-shape:route=incremental/organizations",
        ],
    )
    .await;
    insta::assert_snapshot!(told, @r"
        reset-before:route=incremental/users/cursor
          Zendesk did not answer the export of users: the answer stopped in the middle. It will be tried again; if this lasts, check the network and Zendesk's status page.
        reset-after:route=incremental/tickets/cursor:after=1
          Zendesk did not answer the export of tickets: the answer stopped in the middle. It will be tried again; if this lasts, check the network and Zendesk's status page.
        truncate:route=incremental/tickets/cursor:after=1
          Zendesk did not answer the export of tickets: the answer stopped in the middle. It will be tried again; if this lasts, check the network and Zendesk's status page.
        truncate:route=incremental/ticket_events
          Zendesk did not answer the export of ticket events: the answer stopped in the middle. It will be tried again; if this lasts, check the network and Zendesk's status page.
        invalid-json:route=incremental/users/cursor:after=1
          Zendesk answered the export of users with broken JSON instead of data (status 200). It may be under maintenance and will be tried again; if this lasts, check the address of the account.
        html:route=incremental/users/cursor
          Zendesk answered the export of users with a web page instead of data (status 200). It may be under maintenance and will be tried again; if this lasts, check the address of the account.
        html:route=incremental/ticket_events
          Zendesk answered the export of ticket events with a web page instead of data (status 200). It may be under maintenance and will be tried again; if this lasts, check the address of the account.
        wrong-shape:route=incremental/tickets/cursor:after=2
          Zendesk's answer to the export of tickets has an unexpected form at tickets: missing. It will be tried again; if this lasts, report it with the version of Deskbridge.
        wrong-shape:route=groups
          Zendesk's answer to the groups has an unexpected form at groups: missing. It will be tried again; if this lasts, report it with the version of Deskbridge.
        wrong-shape:route=incremental/organizations
          Zendesk's answer to the export of organisations has an unexpected form at organizations: missing. It will be tried again; if this lasts, report it with the version of Deskbridge.
        ");
}

#[tokio::test]
async fn a_refusal_is_told_with_its_status_and_what_to_do() {
    let told = fail_and_recover(
        small(),
        &[
            "status=500:route=incremental/tickets/cursor:after=1",
            "status=502:form=html:route=incremental/users/cursor",
            "status=503:form=empty:route=incremental/ticket_events",
            "status=504:form=text:route=groups",
            "status=401:route=incremental/tickets/cursor:after=1",
            "revoke-token:route=incremental/tickets/cursor:after=1",
            "status=403:form=object:route=incremental/ticket_events",
            "status=404:form=html:route=incremental/users/cursor",
            "status=410:route=incremental/users/cursor",
            "status=409:route=incremental/tickets/cursor",
            "status=422:route=incremental/tickets/cursor",
            "status=418:form=text:route=incremental/tickets/cursor",
        ],
    )
    .await;
    insta::assert_snapshot!(told, @r"
        status=500:route=incremental/tickets/cursor:after=1
          Zendesk did not answer the export of tickets: it answered with status 500. It will be tried again; if this lasts, check the network and Zendesk's status page.
        status=502:form=html:route=incremental/users/cursor
          Zendesk did not answer the export of users: it answered with status 502. It will be tried again; if this lasts, check the network and Zendesk's status page.
        status=503:form=empty:route=incremental/ticket_events
          Zendesk did not answer the export of ticket events: it answered with status 503. It will be tried again; if this lasts, check the network and Zendesk's status page.
        status=504:form=text:route=groups
          Zendesk did not answer the groups: it answered with status 504. It will be tried again; if this lasts, check the network and Zendesk's status page.
        status=401:route=incremental/tickets/cursor:after=1
          Zendesk does not accept the sign-in (status 401, Unauthorized). Enter valid sign-in details, or connect to Zendesk again.
        revoke-token:route=incremental/tickets/cursor:after=1
          Zendesk does not accept the sign-in (status 401, Couldn't authenticate you). Enter valid sign-in details, or connect to Zendesk again.
        status=403:form=object:route=incremental/ticket_events
          Zendesk refuses the export of ticket events (status 403, Forbidden): whoever signs in is not allowed it. Use the sign-in of a Zendesk administrator, or ask the account's owner for access.
        status=404:form=html:route=incremental/users/cursor
          Zendesk does not have the export of users at this address (status 404). Check the address of the Zendesk account in the integration.
        status=410:route=incremental/users/cursor
          Zendesk does not have the export of users at this address (status 410). Check the address of the Zendesk account in the integration.
        status=409:route=incremental/tickets/cursor
          Zendesk reports a conflict on the export of tickets (status 409, DatabaseConflict). It will be tried again.
        status=422:route=incremental/tickets/cursor
          Zendesk refuses the export of tickets (status 422, RecordInvalid). The same request will not succeed later: report it with the version of Deskbridge.
        status=418:form=text:route=incremental/tickets/cursor
          Zendesk refuses the export of tickets (status 418). The same request will not succeed later: report it with the version of Deskbridge.
        ");
}

#[tokio::test]
async fn an_export_that_does_not_move_on_is_given_up() {
    let told = fail_and_recover(
        small(),
        &[
            "repeat-page:route=incremental/users/cursor",
            "repeat-page:route=incremental/tickets/cursor",
            "repeat-page:route=incremental/tickets/cursor:after=1",
            "repeat-page:route=incremental/ticket_events",
        ],
    )
    .await;
    insta::assert_snapshot!(told, @r"
        repeat-page:route=incremental/users/cursor
          Zendesk sends the same page of the export of users again and again, so no more of it was asked for. Nothing stored is lost, and it will be tried again; if this lasts, report it to Zendesk's support.
        repeat-page:route=incremental/tickets/cursor
          Zendesk sends the same page of the export of tickets again and again, so no more of it was asked for. Nothing stored is lost, and it will be tried again; if this lasts, report it to Zendesk's support.
        repeat-page:route=incremental/tickets/cursor:after=1
          Zendesk sends the same page of the export of tickets again and again, so no more of it was asked for. Nothing stored is lost, and it will be tried again; if this lasts, report it to Zendesk's support.
        repeat-page:route=incremental/ticket_events
          Zendesk sends the same page of the export of ticket events again and again, so no more of it was asked for. Nothing stored is lost, and it will be tried again; if this lasts, report it to Zendesk's support.
        ");
}

#[tokio::test]
async fn a_limit_that_never_opens_is_told_after_a_quarter_of_an_hour() {
    let told = fail_and_recover(
        small(),
        &[
            "too-many:route=incremental/tickets/cursor:after=1:retry-after=60",
            "too-many:route=incremental/tickets/cursor:form=text",
            "too-many:route=incremental/ticket_events:retry-after=3600",
            "status=503:route=incremental/users/cursor:retry-after=600",
        ],
    )
    .await;
    insta::assert_snapshot!(told, @r"
        too-many:route=incremental/tickets/cursor:after=1:retry-after=60
          Zendesk's request limit is reached (all requests of the account). The work goes on by itself in 60 s.
        too-many:route=incremental/tickets/cursor:form=text
          Zendesk's request limit is reached (all requests of the account). The work goes on by itself in 300 s.
        too-many:route=incremental/ticket_events:retry-after=3600
          Zendesk's request limit is reached (all requests of the account). The work goes on by itself in 3600 s.
        status=503:route=incremental/users/cursor:retry-after=600
          Zendesk did not answer the export of users: it answered with status 503. It will be tried again in 600 s; if this lasts, check the network and Zendesk's status page.
        ");
}

#[tokio::test]
async fn an_answer_that_takes_too_long_is_given_up_and_asked_for_again() {
    // The one thing here that takes real time: a socket's timeout runs on the machine's clock.
    let hasty = || small().engine(|settings| settings.request_timeout = Duration::from_millis(250));
    survive(
        hasty(),
        &["slow=2000:route=incremental/tickets/cursor:after=1:times=1"],
    )
    .await;
    let told = fail_and_recover(hasty(), &["slow=2000:route=incremental/ticket_events"]).await;
    insta::assert_snapshot!(told, @r"
        slow=2000:route=incremental/ticket_events
          Zendesk did not answer the export of ticket events: it took too long. It will be tried again; if this lasts, check the network and Zendesk's status page.
        ");
}

#[tokio::test]
async fn a_redirect_is_told_and_never_followed() {
    let elsewhere = simulator::start(simulator::Config::default())
        .await
        .unwrap();
    let fault = format!(
        "redirect={}/api/v2/x:route=incremental/tickets/cursor:after=1",
        elsewhere.url()
    );
    let told = fail_and_recover(small(), &[&fault]).await;
    let told = told.replace(&elsewhere.url(), "ELSEWHERE");
    insta::assert_snapshot!(told, @r"
        redirect=ELSEWHERE/api/v2/x:route=incremental/tickets/cursor:after=1
          The account's address answers with a redirect to 127.0.0.1, which is not followed. Check the address of the Zendesk account in the integration.
        ");
    assert_eq!(elsewhere.requests(), 0);
    let told = fail_and_recover(
        small(),
        &["redirect=https://login.example.org/:route=incremental/users/cursor"],
    )
    .await;
    insta::assert_snapshot!(told, @r"
        redirect=https://login.example.org/:route=incremental/users/cursor
          The account's address answers with a redirect to login.example.org, which is not followed. Check the address of the Zendesk account in the integration.
        ");
}

#[tokio::test]
async fn a_cursor_that_is_refused_starts_the_export_again_and_nothing_is_written_twice() {
    small()
        .each(async |world| {
            world.sync_well().await;
            rename_ticket(world, 3);
            world.pass_minutes(2);
            hurt(
                world,
                "refuse-cursor=400:times=1:route=incremental/users/cursor \
                 refuse-cursor=422:times=1:route=incremental/tickets/cursor",
            );
            let run = world.sync_well().await;
            let counters = run.counters.clone();
            assert_eq!(counters.users.read, 12);
            assert_eq!(counters.users.unchanged, 12);
            assert_eq!(counters.tickets.unchanged, 19);
            assert_eq!(counters.tickets.updated, 1);
            assert_eq!((counters.cases.created, counters.cases.updated), (0, 1));
            let warnings = world.warnings(&run).await.join("\n");
            insta::allow_duplicates! { insta::assert_snapshot!(warnings, @r"
        Zendesk no longer takes the place where the users export was left, so it is read from its beginning. Nothing is lost; what has not changed is not written again.
        Zendesk no longer takes the place where the tickets export was left, so it is read from its beginning. Nothing is lost; what has not changed is not written again.
        "); }
        })
        .await;
}

#[tokio::test]
async fn a_cursor_that_is_refused_again_and_again_ends_the_run() {
    let told = fail_and_recover(
        small(),
        &[
            "refuse-cursor=400:route=incremental/tickets/cursor",
            "refuse-cursor=422:route=incremental/users/cursor",
        ],
    )
    .await;
    insta::assert_snapshot!(told, @r"
        refuse-cursor=400:route=incremental/tickets/cursor
          Zendesk's tickets export refuses to go on from the place that it named itself a moment ago, so the run was ended. Nothing stored is lost; the next run asks again. If it stays so, report it to Zendesk's support.
        refuse-cursor=422:route=incremental/users/cursor
          Zendesk's users export refuses to go on from the place that it named itself a moment ago, so the run was ended. Nothing stored is lost; the next run asks again. If it stays so, report it to Zendesk's support.
        ");
}

fn rename_ticket(world: &World, id: i64) {
    let change = TicketChange {
        subject: Some(Some("Renamed".to_owned())),
        ..TicketChange::default()
    };
    let changed = world
        .zendesk()
        .edit(|account| account.update_ticket(id, change));
    changed.unwrap().unwrap();
}

#[tokio::test]
async fn what_was_stored_stays_while_zendesk_cannot_be_read() {
    small()
        .each(async |world| {
            world.sync_well().await;
            let before = world.dump().await;
            rename_ticket(world, 3);
            world.pass_minutes(2);
            for fault in [
                "html",
                "status=500",
                "revoke-token",
                "status=404",
                "wrong-shape",
            ] {
                hurt(world, fault);
                problem(world.sync().await);
                assert_same(&before, &world.dump().await);
                world.zendesk().clear_faults();
            }
            world.sync_well().await;
            assert_eq!(world.case_of(3).await.fields.subject, "Renamed");
        })
        .await;
}

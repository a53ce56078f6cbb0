//! The page of a run, and what it is sent while somebody watches.

use store::runs::{self, Counters, Level, RunState, Tally};
use store::users::UserRole;

use crate::house::{House, on_both};

/// A run that has begun, with a line in its log. Returns it.
async fn begun(house: &House) -> String {
    let integration = house.integration("main").await;
    let engine = &house.engine;
    let mut tx = engine.store.begin().await.unwrap();
    let (now, dice) = (engine.now(), &*engine.dice);
    let opened = runs::open_or_join(&mut tx, &integration, "pull", "ada@example.com", now, dice);
    let (run, _) = opened.await.unwrap();
    let counters = Counters {
        tickets: Tally {
            read: 500,
            ..Tally::default()
        },
        ..Counters::default()
    };
    runs::progress(&mut tx, &run, "tickets", &counters, now)
        .await
        .unwrap();
    let line = "<i>Call</i> bob@example.com".to_owned();
    runs::log(&mut tx, &run, 1, &[(Level::Warning, line)], now)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    run
}

#[tokio::test]
async fn a_run_tells_its_stage_its_counts_its_rate_and_its_log() {
    on_both(async |house: House| {
        let run = begun(&house).await;
        house.clock.advance(std::time::Duration::from_secs(10));
        let page = house.browser().await.get(&format!("/runs/{run}")).await;
        let text = page.text();
        for told in [
            "running",
            "stage 2 of 5: tickets",
            "500 read: 0 users, 500 tickets, 0 comments",
            "50.0 records a second",
            "Zendesk has named no limit yet",
            "Estimated time left",
            "bob@example.com",
            "Stop",
        ] {
            assert!(text.contains(told), "{told} is missing in {text}");
        }
        assert!(page.has(&format!(r#"data-events="/runs/{run}/events""#)));
        assert!(
            page.has(r#"<dl class="fields">"#),
            "the live part is no text"
        );
        assert!(!page.has("<i>Call"), "a line of the log is");
    })
    .await;
}

#[tokio::test]
async fn whoever_watches_is_sent_the_part_and_an_end_when_the_run_is_over() {
    on_both(async |house: House| {
        let run = begun(&house).await;
        let mut tx = house.engine.store.begin().await.unwrap();
        let counters = Counters::default();
        let ended = runs::end(
            &mut tx,
            &run,
            RunState::Completed,
            None,
            &counters,
            house.now(),
        );
        ended.await.unwrap();
        tx.commit().await.unwrap();
        let events = house
            .browser()
            .await
            .get(&format!("/runs/{run}/events"))
            .await;
        assert_eq!(events.header("content-type"), "text/event-stream");
        assert!(events.has("event: part"), "{}", events.body);
        assert!(events.has("completed"), "{}", events.body);
        assert!(events.has("event: end"), "{}", events.body);
    })
    .await;
}

#[tokio::test]
async fn a_stream_ends_by_itself_even_if_the_run_does_not() {
    on_both(async |house: House| {
        let run = begun(&house).await;
        // The clock of the test moves by each wait: minutes pass at once.
        let events = house
            .browser()
            .await
            .get(&format!("/runs/{run}/events"))
            .await;
        assert!(events.has("event: part"), "{}", events.body);
        assert!(!events.has("event: end"), "the browser may ask again");
    })
    .await;
}

#[tokio::test]
async fn who_manages_the_integration_can_stop_its_run_and_nobody_else() {
    on_both(async |house: House| {
        let run = begun(&house).await;
        let path = format!("/runs/{run}/stop");
        let mut agent = house.browser_of(UserRole::Agent).await;
        assert_eq!(agent.post(&path, "").await.status, 403);
        let mut ada = house.browser().await;
        let answer = ada.post(&path, "").await;
        assert_eq!(answer.header("location"), format!("/runs/{run}?done=stop"));
        let text = ada.get(&format!("/runs/{run}?done=stop")).await.text();
        assert!(text.contains("asked to stop"), "{text}");
        let reader = &mut *house.engine.store.read().await.unwrap();
        assert!(
            runs::find(reader, &run)
                .await
                .unwrap()
                .unwrap()
                .stop_requested
        );
    })
    .await;
}

#[tokio::test]
async fn the_log_is_masked_for_who_may_not_see_personal_data() {
    on_both(async |house: House| {
        let run = begun(&house).await;
        let id = house.id_of(UserRole::Agent).await;
        let restrict = "name=The+agent&role=agent&restrict_pii=yes";
        let mut ada = house.browser().await;
        assert_eq!(
            ada.post(&format!("/users/{id}/edit"), restrict)
                .await
                .status,
            303
        );
        let mut agent = house.browser_of(UserRole::Agent).await;
        for path in [format!("/runs/{run}"), format!("/runs/{run}/events")] {
            let page = agent.get(&path).await;
            assert_eq!(page.status, 200);
            assert!(!page.has("@example.com"), "{path}: {}", page.body);
        }
    })
    .await;
}

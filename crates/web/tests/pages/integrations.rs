//! The page of integrations.

use store::runs::{self, Counters, RunState, Tally};

use crate::house::{House, on_both};

#[tokio::test]
async fn with_no_integration_the_page_says_how_to_begin() {
    on_both(async |house: House| {
        let page = house.browser().await.get("/integrations").await;
        assert!(page.text().contains("No integration yet"));
        assert!(page.text().contains("deskbridge integration add main"));
    })
    .await;
}

#[tokio::test]
async fn an_integration_shows_its_account_its_state_and_how_long_its_token_lasts() {
    on_both(async |house: House| {
        house.integration("<b>main</b>").await;
        let page = house.browser().await.get("/integrations").await;
        let text = page.text();
        for told in [
            "Zendesk",
            "https://acme.zendesk.com",
            "Inactive",
            "One-way, from Zendesk",
            "It has never run. Activate it to begin the first sync.",
            "API tokens stop on 30 Apr 2027: 159 days left. Switch to OAuth.",
        ] {
            assert!(text.contains(told), "{told} is missing in {text}");
        }
        assert!(page.has("&#60;b&#62;main"), "a name is text, never marks");
        assert!(!page.has("<b>main"));
    })
    .await;
}

#[tokio::test]
async fn the_last_run_tells_its_end_its_counts_and_its_problem() {
    on_both(async |house: House| {
        let integration = house.integration("main").await;
        let engine = &house.engine;
        let mut tx = engine.store.begin().await.unwrap();
        let (now, dice) = (engine.now(), &*engine.dice);
        let opened = runs::open_or_join(&mut tx, &integration, "pull", "ada", now, dice).await;
        let (run, _) = opened.unwrap();
        let counters = Counters {
            tickets: Tally {
                read: 4321,
                ..Tally::default()
            },
            warnings: 2,
            ..Counters::default()
        };
        let later = now + jiff::SignedDuration::from_secs(75);
        let problem = Some("The token was refused. Make a new one.");
        let ended = runs::end(&mut tx, &run, RunState::Failed, problem, &counters, later).await;
        ended.unwrap();
        tx.commit().await.unwrap();
        let text = house.browser().await.get("/integrations").await.text();
        for told in [
            "failed",
            "22 Nov 2026, 09:01",
            "took 1 min 15 s",
            "4321 tickets read",
            "2 warnings",
            "The token was refused. Make a new one.",
        ] {
            assert!(text.contains(told), "{told} is missing in {text}");
        }
    })
    .await;
}

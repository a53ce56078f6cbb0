//! The page of integrations.

use store::runs::{self, Counters, RunState, Tally};
use store::users::UserRole;

use crate::browser::Browser;
use crate::house::{House, on_both};

/// A form with what a new integration needs, at this address.
fn filled(url: &str) -> String {
    format!(
        "kind=zendesk&name=Support&url={url}&sign_in=api_token&api_email=agent%40example.com&api_token=planted-secret\
         &owner=&interval=2&interval_unit=minutes&budget_share=40&priority=remote"
    )
}

/// Creates an integration with the form; returns its id.
async fn create(house: &House, browser: &mut Browser, url: &str) -> String {
    let form = filled(url).replace("owner=", &format!("owner={}", house.ada.id));
    let answer = browser.post("/integrations", &form).await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    let location = answer.header("location");
    let id = location.strip_prefix("/integrations/").unwrap();
    id.strip_suffix("?done=added").unwrap().to_owned()
}

#[tokio::test]
async fn with_no_integration_the_page_says_how_to_begin() {
    on_both(async |house: House| {
        let page = house.browser().await.get("/integrations").await;
        assert!(page.text().contains("No integration yet"));
        assert!(page.has(r#"<a class="button" href="/integrations/new">Create integration</a>"#));
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

#[tokio::test]
async fn a_new_integration_is_inactive_and_its_secret_never_comes_back() {
    on_both(async |house: House| {
        let mut browser = house.browser().await;
        let page = browser.get("/integrations/new").await;
        // Zendesk makes no new tokens: what lasts comes first and is chosen.
        let (client, token) = (
            page.body.find("value=\"oauth_client\""),
            page.body.find("value=\"api_token\""),
        );
        assert!(client.is_some() && client < token);
        assert!(
            page.has("value=\"oauth_client\" checked") && !page.has("value=\"api_token\" checked")
        );
        for label in [
            "Type",
            "Name",
            "URL",
            "API Email",
            "API Token",
            "Default Zendesk User Email",
            "Owner",
            "Enable Two Way Sync",
            "Sync Priority",
            "Remote wins",
            "Local wins",
        ] {
            assert!(page.text().contains(label), "{label} is missing");
        }
        let id = create(&house, &mut browser, "acme.zendesk.com").await;
        let shown = browser.get(&format!("/integrations/{id}?done=added")).await;
        let text = shown.text();
        assert!(text.contains("It is inactive"), "{text}");
        assert!(text.contains("https://acme.zendesk.com"), "{text}");
        assert!(text.contains("120 s"), "{text}");
        let form = browser.get(&format!("/integrations/{id}/edit")).await;
        assert!(form.text().contains("A token is saved. Empty: it stays."));
        assert!(form.has(r#"value="agent@example.com""#));
        for page in [&shown, &form] {
            assert!(!page.has("planted-secret"));
        }
    })
    .await;
}

#[tokio::test]
async fn a_form_that_fails_keeps_what_was_typed_but_for_secrets_and_marks_each_field() {
    on_both(async |house: House| {
        let mut browser = house.browser().await;
        let form = "kind=zendesk&name=ab&url=http%3A%2F%2Fevil.example&sign_in=api_token&api_email=nobody\
                    &api_token=planted-secret&interval=5&interval_unit=seconds&budget_share=400";
        let answer = browser.post("/integrations", form).await;
        assert_eq!(answer.status, 422);
        for field in ["name", "url", "api_email", "interval", "budget_share", "owner"] {
            assert!(answer.has(&format!(r#"id="{field}-wrong""#)), "{field}");
        }
        assert!(answer.has(r#"value="http://evil.example""#));
        assert!(!answer.has("planted-secret"));
        assert!(browser.get("/integrations").await.text().contains("No integration yet"));
        let more = format!("{form}&active=1");
        assert_eq!(browser.post("/integrations", &more).await.status, 422, "an unknown field");
    })
    .await;
}

#[tokio::test]
async fn an_edit_changes_settings_and_maps_and_leaves_the_saved_token() {
    on_both(async |house: House| {
        let mut browser = house.browser().await;
        let id = create(&house, &mut browser, "acme.zendesk.com").await;
        let form = format!(
            "kind=zendesk&name=Renamed&url=acme.zendesk.com&sign_in=api_token&api_email=agent%40example.com&api_token=\
             &owner={}&two_way=yes&priority=local&interval=1&interval_unit=hours&budget_share=10&contacts=all\
             &status_solved=resolved&to_priority_high=urgent",
            house.ada.id
        );
        let answer = browser.post(&format!("/integrations/{id}/edit"), &form).await;
        assert_eq!(answer.status, 303, "{}", answer.text());
        let reader = &mut *house.engine.store.read().await.unwrap();
        let found = store::integrations::find(reader, &id).await.unwrap().unwrap();
        assert_eq!(found.settings.name, "Renamed");
        assert!(found.settings.two_way);
        assert_eq!(found.settings.interval.as_secs(), 3600);
        assert_eq!(found.settings.maps.status.from_zendesk.solved.as_str(), "resolved");
        assert_eq!(found.settings.maps.status.from_zendesk.pending.as_str(), "in_progress");
        assert_eq!(found.settings.maps.priority.to_zendesk.high.as_str(), "urgent");
        let keyring = &house.engine.keyring;
        let credential = &found.settings.credential_id;
        let secret = store::credentials::secret(reader, keyring, credential).await.unwrap();
        assert_eq!(secrecy::ExposeSecret::expose_secret(&secret), "planted-secret");
    })
    .await;
}

#[tokio::test]
async fn the_menu_of_a_row_holds_every_deed_for_who_may_and_only_view_for_who_may_not() {
    on_both(async |house: House| {
        let id = house.integration("main").await;
        let page = house.browser().await.get("/integrations").await;
        assert!(page.has(r#"<summary aria-label="More options for main">"#));
        for deed in ["sync", "edit", "activate", "delete"] {
            assert!(page.has(&format!("/integrations/{id}/{deed}")), "{deed}");
        }
        let mut agent = house.browser_of(UserRole::Agent).await;
        let page = agent.get("/integrations").await;
        assert!(page.has(&format!(r#"href="/integrations/{id}""#)));
        assert!(!page.has("Create integration"));
        for deed in ["sync", "activate", "deactivate"] {
            let path = format!("/integrations/{id}/{deed}");
            assert!(!page.has(&path), "{deed}");
            let answer = agent.post(&path, "").await;
            assert_eq!(answer.status, 403);
            assert!(
                answer.text().contains("Only its owner"),
                "{}",
                answer.text()
            );
        }
        assert_eq!(
            agent.get(&format!("/integrations/{id}/edit")).await.status,
            403
        );
        assert_eq!(
            agent
                .post(&format!("/integrations/{id}/delete"), "")
                .await
                .status,
            403
        );
    })
    .await;
}

#[tokio::test]
async fn activation_tries_to_sign_in_and_a_sync_can_be_followed_to_its_end() {
    on_both(async |house: House| {
        let simulator = simulator::start(simulator::Config::default())
            .await
            .unwrap();
        let email = simulator.read(|account| {
            let admins = account
                .users()
                .filter(|user| user.role == simulator::Role::Admin);
            admins
                .filter_map(|user| user.email.as_ref())
                .next()
                .unwrap()
                .to_string()
        });
        let mut browser = house.browser().await;
        let url = simulator.url();
        let id = create(&house, &mut browser, &url).await;
        let page = format!("/integrations/{id}");
        let refused = browser.post(&format!("{page}/sync"), "").await;
        assert_eq!(refused.status, 422);
        assert!(refused.text().contains("This integration is inactive"));
        let wrong = browser.post(&format!("{page}/activate"), "").await;
        assert_eq!(wrong.status, 422, "{}", wrong.text());
        assert!(wrong.text().contains("Inactive"), "{}", wrong.text());
        let form = filled(&url)
            .replace("agent%40example.com", &email.replace('@', "%40"))
            .replace("planted-secret", "token")
            .replace("owner=", &format!("owner={}", house.ada.id));
        let edited = browser.post(&format!("{page}/edit"), &form).await;
        assert_eq!(edited.status, 303, "{}", edited.text());
        let right = browser.post(&format!("{page}/activate"), "").await;
        assert_eq!(right.status, 303, "{}", right.text());
        let joined = browser.post(&format!("{page}/sync"), "").await;
        assert_eq!(joined.header("location"), format!("{page}?done=joined"));
        let shown = browser.get(&format!("{page}?done=joined")).await;
        assert!(
            shown.text().contains("joined it. Check progress"),
            "{}",
            shown.text()
        );
        engine::worker::run_due_jobs(&house.engine).await.unwrap();
        let reader = &mut *house.engine.store.read().await.unwrap();
        let run = runs::latest(reader, &id, 1).await.unwrap().remove(0);
        assert!(shown.has(&format!(r#"<a href="/runs/{}">Check progress</a>"#, run.id)));
        let progress = browser.get(&format!("/runs/{}", run.id)).await.text();
        assert!(progress.contains("completed"), "{progress}");
        assert!(progress.contains("100 tickets"), "{progress}");
        let home = browser.get("/").await.text();
        assert!(home.contains("In step as of"), "{home}");
        assert!(home.contains("Records read:"), "{home}");
        let off = browser.post(&format!("{page}/deactivate"), "").await;
        assert_eq!(off.header("location"), format!("{page}?done=deactivated"));
    })
    .await;
}

#[tokio::test]
async fn a_delete_says_in_numbers_what_goes_and_takes_the_own_credential_along() {
    on_both(async |house: House| {
        let mut browser = house.browser().await;
        let id = create(&house, &mut browser, "acme.zendesk.com").await;
        let page = browser.get(&format!("/integrations/{id}/delete")).await;
        for told in [
            "Changes that would be lost",
            "Mirrored tickets that go",
            "Cases that stay",
        ] {
            assert!(page.text().contains(told), "{told}");
        }
        let answer = browser
            .post(&format!("/integrations/{id}/delete"), "")
            .await;
        assert_eq!(answer.header("location"), "/integrations?done=deleted");
        assert_eq!(
            browser.get(&format!("/integrations/{id}")).await.status,
            404
        );
        let reader = &mut *house.engine.store.read().await.unwrap();
        assert!(store::credentials::list(reader).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn what_piled_up_is_counted_and_left_unless_somebody_says_yes() {
    on_both(async |house: House| {
        let id = house.integration("main").await;
        let mut browser = house.browser().await;
        let page = browser.get(&format!("/integrations/{id}/backlog")).await;
        assert!(page.text().contains("Nothing has piled up"));
        let path = format!("/integrations/{id}/backlog");
        let left = browser.post(&path, "answer=no").await;
        assert_eq!(
            left.header("location"),
            format!("/integrations/{id}?done=left")
        );
        let refused = browser.post(&path, "answer=yes").await;
        assert_eq!(refused.status, 422, "it is inactive");
    })
    .await;
}

#[tokio::test]
async fn emails_are_masked_for_who_may_not_see_them_and_their_edit_leaves_them() {
    on_both(async |house: House| {
        let mut ada = house.browser().await;
        let id = create(&house, &mut ada, "acme.zendesk.com").await;
        let operator = house.id_of(UserRole::Operator).await;
        let restrict = "name=The+operator&role=operator&restrict_pii=yes";
        let answer = ada.post(&format!("/users/{operator}/edit"), restrict).await;
        assert_eq!(answer.status, 303);
        let mut browser = house.browser_of(UserRole::Operator).await;
        for path in [
            format!("/integrations/{id}"),
            format!("/integrations/{id}/edit"),
        ] {
            let page = browser.get(&path).await;
            assert!(!page.has("agent@example.com"), "{path}");
            assert!(page.has("a•••@e•••.com"), "{path}");
        }
        let form = filled("acme.zendesk.com")
            .replace("agent%40example.com", "")
            .replace("planted-secret", "")
            .replace("owner=", &format!("owner={}", house.ada.id));
        let answer = browser
            .post(&format!("/integrations/{id}/edit"), &form)
            .await;
        assert_eq!(answer.status, 303, "{}", answer.text());
        assert!(
            ada.get(&format!("/integrations/{id}"))
                .await
                .has("agent@example.com")
        );
    })
    .await;
}

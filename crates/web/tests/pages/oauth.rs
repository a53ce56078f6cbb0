//! Connect to Zendesk: the way there and back, over sockets.

use simulator::{Config, OAuthClient, Simulator};

use crate::browser::Browser;
use crate::house::{House, on_both_at};

const HERE: &str = "http://desk.example.com";

async fn zendesk(consents: bool) -> Simulator {
    let oauth = OAuthClient {
        consents,
        ..OAuthClient::default()
    };
    let config = Config {
        oauth,
        ..Config::default()
    };
    simulator::start(config).await.unwrap()
}

/// Creates an integration that is to be connected; returns the path of its page.
async fn create(house: &House, browser: &mut Browser, zendesk: &Simulator) -> String {
    let form = format!(
        "kind=zendesk&name=Support&url={}&sign_in=oauth_tokens&client_id=deskbridge&owner={}&interval=60\
         &interval_unit=seconds&budget_share=50",
        zendesk.url(),
        house.ada.id
    );
    let answer = browser.post("/integrations", &form).await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    let location = answer.header("location").to_owned();
    location.strip_suffix("?done=added").unwrap().to_owned()
}

/// Goes to Zendesk's page; returns the path to which it leads back.
async fn consent(browser: &mut Browser, page: &str, zendesk: &Simulator) -> String {
    let begun = browser.post(&format!("{page}/connect"), "").await;
    assert_eq!(begun.status, 200, "{}", begun.text());
    let base = zendesk.url();
    let start = begun.body.find(&format!(r#"href="{base}/oauth/"#)).unwrap();
    let rest = &begun.body[start + 6..];
    let address = rest[..rest.find('"').unwrap()].replace("&#38;", "&");
    assert!(address.contains("code_challenge_method=S256"), "{address}");
    let there = address.strip_prefix(base.as_str()).unwrap();
    let answer = Browser::at(zendesk.address()).get(there).await;
    assert_eq!(answer.status, 302, "{}", answer.body);
    let back = answer.header("location").to_owned();
    back.strip_prefix(HERE).unwrap().to_owned()
}

#[tokio::test]
async fn an_account_is_connected_by_consent_and_each_consent_counts_once() {
    on_both_at(Some(HERE), async |house: House| {
        let zendesk = zendesk(true).await;
        let mut browser = house.browser().await;
        let page = create(&house, &mut browser, &zendesk).await;
        assert!(browser.get(&page).await.text().contains("Not connected"));
        let back = consent(&mut browser, &page, &zendesk).await;

        let mut other = house.browser().await;
        let stolen = other.get(&back).await;
        assert_eq!(stolen.status, 409, "another session");
        assert!(stolen.text().contains("was not begun in this session"));

        let answer = browser.get(&back).await;
        assert_eq!(answer.status, 303, "{}", answer.text());
        assert_eq!(answer.header("location"), format!("{page}?done=connected"));
        let shown = browser.get(&format!("{page}?done=connected")).await;
        assert!(shown.text().contains("The account is connected"));
        assert!(shown.has(r#"<span class="pill on">Connected</span>"#));

        let again = browser.get(&back).await;
        assert_eq!(again.status, 409);
        assert!(
            again.text().contains("has been used already"),
            "{}",
            again.text()
        );

        let active = browser.post(&format!("{page}/activate"), "").await;
        assert_eq!(active.status, 303, "{}", active.text());
    })
    .await;
}

#[tokio::test]
async fn a_consent_that_took_too_long_or_was_never_begun_connects_nothing() {
    on_both_at(Some(HERE), async |house: House| {
        let zendesk = zendesk(true).await;
        let mut browser = house.browser().await;
        let page = create(&house, &mut browser, &zendesk).await;
        let back = consent(&mut browser, &page, &zendesk).await;
        house.clock.advance(std::time::Duration::from_secs(601));
        let late = browser.get(&back).await;
        assert_eq!(late.status, 409);
        assert!(
            late.text().contains("longer than 10 minutes"),
            "{}",
            late.text()
        );
        for brought in ["", "?state=guessed&code=x", "?code=x"] {
            let answer = browser
                .get(&format!("/oauth/zendesk/callback{brought}"))
                .await;
            assert_eq!(answer.status, 409, "{brought}");
        }
        assert!(browser.get(&page).await.text().contains("Not connected"));
    })
    .await;
}

#[tokio::test]
async fn a_denied_consent_and_a_code_that_is_refused_are_told_in_a_sentence() {
    on_both_at(Some(HERE), async |house: House| {
        let denying = zendesk(false).await;
        let mut browser = house.browser().await;
        let page = create(&house, &mut browser, &denying).await;
        let back = consent(&mut browser, &page, &denying).await;
        let denied = browser.get(&back).await;
        assert_eq!(denied.status, 422);
        assert!(
            denied.text().contains("the consent was denied"),
            "{}",
            denied.text()
        );

        let back = consent(&mut browser, &page, &denying).await;
        let state = back.split("state=").nth(1).unwrap();
        let forged = format!("/oauth/zendesk/callback?code=forged&state={state}");
        let refused = browser.get(&forged).await;
        assert_eq!(refused.status, 422, "{}", refused.text());
        assert!(
            refused.text().contains("invalid_grant"),
            "{}",
            refused.text()
        );
        assert!(refused.text().contains("Not connected"));
    })
    .await;
}

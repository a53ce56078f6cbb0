//! Credentials: added, tried, kept out of sight, and entered by others.

use jiff::SignedDuration;
use simulator::{Config, Simulator};
use store::users::UserRole;

use crate::browser::{Answer, Browser};
use crate::house::{House, on_both};

/// A text as a form carries it.
pub(crate) fn coded(text: &str) -> String {
    let coded = text.bytes().map(|byte| match byte {
        byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    });
    coded.collect()
}

pub(crate) async fn zendesk() -> Simulator {
    let config = Config {
        tickets: 0,
        users: 3,
        ..Config::default()
    };
    simulator::start(config).await.unwrap()
}

/// A Zendesk credential by token, stored without a trial; returns its address.
pub(crate) async fn add(browser: &mut Browser, name: &str, token: &str) -> String {
    let form = format!(
        "kind=zendesk&name={name}&sign_in=token&api_token={token}&email=agent%40example.com"
    );
    let answer = browser.post("/credentials", &form).await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    let place = answer.header("location");
    place.strip_suffix("?done=added").unwrap().to_owned()
}

fn refused(answer: &Answer, sentence: &str) {
    assert_eq!(answer.status, 422, "{}", answer.text());
    assert!(answer.text().contains(sentence), "{}", answer.text());
}

#[tokio::test]
async fn an_empty_list_says_how_to_begin_and_the_types_can_be_filtered() {
    on_both(async |house: House| {
        let mut ada = house.browser().await;
        let page = ada.get("/credentials").await;
        assert!(page.text().contains("No credentials yet"));
        assert!(page.has("href=\"/credentials/new\""));
        let page = ada.get("/credentials/new").await.text();
        let at = |word: &str| page.find(word).unwrap();
        assert!(at("Database") < at("Object store") && at("Object store") < at("Zendesk"));
        let page = ada.get("/credentials/new?filter=zen").await;
        assert!(page.has("kind=zendesk") && !page.has("kind=database"));
        for kind in ["zendesk", "database", "object-store"] {
            let page = ada.get(&format!("/credentials/new?kind={kind}")).await;
            assert_eq!(page.status, 200);
            assert!(page.text().contains("Name and description"));
        }
        // Zendesk makes no new tokens: what lasts comes first and is chosen.
        let page = ada.get("/credentials/new?kind=zendesk").await.body;
        let (client, token) = (
            page.find("id=\"by-oauth\" checked"),
            page.find("id=\"by-token\""),
        );
        assert!(client.is_some() && client < token, "{page}");
        assert!(!page.contains("id=\"by-token\" checked"));
    })
    .await;
}

#[tokio::test]
async fn a_credential_is_tried_where_an_account_is_named_and_not_stored_if_that_fails() {
    on_both(async |house: House| {
        let zendesk = zendesk().await;
        let mut ada = house.browser().await;
        let form = |token: &str| {
            format!(
                "kind=zendesk&name=acme&description=for+acme&sign_in=token&api_token={token}&email=agent%40example.com&subdomain={}",
                coded(&zendesk.url())
            )
        };
        let answer = ada.post("/credentials", &form("wr0ngs3cret")).await;
        refused(&answer, "Nothing was saved.");
        assert!(answer.has("value=\"acme\"") && answer.has("agent@example.com"));
        assert!(!answer.has("wr0ngs3cret"), "a secret is shown again");
        assert!(ada.get("/credentials").await.text().contains("No credentials yet"));
        let answer = ada.post("/credentials", &form("token")).await;
        assert_eq!(answer.status, 303, "{}", answer.text());
        let page = ada.get(answer.header("location")).await;
        assert!(page.text().contains("The credential was stored."));
        assert!(page.text().contains("stored, and never shown"));
        let list = ada.get("/credentials").await.text();
        assert!(list.contains("acme Zendesk agent@example.com nothing for acme"), "{list}");
        zendesk.stop().await;
    })
    .await;
}

#[tokio::test]
async fn what_is_missing_is_said_beside_its_field() {
    on_both(async |house: House| {
        let mut ada = house.browser().await;
        for (form, sentence) in [
            (
                "kind=zendesk&name=a&sign_in=token&email=a%40b.example",
                "Enter the API token.",
            ),
            (
                "kind=zendesk&name=a&sign_in=token&api_token=x",
                "Enter the email address of",
            ),
            (
                "kind=zendesk&name=a&sign_in=oauth&client_secret=x",
                "identifier of the OAuth client",
            ),
            ("kind=database&name=a", "postgres://"),
            (
                "kind=object-store&name=a&key_id=AKIA",
                "Enter the secret key.",
            ),
            (
                "kind=zendesk&name=&sign_in=token&api_token=x&email=a%40b.example",
                "A name has 1 to 200 characters",
            ),
            (
                "kind=zendesk&name=a&sign_in=token&api_token=x&email=a%40b.example&subdomain=a.b",
                "That is no subdomain.",
            ),
        ] {
            refused(&ada.post("/credentials", form).await, sentence);
        }
        let strange = "kind=zendesk&name=a&sign_in=token&api_token=x&email=a%40b.example&id=1";
        assert_eq!(ada.post("/credentials", strange).await.status, 422);
    })
    .await;
}

#[tokio::test]
async fn an_edit_is_tried_on_every_account_that_uses_the_credential() {
    on_both(async |house: House| {
        let zendesk = zendesk().await;
        let mut ada = house.browser().await;
        let place = add(&mut ada, "acme", "token").await;
        crate::destinations::add(&mut ada, &place, "live", &zendesk).await;
        let edit = format!("{place}/edit");
        let page = ada.get(&edit).await;
        assert!(page.text().contains("One thing uses this credential."));
        assert!(!page.has("value=\"token\" autocomplete"), "the stored secret is shown");
        let form = "kind=zendesk&name=acme&sign_in=token&api_token=wrong&email=agent%40example.com";
        let answer = ada.post(&edit, form).await;
        refused(&answer, "Nothing was saved.");
        assert!(answer.text().contains("Save it although the test failed"));
        let test = ada.post(&format!("{place}/test"), "").await.text();
        assert!(test.contains("It works."), "{test}");
        // A new name alone keeps the secret.
        let form = "kind=zendesk&name=renamed&sign_in=token&email=agent%40example.com";
        assert_eq!(ada.post(&edit, form).await.status, 303);
        let form = "kind=zendesk&name=renamed&sign_in=token&api_token=wrong&email=agent%40example.com&anyway=yes";
        assert_eq!(ada.post(&edit, form).await.status, 303);
        let test = ada.post(&format!("{place}/test"), "").await.text();
        assert!(test.contains("It does not work."), "{test}");
        zendesk.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_credential_is_deleted_only_while_nothing_uses_it() {
    on_both(async |house: House| {
        house.integration("main").await;
        let mut ada = house.browser().await;
        let page = ada.get("/credentials").await;
        let (_, rest) = page.body.split_once("href=\"/credentials/").unwrap();
        assert!(
            rest.starts_with("requests/new"),
            "the first link asks for one"
        );
        let (_, rest) = page
            .body
            .split_once("<th scope=\"row\" data-label=\"Name\"><a href=\"")
            .unwrap();
        let (used, _) = rest.split_once('"').unwrap();
        let asked = ada.get(&format!("{used}/delete")).await;
        assert!(
            asked
                .text()
                .contains("It cannot be deleted while it is used.")
        );
        assert!(asked.text().contains("integration main"));
        let answer = ada.post(&format!("{used}/delete"), "").await;
        assert_eq!(answer.status, 409, "{}", answer.text());
        assert!(answer.text().contains("integration main"));
        let free = add(&mut ada, "free", "token").await;
        let asked = ada.get(&format!("{free}/delete")).await;
        assert!(asked.text().contains("Nothing uses this credential."));
        let answer = ada.post(&format!("{free}/delete"), "").await;
        assert_eq!(answer.header("location"), "/credentials?done=deleted");
        assert_eq!(ada.get(&free).await.status, 404);
    })
    .await;
}

/// The path of the link on a page that shows it.
fn link(page: &Answer) -> String {
    let (_, rest) = page.body.split_once("/credential-requests/").unwrap();
    let (token, _) = rest.split_once('"').unwrap();
    format!("/credential-requests/{token}")
}

#[tokio::test]
async fn somebody_without_an_account_enters_a_secret_once_and_nobody_sees_it() {
    on_both(async |house: House| {
        let zendesk = zendesk().await;
        let mut ada = house.browser().await;
        let form = format!(
            "kind=zendesk&name=acme&description=for+acme&subdomain={}",
            coded(&zendesk.url())
        );
        let made = ada.post("/credentials/requests", &form).await;
        assert_eq!(made.status, 200, "{}", made.text());
        assert!(
            made.has("value=\"http://127.0.0.1:"),
            "the whole link is shown"
        );
        let link = link(&made);
        assert!(link.len() > "/credential-requests/".len() + 42, "256 bits");
        let list = ada.get("/credentials").await;
        assert!(list.text().contains("Open requests"));
        let token = link.rsplit('/').next().unwrap();
        assert!(!list.has(token), "the link is shown once only");
        let twice = ada.post("/credentials/requests", &form).await;
        refused(&twice, "exists already");

        let mut grace = house.stranger();
        let page = grace.get(&link).await;
        assert!(
            page.text()
                .contains("ada@example.com asks you for a credential")
        );
        let entered =
            |token: &str| format!("sign_in=token&api_token={token}&email=agent%40example.com");
        let answer = grace.post(&link, &entered("wr0ngs3cret")).await;
        refused(&answer, "Nothing was saved.");
        assert!(!answer.has("wr0ngs3cret"));
        let answer = grace.post(&link, &entered("token")).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert!(answer.text().contains("Thank you"));
        for again in [
            grace.get(&link).await,
            grace.post(&link, &entered("token")).await,
        ] {
            assert_eq!(again.status, 404);
            assert!(again.text().contains("This link was used already"));
        }
        assert_eq!(grace.get("/credentials").await.status, 303);
        let list = ada.get("/credentials").await.text();
        assert!(
            list.contains("acme Zendesk agent@example.com nothing for acme"),
            "{list}"
        );
        assert!(!list.contains("Open requests"));
        let audit = ada.get("/audit").await.text();
        assert!(
            audit.contains("link of ada@example.com credential.add acme"),
            "{audit}"
        );
        zendesk.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_link_ends_after_seven_days_and_when_it_is_withdrawn_and_slows_guessing_down() {
    on_both(async |house: House| {
        let mut ada = house.browser().await;
        let mut link_for = async |name: &str| {
            let form = format!("kind=database&name={name}");
            let made = ada.post("/credentials/requests", &form).await;
            assert_eq!(made.status, 200, "{}", made.text());
            link(&made)
        };
        let withdrawn = link_for("one").await;
        let tried = link_for("two").await;
        let mut grace = house.stranger();
        for _ in 0..5 {
            refused(&grace.post(&tried, "").await, "Enter the database");
        }
        let slow = grace.post(&tried, "").await;
        assert_eq!(slow.status, 429);
        assert!(!slow.header("retry-after").is_empty());
        let page = ada.get("/credentials").await;
        let withdraw = page.body.match_indices("/credentials/requests/");
        let places: Vec<String> = withdraw
            .filter_map(|(at, _)| page.body[at..].split_once("/withdraw\""))
            .map(|(place, _)| format!("{place}/withdraw"))
            .filter(|place| place.len() < 80)
            .collect();
        // The newest stands first, so the last is the first that was made.
        let answer = ada.post(places.last().unwrap(), "").await;
        assert_eq!(answer.header("location"), "/credentials?done=withdrawn");
        assert_eq!(grace.get(&withdrawn).await.status, 404);
        assert_eq!(grace.get(&tried).await.status, 200);
        house
            .clock
            .advance(SignedDuration::from_hours(7 * 24).unsigned_abs());
        assert_eq!(grace.get(&tried).await.status, 404);
    })
    .await;
}

#[tokio::test]
async fn who_may_not_see_personal_data_sees_addresses_masked_and_changes_none_by_accident() {
    on_both(async |house: House| {
        let mut ada = house.browser().await;
        let place = add(&mut ada, "acme", "token").await;
        let oda = house.id_of(UserRole::Operator).await;
        let form = "name=Oda&role=operator&restrict_pii=yes";
        assert_eq!(
            ada.post(&format!("/users/{oda}/edit"), form).await.status,
            303
        );
        let mut oda = house.browser_of(UserRole::Operator).await;
        for path in [
            "/credentials",
            &place,
            &format!("{place}/edit"),
            "/audit",
            "/audit.csv",
        ] {
            let page = oda.get(path).await;
            assert_eq!(page.status, 200, "{path}");
            assert!(!page.has("agent@example.com"), "{path}");
            assert!(!page.has("ada@example.com"), "{path}");
        }
        let form = format!(
            "kind=zendesk&name=new&sign_in=token&email={}",
            coded("a•••@e•••.com")
        );
        assert_eq!(oda.post(&format!("{place}/edit"), &form).await.status, 303);
        let list = ada.get("/credentials").await.text();
        assert!(list.contains("new Zendesk agent@example.com"), "{list}");
    })
    .await;
}

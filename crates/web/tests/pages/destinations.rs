//! Destinations: made step by step, tried before they are stored, and shown to whom they are open.

use simulator::{Fault, Simulator};
use store::users::UserRole;

use crate::browser::{Answer, Browser};
use crate::credentials::{add as add_credential, coded, zendesk};
use crate::house::{House, on_both};

fn form(credential: &str, name: &str, zendesk: &Simulator) -> String {
    let id = credential.rsplit('/').next().unwrap();
    format!(
        "credential={id}&name={name}&subdomain={}&environment=sandbox&users_per_second=100",
        coded(&zendesk.url())
    )
}

/// Adds a sandbox destination that signs in with the credential at an address; returns its address.
pub(crate) async fn add(
    browser: &mut Browser,
    credential: &str,
    name: &str,
    zendesk: &Simulator,
) -> String {
    let answer = browser
        .post("/destinations", &form(credential, name, zendesk))
        .await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    let place = answer.header("location");
    place.strip_suffix("?done=added").unwrap().to_owned()
}

fn refused(answer: &Answer, sentence: &str) {
    assert_eq!(answer.status, 422, "{}", answer.text());
    assert!(answer.text().contains(sentence), "{}", answer.text());
}

#[tokio::test]
async fn a_new_destination_is_made_step_by_step() {
    on_both(async |house: House| {
        let mut ada = house.browser().await;
        let page = ada.get("/destinations").await;
        assert!(page.text().contains("No destinations yet"));
        let page = ada.get("/destinations/new?filter=zen").await;
        assert!(page.has("href=\"/destinations/new/zendesk\""));
        let none = ada.get("/destinations/new?filter=braze").await;
        assert!(!none.has("href=\"/destinations/new/zendesk\""));
        let page = ada.get("/destinations/new/zendesk").await;
        assert!(page.text().contains("First a credential"));
        let credential = add_credential(&mut ada, "acme", "token").await;
        let id = credential.rsplit('/').next().unwrap();
        let page = ada.get("/destinations/new/zendesk").await;
        assert!(page.text().contains("Continue") && page.has(id));
        let answer = ada
            .get("/destinations/new/zendesk?step=name&credential=")
            .await;
        refused(&answer, "Choose the credential");
        let step = format!("/destinations/new/zendesk?step=name&credential={id}");
        let page = ada.get(&step).await.text();
        for told in [
            "Admin only",
            "Allow users with restricted PII",
            "Configure business user access",
        ] {
            assert!(page.contains(told), "{told}: {page}");
        }
        let step = format!("/destinations/new/zendesk?step=settings&credential={id}");
        refused(&ada.get(&step).await, "A name has 1 to 200 characters");
        let page = ada.get(&format!("{step}&name=live&admin_only=yes")).await;
        for told in [
            "Subdomain",
            "sandbox",
            "rate limited to 100 a second",
            "Save",
        ] {
            assert!(page.text().contains(told), "{told}: {}", page.text());
        }
        assert!(page.has("name=\"admin_only\" value=\"yes\""));
    })
    .await;
}

#[tokio::test]
async fn what_does_not_let_us_in_is_not_stored() {
    on_both(async |house: House| {
        let zendesk = zendesk().await;
        let mut ada = house.browser().await;
        let wrong = add_credential(&mut ada, "wrong", "n0token").await;
        let answer = ada
            .post("/destinations", &form(&wrong, "live", &zendesk))
            .await;
        refused(&answer, "Nothing was stored.");
        assert!(answer.has("name=\"name\" value=\"live\""));
        assert!(
            ada.get("/destinations")
                .await
                .text()
                .contains("No destinations yet")
        );
        let right = add_credential(&mut ada, "right", "token").await;
        // Nobody tries for them what they asked for and was not stored.
        zendesk.add_fault(Fault::parse("status=500").unwrap());
        let answer = ada
            .post("/destinations", &form(&right, "live", &zendesk))
            .await;
        refused(&answer, "did not answer the check of the sign-in");
        refused(&answer, "Try again");
        refused(&answer, "Nothing was stored.");
        assert!(
            !answer.text().contains("will be tried"),
            "{}",
            answer.text()
        );
        zendesk.clear_faults();
        zendesk.add_fault(Fault::parse("status=403").unwrap());
        let answer = ada
            .post("/destinations", &form(&right, "live", &zendesk))
            .await;
        refused(
            &answer,
            "Zendesk refuses the check of the sign-in (status 403",
        );
        refused(&answer, "Use the sign-in of a Zendesk administrator");
        zendesk.clear_faults();
        let more = format!(
            "{}&one_by_one=yes&allow=role&allow=suspended",
            form(&right, "live", &zendesk)
        );
        let answer = ada.post("/destinations", &more).await;
        assert_eq!(answer.status, 303, "{}", answer.text());
        let page = ada.get(answer.header("location")).await.text();
        for told in [
            "The connection works, and the destination was saved.",
            "100 users a second",
            "role suspended",
            "users are sent one by one",
            "sandbox",
        ] {
            assert!(page.contains(told), "{told}: {page}");
        }
        let list = ada.get("/destinations").await.text();
        assert!(list.contains("at most 100 users a second"), "{list}");
        for (bad, sentence) in [
            ("&allow=name", "Choose from the attributes"),
            ("&environment=moon", ""),
        ] {
            let answer = ada
                .post(
                    "/destinations",
                    &format!("{}{bad}", form(&right, "other", &zendesk)),
                )
                .await;
            refused(&answer, sentence);
        }
        refused(
            &ada.post("/destinations", &form(&right, "live", &zendesk))
                .await,
            "exists already",
        );
        zendesk.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_destination_is_edited_tested_and_deleted() {
    on_both(async |house: House| {
        let zendesk = zendesk().await;
        let mut ada = house.browser().await;
        let credential = add_credential(&mut ada, "acme", "token").await;
        let wrong = add_credential(&mut ada, "wrong", "n0token").await;
        let place = add(&mut ada, &credential, "trial", &zendesk).await;
        let id = |credential: &str| credential.rsplit('/').next().unwrap().to_owned();
        let edit = |credential: &str, rate: &str| {
            format!(
                "credential={}&name=renamed&environment=sandbox&users_per_second={rate}",
                id(credential)
            )
        };
        let edited = format!("{place}/edit");
        refused(
            &ada.post(&edited, &edit(&credential, "many")).await,
            "Enter a whole number",
        );
        refused(
            &ada.post(&edited, &edit(&wrong, "0")).await,
            "Nothing was changed.",
        );
        let answer = ada.post(&edited, &edit(&credential, "0")).await;
        assert!(
            answer.header("location").ends_with("?done=saved"),
            "{}",
            answer.text()
        );
        let page = ada.get(&place).await.text();
        assert!(
            page.contains("renamed") && page.contains("no cap"),
            "{page}"
        );
        let page = ada.post(&format!("{place}/test"), "").await.text();
        assert!(page.contains("It works: signed in to"), "{page}");
        let page = ada.get(&format!("{place}/promote")).await.text();
        assert!(
            page.contains("Nothing was sent to the sandbox renamed yet."),
            "{page}"
        );
        let page = ada.get(&format!("{place}/delete")).await.text();
        assert!(
            page.contains("0 customers") && page.contains("0 workflows"),
            "{page}"
        );
        let answer = ada.post(&format!("{place}/delete"), "").await;
        assert_eq!(answer.header("location"), "/destinations?done=deleted");
        assert_eq!(ada.get(&place).await.status, 404);
        zendesk.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_destination_for_administrators_is_hidden_from_analysts() {
    on_both(async |house: House| {
        let zendesk = zendesk().await;
        let mut ada = house.browser().await;
        let credential = add_credential(&mut ada, "acme", "token").await;
        let open = add(&mut ada, &credential, "open", &zendesk).await;
        let closed = format!("{}&admin_only=yes", form(&credential, "closed", &zendesk));
        let answer = ada.post("/destinations", &closed).await;
        let closed = answer.header("location").replace("?done=added", "");
        let mut analyst = house.browser_of(UserRole::Analyst).await;
        let list = analyst.get("/destinations").await;
        assert!(list.text().contains("open") && !list.text().contains("closed"));
        assert!(!list.has("/destinations/new"), "an analyst makes none");
        assert_eq!(analyst.get(&open).await.status, 200);
        let answer = analyst.get(&closed).await;
        assert_eq!(answer.status, 403);
        assert!(
            answer
                .text()
                .contains("Only administrators and operators may send to closed")
        );
        assert!(!analyst.get(&open).await.has("/edit"), "nothing to change");
        zendesk.stop().await;
    })
    .await;
}

//! Session fixation (security-and-operations.md 1, *Sessions*): what somebody planted in a browser is never
//! the session of whoever signs in there.

use crate::browser::Browser;
use crate::house::{EMAIL, House, PASSWORD, on_both};
use store::users::UserRole;

/// Whether a session opens the pages.
async fn opens(house: &House, session: &str) -> bool {
    let mut browser = house.stranger();
    browser.set_cookie(session);
    browser.get("/me").await.status == 200
}

/// Who a browser is signed in as, as their own page says.
async fn who(browser: &mut Browser) -> String {
    browser.get("/me").await.text()
}

#[tokio::test]
async fn a_planted_cookie_is_never_taken_for_a_session() {
    on_both(async |house: House| {
        let known = house.browser().await.cookie().unwrap().to_owned();
        let same_form = known.replace(|c: char| c.is_ascii_digit(), "7");
        for planted in [same_form.as_str(), "1", "", "null", &"a".repeat(4_000)] {
            let mut victim = house.stranger();
            victim.set_cookie(planted);
            assert_eq!(victim.get("/login").await.status, 200, "{planted}");
            assert_eq!(victim.sign_in(EMAIL, PASSWORD).await.status, 303);
            assert_ne!(victim.cookie(), Some(planted));
            assert!(who(&mut victim).await.contains(EMAIL));
            assert!(!opens(&house, planted).await, "{planted} opens the pages");
        }
        // An address carries no session either.
        let path = format!("/me?deskbridge_session={known}");
        assert_eq!(house.stranger().get(&path).await.status, 303);
    })
    .await;
}

#[tokio::test]
async fn a_session_of_somebody_else_that_was_planted_ends_and_never_becomes_the_victims() {
    on_both(async |house: House| {
        let eve = house.browser_of(UserRole::Agent).await;
        let planted = eve.cookie().unwrap().to_owned();
        let mut victim = house.stranger();
        victim.set_cookie(&planted);
        assert_eq!(victim.sign_in(EMAIL, PASSWORD).await.status, 303);
        assert_ne!(victim.cookie(), Some(planted.as_str()));
        assert!(who(&mut victim).await.contains(EMAIL));
        assert!(!opens(&house, &planted).await, "what was planted ended");
    })
    .await;
}

#[tokio::test]
async fn a_wrong_password_gives_no_session_and_leaves_what_was_there_as_it_is() {
    on_both(async |house: House| {
        let mut eve = house.browser_of(UserRole::Agent).await;
        let before = eve.cookie().unwrap().to_owned();
        let answer = eve.sign_in(EMAIL, "wrong").await;
        assert_eq!(answer.header("set-cookie"), "");
        assert!(!who(&mut eve).await.contains(EMAIL));
        assert_eq!(eve.cookie(), Some(before.as_str()));
    })
    .await;
}

#[tokio::test]
async fn a_new_password_ends_every_other_session_of_its_owner() {
    on_both(async |house: House| {
        let stolen = house.browser().await.cookie().unwrap().to_owned();
        let mut ada = house.browser().await;
        let form = format!("current={PASSWORD}&password=four+rhyming+words");
        let answer = ada.post("/me/password", &form).await;
        assert_eq!(answer.status, 303, "{}", answer.text());
        assert!(!opens(&house, &stolen).await);
        assert!(who(&mut ada).await.contains(EMAIL));

        // One that an administrator sets ends them all.
        let theirs = house.browser_of(UserRole::Agent).await;
        let id = house.id_of(UserRole::Agent).await;
        let form = "password=four+rhyming+words";
        let answer = ada.post(&format!("/users/{id}/password"), form).await;
        assert_eq!(answer.status, 303, "{}", answer.text());
        assert!(!opens(&house, theirs.cookie().unwrap()).await);
    })
    .await;
}

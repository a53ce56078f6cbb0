//! Signing in and out.

use std::time::Duration;

use crate::house::{EMAIL, House, PASSWORD, on_both};

const PAGES: [&str; 6] = [
    "/",
    "/cases",
    "/cases/1",
    "/integrations",
    "/contacts/1",
    "/users/1",
];

#[tokio::test]
async fn who_has_not_signed_in_is_sent_to_the_login_and_sees_nothing() {
    on_both(async |house: House| {
        house.case(1, "Secret subject").await;
        for page in PAGES {
            let answer = house.stranger().get(page).await;
            assert_eq!(answer.status, 303, "{page}");
            assert!(answer.header("location").starts_with("/login"), "{page}");
            assert!(!answer.has("Secret subject"), "{page}");
        }
    })
    .await;
}

#[tokio::test]
async fn the_right_password_opens_the_pages_and_leads_to_where_one_wanted() {
    on_both(async |house: House| {
        house.case(1, "Printer on fire").await;
        let mut browser = house.stranger();
        let answer = browser.get("/cases/1?comments_after=0").await;
        let login = "/login?next=/cases/1%3Fcomments_after%3D0";
        assert_eq!(answer.header("location"), login);
        let form = browser.get(login).await;
        assert!(form.has(r#"name="next" value="/cases/1?comments_after=0""#));

        let entry = format!("email=ADA@example.com&password={PASSWORD}&next=/cases/1");
        let answer = browser.post("/login", &entry).await;
        assert_eq!(
            (answer.status, answer.header("location")),
            (303, "/cases/1")
        );
        let cookie = answer.header("set-cookie");
        for part in ["HttpOnly", "SameSite=Lax", "Path=/"] {
            assert!(cookie.contains(part), "{cookie}");
        }
        assert!(browser.get("/cases/1").await.has("Printer on fire"));
        // Who is signed in is not asked again.
        assert_eq!(browser.get("/login").await.header("location"), "/");
    })
    .await;
}

#[tokio::test]
async fn a_login_never_leads_to_another_site() {
    on_both(async |house: House| {
        let entry = format!("email={EMAIL}&password={PASSWORD}&next=//evil.example/");
        let answer = house.stranger().post("/login", &entry).await;
        assert_eq!(answer.header("location"), "/");
    })
    .await;
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_email_get_the_same_sentence_and_no_session() {
    on_both(async |house: House| {
        house.user("no-password@example.com", "No Password").await;
        for email in [
            EMAIL,
            "nobody@example.com",
            "no-password@example.com",
            "%00",
        ] {
            let mut browser = house.stranger();
            let answer = browser.sign_in(email, "wrong-horse").await;
            assert_eq!(answer.status, 422, "{email}");
            assert_eq!(browser.cookie(), None, "{email}");
            assert!(!answer.has("wrong-horse"), "the password is shown");
            assert!(answer.text().contains("do not belong together"), "{email}");
        }
    })
    .await;
}

#[tokio::test]
async fn after_five_failures_even_the_right_password_waits_a_minute() {
    on_both(async |house: House| {
        let mut browser = house.stranger();
        for _ in 0..5 {
            assert_eq!(browser.sign_in(EMAIL, "wrong").await.status, 422);
        }
        let answer = browser.sign_in(EMAIL, PASSWORD).await;
        assert_eq!(answer.status, 429);
        assert_eq!(answer.header("retry-after"), "60");
        assert!(answer.text().contains("Wait 60 seconds"));
        house.clock.advance(Duration::from_secs(60));
        assert_eq!(browser.sign_in(EMAIL, PASSWORD).await.status, 303);
    })
    .await;
}

#[tokio::test]
async fn a_session_ends_at_logout_wherever_its_token_is_kept() {
    on_both(async |house: House| {
        let mut browser = house.browser().await;
        let mut thief = house.stranger();
        thief.set_cookie(browser.cookie().unwrap());
        assert_eq!(thief.get("/cases").await.status, 200);
        let answer = browser.post("/logout", "").await;
        assert_eq!((answer.status, answer.header("location")), (303, "/login"));
        assert_eq!(browser.cookie(), None);
        assert_eq!(thief.get("/cases").await.status, 303);
    })
    .await;
}

#[tokio::test]
async fn every_login_makes_a_new_session_and_ends_the_one_before_it() {
    on_both(async |house: House| {
        let mut browser = house.browser().await;
        let old = browser.cookie().unwrap().to_owned();
        browser.sign_in(EMAIL, PASSWORD).await;
        assert_ne!(browser.cookie().unwrap(), old);
        let mut thief = house.stranger();
        thief.set_cookie(&old);
        assert_eq!(thief.get("/cases").await.status, 303);
        assert_eq!(browser.get("/cases").await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn a_session_ends_when_it_is_not_used_and_at_the_latest_after_its_life() {
    on_both(async |house: House| {
        let mut idle = house.browser().await;
        house.clock.advance(Duration::from_secs(8 * 3600 + 1));
        assert_eq!(idle.get("/cases").await.status, 303);

        let mut busy = house.browser().await;
        let token = busy.cookie().unwrap().to_owned();
        let step = Duration::from_secs(4 * 3600);
        // Seven days in steps of four hours, but for the last one.
        for _ in 0..41 {
            house.clock.advance(step);
            assert_eq!(busy.get("/cases").await.status, 200);
            noted(&house, &token).await;
        }
        house.clock.advance(step);
        assert_eq!(busy.get("/cases").await.status, 303);
    })
    .await;
}

/// Waits until the use of a session was noted, which a page does not wait for.
async fn noted(house: &House, token: &str) {
    loop {
        let mut connection = house.engine.store.read().await.unwrap();
        let session = store::sessions::find(&mut connection, token, house.now()).await;
        let session = session.unwrap().unwrap();
        if session.seen_at == house.now() {
            return;
        }
        drop(connection);
        tokio::task::yield_now().await;
    }
}

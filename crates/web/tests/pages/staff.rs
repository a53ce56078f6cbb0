//! Users as an administrator sees them, and everybody's own page.

use crate::house::{EMAIL, House, PASSWORD, on_both};

#[tokio::test]
async fn an_administrator_adds_somebody_who_then_signs_in() {
    on_both(async |house: House| {
        let mut ada = house.browser().await;
        let form =
            "email=grace@example.com&name=Grace+Hopper&role=agent&password=four+rhyming+words";
        let answer = ada.post("/users", form).await;
        assert_eq!(
            answer.header("location"),
            "/users?done=added",
            "{}",
            answer.text()
        );
        let page = ada.get("/users?done=added").await;
        assert!(
            page.text().contains("Grace Hopper grace@example.com agent"),
            "{}",
            page.text()
        );
        assert!(page.text().contains("The user was added."));
        let mut grace = house.stranger();
        let answer = grace
            .sign_in("grace@example.com", "four+rhyming+words")
            .await;
        assert_eq!(answer.status, 303);
        assert_eq!(grace.get("/users").await.status, 403);
    })
    .await;
}

#[tokio::test]
async fn a_refused_form_says_why_and_keeps_what_was_typed() {
    on_both(async |house: House| {
        let mut ada = house.browser().await;
        for (form, said) in [
            (
                "email=grace&name=Grace&role=agent&password=four+rhyming+words",
                "is not an email address",
            ),
            (
                "email=grace@example.com&name=Grace&role=agent&password=password1",
                "guessed first",
            ),
            (
                "email=grace@example.com&name=Grace&role=agent&password=short",
                "too short",
            ),
            (
                "email=grace@example.com&name=Grace&role=queen&password=four+rhyming+words",
                "Choose one of the roles",
            ),
            (
                "email=ADA@example.com&name=Grace&role=agent&password=four+rhyming+words",
                "exists already",
            ),
        ] {
            let answer = ada.post("/users", form).await;
            assert_eq!(answer.status, 422, "{form}");
            assert!(answer.text().contains(said), "{said}: {}", answer.text());
            assert!(answer.has(r#"value="Grace""#), "{form}");
            assert!(!answer.has("rhyming"), "the password is shown");
        }
        // A field that no page asks for is no field.
        let extra = "email=g@example.com&name=G&role=agent&password=four+rhyming+words&id=1";
        assert_eq!(ada.post("/users", extra).await.status, 422);
    })
    .await;
}

#[tokio::test]
async fn who_is_disabled_is_out_at_once_and_cannot_come_back() {
    on_both(async |house: House| {
        let mut agent = house.browser_of(store::users::UserRole::Agent).await;
        let id = house.id_of(store::users::UserRole::Agent).await;
        let mut ada = house.browser().await;
        let form = "name=Amir&role=agent&disabled=yes";
        let answer = ada.post(&format!("/users/{id}/edit"), form).await;
        assert_eq!(answer.status, 303);
        assert_eq!(agent.get("/cases").await.status, 303);
        let answer = agent.sign_in("agent@example.com", PASSWORD).await;
        assert_eq!(answer.status, 422);
    })
    .await;
}

#[tokio::test]
async fn a_new_password_of_ones_own_ends_every_other_session_and_keeps_this_one() {
    on_both(async |house: House| {
        let (mut here, mut there) = (house.browser().await, house.browser().await);
        let wrong = here
            .post("/me/password", "current=wrong&password=four+rhyming+words")
            .await;
        assert_eq!(wrong.status, 422);
        assert!(wrong.text().contains("not your password"));
        let form = format!("current={PASSWORD}&password=four+rhyming+words");
        let answer = here.post("/me/password", &form).await;
        assert_eq!(
            answer.header("location"),
            "/me?done=password",
            "{}",
            answer.text()
        );
        assert_eq!(here.get("/me").await.status, 200);
        assert_eq!(there.get("/me").await.status, 303);
        assert_eq!(there.sign_in(EMAIL, PASSWORD).await.status, 422);
        assert_eq!(there.sign_in(EMAIL, "four+rhyming+words").await.status, 303);
    })
    .await;
}

#[tokio::test]
async fn sessions_are_listed_and_ended_one_by_one_and_only_ones_own() {
    on_both(async |house: House| {
        let (mut here, mut there) = (house.browser().await, house.browser().await);
        let page = here.get("/me").await;
        assert_eq!(page.body.matches("/end\"").count(), 1, "{}", page.text());
        let (_, rest) = page.body.split_once("/me/sessions/").unwrap();
        let (other, _) = rest.split_once("/end").unwrap();
        let path = format!("/me/sessions/{other}/end");
        let mut agent = house.browser_of(store::users::UserRole::Agent).await;
        assert_eq!(agent.post(&path, "").await.status, 404);
        assert_eq!(there.get("/me").await.status, 200);
        assert_eq!(
            here.post(&path, "").await.header("location"),
            "/me?done=ended"
        );
        assert_eq!(there.get("/me").await.status, 303);
    })
    .await;
}

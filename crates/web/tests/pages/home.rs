//! The home page.

use store::users::UserRole;

use crate::house::{House, on_both};

#[tokio::test]
async fn with_nothing_set_up_the_page_says_what_to_do_first() {
    on_both(async |house: House| {
        let page = house.browser().await.get("/").await;
        assert_eq!(page.status, 200);
        assert!(page.text().contains("What to do first"));
        assert!(page.has(r#"href="/integrations/new""#));
    })
    .await;
}

#[tokio::test]
async fn each_role_sees_what_it_may_look_at_and_nothing_else() {
    on_both(async |house: House| {
        house.integration("main").await;
        for (role, cases, sends, connections) in [
            (UserRole::Administrator, true, true, true),
            (UserRole::Operator, true, true, true),
            (UserRole::Analyst, false, true, false),
            (UserRole::Agent, true, false, true),
        ] {
            let page = house.browser_of(role).await.get("/").await;
            assert_eq!(page.status, 200, "{role:?}");
            for (link, shown) in [
                (r#"<a href="/parked""#, cases),
                (r#"<a href="/conflicts""#, cases),
                (r#"<a href="/workflows?state=failed""#, sends),
                ("In step as of", connections),
                ("<svg", connections),
            ] {
                assert_eq!(page.has(link), shown, "{role:?} {link}");
            }
        }
    })
    .await;
}

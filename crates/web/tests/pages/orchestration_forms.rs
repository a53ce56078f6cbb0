//! The form of an orchestration: when it runs, and who is told of it.

use store::users::UserRole;

use crate::sends::{browser, destination, furnish, id_in, quiet, serve};

#[tokio::test]
async fn a_time_is_said_in_words_with_the_next_three() {
    let folder = tempfile::tempdir().unwrap();
    quiet(&folder)
        .each(async |world| {
            let at = serve(world).await;
            let to = destination(world, |_| {}).await;
            let mut ada = browser(world, at, UserRole::Analyst, false).await;
            let (query, _) = furnish(&mut ada, at, &to, "").await;
            let form = |cron: &str| {
                format!(
                    "name=early&query={query}&destination={}&mode=cron&cron={cron}&time_zone=Europe/Berlin&same_key=last_wins&on_leave=keep&leavers_percent=2.5&deadline_hours=6&region=US&verification=verified",
                    to.id
                )
            };
            let refused = ada.post("/orchestrations", &form("at+six")).await;
            assert_eq!(refused.status, 422);
            assert!(refused.text().contains("cannot be read"), "{}", refused.text());
            let id = id_in(&ada.post("/orchestrations", &form("0+6+*+*+*")).await);
            let page = ada.get(&format!("/orchestrations/{id}")).await.text();
            assert!(page.contains("(Europe/Berlin)"), "{page}");
            assert!(page.contains("23 Nov 2026, 05:00"), "{page}");
            assert!(page.contains("25 Nov 2026, 05:00"), "{page}");
            let answer = ada.post(&format!("/orchestrations/{id}/activate"), "").await;
            assert!(answer.header("location").ends_with("done=active"));
            let page = ada.get(&format!("/orchestrations/{id}/edit")).await;
            assert!(page.has("value=\"2.5\""), "{}", page.body);
            let answer = ada.post(&format!("/orchestrations/{id}/delete"), "").await;
            assert_eq!(answer.header("location"), "/orchestrations?done=deleted");
        })
        .await;
}

#[tokio::test]
async fn who_else_is_mailed_of_alerts_is_kept_shown_and_masked() {
    let folder = tempfile::tempdir().unwrap();
    quiet(&folder)
        .each(async |world| {
            let at = serve(world).await;
            let to = destination(world, |_| {}).await;
            let mut ada = browser(world, at, UserRole::Analyst, false).await;
            let more = "&alert_to=lena%40example.com%2C+max%40example.com";
            let (query, id) = furnish(&mut ada, at, &to, more).await;
            let (show, edit) = (format!("/orchestrations/{id}"), format!("/orchestrations/{id}/edit"));
            let said = "Once a mail server is configured, by mail to lena@example.com, max@example.com.";
            assert!(ada.get(&show).await.text().contains(said));
            let form = |more: &str| {
                format!(
                    "name=nightly&query={query}&destination={}&mode=manual&same_key=last_wins&on_leave=keep&leavers_percent=10&deadline_hours=6&region=US&verification=verified{more}",
                    to.id
                )
            };
            let refused = ada.post(&edit, &form("&alert_to=lena")).await;
            assert_eq!(refused.status, 422);
            assert!(refused.text().contains("is no address"), "{}", refused.text());
            // Who may not see them changes the rest, and they stay.
            let mut eve = browser(world, at, UserRole::Analyst, true).await;
            let page = eve.get(&edit).await;
            assert!(!page.has("alert_to") && !page.has("lena@"), "{}", page.body);
            let saved = eve.post(&edit, &form("&description=changed")).await;
            assert!(saved.header("location").ends_with("done=saved"), "{}", saved.text());
            let page = eve.get(&show).await;
            assert!(page.has("l•••@e•••.com") && !page.has("lena@"), "{}", page.body);
            assert!(ada.get(&show).await.text().contains(said));
            ada.post(&edit, &form("&alert_to=")).await;
            assert!(ada.get(&show).await.text().contains("In the notifications."));
        })
        .await;
}

//! What guards every answer: headers, origins, escaping, errors that tell nothing.

use crate::house::{EMAIL, House, PASSWORD, on_both};

#[tokio::test]
async fn every_answer_carries_the_policy_that_lets_no_script_run() {
    on_both(async |house: House| {
        house.case(1, "Printer").await;
        let mut browser = house.browser().await;
        for path in [
            "/",
            "/cases",
            "/cases/1",
            "/cases/99",
            "/integrations",
            "/nowhere",
            "/login",
            "/logout",
            "/healthz",
            "/readyz",
            "/assets/deskbridge.css",
            "/assets/none",
        ] {
            let answer = browser.get(path).await;
            let policy = answer.header("content-security-policy");
            for part in [
                "default-src 'none'",
                "style-src 'self';",
                "script-src 'self';",
                "connect-src 'self';",
                "form-action 'self'",
                "base-uri 'none'",
                "object-src 'none'",
                "frame-ancestors 'none'",
            ] {
                assert!(policy.contains(part), "{path}: {policy}");
            }
            assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
            assert_eq!(answer.header("referrer-policy"), "same-origin", "{path}");
            assert!(
                !answer.has_foreign_script() && !answer.has("style="),
                "{path}"
            );
            let kept = answer.header("cache-control");
            assert_eq!(kept == "no-store", !path.ends_with(".css"), "{path}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_form_from_another_site_is_refused_and_changes_nothing() {
    on_both(async |house: House| {
        let mut browser = house.browser().await;
        for path in ["/logout", "/login"] {
            let evil = "https://evil.example";
            let answer = browser.post_from(evil, path, "email=a&password=b").await;
            assert_eq!(answer.status, 403, "{path}");
            assert!(answer.text().contains("sent from another site"), "{path}");
        }
        let crossing = [("Sec-Fetch-Site", "cross-site")];
        let answer = browser.send("POST", "/logout", &crossing, "").await;
        assert_eq!(answer.status, 403);
        let still_in = browser.get("/cases").await.status;
        assert_eq!(still_in, 200);
    })
    .await;
}

#[tokio::test]
async fn behind_a_proxy_with_tls_forms_work_and_the_cookie_keeps_to_tls() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("desk.db");
    let store = store::Store::open_file(&file).await.unwrap();
    let house = House::build(store, Some("https://desk.example.com")).await;
    let entry = format!("email={EMAIL}&password={PASSWORD}");
    let mut browser = house.stranger();
    let ours = "https://desk.example.com";
    let answer = browser.post_from(ours, "/login", &entry).await;
    assert_eq!(answer.status, 303);
    assert!(answer.header("set-cookie").ends_with("; Secure"));
    let transport = answer.header("strict-transport-security");
    assert!(transport.starts_with("max-age="), "{transport}");
    let theirs = "https://desk.example.org";
    let answer = browser.post_from(theirs, "/login", &entry).await;
    assert_eq!(answer.status, 403);
}

#[tokio::test]
async fn an_address_that_is_none_says_so_and_gives_a_number_for_the_log() {
    on_both(async |house: House| {
        let mut browser = house.browser().await;
        for path in [
            "/nowhere",
            "/cases/99",
            "/cases/%00",
            "/contacts/x",
            "/users/..%2F",
            "/assets/x",
        ] {
            let answer = browser.get(path).await;
            let text = answer.text();
            assert_eq!(answer.status, 404, "{path}");
            assert!(text.contains("There is no "), "{path}: {text}");
            assert!(text.contains("Number for the log:"), "{path}: {text}");
        }
        let answer = browser.get("/cases?before=yesterday").await;
        assert_eq!(answer.status, 400);
        assert!(answer.text().contains("cannot be read"));
        assert_eq!(browser.get("/logout").await.status, 405);
        let large = format!("email={}&password=x", "a".repeat(70_000));
        assert_eq!(browser.post("/login", &large).await.status, 413);
    })
    .await;
}

#[tokio::test]
async fn a_database_that_fails_makes_a_page_without_a_word_of_its_own() {
    on_both(async |house: House| {
        let mut browser = house.browser().await;
        assert_eq!(browser.get("/readyz").await.status, 200);
        house.engine.store.close().await;
        let answer = browser.get("/cases").await;
        let text = answer.text();
        assert!(answer.status >= 500, "{}", answer.status);
        assert!(text.contains("Number for the log:"), "{text}");
        for word in ["pool", "Pool", "sqlx", "SELECT", "deskbridge_web"] {
            assert!(!answer.has(word), "{word} stands in {text}");
        }
        let ready = browser.get("/readyz").await;
        assert_eq!(ready.status, 503);
        assert!(ready.body.starts_with("not ready"), "{}", ready.body);
        assert_eq!(browser.get("/healthz").await.body, "ok");
    })
    .await;
}

#[tokio::test]
async fn the_style_sheet_is_kept_by_browsers_under_an_address_that_changes_with_it() {
    on_both(async |house: House| {
        let mut browser = house.stranger();
        let page = browser.get("/login").await.body;
        let (_, rest) = page.split_once("href=\"/assets/deskbridge.css").unwrap();
        let address = format!("/assets/deskbridge.css{}", rest.split('"').next().unwrap());
        assert!(address.contains("?v="), "{address}");
        let answer = browser.get(&address).await;
        assert_eq!(answer.header("content-type"), "text/css; charset=utf-8");
        assert!(answer.header("cache-control").contains("immutable"));
        assert_eq!(
            answer.header("content-encoding"),
            "",
            "nobody asked for gzip"
        );
        let headers = [("Accept-Encoding", "gzip")];
        let small = browser.send("GET", &address, &headers, "").await;
        assert_eq!(small.header("content-encoding"), "gzip");
        assert_eq!(small.header("vary"), "accept-encoding");
        let length: usize = small.header("content-length").parse().unwrap();
        assert!(length < answer.body.len() / 2, "{length}");
    })
    .await;
}

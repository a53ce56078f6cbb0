//! The first set-up in the browser.

use tokio::net::TcpListener;
use web::Options;

use crate::browser::Browser;
use crate::house::{House, on_both};

const CODE: &str = "00112233445566778899aabbccddeeff";

/// A browser at an installation that nobody has set up.
async fn fresh(house: &House) -> Browser {
    let mut tx = house.engine.store.begin().await.unwrap();
    let gone = sqlx::query("DELETE FROM crm_user").execute(&mut *tx).await;
    gone.unwrap();
    tx.commit().await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let options = Options::new(None, "1").unwrap();
    let options = options.with_setup_code(&CODE.to_owned().into());
    let app = web::app(house.engine.clone(), options);
    tokio::spawn(web::serve(listener, app, std::future::pending()));
    Browser::at(address)
}

fn form(code: &str, password: &str) -> String {
    format!("code={code}&name=Grace+Hopper&email=grace%40example.com&password={password}")
}

#[tokio::test]
async fn every_page_leads_to_the_set_up_which_asks_for_the_code_of_the_terminal() {
    on_both(async |house: House| {
        let mut browser = fresh(&house).await;
        for path in ["/", "/cases", "/users", "/login"] {
            let answer = browser.get(path).await;
            assert_eq!(answer.header("location"), "/setup", "{path}");
        }
        let page = browser.get("/setup").await;
        assert_eq!(page.status, 200);
        assert!(page.text().contains("Look at the terminal"));
        assert!(!page.has("name=\"password\""));
        let wrong = browser.get("/setup?code=nothing").await;
        assert_eq!(wrong.status, 422);
        assert!(wrong.text().contains("not the set-up code"));
        let answer = browser
            .post("/setup", &form("nothing", "four+rhyming+words"))
            .await;
        assert_eq!(answer.status, 422);
        assert_eq!(browser.get("/setup").await.status, 200, "nothing was made");
    })
    .await;
}

#[tokio::test]
async fn with_the_code_the_first_administrator_is_made_and_signed_in_once() {
    on_both(async |house: House| {
        let mut browser = fresh(&house).await;
        let page = browser.get(&format!("/setup?code={CODE}")).await;
        assert!(page.has("name=\"password\""), "{}", page.text());
        let easy = browser.post("/setup", &form(CODE, "password1")).await;
        assert_eq!(easy.status, 422);
        assert!(easy.text().contains("guessed first") && easy.has("Grace Hopper"));
        let answer = browser
            .post("/setup", &form(CODE, "four+rhyming+words"))
            .await;
        assert_eq!(answer.status, 303, "{}", answer.text());
        assert!(browser.cookie().is_some());
        assert_eq!(browser.get("/users").await.status, 200);
        // The code is spent, for everybody.
        for path in ["/setup".to_owned(), format!("/setup?code={CODE}")] {
            assert_eq!(browser.get(&path).await.status, 404, "{path}");
        }
        let again = form(CODE, "four+rhyming+words");
        assert_eq!(browser.post("/setup", &again).await.status, 404);
    })
    .await;
}

#[tokio::test]
async fn codes_are_not_guessed_without_end() {
    on_both(async |house: House| {
        let mut browser = fresh(&house).await;
        for _ in 0..5 {
            assert_eq!(browser.get("/setup?code=nothing").await.status, 422);
        }
        let answer = browser.get("/setup?code=nothing").await;
        assert_eq!(answer.status, 403);
        assert!(answer.text().contains("Wait a minute"), "{}", answer.text());
    })
    .await;
}

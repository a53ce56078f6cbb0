//! Addresses that lead nowhere, or to something that is no Zendesk as we know it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::extract::{Query, State};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use std::collections::HashMap;
use world::World;

use crate::{assert_same, problem, small, undisturbed};

/// Pulls from `url`, which fails; then the address is put right. Returns the sentence.
async fn fail_at(world: &World, url: String) -> String {
    let right = world.integration().await.settings.url;
    world.set(|settings| settings.url = url).await;
    let said = problem(world.sync().await);
    world.set(|settings| settings.url = right).await;
    said
}

#[tokio::test]
async fn a_wrong_address_is_told_and_nothing_else_happens() {
    small()
        .each(async |world| {
            let expected = undisturbed(&small(), world).await;
            // Taken and given back: nobody listens there now.
            let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            let port = nobody.local_addr().unwrap().port();
            drop(nobody);
            let mut told = Vec::new();
            for url in [
                format!("http://127.0.0.1:{port}"),
                // Something that speaks no TLS.
                world.zendesk().url().replace("http:", "https:"),
                "https://10.1.2.3".to_owned(),
                "https://zendesk.com.example.org".to_owned(),
                "ftp://acme.zendesk.com".to_owned(),
                "https://me:secret@acme.zendesk.com".to_owned(),
                String::new(),
            ] {
                let said = fail_at(world, url.clone()).await;
                assert!(!said.contains("secret"), "{said}");
                let line = format!("{url}\n  {said}");
                let line = line.replace(&port.to_string(), "PORT");
                let own = world.zendesk().address().port().to_string();
                told.push(line.replace(&own, "ZENDESK"));
            }
            insta::allow_duplicates! { insta::assert_snapshot!(told.join("\n"), @r"
        http://127.0.0.1:PORT
          Zendesk did not answer the export of users: no connection could be made. It will be tried again; if this lasts, check the network and Zendesk's status page.
        https://127.0.0.1:ZENDESK
          Zendesk did not answer the export of users: no connection could be made. It will be tried again; if this lasts, check the network and Zendesk's status page.
        https://10.1.2.3
          10.1.2.3 is not a Zendesk address. Use https://company.zendesk.com, or ask the operator to allow this host.
        https://zendesk.com.example.org
          zendesk.com.example.org is not a Zendesk address. Use https://company.zendesk.com, or ask the operator to allow this host.
        ftp://acme.zendesk.com
          Only https addresses are called. Write it as https://company.zendesk.com.
        https://me:secret@acme.zendesk.com
          The address holds a user name or password. Remove it: sign-in details have their own fields.

          That is not a web address. Write it as https://company.zendesk.com.
        "); }
            world.sync_well().await;
            assert_same(&expected, &world.dump().await);
        })
        .await;
}

/// How often a server was asked, and with which cursor.
type Asked = (State<Arc<AtomicUsize>>, Query<HashMap<String, String>>);

/// Pages that lead from one to the other and back.
async fn circle((State(count), Query(asked)): Asked) -> Json<Value> {
    count.fetch_add(1, Ordering::SeqCst);
    let next = match asked.get("cursor").map(String::as_str) {
        Some("one") => "two",
        Some("two") => "three",
        Some(_) | None => "one",
    };
    let user = json!({ "id": 7, "name": "Ada", "updated_at": "2026-01-01T00:00:00Z" });
    Json(json!({ "users": [user], "after_cursor": next, "end_of_stream": false }))
}

#[tokio::test]
async fn pages_that_lead_in_a_circle_end_the_run() {
    small()
        .each(async |world| {
            let count = Arc::new(AtomicUsize::new(0));
            let routes = Router::new()
                .route(
                    "/api/v2/incremental/users/cursor",
                    get(async |state, query| circle((state, query)).await),
                )
                .with_state(count.clone());
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let url = format!("http://{}", listener.local_addr().unwrap());
            let server = tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
            let said = fail_at(world, url).await;
            insta::allow_duplicates! { insta::assert_snapshot!(said, @"Zendesk's users export sends the same page again and again, so the run was ended. Nothing stored is lost; the next run asks again. If it stays so, report it to Zendesk's support."); }
            assert!(count.load(Ordering::SeqCst) <= 5);
            server.abort();
        })
        .await;
}

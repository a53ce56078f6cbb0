//! Who sees what of sends over the API: nothing of destinations that are not open, and no personal data for who
//! sees it masked.

use serde_json::{Value, json};
use store::users::UserRole;

use crate::api::json_of;
use crate::api_sends::{ORCHESTRATIONS, Program, WORKFLOWS, refused};
use crate::sends::{destination, quiet, serve};

#[tokio::test]
async fn who_sees_personal_data_masked_gets_it_masked_and_overwrites_nothing_with_it() {
    let folder = tempfile::tempdir().unwrap();
    quiet(&folder)
        .each(async |world| {
            let at = serve(world).await;
            let to = destination(world, |_| {}).await;
            let ada = Program::of(world, at, UserRole::Analyst, false).await;
            let (query, orchestration) = ada.furnish(&to, json!({})).await;
            let mapping = format!("{orchestration}/mapping");
            let fields = json!([
                {"target": "external_id", "from": "column", "value": "external_id"},
                {"target": "name", "from": "column", "value": "name"},
                {"target": "email", "from": "column", "value": "email"},
                {"target": "notes", "from": "constant", "value": "Ask boss@customer.example"},
            ]);
            let kept = ada
                .change("PUT", &mapping, &json!({"fields": fields}))
                .await;
            assert_eq!(kept.status, 200, "{}", kept.body);
            let dry = ada.run(&orchestration, "dry_run").await;
            world.run_jobs().await;
            let eve = Program::of(world, at, UserRole::Analyst, true).await;
            for path in [
                query.clone(),
                format!("{query}/preview"),
                orchestration.clone(),
                mapping.clone(),
                format!("{mapping}/preview"),
                dry.clone(),
                format!("{dry}/rows"),
                format!("{dry}/rows.csv"),
                format!("{dry}/conflicts"),
                format!("{dry}/resolutions"),
                WORKFLOWS.to_owned(),
                "/api/v1/notifications".to_owned(),
            ] {
                let answer = eve.get(&path).await;
                assert_eq!(answer.status, 200, "{path}: {}", answer.body);
                for secret in ["Rosa", "Byron", "customer.example"] {
                    assert!(!answer.has(secret), "{secret} at {path}: {}", answer.body);
                }
            }
            let mut masked = json_of(&eve.get(&mapping).await);
            masked["by_name"] = json!(true);
            let back = eve.change("PUT", &mapping, &masked).await;
            assert_eq!(back.status, 200, "{}", back.body);
            assert!(!back.has("boss@customer.example"), "{}", back.body);
            let now = ada.get(&mapping).await;
            assert!(now.has("boss@customer.example"), "{}", now.body);
            assert_eq!(json_of(&now)["by_name"], true);
        })
        .await;
}

#[tokio::test]
async fn what_goes_to_a_destination_that_is_not_open_is_out_of_reach() {
    let folder = tempfile::tempdir().unwrap();
    quiet(&folder)
        .each(async |world| {
            let at = serve(world).await;
            let to = destination(world, |draft| draft.admin_only = true).await;
            let ada = Program::of(world, at, UserRole::Operator, false).await;
            let (query, orchestration) = ada.furnish(&to, json!({})).await;
            let workflow = ada.run(&orchestration, "send").await;
            let eve = Program::of(world, at, UserRole::Analyst, false).await;
            for path in [
                workflow.clone(),
                format!("{workflow}/rows"),
                format!("{workflow}/rows.csv"),
                orchestration.clone(),
                format!("{orchestration}/mapping"),
            ] {
                refused(
                    &eve.get(&path).await,
                    403,
                    "forbidden",
                    "Only administrators",
                );
            }
            for path in [
                format!("{workflow}/stop"),
                format!("{orchestration}/activate"),
            ] {
                let answer = eve.post(&path, &Value::Null).await;
                refused(&answer, 403, "forbidden", "Only administrators");
            }
            for list in [WORKFLOWS, ORCHESTRATIONS] {
                assert_eq!(json_of(&eve.get(list).await)["items"], json!([]), "{list}");
            }
            let id = query.rsplit('/').next().unwrap();
            let body = json!({"name": "mine", "query_id": id, "destination_id": to.id});
            let answer = eve.post(ORCHESTRATIONS, &body).await;
            refused(&answer, 422, "invalid", "that you may send to");
            assert_eq!(json_of(&answer)["errors"][0]["field"], "destination_id");
        })
        .await;
}

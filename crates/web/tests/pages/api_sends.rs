//! Queries, orchestrations, workflows and notifications over the API, with a Zendesk behind them.

use std::net::SocketAddr;

use serde_json::{Value, json};
use simulator::{Fault, FaultKind};
use store::destinations::Destination;
use store::users::UserRole;
use store::workflow_rows::{self, WorkflowRow};
use world::World;

use crate::api::json_of;
use crate::browser::{Answer, Browser};
use crate::sends::{PEOPLE, browser, destination, quiet, serve};

pub(crate) const QUERIES: &str = "/api/v1/queries";
pub(crate) const ORCHESTRATIONS: &str = "/api/v1/orchestrations";
pub(crate) const WORKFLOWS: &str = "/api/v1/workflows";

/// A program with a token of somebody.
pub(crate) struct Program {
    at: SocketAddr,
    token: String,
}

impl Program {
    /// One of somebody new, with every scope of sends.
    pub(crate) async fn of(
        world: &World,
        at: SocketAddr,
        role: UserRole,
        restricted: bool,
    ) -> Self {
        let mut browser = browser(world, at, role, restricted).await;
        let form = "name=test&days=30&scope=sends:read&scope=sends:write&scope=destinations:write";
        let page = browser.post("/tokens", form).await;
        let (_, rest) = page.body.split_once("<code>deskbridge_").unwrap();
        let (token, _) = rest.split_once('<').unwrap();
        let token = format!("deskbridge_{token}");
        Self { at, token }
    }

    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let bearer = format!("Bearer {}", self.token);
        let mut all = vec![("Authorization", bearer.as_str())];
        all.extend_from_slice(headers);
        Browser::at(self.at).send(method, path, &all, body).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], "").await
    }

    pub(crate) async fn call(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &Value,
    ) -> Answer {
        let mut all = vec![("Content-Type", "application/json")];
        all.extend_from_slice(headers);
        self.send(method, path, &all, &body.to_string()).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.call("POST", path, &[], body).await
    }

    /// Changes what is at a path, as it is read there.
    pub(crate) async fn change(&self, method: &str, path: &str, body: &Value) -> Answer {
        let read = self.get(path).await;
        let matching = [("If-Match", read.header("etag"))];
        self.call(method, path, &matching, body).await
    }

    pub(crate) async fn upload(&self, path: &str, headers: &[(&str, &str)], file: &str) -> Answer {
        let part = "--b\r\nContent-Disposition: form-data; name=";
        let body = format!(
            "{part}\"name\"\r\n\r\npeople\r\n{part}\"file\"; filename=\"people.csv\"\r\n\r\n{file}\r\n--b--\r\n"
        );
        let mut all = vec![("Content-Type", "multipart/form-data; boundary=b")];
        all.extend_from_slice(headers);
        self.send("POST", path, &all, &body).await
    }

    /// Uploads the people, activates the query, makes the orchestration. Returns the paths of both.
    pub(crate) async fn furnish(&self, to: &Destination, settings: Value) -> (String, String) {
        let made = self.upload(&format!("{QUERIES}/upload"), &[], PEOPLE).await;
        assert_eq!(made.status, 201, "{}", made.body);
        let query = made.header("location").to_owned();
        let active = self.post(&format!("{query}/activate"), &Value::Null).await;
        assert_eq!(json_of(&active)["active"], true, "{}", active.body);
        let body = json!({
            "name": "nightly",
            "query_id": json_of(&made)["id"],
            "destination_id": to.id,
            "settings": settings,
        });
        let made = self.post(ORCHESTRATIONS, &body).await;
        assert_eq!(made.status, 201, "{}", made.body);
        (query, made.header("location").to_owned())
    }

    /// Begins a workflow; returns its path.
    pub(crate) async fn run(&self, orchestration: &str, kind: &str) -> String {
        let path = format!("{orchestration}/run");
        let begun = self.post(&path, &json!({"kind": kind})).await;
        assert_eq!(begun.status, 202, "{}", begun.body);
        begun.header("location").to_owned()
    }
}

pub(crate) fn refused(answer: &Answer, status: u16, code: &str, sentence: &str) {
    assert_eq!(answer.status, status, "{}", answer.body);
    let problem = json_of(answer);
    assert_eq!(problem["code"], code, "{problem}");
    assert!(answer.body.contains(sentence), "{problem}");
}

#[tokio::test]
async fn a_program_uploads_a_file_maps_it_tries_it_and_sends_it() {
    let folder = tempfile::tempdir().unwrap();
    quiet(&folder)
        .each(async |world| {
            let at = serve(world).await;
            let to = destination(world, |_| {}).await;
            let program = Program::of(world, at, UserRole::Analyst, false).await;
            let (query, orchestration) = program.furnish(&to, json!({})).await;
            let preview = json_of(&program.get(&format!("{query}/preview")).await);
            assert_eq!(preview["rows"][0]["cells"][1], "Rosa Parks");
            assert_eq!(
                preview["columns"][2],
                json!({"name": "email", "type": "text"})
            );
            assert_eq!(preview["complete"], true);

            let mapping = format!("{orchestration}/mapping");
            let mut fields = json!([
                {"target": "external_id", "from": "column", "value": "external_id"},
                {"target": "name", "from": "column", "value": "name"},
                {"target": "email", "from": "column", "value": "email", "required": true},
                {"target": "notes", "from": "template", "value": "{{ name }} of us"},
            ]);
            let other = program
                .post(&format!("{mapping}/preview"), &json!({"fields": fields}))
                .await;
            assert!(other.body.contains("Rosa Parks of us"), "{}", other.body);
            let kept = program
                .change("PUT", &mapping, &json!({"fields": fields}))
                .await;
            assert_eq!(kept.status, 200, "{}", kept.body);
            let read = program.get(&mapping).await;
            assert_eq!(json_of(&read)["fields"].as_array().unwrap().len(), 4);
            assert_eq!(read.header("etag"), kept.header("etag"));
            let stale = [("If-Match", "\"0\"")];
            let late = program
                .call("PUT", &mapping, &stale, &json!({"fields": []}))
                .await;
            refused(&late, 412, "stale", "Read it again");
            fields[1]["target"] = json!("shoe_size");
            let bad = program
                .change("PUT", &mapping, &json!({"fields": fields}))
                .await;
            refused(&bad, 422, "invalid", "neither an attribute");
            let now = program.get(&format!("{mapping}/preview")).await;
            assert!(now.body.contains("Rosa Parks of us"), "{}", now.body);

            let dry = program.run(&orchestration, "dry_run").await;
            world.run_jobs().await;
            let told = json_of(&program.get(&dry).await);
            assert_eq!(told["state"], "completed", "{told}");
            assert_eq!(
                (
                    told["rows"]["read"].clone(),
                    told["rows"]["created"].clone()
                ),
                (json!(3), json!(2))
            );
            assert_eq!(told["tasks"].as_array().unwrap().len(), 5);

            let key = [("Idempotency-Key", "r-1")];
            let run = format!("{orchestration}/run");
            let first = program
                .call("POST", &run, &key, &json!({"kind": "send"}))
                .await;
            assert_eq!(first.status, 202, "{}", first.body);
            let again = program
                .call("POST", &run, &key, &json!({"kind": "send"}))
                .await;
            assert_eq!(
                first.header("location"),
                again.header("location"),
                "{}",
                again.body
            );
            let second = program.post(&run, &json!({"kind": "send"})).await;
            refused(&second, 409, "conflict", "is at work already");
            let test = program
                .post(&run, &json!({"kind": "test", "first": 3}))
                .await;
            refused(&test, 422, "invalid", "10 to 100 rows");
            world.run_jobs().await;
            let sent = json_of(&program.get(first.header("location")).await);
            assert_eq!(
                (sent["state"].clone(), sent["rows"]["created"].clone()),
                (json!("completed"), json!(2))
            );
            let rosa = world
                .zendesk()
                .edit(|account| account.user_by_external_id("c1").cloned());
            assert_eq!(&*rosa.unwrap().name, "Rosa Parks");
        })
        .await;
}

#[tokio::test]
async fn rows_are_read_page_by_page_by_outcome_and_as_a_file() {
    let folder = tempfile::tempdir().unwrap();
    quiet(&folder)
        .each(async |world| {
            let at = serve(world).await;
            let to = destination(world, |_| {}).await;
            let program = Program::of(world, at, UserRole::Analyst, false).await;
            let (_, orchestration) = program.furnish(&to, json!({})).await;
            let dry = program.run(&orchestration, "dry_run").await;
            world.run_jobs().await;
            let (mut path, mut lines) = (format!("{dry}/rows?limit=1"), Vec::new());
            loop {
                let page = json_of(&program.get(&path).await);
                assert_eq!(page["items"].as_array().unwrap().len(), 1, "{page}");
                lines.push(page["items"][0]["line"].as_i64().unwrap());
                let Some(next) = page["next"].as_str() else {
                    break;
                };
                path = format!("{dry}/rows?limit=1&cursor={next}");
            }
            assert_eq!(lines.len(), 3);
            assert!(lines.is_sorted());
            let rejected = json_of(&program.get(&format!("{dry}/rows?outcome=rejected")).await);
            assert_eq!(rejected["items"].as_array().unwrap().len(), 1);
            let cells = &rejected["items"][0]["cells"];
            assert_eq!(
                cells[1],
                json!({"column": "email", "value": "grace@customer.example"})
            );
            let file = program
                .get(&format!("{dry}/rows.csv?outcome=rejected"))
                .await;
            assert!(file.header("content-type").starts_with("text/csv"));
            assert!(
                file.body.contains("grace@customer.example"),
                "{}",
                file.body
            );
            for bad in [
                "outcome=lost",
                "cursor=x",
                "limit=0x",
                "cursor=99999999999999999999",
            ] {
                let answer = program.get(&format!("{dry}/rows?{bad}")).await;
                refused(&answer, 400, "invalid_query", "");
            }
            let none = json_of(&program.get(&format!("{WORKFLOWS}?state=failed")).await);
            assert_eq!(none["items"], json!([]));
            let id = dry.rsplit('/').next().unwrap();
            for filter in [
                "state=completed".to_owned(),
                format!("destination_id={}", to.id),
                format!(
                    "orchestration_id={}",
                    orchestration.rsplit('/').next().unwrap()
                ),
                "since=2020-01-01T00:00:00Z&limit=1".to_owned(),
            ] {
                let all = json_of(&program.get(&format!("{WORKFLOWS}?{filter}")).await);
                assert_eq!(all["items"][0]["id"], id, "{filter}");
                assert_eq!(all["items"][0]["orchestration"], "nightly");
            }
            for bad in [
                "since=yesterday",
                "state=odd",
                "destination_id=%00",
                "cursor=abc",
            ] {
                let answer = program.get(&format!("{WORKFLOWS}?{bad}")).await;
                refused(&answer, 400, "invalid_query", "");
            }
        })
        .await;
}

#[tokio::test]
async fn a_workflow_that_failed_is_told_of_and_resolved() {
    let folder = tempfile::tempdir().unwrap();
    quiet(&folder)
        .each(async |world| {
            let at = serve(world).await;
            let to = destination(world, |_| {}).await;
            let program = Program::of(world, at, UserRole::Operator, false).await;
            let (_, orchestration) = program.furnish(&to, json!({})).await;
            let fault = Fault::new(FaultKind::RevokeToken);
            world.zendesk().add_fault(fault);
            let path = program.run(&orchestration, "send").await;
            let early = program.get(&format!("{path}/resolutions")).await;
            refused(&early, 409, "conflict", "at work");
            world.run_jobs().await;
            let told = json_of(&program.get("/api/v1/notifications?limit=1").await);
            let id = path.rsplit('/').next().unwrap();
            assert_eq!(told["items"][0]["workflow_id"], id, "{told}");
            assert_eq!(told["items"][0]["seen_at"], Value::Null);
            let failed = json_of(&program.get(&path).await);
            assert_eq!(failed["trouble"]["code"], "invalid_credentials", "{failed}");
            let offers = json_of(&program.get(&format!("{path}/resolutions")).await);
            let first = &offers["resolutions"][0];
            assert_eq!(first["action"], "resolve", "{offers}");
            assert!(
                first["steps"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .any(|step| step["place"] == "credentials")
            );

            let resolve = format!("{path}/resolve");
            let still = program.post(&resolve, &json!({"action": "resolve"})).await;
            assert_eq!(
                still.status, 409,
                "the cause is still there: {}",
                still.body
            );
            let odd = program.post(&resolve, &json!({"action": "ignore"})).await;
            refused(&odd, 409, "conflict", "cannot be done about this workflow");
            world.zendesk().clear_faults();
            let done = program.post(&resolve, &json!({"action": "resolve"})).await;
            assert_eq!(
                (done.status, done.header("location")),
                (202, path.as_str()),
                "{}",
                done.body
            );
            world.run_jobs().await;
            let now = json_of(&program.get(&path).await);
            assert_eq!(
                (now["state"].clone(), now["rows"]["created"].clone()),
                (json!("completed"), json!(2))
            );

            let alert = told["items"][0]["id"].as_str().unwrap();
            let seen = format!("/api/v1/notifications/{alert}/seen");
            assert_eq!(program.post(&seen, &Value::Null).await.status, 204);
            assert_eq!(
                program
                    .post("/api/v1/notifications/999/seen", &Value::Null)
                    .await
                    .status,
                404
            );
            assert_eq!(
                program
                    .post("/api/v1/notifications/seen", &Value::Null)
                    .await
                    .status,
                204
            );
            let all = json_of(&program.get("/api/v1/notifications").await);
            let items = all["items"].as_array().unwrap();
            assert!(
                items.iter().all(|item| item["seen_at"].is_string()),
                "{all}"
            );
            let other = program.get("/api/v1/notifications?cursor=999").await;
            refused(&other, 400, "invalid_query", "cursor");
        })
        .await;
}

#[tokio::test]
async fn a_guard_is_passed_once_and_rows_in_conflict_are_chosen_for() {
    let folder = tempfile::tempdir().unwrap();
    quiet(&folder)
        .each(async |world| {
            let at = serve(world).await;
            let to = destination(world, |_| {}).await;
            let program = Program::of(world, at, UserRole::Operator, false).await;
            let (_, orchestration) = program.furnish(&to, json!({"fail_below": 100})).await;
            let path = program.run(&orchestration, "send").await;
            let stopped = program.run(&orchestration, "dry_run").await;
            let stop = program.post(&format!("{stopped}/stop"), &Value::Null).await;
            assert_eq!(
                (stop.status, json_of(&stop)["stop_asked"].clone()),
                (202, json!(true))
            );
            world.run_jobs().await;
            let twice = program.post(&format!("{stopped}/stop"), &Value::Null).await;
            refused(&twice, 409, "conflict", "nothing to stop");
            let offers = json_of(&program.get(&format!("{path}/resolutions")).await);
            let offer = offers["resolutions"].as_array().unwrap().iter();
            let review = offer
                .filter_map(|one| one["review"].as_str())
                .next()
                .unwrap();
            assert!(review.contains("The source has 3 rows"), "{review}");
            let approve = json!({"action": "approve_once"});
            let done = program.post(&format!("{path}/resolve"), &approve).await;
            assert_eq!(done.status, 202, "{}", done.body);
            world.run_jobs().await;
            assert_eq!(json_of(&program.get(&path).await)["rows"]["created"], 2);

            let id = path.rsplit('/').next().unwrap();
            let mut tx = world.engine().store.begin().await.unwrap();
            workflow_rows::put(&mut tx, id, &[conflict(7)])
                .await
                .unwrap();
            tx.commit().await.unwrap();
            let conflicts = format!("{path}/conflicts");
            let open = json_of(&program.get(&conflicts).await);
            assert_eq!(open["items"][0]["other_zendesk_id"], "22", "{open}");
            let none =
                json!({"choices": [{"row": 7, "choice": "skip"}, {"row": 99, "choice": "merge"}]});
            let answer = program.post(&conflicts, &none).await;
            refused(&answer, 409, "conflict", "no row of line 99");
            assert_eq!(
                json_of(&program.get(&conflicts).await)["items"][0]["choice"],
                Value::Null
            );
            for choice in [json!("merge"), Value::Null] {
                let body = json!({"choices": [{"row": 7, "choice": choice}]});
                let answer = program.post(&conflicts, &body).await;
                assert_eq!(answer.status, 204, "{}", answer.body);
                assert_eq!(
                    json_of(&program.get(&conflicts).await)["items"][0]["choice"],
                    choice
                );
            }
            let answer = program.post(&conflicts, &json!({"choices": []})).await;
            refused(&answer, 422, "invalid", "1 to 200");
        })
        .await;
}

fn conflict(row: i64) -> WorkflowRow {
    WorkflowRow {
        row,
        line: row,
        state: domain::profile::RowState::Conflict,
        code: None,
        field: None,
        sentence: None,
        key: None,
        zendesk_id: Some(11),
        other_id: Some(22),
        choice: None,
        cells: None,
    }
}

//! Requests that go before a recorded one: jobs, webhooks, files.

use std::time::Duration;

use serde_json::{Value, json};

use super::{CALLER, SceneError, records};
use crate::client::{Body, Client, Reply, Request};
use crate::difference::Names;
use crate::recording::Recording;
use crate::stage::Stage;

/// Sends what goes before, and finishes the request itself.
pub(super) async fn act(
    stage: &Stage,
    client: &Client,
    recording: &Recording,
    names: &mut Names,
    request: &mut Request,
) -> Result<(), SceneError> {
    let email = request.email.clone().unwrap_or(CALLER.to_owned());
    let before = Before {
        stage,
        client,
        recording,
        email,
    };
    match recording.route.as_str() {
        "GET job_statuses/{id}" => before.queue_job(names).await?,
        "GET attachments/token/{token}" => before.lay_file(names).await?,
        "DELETE uploads/{token}" => {
            let upload = before.upload("a.txt", "text/plain", 10).await?;
            let token = upload.body["upload"]["token"].as_str().unwrap_or_default();
            for place in recording.places() {
                names.set(place, token);
            }
        }
        "POST uploads" => {
            let file = &recording.body["upload"]["attachment"];
            let said = |key: &str| file[key].as_str().unwrap_or_default().to_owned();
            let size = file["size"].as_u64().unwrap_or(1);
            request.query = vec![("filename".to_owned(), said("file_name"))];
            let size = usize::try_from(size).unwrap_or(1);
            request.body = Body::Bytes(said("content_type"), size);
        }
        "PUT users/{id}" if recording.status == Some(429) => {
            for _ in 0..5 {
                before.expect(client.send(request).await?)?;
                stage.simulator.advance(Duration::from_secs(7));
            }
        }
        "POST tickets" | "POST users" | "PUT tickets/{id}" if recording.request.body.is_null() => {
            request.body = Body::Json(implied(recording));
        }
        "POST webhooks/test" => {
            if let Body::Json(body) = &mut request.body {
                body["request"]["endpoint"] = json!(format!("{}/elsewhere", stage.url));
            }
        }
        route if route.contains("webhooks/{id}") || route == "GET webhooks" => {
            before.make_webhooks(names).await?;
        }
        _ => {}
    }
    Ok(())
}

struct Before<'a> {
    stage: &'a Stage,
    client: &'a Client,
    recording: &'a Recording,
    email: String,
}

impl Before<'_> {
    fn expect(&self, reply: Reply) -> Result<Reply, SceneError> {
        if reply.status < 300 {
            return Ok(reply);
        }
        Err(SceneError::Refused(format!(
            "{} {}",
            reply.status, reply.body
        )))
    }

    async fn send(&self, method: &str, path: &str, body: Value) -> Result<Reply, SceneError> {
        let request = Request::new(method, path, &self.email, body);
        self.expect(self.client.send(&request).await?)
    }

    async fn upload(&self, name: &str, kind: &str, size: usize) -> Result<Reply, SceneError> {
        let mut request = Request::new("POST", "/api/v2/uploads.json", &self.email, Value::Null);
        request.query = vec![("filename".to_owned(), name.to_owned())];
        request.body = Body::Bytes(kind.to_owned(), size);
        self.expect(self.client.send(&request).await?)
    }

    /// Queues a job like the recorded one and goes on to where it was.
    async fn queue_job(&self, names: &mut Names) -> Result<(), SceneError> {
        let job = &self.recording.body["job_status"];
        let total = job["total"].as_u64().unwrap_or(1);
        let takes = Duration::from_secs(total * 10);
        self.stage.simulator.set_job_time(takes);
        let rows = job["results"].as_array().cloned().unwrap_or_default();
        let ids: Vec<i64> = rows.iter().filter_map(|row| row["id"].as_i64()).collect();
        let action = rows.first().and_then(|row| row["action"].as_str());
        let at = self.recording.at;
        if action.is_some() {
            self.stage.simulator.edit(|account| {
                for id in &ids {
                    account.place_user(super::record::blank_user(*id, "Somebody", at - 60));
                }
            });
        }
        let reply = match action {
            Some("update") => {
                let rows: Vec<Value> = ids
                    .iter()
                    .map(|id| json!({"id": id, "name": "Another"}))
                    .collect();
                let body = json!({"users": rows});
                self.send("PUT", "/api/v2/users/update_many.json", body)
                    .await?
            }
            Some("delete") => {
                let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
                let mut request = Request::new(
                    "DELETE",
                    "/api/v2/users/destroy_many.json",
                    &self.email,
                    Value::Null,
                );
                request.query = vec![("ids".to_owned(), ids.join(","))];
                self.expect(self.client.send(&request).await?)?
            }
            _ => {
                let row = |place: u64| json!({"name": format!("Somebody {place}")});
                let rows: Vec<Value> = (0..total).map(row).collect();
                let body = json!({"users": rows});
                self.send("POST", "/api/v2/users/create_many.json", body)
                    .await?
            }
        };
        for place in self.recording.places() {
            let id = reply.body["job_status"]["id"].as_str().unwrap_or_default();
            names.set(place, id);
        }
        match job["status"].as_str() {
            Some("completed") => self.stage.simulator.advance(takes),
            Some("working") => {
                let done = job["progress"].as_u64().unwrap_or(0).max(total.div_ceil(5));
                self.stage.simulator.advance(Duration::from_secs(done * 10));
            }
            _ => {}
        }
        Ok(())
    }

    /// Puts a file in a ticket, whose content's address is asked for.
    async fn lay_file(&self, names: &mut Names) -> Result<(), SceneError> {
        let query = &self.recording.request.query;
        let name = query.iter().find(|(key, _)| key == "name");
        let name = name.map_or("a.txt", |(_, name)| name.as_str());
        let upload = self.upload(name, "image/jpeg", 100).await?;
        let url = upload.body["upload"]["attachment"]["content_url"].as_str();
        let key = url.and_then(|url| url.split('/').rev().nth(1));
        for part in self
            .recording
            .request
            .path
            .split('/')
            .rev()
            .filter(|part| !part.is_empty())
            .take(1)
        {
            names.set(part, key.unwrap_or_default());
        }
        Ok(())
    }

    /// Makes the webhooks that were recorded, or one of which only the id is known.
    async fn make_webhooks(&self, names: &mut Names) -> Result<(), SceneError> {
        let body = &self.recording.body;
        let page = body["invocations"].as_array().map_or(0, Vec::len);
        let later = !self.recording.request.query.is_empty();
        let invocations = if later { 2 * page } else { page };
        let for_rules = json!({
            "name": "Webhook", "endpoint": "https://example.com", "http_method": "GET",
            "request_format": "json", "subscriptions": ["conditional_ticket_events"],
        });
        let for_events = json!({
            "name": "Webhook", "endpoint": format!("{}/elsewhere", self.stage.url),
            "http_method": "POST", "request_format": "json", "status": "active",
            "subscriptions": ["zen:event-type:ticket.created"],
        });
        let mut hooks: Vec<Value> = match (body.get("webhook"), body.get("webhooks")) {
            (Some(hook), _) => vec![hook.clone()],
            (None, Some(hooks)) => hooks.as_array().cloned().unwrap_or_default(),
            (None, None) if page == 0 => vec![for_rules],
            (None, None) => vec![for_events],
        };
        for hook in &mut hooks {
            let id = hook["id"].as_str().map(str::to_owned);
            let changed = hook.get("updated_at").is_some();
            if hook["authentication"]["type"] == "basic_auth" {
                hook["authentication"]["data"]["password"] = json!("word");
            }
            let made = self
                .send("POST", "/api/v2/webhooks", json!({"webhook": hook}))
                .await?;
            let ours = made.body["webhook"]["id"].as_str().unwrap_or_default();
            let recorded = id.into_iter().chain(self.recording.places());
            for id in recorded {
                names.set(id, ours);
            }
            if changed {
                let body = json!({"webhook": {"name": hook["name"]}});
                let path = format!("/api/v2/webhooks/{ours}");
                self.send("PUT", &path, body).await?;
            }
        }
        if invocations > 0 {
            for _ in 0..=invocations {
                let ticket = json!({"ticket": {"subject": "One", "comment": {"body": "more"}}});
                self.send("POST", "/api/v2/tickets.json", ticket).await?;
            }
            self.stage.simulator.webhooks_settled().await;
        }
        // A later page is asked for by the cursor that the page before it gave.
        for (_, recorded) in &self.recording.request.query {
            let path = self.recording.places();
            let ours = path.first().map(|id| names.ours(id).to_owned());
            let path = format!("/api/v2/webhooks/{}/invocations", ours.unwrap_or_default());
            let first = self.send("GET", &path, Value::Null).await?;
            let cursor = first.body["meta"]["after_cursor"].as_str();
            names.set(recorded, cursor.unwrap_or_default());
        }
        Ok(())
    }
}

/// The request that an answer implies, where the request itself was not kept.
fn implied(recording: &Recording) -> Value {
    let body = &recording.body;
    if let Some(user) = body.get("user") {
        let mut sent = json!({});
        for key in [
            "name",
            "email",
            "verified",
            "role",
            "phone",
            "external_id",
            "notes",
            "details",
            "alias",
            "tags",
        ] {
            if let Some(value) = user.get(key)
                && !value.is_null()
            {
                sent[key] = value.clone();
            }
        }
        return json!({"user": sent});
    }
    let ticket = &body["ticket"];
    let mut sent = json!({});
    for key in [
        "subject",
        "priority",
        "type",
        "group_id",
        "collaborator_ids",
    ] {
        if let Some(value) = ticket.get(key)
            && !value.is_null()
        {
            sent[key] = value.clone();
        }
    }
    if recording.request.method == "POST" {
        sent["comment"] = json!({"body": ticket["description"]});
    }
    debug_assert!(!records(body).is_empty());
    json!({"ticket": sent})
}

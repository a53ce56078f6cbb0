//! `GET /api-reference`: the API's document as a page. It needs no network and no script.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde_json::Value;

use crate::access::Right;
use crate::api;
use crate::app::App;
use crate::navigation::Nav;
use crate::page::{Frame, html};
use crate::problem::Problem;
use crate::routes::Routes;
use crate::session::SignedIn;

pub(crate) fn routes(routes: Routes) -> Routes {
    routes.get("/api-reference", Right::SignedIn, show)
}

/// One operation as the page shows it.
struct Entry {
    method: String,
    path: String,
    summary: String,
    description: String,
    /// Name, where it goes, whether it must be there, what it means.
    parameters: Vec<(String, String, bool, String)>,
    /// The type of its body.
    body: Option<String>,
    /// Status, meaning, type.
    answers: Vec<(String, String, String)>,
}

/// One type as the page shows it.
struct Kind {
    name: String,
    description: String,
    /// Name, type, whether it is always there, what it means.
    fields: Vec<(String, String, bool, String)>,
}

#[derive(Template)]
#[template(path = "api/reference.html")]
struct ReferencePage {
    frame: Frame,
    /// Paragraphs.
    description: Vec<String>,
    groups: BTreeMap<String, Vec<Entry>>,
    kinds: Vec<Kind>,
}

async fn show(State(app): State<App>, person: SignedIn) -> Result<Response, Problem> {
    let document = serde_json::to_value(api::document())
        .map_err(|error| Problem::broken(error.to_string()))?;
    let description = text(&document["info"]["description"]);
    html(&ReferencePage {
        frame: Frame::new(&app, person, Nav::Tokens, "API reference").await?,
        description: description
            .split("\n\n")
            .map(|paragraph| paragraph.replace(['*', '`'], ""))
            .collect(),
        groups: groups(&document),
        kinds: kinds(&document),
    })
}

fn groups(document: &Value) -> BTreeMap<String, Vec<Entry>> {
    let mut groups: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
    for (path, item) in members(&document["paths"]) {
        for (method, operation) in members(item) {
            let group = text(&operation["tags"][0]);
            groups.entry(group).or_default().push(Entry {
                method: method.to_uppercase(),
                path: path.clone(),
                summary: text(&operation["summary"]),
                description: text(&operation["description"]),
                parameters: parameters(operation),
                body: members(&operation["requestBody"]["content"])
                    .first()
                    .map(|(_, content)| name(&content["schema"])),
                answers: members(&operation["responses"])
                    .into_iter()
                    .map(|(status, answer)| {
                        let content = members(&answer["content"]);
                        let kind = content.first().map(|(_, content)| name(&content["schema"]));
                        let meaning = text(&answer["description"]);
                        (status.clone(), meaning, kind.unwrap_or_default())
                    })
                    .collect(),
            });
        }
    }
    groups
}

fn parameters(operation: &Value) -> Vec<(String, String, bool, String)> {
    let all = operation["parameters"].as_array().into_iter().flatten();
    all.map(|parameter| {
        (
            text(&parameter["name"]),
            text(&parameter["in"]),
            parameter["required"] == true,
            text(&parameter["description"]),
        )
    })
    .collect()
}

fn kinds(document: &Value) -> Vec<Kind> {
    let schemas = members(&document["components"]["schemas"]);
    let kinds = schemas.into_iter().map(|(known, schema)| {
        let required: Vec<&str> = schema["required"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let fields = members(&schema["properties"]).into_iter();
        Kind {
            name: known.clone(),
            description: text(&schema["description"]),
            fields: fields
                .map(|(field, kind)| {
                    let always = required.contains(&field.as_str());
                    (
                        field.clone(),
                        name(kind),
                        always,
                        text(&kind["description"]),
                    )
                })
                .collect(),
        }
    });
    kinds.collect()
}

/// What a schema is called: the type it names, or what it is made of.
fn name(schema: &Value) -> String {
    if let Some(place) = schema["$ref"].as_str() {
        return place.rsplit('/').next().unwrap_or_default().to_owned();
    }
    for key in ["oneOf", "anyOf", "allOf"] {
        if let Some(several) = schema[key].as_array() {
            let names: Vec<String> = several.iter().map(name).collect();
            return names.join(" or ");
        }
    }
    if schema["type"] == "array" {
        return format!("list of {}", name(&schema["items"]));
    }
    if let Some(words) = schema["enum"].as_array() {
        let words: Vec<String> = words.iter().map(text).collect();
        return words.join(" | ");
    }
    let kind = &schema["type"];
    match kind.as_array() {
        Some(several) => several.iter().map(text).collect::<Vec<_>>().join(" or "),
        None => text(kind),
    }
}

fn members(value: &Value) -> Vec<(&String, &Value)> {
    value.as_object().into_iter().flatten().collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

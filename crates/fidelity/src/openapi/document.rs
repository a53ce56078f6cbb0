//! Zendesk's own OpenAPI document, made into JSON Schemas that can be checked against.

use std::path::Path;

use serde_json::{Map, Value, json};

/// The document.
#[derive(Debug)]
pub struct Document {
    paths: Map<String, Value>,
    components: Value,
}

/// Why the document could not be read.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// No file.
    #[error("{0} cannot be read: {1}; look at the folder of the evidence")]
    File(String, std::io::Error),
    /// No YAML, or no document.
    #[error("{0} is no OpenAPI document: {1}")]
    Form(String, String),
}

/// One operation of the document.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Operation {
    /// GET, POST and so on.
    pub method: String,
    /// The path of the document: `/api/v2/users/{user_id}`.
    pub path: String,
}

impl std::fmt::Display for Operation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

/// What a schema is for: keys that are only answered need not be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Answers.
    Answer,
    /// Requests: nothing is required, since a change holds what it changes.
    Request,
}

impl Document {
    /// Reads the document.
    ///
    /// # Errors
    /// No file, or no document.
    pub fn read(path: &Path) -> Result<Self, DocumentError> {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path)
            .map_err(|error| DocumentError::File(name.clone(), error))?;
        let options = serde_saphyr::options! { budget: None };
        let mut document: Value = serde_saphyr::from_str_with_options(&text, options)
            .map_err(|error| DocumentError::Form(name.clone(), error.to_string()))?;
        let paths = document.get_mut("paths").map(Value::take);
        let components = document.get_mut("components").map(Value::take);
        match (paths, components) {
            (Some(Value::Object(paths)), Some(components)) => Ok(Self { paths, components }),
            _ => Err(DocumentError::Form(
                name,
                "it has no paths or no components".to_owned(),
            )),
        }
    }

    /// The operation that a request calls. Of several paths that fit, the one with most words wins.
    pub fn find(&self, method: &str, path: &str) -> Option<Operation> {
        let asked: Vec<&str> = path.split('/').collect();
        let words = |template: &str| {
            template
                .split('/')
                .filter(|part| !part.contains('{'))
                .count()
        };
        self.paths
            .iter()
            .filter(|(_, item)| item.get(method.to_lowercase()).is_some())
            .map(|(template, _)| template)
            .filter(|template| {
                let parts: Vec<&str> = template
                    .trim_start_matches("/api/v2/")
                    .trim_end_matches(".json")
                    .split('/')
                    .collect();
                parts.len() == asked.len()
                    && parts
                        .iter()
                        .zip(&asked)
                        .all(|(part, asked)| part == asked || part.contains('{'))
            })
            .max_by_key(|template| words(template))
            .map(|template| Operation {
                method: method.to_owned(),
                path: template.clone(),
            })
    }

    fn item(&self, operation: &Operation) -> Option<&Value> {
        self.paths
            .get(&operation.path)?
            .get(operation.method.to_lowercase())
    }

    /// The names of the parameters of the query.
    pub fn parameters(&self, operation: &Operation) -> Vec<String> {
        let shared = self.paths.get(&operation.path);
        let lists = [shared, self.item(operation)];
        let parameters = lists
            .into_iter()
            .flatten()
            .filter_map(|item| item.get("parameters"))
            .filter_map(Value::as_array)
            .flatten();
        parameters
            .map(|parameter| self.resolve(parameter))
            .filter(|parameter| parameter.get("in") == Some(&json!("query")))
            .filter_map(|parameter| parameter.get("name")?.as_str().map(str::to_owned))
            .collect()
    }

    /// The schema of the answer with a status: `None` where the document does not have the status.
    /// A status without a schema has the schema that everything satisfies.
    pub fn answer(&self, operation: &Operation, status: u16) -> Option<Value> {
        let responses = self.item(operation)?.get("responses")?;
        let response = responses
            .get(status.to_string())
            .or_else(|| responses.get("default"))?;
        let schema = self
            .resolve(response)
            .get("content")
            .and_then(|content| content.get("application/json"))
            .and_then(|media| media.get("schema"));
        Some(schema.cloned().unwrap_or_else(|| json!({})))
    }

    /// The schema of the request's body, where the document has one.
    pub fn request(&self, operation: &Operation) -> Option<Value> {
        let body = self.item(operation)?.get("requestBody")?;
        let content = self.resolve(body).get("content")?;
        content.get("application/json")?.get("schema").cloned()
    }

    /// What a reference means; anything else as it is.
    pub fn resolve<'a>(&'a self, value: &'a Value) -> &'a Value {
        let mut value = value;
        // A reference to a reference is followed, in a circle no further than this.
        for _ in 0..16 {
            let target = value
                .get("$ref")
                .and_then(Value::as_str)
                .and_then(|name| name.strip_prefix("#/components"))
                .and_then(|pointer| self.components.pointer(pointer));
            match target {
                Some(target) => value = target,
                None => break,
            }
        }
        value
    }

    /// A JSON Schema that stands by itself.
    pub fn whole(&self, schema: &Value, side: Side) -> Value {
        let mut schemas = self.components.get("schemas").cloned().unwrap_or_default();
        if let Value::Object(map) = &mut schemas {
            map.values_mut().for_each(|schema| convert(schema, side));
        }
        let mut schema = schema.clone();
        convert(&mut schema, side);
        json!({"components": {"schemas": schemas}, "allOf": [schema]})
    }

    /// Keys of a body that the document does not know, as pointers with `*` for rows.
    pub fn unknown_keys(&self, schema: &Value, body: &Value) -> Vec<String> {
        let mut found = Vec::new();
        self.look(&[schema], body, "", &mut found);
        found.sort();
        found.dedup();
        found
    }

    /// All the parts that a schema is made of.
    fn parts<'a>(&'a self, schema: &'a Value, parts: &mut Vec<&'a Value>) {
        let schema = self.resolve(schema);
        parts.push(schema);
        for key in ["allOf", "oneOf", "anyOf"] {
            let more = schema.get(key).and_then(Value::as_array);
            for one in more.into_iter().flatten() {
                self.parts(one, parts);
            }
        }
    }

    fn look(&self, schemas: &[&Value], body: &Value, at: &str, found: &mut Vec<String>) {
        let mut parts = Vec::new();
        for schema in schemas {
            self.parts(schema, &mut parts);
        }
        match body {
            Value::Array(rows) => {
                let items: Vec<&Value> =
                    parts.iter().filter_map(|part| part.get("items")).collect();
                for row in rows.iter().filter(|_| !items.is_empty()) {
                    self.look(&items, row, &format!("{at}/*"), found);
                }
            }
            Value::Object(map) => {
                // `additionalProperties: true` beside named keys says only that keys may be missing
                // here; a schema of others says that they are anybody's.
                let open = parts.iter().any(|part| {
                    part.get("additionalProperties")
                        .is_some_and(Value::is_object)
                });
                let named = parts.iter().any(|part| part.get("properties").is_some());
                for (key, value) in map {
                    let at = format!("{at}/{key}");
                    let known: Vec<&Value> = parts
                        .iter()
                        .filter_map(|part| part.get("properties")?.get(key))
                        .collect();
                    if !known.is_empty() {
                        self.look(&known, value, &at, found);
                    } else if named && !open {
                        found.push(at);
                    }
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
}

/// OpenAPI 3.0 to JSON Schema: `nullable`, and keys that mean something else or nothing there.
fn convert(schema: &mut Value, side: Side) {
    match schema {
        Value::Array(rows) => rows.iter_mut().for_each(|row| convert(row, side)),
        Value::Object(map) => {
            for key in [
                "example",
                "examples",
                "discriminator",
                "xml",
                "externalDocs",
            ] {
                // A property may have such a name: then it is a schema.
                if map.contains_key("type") || map.contains_key("$ref") || map.contains_key("allOf")
                {
                    map.remove(key);
                }
            }
            if side == Side::Request && map.get("required").is_some_and(Value::is_array) {
                map.remove("required");
            }
            let nullable = map.get("nullable") == Some(&json!(true));
            if nullable {
                map.remove("nullable");
            }
            map.values_mut().for_each(|value| convert(value, side));
            if nullable {
                let inner = Value::Object(std::mem::take(map));
                map.insert("anyOf".to_owned(), json!([{"type": "null"}, inner]));
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document() -> Document {
        Document {
            paths: json!({
                "/api/v2/users/{user_id}": {
                    "parameters": [{"$ref": "#/components/parameters/Id"}],
                    "get": {
                        "parameters": [{"name": "include", "in": "query"}],
                        "responses": {"200": {"content": {"application/json": {
                            "schema": {"$ref": "#/components/schemas/User"}}}}}
                    }
                },
                "/api/v2/users/me": {"get": {"responses": {}}}
            })
            .as_object()
            .cloned()
            .unwrap_or_default(),
            components: json!({
                "parameters": {"Id": {"name": "user_id", "in": "path"}},
                "schemas": {"User": {
                    "type": "object",
                    "required": ["name"],
                    "properties": {
                        "name": {"type": "string", "example": "Ann"},
                        "example": {"type": "integer"},
                        "phone": {"type": "string", "nullable": true},
                        "fields": {"type": "object", "additionalProperties": {"type": "integer"}}
                    }
                }}
            }),
        }
    }

    #[test]
    fn a_word_wins_over_a_place() {
        let document = document();
        let path = |path| document.find("GET", path).map(|one| one.path);
        assert_eq!(path("users/me").as_deref(), Some("/api/v2/users/me"));
        assert_eq!(path("users/1").as_deref(), Some("/api/v2/users/{user_id}"));
        assert_eq!(path("macros"), None);
    }

    #[test]
    fn only_what_may_be_null_may_be_null() {
        let document = document();
        let operation = document.find("GET", "users/1").unwrap();
        assert_eq!(document.parameters(&operation), ["include"]);
        let schema = document.answer(&operation, 200).unwrap();
        let valid = jsonschema::validator_for(&document.whole(&schema, Side::Answer)).unwrap();
        assert!(valid.is_valid(&json!({"name": "Ann", "phone": null, "example": 1})));
        assert!(!valid.is_valid(&json!({"name": null})));
        assert!(!valid.is_valid(&json!({"name": "Ann", "phone": 1})));
        assert!(!valid.is_valid(&json!({"name": "Ann", "example": "x"})));
        assert!(!valid.is_valid(&json!({"phone": null})));
        let sent = jsonschema::validator_for(&document.whole(&schema, Side::Request)).unwrap();
        assert!(sent.is_valid(&json!({"phone": null})));
    }

    #[test]
    fn keys_that_the_document_does_not_know_are_found() {
        let document = document();
        let schema = json!({"$ref": "#/components/schemas/User"});
        let body = json!({"name": "Ann", "nmae": "Ann", "fields": {"any": 1}});
        assert_eq!(document.unknown_keys(&schema, &body), ["/nmae"]);
    }
}

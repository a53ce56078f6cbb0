//! The pages and forms of a site, found as a person finds them: by going through every link.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::SocketAddr;

use super::client::{Reply, Request};
use super::html::{self, Tag};

/// So many pages are gone through at most, so that a walk ends whatever pages lead to.
const MOST: usize = 400;

/// A form of a page.
#[derive(Debug, Clone)]
pub(super) struct Form {
    pub(super) action: String,
    pub(super) fields: Vec<Field>,
}

/// A field of it.
#[derive(Debug, Clone)]
pub(super) struct Field {
    pub(super) name: String,
    /// The kind of an input, or the element's name.
    pub(super) kind: String,
    pub(super) value: String,
    /// Whether it is sent: a box that is not ticked is not.
    pub(super) sent: bool,
}

impl Form {
    /// What is sent if nobody types anything.
    pub(super) fn filled(&self) -> Vec<(String, String)> {
        let sent = self.fields.iter().filter(|field| field.sent);
        sent.map(|field| (field.name.clone(), field.value.clone()))
            .collect()
    }

    /// A request that sends these fields as the form would: with parts, if it takes files. A value for a
    /// file is its name; without one none was chosen.
    pub(super) fn request(&self, fields: &[(String, String)]) -> Request {
        let is_file = |name: &str| {
            let mut all = self.fields.iter();
            all.any(|field| field.name == name && field.kind == "file")
        };
        let files = self.fields.iter().filter(|field| field.kind == "file");
        let chosen = |name: &str| fields.iter().any(|(known, _)| known == name);
        let none: Vec<_> = files.filter(|file| !chosen(&file.name)).collect();
        if !self.fields.iter().any(|field| field.kind == "file") {
            return Request::form(&self.action, fields);
        }
        let mut parts: Vec<(&str, Option<&str>, &str)> = Vec::new();
        for (name, value) in fields {
            let file = is_file(name).then_some(value.as_str());
            let content = if file.is_some() { "A file." } else { value };
            parts.push((name, file, content));
        }
        parts.extend(none.iter().map(|file| (file.name.as_str(), Some(""), "")));
        Request::parts(&self.action, &parts)
    }

    /// The same with other values in some fields, or with fields that it does not have.
    pub(super) fn with(&self, more: &[(&str, &str)]) -> Vec<(String, String)> {
        let mut fields = self.filled();
        for (name, value) in more {
            match fields.iter_mut().find(|(known, _)| known == name) {
                Some((_, known)) => *known = (*value).to_owned(),
                None => fields.push(((*name).to_owned(), (*value).to_owned())),
            }
        }
        fields
    }
}

/// The forms of a page that are sent by POST.
pub(super) fn forms(page: &str) -> Vec<Form> {
    let mut forms: Vec<Form> = Vec::new();
    let mut open: Option<Form> = None;
    for tag in html::tags(page) {
        match (tag.name.as_str(), tag.closes) {
            ("form", false) if tag.get("method") == Some("post") => {
                open = tag.get("action").map(|action| Form {
                    action: action.to_owned(),
                    fields: Vec::new(),
                });
            }
            ("form", true) => forms.extend(open.take()),
            _ => {}
        }
        if let Some(form) = &mut open {
            take(form, &tag);
        }
    }
    forms
}

/// Notes a field of a form.
fn take(form: &mut Form, tag: &Tag) {
    if tag.closes {
        return;
    }
    if tag.name == "option" {
        let Some(select) = form
            .fields
            .last_mut()
            .filter(|field| field.kind == "select")
        else {
            return;
        };
        if !select.sent || tag.get("selected").is_some() {
            select.value = tag.get("value").unwrap_or_default().to_owned();
            select.sent = true;
        }
        return;
    }
    let Some(name) = tag.get("name") else {
        return;
    };
    let (kind, value) = match tag.name.as_str() {
        "input" => (
            tag.get("type").unwrap_or("text"),
            tag.get("value").unwrap_or_default(),
        ),
        "textarea" => ("textarea", tag.content.trim_start_matches('\n')),
        "select" => ("select", ""),
        _ => return,
    };
    let sent = match kind {
        "checkbox" | "radio" => tag.get("checked").is_some(),
        "select" | "file" => false,
        _ => true,
    };
    form.fields.push(Field {
        name: name.to_owned(),
        kind: kind.to_owned(),
        value: value.to_owned(),
        sent,
    });
}

/// Everything that links, parts and streams lead to from the home page, as somebody who is signed in sees
/// it: by its address.
pub(super) async fn walk(at: SocketAddr, session: &str) -> BTreeMap<String, Reply> {
    let mut seen = BTreeSet::from(["/".to_owned()]);
    let mut waiting = VecDeque::from(["/".to_owned()]);
    let mut found = BTreeMap::new();
    while let Some(path) = waiting.pop_front() {
        let reply = Request::get(&path).by_person(session).send(at).await;
        if reply.is_page() {
            for link in links(&reply.body) {
                if seen.len() < MOST && seen.insert(link.clone()) {
                    waiting.push_back(link);
                }
            }
        }
        found.insert(path, reply);
    }
    found
}

/// The addresses of this site that a page leads to.
fn links(page: &str) -> Vec<String> {
    let tags = html::tags(page);
    let places = ["href", "hx-get", "data-events"];
    let links = tags
        .iter()
        .flat_map(|tag| places.iter().filter_map(|name| tag.get(name)));
    links
        .filter(|link| link.starts_with('/') && !link.starts_with("//"))
        .filter_map(|link| link.split('#').next())
        .map(str::to_owned)
        .collect()
}

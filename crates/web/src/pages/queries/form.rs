//! The form of a query, as both adding and editing show it.

use askama::Template;
use engine::profile_send::{ContactFilter, Form as FileForm, SourceSpec};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use store::credentials::{self, Credential, CredentialKind};
use store::queries::Query;
use store::users::User;

use crate::access::{self, Right};
use crate::app::App;
use crate::form::{Wrongs, ticked};
use crate::mask::{self, Mask};
use crate::page::Frame;
use crate::problem::Problem;

/// The kinds of sources, with what a person reads: an upload has a form of its own.
pub(super) const KINDS: [(&str, &str); 5] = [
    ("upload", "A file from this computer"),
    ("file", "A file in an import folder of the server"),
    ("object", "An object of an object store"),
    ("sql", "A read-only SQL statement on a database"),
    ("contacts", "Our own contacts"),
];

/// What was typed. What a kind does not need stays empty.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Entry {
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) path: String,
    pub(crate) format: String,
    pub(crate) encoding: String,
    pub(crate) delimiter: String,
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) region: String,
    pub(crate) endpoint: String,
    pub(crate) credential: String,
    pub(crate) statement: String,
    pub(crate) search_path: String,
    #[serde(deserialize_with = "ticked")]
    pub(crate) with_email: bool,
    pub(crate) email_ends_with: String,
    pub(crate) changed_since: String,
}

/// The form with what was typed, and what is wrong with it.
#[derive(Template)]
#[template(path = "queries/form.html")]
pub(super) struct QueryForm {
    pub(super) frame: Frame,
    pub(super) wrongs: Wrongs,
    /// Which one; none for a new one.
    pub(super) id: Option<String>,
    pub(super) entry: Entry,
    credentials: Vec<Credential>,
    may_endpoint: bool,
    /// The largest upload, in MB; none if none is taken.
    most: Option<u64>,
    folders: Vec<String>,
}

impl QueryForm {
    pub(super) async fn new(
        app: &App,
        frame: Frame,
        id: Option<String>,
        entry: Entry,
        wrongs: Wrongs,
    ) -> Result<Self, Problem> {
        let all = credentials::list(&mut *app.engine.store.read().await?).await?;
        let wanted = match entry.kind.as_str() {
            "sql" => Some(CredentialKind::Database),
            "object" => Some(CredentialKind::ObjectStore),
            _ => None,
        };
        let folders = app.engine.settings.sources.import_folders.iter();
        Ok(Self {
            may_endpoint: frame.may(Right::ManageDestinations),
            frame,
            wrongs,
            id,
            entry,
            credentials: all
                .into_iter()
                .filter(|one| Some(one.kind) == wanted)
                .collect(),
            most: engine::queries::most_bytes(&app.engine).map(|bytes| bytes / 1_000_000),
            folders: folders.map(|folder| folder.display().to_string()).collect(),
        })
    }

    /// Where the form is sent.
    fn action(&self) -> String {
        match &self.id {
            Some(id) => format!("/queries/{id}/edit"),
            None => "/queries".to_owned(),
        }
    }

    /// Where a file is sent.
    fn upload(&self) -> String {
        match &self.id {
            Some(id) => format!("/queries/{id}/upload"),
            None => "/queries/upload".to_owned(),
        }
    }
}

/// A word as the source stores it; an empty one says nothing.
fn word<T: DeserializeOwned>(text: &str) -> Result<Option<T>, ()> {
    if text.is_empty() {
        return Ok(None);
    }
    serde_json::from_value(text.into()).map(Some).map_err(drop)
}

impl Mask for Entry {
    /// A statement may name somebody.
    fn mask(&mut self) {
        self.statement = mask::text(&self.statement).into_owned();
    }
}

impl Entry {
    /// What a stored query has.
    pub(crate) fn of(app: &App, query: &Query) -> Result<Self, Problem> {
        let source = engine::queries::source_of(query)?;
        let mut entry = Self {
            kind: source.kind().to_owned(),
            name: query.name.clone(),
            description: query.description.clone(),
            ..Self::default()
        };
        let mut form = FileForm::default();
        match source {
            SourceSpec::File { .. } if engine::queries::is_upload(&app.engine, &source) => {
                "upload".clone_into(&mut entry.kind);
            }
            SourceSpec::File {
                path, form: kept, ..
            } => {
                entry.path = path.display().to_string();
                form = kept;
            }
            SourceSpec::Object {
                endpoint,
                region,
                bucket,
                key,
                credential,
                form: kept,
                ..
            } => {
                (entry.bucket, entry.key, entry.region) = (bucket, key, region);
                entry.endpoint = endpoint.unwrap_or_default();
                entry.credential = credential.unwrap_or_default();
                form = kept;
            }
            SourceSpec::Sql {
                credential,
                statement,
                search_path,
            } => {
                entry.credential = credential;
                entry.statement = statement;
                entry.search_path = search_path;
            }
            SourceSpec::Contacts { filter } => {
                entry.with_email = filter.with_email;
                entry.email_ends_with = filter.email_ends_with.unwrap_or_default();
                let since = filter.changed_since;
                entry.changed_since = since.map_or_else(String::new, |at| {
                    at.to_zoned(TimeZone::UTC).date().to_string()
                });
            }
        }
        let text = |value: serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        entry.format = form
            .format
            .map_or_else(String::new, |one| text(serde_json::json!(one)));
        entry.encoding = form
            .encoding
            .map_or_else(String::new, |one| text(serde_json::json!(one)));
        entry.delimiter = match form.delimiter {
            None => String::new(),
            Some('\t') => "tab".to_owned(),
            Some(sign) => sign.to_string(),
        };
        Ok(entry)
    }

    /// Puts the stored statement back: who sees it masked and leaves it so has not changed it.
    pub(crate) fn keep_hidden(&mut self, stored: String) {
        // A browser ends the lines of what is typed in its own way.
        if self.statement.replace("\r\n", "\n") == mask::text(&stored) {
            self.statement = stored;
        }
    }

    /// The source that was typed, over what was kept: what the form does not ask for stays.
    pub(crate) fn source(
        &self,
        user: &User,
        kept: Option<&SourceSpec>,
    ) -> Result<SourceSpec, Wrongs> {
        let mut wrongs = Wrongs::default();
        if self.name.trim().is_empty() {
            wrongs.add("name", "Enter a name.");
        }
        let source = self.told(user, kept, &mut wrongs);
        match source {
            Some(source) if wrongs.is_empty() => Ok(source),
            Some(_) => Err(wrongs),
            None if wrongs.is_empty() => Err(Wrongs::field("kind", "Choose where the rows lie.")),
            None => Err(wrongs),
        }
    }

    fn told(
        &self,
        user: &User,
        kept: Option<&SourceSpec>,
        wrongs: &mut Wrongs,
    ) -> Option<SourceSpec> {
        let needed = |wrongs: &mut Wrongs, name, text: &str, sentence: &'static str| {
            if text.trim().is_empty() {
                wrongs.add(name, sentence);
            }
            text.trim().to_owned()
        };
        match self.kind.as_str() {
            "upload" => kept.cloned(),
            "file" => {
                let path = needed(
                    wrongs,
                    "path",
                    &self.path,
                    "Enter the whole path of the file.",
                );
                Some(SourceSpec::File {
                    path: path.into(),
                    anywhere: false,
                    form: self.form(kept, wrongs),
                })
            }
            "object" => {
                let kept_endpoint = match kept {
                    Some(SourceSpec::Object { endpoint, .. }) => endpoint.clone(),
                    Some(_) | None => None,
                };
                let typed = Some(self.endpoint.trim().to_owned()).filter(|text| !text.is_empty());
                let may = access::may(user.role, Right::ManageDestinations);
                // Addresses of other stores are for those who manage what leads out of here.
                let endpoint = if may { typed } else { kept_endpoint };
                Some(SourceSpec::Object {
                    allow_plain_http: endpoint
                        .as_ref()
                        .is_some_and(|at| at.starts_with("http://")),
                    endpoint,
                    region: needed(
                        wrongs,
                        "region",
                        &self.region,
                        "Enter the region of the bucket, such as eu-central-1.",
                    ),
                    bucket: needed(
                        wrongs,
                        "bucket",
                        &self.bucket,
                        "Enter the name of the bucket.",
                    ),
                    key: needed(
                        wrongs,
                        "key",
                        &self.key,
                        "Enter the key of the object in the bucket.",
                    ),
                    credential: Some(self.credential.clone()).filter(|id| !id.is_empty()),
                    form: self.form(kept, wrongs),
                })
            }
            "sql" => Some(SourceSpec::Sql {
                credential: needed(
                    wrongs,
                    "credential",
                    &self.credential,
                    "Choose the credential that holds the database's address.",
                ),
                statement: needed(
                    wrongs,
                    "statement",
                    &self.statement,
                    "Enter one statement that begins with SELECT.",
                ),
                search_path: match self.search_path.trim() {
                    "" => "public".to_owned(),
                    schemas => schemas.to_owned(),
                },
            }),
            "contacts" => Some(SourceSpec::Contacts {
                filter: ContactFilter {
                    with_email: self.with_email,
                    email_ends_with: Some(self.email_ends_with.trim().to_owned())
                        .filter(|text| !text.is_empty()),
                    changed_since: match self.changed_since.as_str() {
                        "" => None,
                        day => {
                            let day: Option<Date> = day.parse().ok();
                            let day = day.and_then(|day| day.to_zoned(TimeZone::UTC).ok());
                            if day.is_none() {
                                wrongs.add("changed_since", "Write the day as 2026-11-22.");
                            }
                            day.map(|day| day.timestamp())
                        }
                    },
                },
            }),
            _ => None,
        }
    }

    /// What is said of the form of a file or object.
    fn form(&self, kept: Option<&SourceSpec>, wrongs: &mut Wrongs) -> FileForm {
        let mut form = match kept {
            Some(SourceSpec::File { form, .. } | SourceSpec::Object { form, .. }) => form.clone(),
            Some(SourceSpec::Sql { .. } | SourceSpec::Contacts { .. }) | None => {
                FileForm::default()
            }
        };
        match word(&self.format) {
            Ok(format) => form.format = format,
            Err(()) => wrongs.add("format", "Choose one of the formats."),
        }
        match word(&self.encoding) {
            Ok(encoding) => form.encoding = encoding,
            Err(()) => wrongs.add("encoding", "Choose one of the encodings."),
        }
        let mut signs = self.delimiter.chars();
        form.delimiter = match (self.delimiter.as_str(), signs.next(), signs.next()) {
            ("tab", ..) => Some('\t'),
            (_, sign, None) => sign,
            (_, _, Some(_)) => {
                wrongs.add("delimiter", "Write one character, or the word tab.");
                None
            }
        };
        form
    }
}

//! Queries as programs read and write them.

use domain::profile::Column;
use engine::profile_send::{Preview, SourceSpec};
use engine::queries::{is_upload, source_of};
use serde::{Deserialize, Serialize};
use store::queries::Query;
use utoipa::ToSchema;

use crate::app::App;
use crate::mask::{self, Mask};
use crate::pages::queries::form::Entry;
use crate::problem::Problem;

/// What the fields of the form are called in a body.
pub(super) const NAMES: [(&str, &str); 14] = [
    ("kind", "source.kind"),
    ("path", "source.path"),
    ("format", "source.format"),
    ("encoding", "source.encoding"),
    ("delimiter", "source.delimiter"),
    ("bucket", "source.bucket"),
    ("key", "source.key"),
    ("region", "source.region"),
    ("endpoint", "source.endpoint"),
    ("credential", "source.credential_id"),
    ("statement", "source.statement"),
    ("search_path", "source.search_path"),
    ("email_ends_with", "source.email_ends_with"),
    ("changed_since", "source.changed_since"),
];

/// Where the rows of a query lie. What is not said of the form of a file is found out.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", tag = "kind", deny_unknown_fields)]
pub(crate) enum Source {
    /// A file that was uploaded for its query; another one is uploaded in its place.
    Upload {
        /// What it is called.
        #[serde(default)]
        file_name: String,
    },
    /// A file in an import folder of the server.
    File {
        /// Its whole path.
        path: String,
        /// `csv`, `json_lines` or `parquet`; empty to find it out.
        #[serde(default)]
        format: String,
        /// `utf-8`, `utf-16le`, `utf-16be` or `windows-1252`; empty to find it out.
        #[serde(default)]
        encoding: String,
        /// What stands between the cells of a CSV file: one character, or `tab`; empty to find it out.
        #[serde(default)]
        delimiter: String,
    },
    /// An object of an object store.
    Object {
        /// The bucket.
        bucket: String,
        /// The object's key in it.
        key: String,
        /// The bucket's region.
        region: String,
        /// The store's address for all but Amazon's own; only who manages destinations sets it.
        #[serde(default)]
        endpoint: String,
        /// The id of the credential that opens the store; empty for what everybody may read.
        #[serde(default)]
        credential_id: String,
        /// `csv`, `json_lines` or `parquet`; empty to find it out.
        #[serde(default)]
        format: String,
        /// As of a file.
        #[serde(default)]
        encoding: String,
        /// As of a file.
        #[serde(default)]
        delimiter: String,
    },
    /// A read-only statement on a database.
    Sql {
        /// The id of the credential that holds the database's address.
        credential_id: String,
        /// One `SELECT`.
        statement: String,
        /// Schemas in which names without one are looked up.
        #[serde(default = "public")]
        search_path: String,
    },
    /// Our own contacts.
    Contacts {
        /// Only those who have an email address.
        #[serde(default)]
        with_email: bool,
        /// Only those whose address ends so, such as `@example.com`; empty for all.
        #[serde(default)]
        email_ends_with: String,
        /// Only those changed since this day, such as `2026-11-22`; empty for all.
        #[serde(default)]
        changed_since: String,
    },
}

fn public() -> String {
    "public".to_owned()
}

impl Source {
    /// The source of a stored query.
    fn of(app: &App, query: &Query) -> Result<Self, Problem> {
        let spec = source_of(query)?;
        if is_upload(&app.engine, &spec) {
            let file_name = spec.title();
            return Ok(Self::Upload { file_name });
        }
        let entry = Entry::of(app, query)?;
        Ok(match spec {
            SourceSpec::File { .. } => Self::File {
                path: entry.path,
                format: entry.format,
                encoding: entry.encoding,
                delimiter: entry.delimiter,
            },
            SourceSpec::Object { .. } => Self::Object {
                bucket: entry.bucket,
                key: entry.key,
                region: entry.region,
                endpoint: entry.endpoint,
                credential_id: entry.credential,
                format: entry.format,
                encoding: entry.encoding,
                delimiter: entry.delimiter,
            },
            SourceSpec::Sql { .. } => Self::Sql {
                credential_id: entry.credential,
                statement: entry.statement,
                search_path: entry.search_path,
            },
            SourceSpec::Contacts { .. } => Self::Contacts {
                with_email: entry.with_email,
                email_ends_with: entry.email_ends_with,
                changed_since: entry.changed_since,
            },
        })
    }

    /// What the page's form would hold, in place of what `entry` has.
    pub(super) fn over(self, entry: Entry) -> Entry {
        let entry = Entry {
            name: entry.name,
            description: entry.description,
            ..Entry::default()
        };
        let of = |kind: &str| kind.to_owned();
        match self {
            Self::Upload { .. } => Entry {
                kind: of("upload"),
                ..entry
            },
            Self::File {
                path,
                format,
                encoding,
                delimiter,
            } => Entry {
                kind: of("file"),
                path,
                format,
                encoding,
                delimiter,
                ..entry
            },
            Self::Object {
                bucket,
                key,
                region,
                endpoint,
                credential_id,
                format,
                encoding,
                delimiter,
            } => Entry {
                kind: of("object"),
                bucket,
                key,
                region,
                endpoint,
                credential: credential_id,
                format,
                encoding,
                delimiter,
                ..entry
            },
            Self::Sql {
                credential_id,
                statement,
                search_path,
            } => Entry {
                kind: of("sql"),
                credential: credential_id,
                statement,
                search_path,
                ..entry
            },
            Self::Contacts {
                with_email,
                email_ends_with,
                changed_since,
            } => Entry {
                kind: of("contacts"),
                with_email,
                email_ends_with,
                changed_since,
                ..entry
            },
        }
    }
}

/// What is sent: where rows come from.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct QueryRecord {
    /// Our id.
    id: String,
    /// Its name, unique.
    name: String,
    /// What it is for.
    description: String,
    /// Where its rows lie.
    pub(super) source: Source,
    /// Whether it may feed orchestrations; otherwise it is a draft.
    active: bool,
    /// When it was made.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it was last changed.
    #[schema(format = DateTime)]
    updated_at: String,
}

impl QueryRecord {
    pub(super) fn of(app: &App, query: Query) -> Result<Self, Problem> {
        Ok(Self {
            source: Source::of(app, &query)?,
            id: query.id,
            name: query.name,
            description: query.description,
            active: query.active,
            created_at: query.created_at.to_string(),
            updated_at: query.updated_at.to_string(),
        })
    }
}

impl Mask for QueryRecord {
    fn mask(&mut self) {
        if let Source::Sql { statement, .. } = &mut self.source {
            *statement = mask::text(statement).into_owned();
        }
    }
}

/// A column of a source.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ColumnRecord {
    /// Its name, as the source writes it.
    name: String,
    /// What it holds, in a word.
    #[serde(rename = "type")]
    kind: String,
}

impl From<Column> for ColumnRecord {
    fn from(column: Column) -> Self {
        Self {
            kind: column.kind.as_str().to_owned(),
            name: column.name,
        }
    }
}

/// A query with what is known of its rows, and what uses it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct QueryDetails {
    #[serde(flatten)]
    pub(super) query: QueryRecord,
    /// The columns that it had when it was activated; a run must find them all.
    pub(super) columns: Vec<ColumnRecord>,
    /// What uses it and keeps it from being deleted, such as `orchestration nightly`.
    pub(super) uses: Vec<String>,
}

/// A new query.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct QueryNew {
    /// Its name, unique.
    #[schema(min_length = 1, max_length = 200)]
    pub(super) name: String,
    /// What it is for.
    #[serde(default)]
    pub(super) description: String,
    /// Where its rows lie.
    pub(super) source: Source,
}

/// What is changed of a query; what is not given stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct QueryChange {
    /// Its name, unique.
    #[schema(min_length = 1, max_length = 200)]
    pub(super) name: Option<String>,
    /// What it is for.
    pub(super) description: Option<String>,
    /// Where its rows lie. With another source it is a draft again.
    pub(super) source: Option<Source>,
}

/// A file that is sent here, as a form of `multipart/form-data`.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it only describes what the stream holds")]
pub(crate) struct UploadForm {
    /// The query's name; the file's own without one. Of a query that is there already it stays what it is.
    name: Option<String>,
    /// What the query is for.
    description: Option<String>,
    /// The file: CSV, JSON Lines or Parquet, compressed or not.
    #[schema(value_type = String, format = Binary)]
    file: String,
}

/// A row of a preview.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PreviewedRow {
    /// Where it stands in the source.
    line: u64,
    /// Its cells, in the order of the columns.
    cells: Vec<Option<String>>,
}

/// A row that the format does not let pass.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RefusedRow {
    /// Where it stands in the source.
    line: u64,
    /// Why.
    reason: String,
}

/// The first rows of a query.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct QueryPreview {
    /// Its columns, as a run would find them.
    columns: Vec<ColumnRecord>,
    /// The first rows, 100 at most.
    rows: Vec<PreviewedRow>,
    /// Rows among them that the format does not let pass.
    rejected: Vec<RefusedRow>,
    /// Whether these are all.
    complete: bool,
    /// What the source was taken for, where that may be wrong.
    guess: Option<String>,
}

impl From<Preview> for QueryPreview {
    fn from(preview: Preview) -> Self {
        let rows = preview.rows.into_iter().map(|row| PreviewedRow {
            line: row.line,
            cells: row.cells,
        });
        let rejected = preview.rejected.into_iter();
        Self {
            columns: preview
                .columns
                .into_iter()
                .map(ColumnRecord::from)
                .collect(),
            rows: rows.collect(),
            rejected: rejected
                .map(|(line, reason)| RefusedRow { line, reason })
                .collect(),
            complete: preview.complete,
            guess: preview.guess,
        }
    }
}

//! Where rows come from, and how each kind of source is opened.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use crate::bucket::BucketSource;
use crate::csv;
use crate::error::Error;
use crate::folders::{open_inside, open_regular};
use crate::form::{self, Form, Opened};
use crate::input::{Fingerprint, Raw, Tap};
use crate::json;
use crate::limits::Limits;
use crate::parquet;
use crate::reader::{Reader, Ready, start};
use crate::rows::HandedOver;
use crate::spool::Spooled;
use crate::sql::SqlSource;

/// Where rows come from (profile-send.md 1, *query*).
#[derive(Debug)]
pub enum Source {
    /// A file of this machine.
    File(FileSource),
    /// An upload that is already here.
    Upload(UploadSource),
    /// An object of an object store.
    Bucket(BucketSource),
    /// A read-only statement on a PostgreSQL-wire database.
    Sql(SqlSource),
    /// Rows that the caller hands over: our own contacts.
    Rows(HandedOver),
}

/// Which files of this machine may be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Allowed {
    /// Any: only for the command line, which the owner of the machine runs (profile-send.md 5).
    Anywhere,
    /// Those under these folders, after all links are followed.
    Under(Vec<PathBuf>),
}

/// A file of this machine.
#[derive(Debug, Clone)]
pub struct FileSource {
    /// Its path.
    pub path: PathBuf,
    /// Whether it may be read.
    pub allowed: Allowed,
    /// What is said of it.
    pub form: Form,
}

/// An upload.
#[derive(Debug, Clone)]
pub struct UploadSource {
    /// Its bytes.
    pub spooled: Spooled,
    /// What is said of it.
    pub form: Form,
}

impl FileSource {
    /// The file's name without its folders: what sentences call it.
    pub fn name(&self) -> String {
        self.path
            .file_name()
            .map_or_else(
                || self.path.to_string_lossy(),
                |name| name.to_string_lossy(),
            )
            .into_owned()
    }

    fn raw(&self, name: &str, limits: &Limits, progress: Arc<AtomicU64>) -> Result<Raw, Error> {
        let file = match &self.allowed {
            Allowed::Anywhere => open_regular(name, &self.path)?,
            Allowed::Under(folders) => open_inside(name, &self.path, folders)?.0,
        };
        Raw::new(name, Arc::new(file), limits, progress)
    }
}

impl Reader {
    /// Opens `source`: finds out what it is and which columns it has, and begins to read ahead.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn open(source: Source, limits: &Limits) -> Result<Self, Error> {
        match source {
            Source::File(source) => open_file(source, limits).await,
            Source::Upload(source) => {
                let UploadSource { spooled, form } = source;
                open_spooled(&spooled, form, limits).await
            }
            Source::Bucket(source) => {
                let spooled = source.fetch(limits).await?;
                open_spooled(&spooled, source.form, limits).await
            }
            Source::Sql(source) => source.open(limits).await,
            Source::Rows(rows) => Ok(rows.into_reader(limits)),
        }
    }
}

/// The fingerprint of a source without reading its rows, for *only if the source changed*; `None`
/// for statements and rows handed over, which have none.
///
/// # Errors
/// Any of opening and reading the bytes.
pub async fn fingerprint(source: &Source, limits: &Limits) -> Result<Option<Fingerprint>, Error> {
    let file = match source {
        Source::Upload(source) => return Ok(Some(source.spooled.fingerprint())),
        Source::Bucket(source) => return Ok(Some(source.fetch(limits).await?.fingerprint())),
        Source::Sql(_) | Source::Rows(_) => return Ok(None),
        Source::File(file) => file.clone(),
    };
    let (name, limits) = (file.name(), limits.clone());
    let of_thread = name.clone();
    let work = tokio::task::spawn_blocking(move || {
        let raw = file.raw(&of_thread, &limits, Arc::default())?;
        Tap::new(raw).finish().map(Some)
    });
    work.await.unwrap_or_else(|_| {
        Err(Error::unavailable(
            &name,
            "the reading was broken off",
            "start again",
        ))
    })
}

async fn open_file(source: FileSource, limits: &Limits) -> Result<Reader, Error> {
    let name = source.name();
    let of_thread = name.clone();
    start(&name, limits, move |limits, progress| {
        let raw = source.raw(&of_thread, limits, progress)?;
        open_raw(raw, &source.form, limits)
    })
    .await
}

async fn open_spooled(spooled: &Spooled, form: Form, limits: &Limits) -> Result<Reader, Error> {
    let (name, file) = (spooled.name.clone(), spooled.file.clone());
    start(
        &spooled.name,
        limits,
        move |limits, progress: Arc<AtomicU64>| {
            let raw = Raw::new(&name, file, limits, progress)?;
            open_raw(raw, &form, limits)
        },
    )
    .await
}

fn open_raw(raw: Raw, form: &Form, limits: &Limits) -> Result<Ready, Error> {
    match form::open(raw, form, limits)? {
        Opened::Parquet { raw, found } => {
            let (decoder, schema, found) = parquet::open(raw, found, limits)?;
            Ok((Box::new(decoder), schema, found))
        }
        Opened::Text {
            format: form::Format::JsonLines,
            input,
            found,
            ..
        } => {
            let (decoder, schema) = json::open(input, form, limits)?;
            Ok((Box::new(decoder), schema, found))
        }
        Opened::Text {
            format: form::Format::Csv | form::Format::Parquet,
            input,
            sample,
            found,
        } => {
            let (decoder, schema, found) = csv::open(input, &sample, found, form, limits)?;
            Ok((Box::new(decoder), schema, found))
        }
    }
}

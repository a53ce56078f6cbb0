//! The rows of a workflow, as often as they are needed.
//!
//! They are read twice: once to check and compare them all, once to send those that changed. What cannot
//! be read twice (a statement may answer something else, an object may be replaced) is kept in a file of
//! its own meanwhile.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use audience::{
    Allowed, Batch, BucketKey, BucketSource, Encoding, FileSource, Fingerprint, Limits, Reader,
    Schema, Source, SqlSource,
};
use domain::profile as rows;
use secrecy::SecretString;
use store::credentials;

use super::contacts;
use super::halt::Halt;
use super::settings::SourceSpec;
use super::spill::no_room;
use crate::engine::Engine;
use crate::error::{Error, Result};

/// Opens what a query names.
///
/// # Errors
/// What is wrong with it, with its credential, or with the database.
pub(super) async fn open(
    engine: &Engine,
    spec: &SourceSpec,
    limits: &Limits,
) -> Result<Reader, Halt> {
    Ok(Reader::open(find(engine, spec, limits).await?, limits).await?)
}

/// What a query names, with what opens it.
///
/// # Errors
/// What is wrong with its credential, or with the database.
pub(super) async fn find(
    engine: &Engine,
    spec: &SourceSpec,
    limits: &Limits,
) -> Result<Source, Halt> {
    Ok(match spec {
        SourceSpec::File {
            path,
            anywhere,
            form,
        } => Source::File(FileSource {
            path: path.clone(),
            allowed: if *anywhere {
                Allowed::Anywhere
            } else {
                Allowed::Under(readable_folders(engine))
            },
            form: form.clone(),
        }),
        SourceSpec::Object {
            endpoint,
            allow_plain_http,
            region,
            bucket,
            key,
            credential,
            form,
        } => Source::Bucket(BucketSource {
            endpoint: endpoint.clone(),
            allow_plain_http: *allow_plain_http,
            region: region.clone(),
            bucket: bucket.clone(),
            key: key.clone(),
            access: match credential {
                None => BucketKey::Public,
                Some(credential) => {
                    let (found, secret) = open_credential(engine, credential).await?;
                    BucketKey::Secret {
                        id: found.client_id.unwrap_or_default().into(),
                        secret,
                        session: None,
                    }
                }
            },
            folder: engine.settings.sources.scratch.clone(),
            form: form.clone(),
        }),
        SourceSpec::Sql {
            credential,
            statement,
            search_path,
        } => {
            let (found, address) = open_credential(engine, credential).await?;
            Source::Sql(SqlSource {
                name: found.name,
                address,
                statement: statement.clone(),
                search_path: search_path.clone(),
                extra_functions: Vec::new(),
                own: own_database(engine, limits).await?,
            })
        }
        SourceSpec::Contacts { filter } => Source::Rows(contacts::hand_over(engine, filter)?),
    })
}

/// The folders whose files a query may read: those that are configured, and that of uploads.
fn readable_folders(engine: &Engine) -> Vec<PathBuf> {
    let sources = &engine.settings.sources;
    let uploads = sources.uploads.iter().map(|uploads| uploads.folder.clone());
    sources
        .import_folders
        .iter()
        .cloned()
        .chain(uploads)
        .collect()
}

async fn open_credential(
    engine: &Engine,
    id: &str,
) -> Result<(credentials::Credential, SecretString)> {
    let mut reader = engine.store.read().await?;
    let found = credentials::find(&mut reader, id).await?.ok_or_else(|| {
        Error::Refused(
            "The credential of the query is gone. Edit the query and choose another one."
                .to_owned(),
        )
    })?;
    let secret = credentials::secret(&mut reader, &engine.keyring, &found.id).await?;
    Ok((found, secret))
}

/// What a source was taken for, where that may be wrong: most encodings of one byte a letter look alike.
pub(super) fn guess(spec: &SourceSpec, reader: &Reader) -> Option<String> {
    let named = match spec {
        SourceSpec::File { form, .. } | SourceSpec::Object { form, .. } => form.encoding,
        SourceSpec::Sql { .. } | SourceSpec::Contacts { .. } => return None,
    };
    let is_guess = named.is_none() && reader.found().encoding == Some(Encoding::Windows1252);
    is_guess.then(|| {
        format!(
            "{} is not UTF-8 and was read as Windows-1252. If its letters look wrong, save it as UTF-8; if they are right, name the encoding, and this is not said again.",
            reader.name()
        )
    })
}

/// Our own database, if a statement could reach it: it is refused as a source (profile-send.md 5).
async fn own_database(
    engine: &Engine,
    limits: &Limits,
) -> Result<Option<audience::DatabaseIdentity>, Halt> {
    match (
        engine.store.dialect(),
        &engine.settings.sources.own_database,
    ) {
        (store::Dialect::Postgres, Some(address)) => Ok(Some(
            audience::identify("our own database", address, limits).await?,
        )),
        (store::Dialect::Postgres | store::Dialect::Sqlite, _) => Ok(None),
    }
}

/// Whether what was read once can be read again and be the same, or be told to be another.
pub(super) fn is_repeatable(spec: &SourceSpec) -> bool {
    match spec {
        SourceSpec::File { .. } => true,
        SourceSpec::Object { .. } | SourceSpec::Sql { .. } | SourceSpec::Contacts { .. } => false,
    }
}

/// The columns of a source, as the rules know them.
pub(super) fn columns(schema: &Schema) -> Vec<rows::Column> {
    schema
        .columns()
        .iter()
        .map(|column| {
            let kind = match column.kind {
                audience::ColumnKind::Text => rows::ColumnKind::Text,
                audience::ColumnKind::Integer => rows::ColumnKind::Integer,
                audience::ColumnKind::Decimal => rows::ColumnKind::Decimal,
                audience::ColumnKind::Float => rows::ColumnKind::Float,
                audience::ColumnKind::Boolean => rows::ColumnKind::Boolean,
                audience::ColumnKind::Date => rows::ColumnKind::Date,
                audience::ColumnKind::Time => rows::ColumnKind::Time,
                audience::ColumnKind::List => rows::ColumnKind::List,
            };
            rows::Column::new(column.name.clone(), kind)
        })
        .collect()
}

/// A row of a batch, as the rules read it.
pub(super) struct RowOf<'a> {
    /// Where it is.
    pub(super) batch: &'a Batch,
    /// Which one.
    pub(super) row: usize,
}

impl rows::Row for RowOf<'_> {
    fn cell(&self, column: usize) -> Option<&str> {
        self.batch.cell(self.row, column)
    }
}

impl RowOf<'_> {
    /// All cells, for a person to see again.
    pub(super) fn cells(&self) -> Vec<Option<String>> {
        (0..self.batch.columns())
            .map(|column| self.batch.cell(self.row, column).map(str::to_owned))
            .collect()
    }
}

/// Rows kept for a second reading, in a file without a name.
pub(super) struct Tape {
    out: BufWriter<File>,
    columns: usize,
}

/// Stands for a null.
const NULL: u32 = u32::MAX;
/// Rows taken up at a time.
const ROWS: usize = 1_000;

impl Tape {
    /// An empty one, in a file of `folder`.
    ///
    /// # Errors
    /// [`Error::Refused`] if there is no room for it.
    pub(super) fn new(folder: &Path, columns: usize) -> Result<Self> {
        let file = tempfile::tempfile_in(folder).map_err(|error| no_room(&error))?;
        Ok(Self {
            out: BufWriter::with_capacity(64 * 1024, file),
            columns,
        })
    }

    /// Keeps the rows of a batch.
    ///
    /// # Errors
    /// [`Error::Refused`] if the disk is full.
    pub(super) fn keep(&mut self, batch: &Batch) -> Result<()> {
        for row in 0..batch.len() {
            self.keep_row(batch, row).map_err(|error| no_room(&error))?;
        }
        Ok(())
    }

    fn keep_row(&mut self, batch: &Batch, row: usize) -> std::io::Result<()> {
        self.out.write_all(&batch.line(row).to_le_bytes())?;
        for column in 0..self.columns {
            match batch.cell(row, column) {
                None => self.out.write_all(&NULL.to_le_bytes())?,
                Some(text) => {
                    let bytes = u32::try_from(text.len()).unwrap_or(NULL - 1);
                    self.out.write_all(&bytes.to_le_bytes())?;
                    self.out.write_all(text.as_bytes())?;
                }
            }
        }
        Ok(())
    }

    /// All rows are kept; now they can be read.
    ///
    /// # Errors
    /// [`Error::Refused`] if the disk is full.
    pub(super) fn rewind(self) -> Result<Played> {
        let columns = self.columns;
        let mut file = self
            .out
            .into_inner()
            .map_err(|error| no_room(error.error()))?;
        file.rewind().map_err(|error| no_room(&error))?;
        Ok(Played {
            from: BufReader::with_capacity(64 * 1024, file),
            columns,
        })
    }
}

/// A tape being read.
pub(super) struct Played {
    from: BufReader<File>,
    columns: usize,
}

impl Played {
    /// The next rows; none at the end.
    fn next(&mut self) -> Result<Option<Batch>> {
        let mut batch = Batch::new(self.columns);
        let mut cells: Vec<Option<String>> = Vec::with_capacity(self.columns);
        while batch.len() < ROWS {
            let Some(line) = self.line().map_err(|error| no_room(&error))? else {
                break;
            };
            cells.clear();
            for _ in 0..self.columns {
                cells.push(self.cell().map_err(|error| no_room(&error))?);
            }
            batch.push(line, cells.iter().map(Option::as_deref));
        }
        Ok((!batch.is_empty()).then_some(batch))
    }

    fn line(&mut self) -> std::io::Result<Option<u64>> {
        let mut bytes = [0; 8];
        match self.from.read_exact(&mut bytes) {
            Ok(()) => Ok(Some(u64::from_le_bytes(bytes))),
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn cell(&mut self) -> std::io::Result<Option<String>> {
        let mut bytes = [0; 4];
        self.from.read_exact(&mut bytes)?;
        let length = u32::from_le_bytes(bytes);
        if length == NULL {
            return Ok(None);
        }
        let mut text = vec![0; length as usize];
        self.from.read_exact(&mut text)?;
        String::from_utf8(text)
            .map(Some)
            .map_err(|error| std::io::Error::new(std::io::ErrorKind::InvalidData, error))
    }
}

/// The second reading.
pub(super) enum Again {
    /// From the source itself, which must be what it was, if it was read to its end.
    Source(Box<Reader>, Option<Fingerprint>),
    /// From what was kept of it.
    Tape(Played),
}

impl Again {
    /// The next rows; none at the end.
    ///
    /// # Errors
    /// What is wrong with the source; that it is not what it was.
    pub(super) async fn next(&mut self) -> Result<Option<Batch>, Halt> {
        match self {
            Self::Tape(played) => Ok(played.next()?),
            Self::Source(reader, before) => {
                let batch = reader.next().await?;
                if batch.is_none() && before.is_some() && reader.fingerprint() != *before {
                    return Err(changed(reader.name()));
                }
                Ok(batch)
            }
        }
    }
}

/// What a person reads about a source that changed between its two readings.
pub(super) fn changed(name: &str) -> Halt {
    Halt::Trouble(
        domain::profile::action::Trouble::SourceChanged,
        format!(
            "{name} was changed while it was being sent. What was sent is confirmed; restart the workflow, so that the whole source is read again."
        ),
    )
}

//! Where the rows of a query lie, as it is typed.

use std::path::PathBuf;

use anyhow::anyhow;
use clap::Args;
use engine::profile_send::{ContactFilter, Form, SourceSpec};
use jiff::Timestamp;

use crate::commands::form::FormFlags;
use crate::failure::usage;

/// The flags of a source; one of them says which kind it is.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct SourceFlags {
    /// A file in one of the import folders: CSV, JSON Lines or Parquet; plain, gzip or Zstandard
    #[arg(long, value_name = "PATH", group = "source")]
    file: Option<PathBuf>,
    /// One SELECT on the database of --credential
    #[arg(long, value_name = "STATEMENT", group = "source")]
    sql: Option<String>,
    /// The file that holds the SELECT
    #[arg(long, value_name = "FILE", group = "source")]
    sql_file: Option<PathBuf>,
    /// Schemas in which names without one are looked up, parted by commas
    #[arg(long, value_name = "SCHEMAS")]
    search_path: Option<String>,
    #[command(flatten)]
    object: ObjectFlags,
    /// Our own contacts
    #[arg(long, group = "source")]
    contacts: bool,
    /// Of our contacts, only those with an email address
    #[arg(long, requires = "contacts")]
    with_email: bool,
    /// Of our contacts, only those whose address ends so: @example.com
    #[arg(long, value_name = "TEXT", requires = "contacts")]
    email_ends_with: Option<String>,
    /// Of our contacts, only those changed since: 2026-11-01T00:00:00Z
    #[arg(long, value_name = "TIME", requires = "contacts")]
    changed_since: Option<Timestamp>,
    /// The stored credential that opens the database or the object store
    #[arg(long, value_name = "NAME")]
    pub(super) credential: Option<String>,
    #[command(flatten)]
    form: FormFlags,
}

impl SourceFlags {
    /// Whether a source was named, or how one is opened.
    pub(super) fn are_given(&self) -> bool {
        self.kind().is_some()
            || self.credential.is_some()
            || self.search_path.is_some()
            || self.form.are_given()
    }

    fn kind(&self) -> Option<&'static str> {
        [
            ("file", self.file.is_some()),
            ("sql", self.sql.is_some() || self.sql_file.is_some()),
            ("object", self.object.object.is_some()),
            ("contacts", self.contacts),
        ]
        .into_iter()
        .find_map(|(kind, given)| given.then_some(kind))
    }

    /// The source that is named, where one must be. `credential` is the id of the one that is named.
    ///
    /// # Errors
    /// A usage error that says what is missing.
    pub(super) fn needed(&self, credential: Option<String>) -> anyhow::Result<SourceSpec> {
        self.source(credential, Form::default())
    }

    /// As [`Self::needed`]; what is not said of its form is as in `kept`.
    fn source(&self, credential: Option<String>, kept: Form) -> anyhow::Result<SourceSpec> {
        let form = self.form.over(kept)?;
        let needs_none = |kind: &str| match &credential {
            None => Ok(()),
            Some(_) => Err(usage(format!(
                "--credential is not for {kind}: they are opened without one."
            ))),
        };
        if let Some(path) = &self.file {
            needs_none("files")?;
            return Ok(SourceSpec::File {
                path: path.clone(),
                anywhere: false,
                form,
            });
        }
        if let Some(source) = self.object.source(credential.clone(), form)? {
            return Ok(source);
        }
        if self.form.are_given() && self.kind().is_some() {
            return Err(usage(
                "--format, --compression, --encoding, --delimiter, --columns and --unknown-keys are for files and objects.",
            ));
        }
        if let Some(statement) = self.statement()? {
            return Ok(SourceSpec::Sql {
                credential: credential.ok_or_else(|| {
                    usage("A statement needs --credential NAME: one of the type database, which holds its address.")
                })?,
                statement,
                search_path: self
                    .search_path
                    .clone()
                    .unwrap_or_else(|| "public".to_owned()),
            });
        }
        if self.contacts {
            needs_none("our contacts")?;
            return Ok(SourceSpec::Contacts {
                filter: ContactFilter {
                    with_email: self.with_email,
                    email_ends_with: self.email_ends_with.clone(),
                    changed_since: self.changed_since,
                },
            });
        }
        Err(usage(
            "Say where the rows lie: --file PATH, --sql STATEMENT, --sql-file FILE, --object s3://BUCKET/KEY or --contacts.",
        ))
    }

    /// What was given, over the source `kept`: another credential, other schemas or another form for the
    /// same rows, or another source altogether.
    ///
    /// # Errors
    /// As [`Self::needed`].
    pub(super) fn over(
        &self,
        kept: SourceSpec,
        given: Option<String>,
    ) -> anyhow::Result<SourceSpec> {
        if let Some(kind) = self.kind() {
            let same = kept.kind() == kind;
            let kept_credential = kept.credential().filter(|_| same).map(str::to_owned);
            let kept_form = match kept {
                SourceSpec::File { form, .. } | SourceSpec::Object { form, .. } if same => form,
                SourceSpec::File { .. }
                | SourceSpec::Object { .. }
                | SourceSpec::Sql { .. }
                | SourceSpec::Contacts { .. } => Form::default(),
            };
            return self.source(given.or(kept_credential), kept_form);
        }
        match kept {
            SourceSpec::Sql {
                credential,
                statement,
                search_path,
            } if !self.form.are_given() => Ok(SourceSpec::Sql {
                credential: given.unwrap_or(credential),
                statement,
                search_path: self.search_path.clone().unwrap_or(search_path),
            }),
            SourceSpec::Object {
                endpoint,
                allow_plain_http,
                region,
                bucket,
                key,
                credential,
                form,
            } if self.search_path.is_none() => Ok(SourceSpec::Object {
                endpoint,
                allow_plain_http,
                region,
                bucket,
                key,
                credential: given.or(credential),
                form: self.form.over(form)?,
            }),
            SourceSpec::File {
                path,
                anywhere,
                form,
            } if given.is_none() && self.search_path.is_none() => Ok(SourceSpec::File {
                path,
                anywhere,
                form: self.form.over(form)?,
            }),
            kept @ (SourceSpec::File { .. }
            | SourceSpec::Object { .. }
            | SourceSpec::Sql { .. }
            | SourceSpec::Contacts { .. }) => {
                if self.are_given() {
                    let kind = kept.kind();
                    return Err(usage(format!(
                        "That is not for a query of the kind {kind}: --credential is for statements and objects, --search-path for statements, --format, --delimiter and the like for files and objects.",
                    )));
                }
                Ok(kept)
            }
        }
    }

    fn statement(&self) -> anyhow::Result<Option<String>> {
        match (&self.sql, &self.sql_file) {
            (Some(statement), _) => Ok(Some(statement.trim().to_owned())),
            (None, Some(path)) => std::fs::read_to_string(path)
                .map(|text| Some(text.trim().to_owned()))
                .map_err(|error| {
                    anyhow!(
                        "The file {} cannot be read: {error}. Check the path given with --sql-file.",
                        path.display()
                    )
                }),
            (None, None) => Ok(None),
        }
    }
}

/// The flags of an object of an object store.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct ObjectFlags {
    /// An object of an object store: s3://BUCKET/KEY
    #[arg(long, value_name = "S3_URL", group = "source")]
    pub(crate) object: Option<String>,
    /// The object store's region, such as eu-central-1
    #[arg(long, value_name = "REGION", requires = "object")]
    region: Option<String>,
    /// The object store's address, for all but Amazon's own
    #[arg(long, value_name = "URL", requires = "object")]
    endpoint: Option<String>,
}

impl ObjectFlags {
    /// The object that is named, if one is. An address without TLS is one of a network of one's own: it
    /// is written out, so it is meant.
    ///
    /// # Errors
    /// A usage error that says what is missing.
    pub(crate) fn source(
        &self,
        credential: Option<String>,
        form: Form,
    ) -> anyhow::Result<Option<SourceSpec>> {
        let Some(object) = &self.object else {
            return Ok(None);
        };
        let (bucket, key) = object
            .strip_prefix("s3://")
            .and_then(|rest| rest.split_once('/'))
            .filter(|(bucket, key)| !bucket.is_empty() && !key.is_empty())
            .ok_or_else(|| usage("--object: write it as s3://BUCKET/KEY."))?;
        let region = self.region.clone().ok_or_else(|| {
            usage("--region is missing: the region of the bucket, such as eu-central-1. Most stores of other makers take us-east-1.")
        })?;
        Ok(Some(SourceSpec::Object {
            allow_plain_http: self
                .endpoint
                .as_ref()
                .is_some_and(|endpoint| endpoint.starts_with("http://")),
            endpoint: self.endpoint.clone(),
            region,
            bucket: bucket.to_owned(),
            key: key.to_owned(),
            credential,
            form,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(object: &str, region: Option<&str>) -> anyhow::Result<Option<SourceSpec>> {
        let flags = ObjectFlags {
            object: Some(object.to_owned()),
            region: region.map(str::to_owned),
            endpoint: None,
        };
        flags.source(None, Form::default())
    }

    #[test]
    fn an_object_is_bucket_and_key() {
        let spec = of("s3://exports/2026/people.csv", Some("eu-central-1"));
        let Some(SourceSpec::Object { bucket, key, .. }) = spec.unwrap() else {
            panic!("no object");
        };
        assert_eq!(
            (bucket.as_str(), key.as_str()),
            ("exports", "2026/people.csv")
        );
    }

    #[test]
    fn another_credential_leaves_the_statement_as_it_is() {
        let kept = SourceSpec::Sql {
            credential: "1".to_owned(),
            statement: "SELECT 1".to_owned(),
            search_path: "crm".to_owned(),
        };
        let flags = SourceFlags {
            credential: Some("other".to_owned()),
            ..SourceFlags::default()
        };
        let SourceSpec::Sql {
            credential,
            statement,
            search_path,
        } = flags.over(kept, Some("2".to_owned())).unwrap()
        else {
            panic!("another kind");
        };
        assert_eq!(
            (
                credential.as_str(),
                statement.as_str(),
                search_path.as_str()
            ),
            ("2", "SELECT 1", "crm")
        );
    }

    #[test]
    fn a_statement_without_a_credential_and_a_file_with_one_are_refused() {
        let statement = SourceFlags {
            sql: Some("SELECT 1".to_owned()),
            ..SourceFlags::default()
        };
        let said = statement.needed(None).unwrap_err().to_string();
        assert!(said.contains("--credential"), "{said}");
        let file = SourceFlags {
            file: Some("people.csv".into()),
            ..SourceFlags::default()
        };
        assert!(file.needed(Some("1".to_owned())).is_err());
        let nothing = SourceFlags::default().needed(None).unwrap_err().to_string();
        assert!(nothing.contains("--contacts"), "{nothing}");
    }

    #[test]
    fn a_form_is_for_files_and_objects_and_stays_with_the_next_file() {
        let form = |delimiter: &str| FormFlags::of_delimiter(delimiter);
        let statement = SourceFlags {
            sql: Some("SELECT 1".to_owned()),
            form: form(";"),
            ..SourceFlags::default()
        };
        let said = statement.needed(Some("1".to_owned())).unwrap_err();
        assert!(said.to_string().contains("--delimiter"), "{said}");
        let file = |path: Option<&str>, form| SourceFlags {
            file: path.map(Into::into),
            form,
            ..SourceFlags::default()
        };
        let first = file(Some("a.csv"), form(";")).needed(None).unwrap();
        let other = file(Some("b.csv"), FormFlags::default()).over(first, None);
        let again = file(None, form("tab")).over(other.unwrap(), None).unwrap();
        let SourceSpec::File { path, form, .. } = again else {
            panic!("another kind");
        };
        assert_eq!((path.to_str(), form.delimiter), (Some("b.csv"), Some('\t')));
    }

    #[test]
    fn half_an_object_is_refused_with_what_is_missing() {
        for wrong in ["s3://exports", "s3:///key", "https://x/y", "s3://exports/"] {
            let said = of(wrong, Some("r")).unwrap_err().to_string();
            assert!(said.contains("s3://BUCKET/KEY"), "{said}");
        }
        let said = of("s3://a/b", None).unwrap_err().to_string();
        assert!(said.contains("--region"), "{said}");
    }
}

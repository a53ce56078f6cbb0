//! Settings: `config.default.toml`, compiled in, under the file of the installation.

mod alerts;

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::anyhow;
use engine::attachments::Limits;
use serde::Deserialize;
use toml::de::{DeTable, DeValue};
use toml::{Spanned, Table, Value};

use alerts::Alerts;

/// Every setting with its default and what it is for.
pub(crate) const DEFAULTS: &str = include_str!("../../../config.default.toml");

/// The settings in force.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    pub(crate) database: Database,
    pub(crate) zendesk: Zendesk,
    pub(crate) worker: Worker,
    pub(crate) attachments: Attachments,
    pub(crate) sources: Sources,
    pub(crate) alerts: Alerts,
    pub(crate) outgoing_webhooks: OutgoingWebhooks,
    pub(crate) web: Web,
    pub(crate) log: Log,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Database {
    pub(crate) url: String,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Zendesk {
    pub(crate) allow_loopback: bool,
    pub(crate) extra_hosts: Vec<String>,
    pub(crate) page_size: u32,
    pub(crate) request_timeout_seconds: u64,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OutgoingWebhooks {
    pub(crate) allow_private: bool,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Worker {
    pub(crate) lease_seconds: u64,
    pub(crate) settle_seconds: u64,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Attachments {
    pub(crate) largest_mb: u64,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sources {
    pub(crate) import_folders: Vec<String>,
    pub(crate) largest_upload_mb: u64,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Web {
    pub(crate) listen: String,
    pub(crate) public_url: String,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Log {
    pub(crate) level: String,
}

impl Config {
    /// Reads the file `named`, which must exist, or the one at `usual`, which need not.
    ///
    /// # Errors
    /// A sentence with file, line and what to write instead.
    pub(crate) fn load(named: Option<&Path>, usual: &Path) -> anyhow::Result<Self> {
        let path = named.unwrap_or(usual);
        match fs::read_to_string(path) {
            Ok(text) => Self::read(&text, &path.display().to_string()),
            Err(error) if named.is_none() && error.kind() == std::io::ErrorKind::NotFound => {
                Self::read("", "nothing")
            }
            Err(error) => Err(anyhow!(
                "The configuration file {} cannot be read: {error}. Check the path given with --config.",
                path.display()
            )),
        }
    }

    /// Reads `text`, which was found in `place`, over the defaults.
    fn read(text: &str, place: &str) -> anyhow::Result<Self> {
        let mut settings: Table = DEFAULTS.parse()?;
        let parsed = DeTable::parse(text).map_err(|error| {
            let line = error.span().map_or(1, |span| line_of(text, span.start));
            anyhow!(
                "The configuration file {place} is not valid TOML: {} (line {line}).",
                error.message()
            )
        })?;
        check(&settings, parsed.get_ref(), &mut Vec::new(), text)
            .map_err(|said| anyhow!("The configuration file {place}: {said}"))?;
        let given: Table = text.parse()?;
        lay_over(&mut settings, given);
        let config: Self = serde_path_to_error::deserialize(settings).map_err(|error| {
            let (path, said) = (error.path(), error.inner().message());
            anyhow!("The configuration file {place}: `{path}`: {said}.")
        })?;
        config
            .check_ranges()
            .map_err(|said| anyhow!("The configuration file {place}: {said}"))?;
        Ok(config)
    }

    fn check_ranges(&self) -> Result<(), String> {
        let range = |name: &str, value: u64, least: u64, most: u64| {
            if (least..=most).contains(&value) {
                Ok(())
            } else {
                Err(format!(
                    "{name} is {value}; it must be from {least} to {most}."
                ))
            }
        };
        let Zendesk {
            page_size,
            request_timeout_seconds: timeout,
            ..
        } = self.zendesk;
        let lease = self.worker.lease_seconds;
        range("zendesk.page_size", page_size.into(), 1, 1000)?;
        range("zendesk.request_timeout_seconds", timeout, 1, 600)?;
        range("worker.lease_seconds", lease, 2, 3600)?;
        range("worker.settle_seconds", self.worker.settle_seconds, 0, 60)?;
        range(
            "sources.largest_upload_mb",
            self.sources.largest_upload_mb,
            1,
            4000,
        )?;
        range(
            "attachments.largest_mb",
            self.attachments.largest_mb,
            1,
            1024,
        )?;
        let folders = &self.sources.import_folders;
        if let Some(relative) = folders
            .iter()
            .find(|folder| !Path::new(folder).is_absolute())
        {
            return Err(format!(
                "sources.import_folders names {relative:?}; write the whole path, from / on, so that it is the same folder wherever a command is run."
            ));
        }
        self.alerts.channels(&self.web.public_url)?;
        if lease <= timeout {
            return Err(format!(
                "worker.lease_seconds ({lease}) must be longer than zendesk.request_timeout_seconds ({timeout}), so that no worker loses its work while it waits for one answer."
            ));
        }
        Ok(())
    }

    /// These settings for a demonstration: it never touches a database of others, and its pages
    /// are reached as they are served.
    pub(crate) fn for_a_demonstration(mut self) -> Self {
        self.database.url.clear();
        self.web.public_url.clear();
        self
    }

    /// The longest one request may take.
    pub(crate) fn request_timeout(&self) -> Duration {
        Duration::from_secs(self.zendesk.request_timeout_seconds)
    }

    /// How long a worker may be silent.
    pub(crate) fn lease(&self) -> Duration {
        Duration::from_secs(self.worker.lease_seconds)
    }

    /// Which files are fetched and sent.
    pub(crate) fn files(&self) -> Limits {
        Limits {
            largest: self.attachments.largest_mb * 1024 * 1024,
        }
    }

    /// How long edits are gathered before they are sent.
    pub(crate) fn settle(&self) -> Duration {
        Duration::from_secs(self.worker.settle_seconds)
    }
}

/// Compares what is given with the defaults: every key must exist there, with the same kind of value.
fn check<'i>(
    known: &Table,
    given: &'i DeTable<'i>,
    above: &mut Vec<String>,
    text: &str,
) -> Result<(), String> {
    for (key, value) in given {
        let line = line_of(text, key.span().start);
        let name = key.get_ref().to_string();
        let full = above
            .iter()
            .cloned()
            .chain([name.clone()])
            .collect::<Vec<_>>()
            .join(".");
        let Some(default) = known.get(&name) else {
            let near = nearest(&name, known.keys().map(String::as_str));
            let hint = near.map_or_else(
                || {
                    format!(
                        "Known here: {}.",
                        known.keys().cloned().collect::<Vec<_>>().join(", ")
                    )
                },
                |near| format!("Did you mean `{near}`?"),
            );
            return Err(format!(
                "there is no setting `{full}` (line {line}). {hint}"
            ));
        };
        match (default, value.get_ref()) {
            (Value::Table(known), DeValue::Table(given)) => {
                above.push(name);
                check(known, given, above, text)?;
                above.pop();
            }
            (default, given) if default.type_str() == kind(given) => {
                check_items(default, value, &full, line)?;
            }
            (default, given) => {
                return Err(format!(
                    "`{full}` must be {} and is {} (line {line}).",
                    with_article(default.type_str()),
                    with_article(kind(given))
                ));
            }
        }
    }
    Ok(())
}

fn check_items(
    default: &Value,
    given: &Spanned<DeValue<'_>>,
    full: &str,
    line: usize,
) -> Result<(), String> {
    // Every list among the settings is one of words.
    match (default, given.get_ref()) {
        (Value::Array(_), DeValue::Array(items))
            if items.iter().any(|item| kind(item.get_ref()) != "string") =>
        {
            Err(format!(
                "`{full}` must be a list of texts in quotes (line {line})."
            ))
        }
        _ => Ok(()),
    }
}

fn kind(value: &DeValue<'_>) -> &'static str {
    value.type_str()
}

fn with_article(kind: &str) -> String {
    match kind {
        "integer" => "a whole number".to_owned(),
        "string" => "a text in quotes".to_owned(),
        "boolean" => "true or false".to_owned(),
        "array" => "a list".to_owned(),
        "table" => "a section".to_owned(),
        other => format!("a {other}"),
    }
}

fn lay_over(below: &mut Table, above: Table) {
    for (key, value) in above {
        match (below.get_mut(&key), value) {
            (Some(Value::Table(below)), Value::Table(above)) => lay_over(below, above),
            (_, value) => {
                below.insert(key, value);
            }
        }
    }
}

fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

/// The name that was probably meant: the one with the fewest letters to change, if few enough.
fn nearest<'a>(typed: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|name| (distance(typed, name), name))
        .min()
        .filter(|(distance, name)| *distance <= (name.len() / 2).max(2))
        .map(|(_, name)| name)
}

/// How many letters must be added, removed or replaced to turn one word into the other.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> String {
        Config::read(text, "config.toml").unwrap_err().to_string()
    }

    #[test]
    fn the_defaults_alone_are_a_valid_configuration() {
        let config = Config::read("", "nothing").unwrap();
        assert_eq!(config.zendesk.page_size, 1000);
        assert!(!config.zendesk.allow_loopback);
    }

    #[test]
    fn every_setting_has_a_comment_right_above_it() {
        let mut before = "";
        for line in DEFAULTS.lines() {
            if line.contains(" = ") && !line.starts_with('#') {
                assert!(before.starts_with('#'), "no comment above `{line}`");
            }
            before = line;
        }
    }

    #[test]
    fn a_given_setting_replaces_its_default_and_no_other() {
        let config = Config::read("[zendesk]\npage_size = 10\n", "c").unwrap();
        let default = Config::read("", "c").unwrap();
        assert_eq!(config.zendesk.page_size, 10);
        assert_eq!(config.zendesk.extra_hosts, default.zendesk.extra_hosts);
        assert_eq!(config.web, default.web);
    }

    #[test]
    fn an_unknown_setting_is_refused_with_its_line_and_the_nearest_name() {
        let said = said("[web]\nlisten = \"127.0.0.1:1\"\n\n[zendesk]\npagesize = 10\n");
        assert!(said.contains("`zendesk.pagesize` (line 5)"), "{said}");
        assert!(said.contains("Did you mean `page_size`?"), "{said}");
    }

    #[test]
    fn an_unknown_section_that_resembles_nothing_lists_what_there_is() {
        let said = said("[quark_colours]\nup = 1\n");
        assert!(
            said.contains("database, zendesk") || said.contains("database"),
            "{said}"
        );
        assert!(said.contains("(line 1)"), "{said}");
    }

    #[test]
    fn a_value_of_the_wrong_kind_is_refused_with_its_line() {
        let wrong = said("[zendesk]\nallow_loopback = \"yes\"\n");
        assert!(
            wrong.contains("must be true or false and is a text in quotes (line 2)"),
            "{wrong}"
        );
        let wrong = said("[zendesk]\nextra_hosts = [1]\n");
        assert!(wrong.contains("list of texts"), "{wrong}");
    }

    #[test]
    fn text_that_is_no_toml_is_refused_with_its_line() {
        assert!(said("[web]\nlisten = \n").contains("line 2"));
    }

    #[test]
    fn a_number_out_of_range_is_refused() {
        assert!(said("[zendesk]\npage_size = 5000\n").contains("from 1 to 1000"));
        assert!(said("[worker]\nlease_seconds = 5\n").contains("must be longer"));
        let wrong = said("[attachments]\nlargest_mb = 0\n");
        assert!(
            wrong.contains("attachments.largest_mb is 0; it must be from 1 to 1024"),
            "{wrong}"
        );
        let wrong = said("[attachments]\nlargest_mb = \"50 MB\"\n");
        assert!(wrong.contains("must be a whole number"), "{wrong}");
        assert!(said("[attachments]\nlargest_mb = -1\n").contains("largest_mb"));
    }

    #[test]
    fn an_import_folder_is_named_by_its_whole_path() {
        let wrong = said("[sources]\nimport_folders = [\"exports\"]\n");
        assert!(wrong.contains("write the whole path"), "{wrong}");
        let config = Config::read("[sources]\nimport_folders = [\"/srv/exports\"]\n", "c");
        assert_eq!(config.unwrap().sources.import_folders, ["/srv/exports"]);
    }

    #[test]
    fn the_largest_file_is_zendesks_unless_the_settings_say_otherwise() {
        let default = Config::read("", "c").unwrap();
        assert_eq!(default.files(), Limits::default());
        let small = Config::read("[attachments]\nlargest_mb = 2\n", "c").unwrap();
        assert_eq!(small.files().largest, 2 * 1024 * 1024);
    }
}

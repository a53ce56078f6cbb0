//! The file of `--map`: mapping, rules and guards of a send, as TOML.

use std::path::Path;

use anyhow::anyhow;
use engine::profile_send::SendSettings;
use toml::{Table, Value};

use crate::failure::usage;

/// What `--help` says of it.
pub(crate) const HELP: &str = "\
The file of --map is TOML. Everything in it is optional:
  same_key = \"last_wins\"              # or \"error\": rows with one key stop the send
  on_leave = \"keep\"                   # or remove_tags, clear_fields, suspend, delete
  leavers_per_mille = 100             # the most that may leave in one run, in thousandths
  deadline_hours = 6                  # after so long of waiting for Zendesk it fails
  [mapping]
  by_name = true                      # columns named like an attribute count beside the entries
  [mapping.entries]
  external_id = { column = \"customer_id\" }
  name = { template = \"{{ first }} {{ last }}\" }
  user_fields.plan = { constant = \"gold\" }
  [rules]
  region = \"US\"                       # of telephone numbers without a country code
  verification = \"verified\"           # or no_mail, mail
  [rules.columns.phone]
  rule = \"phone\"                      # text, phone, us_state_2, decimal(10,2), integer, date, email, checkbox
  handling = \"fix\"                    # or drop_field, reject_row, fix_or_reject_row
  empty = \"leave\"                     # or clear
  required = false
  [guard]
  warn_below = 900                    # and warn_above, fail_below, fail_above: rows of the source";

/// Keys that are settings of something else, with where they belong.
const ELSEWHERE: [(&str, &str); 6] = [
    (
        "columns",
        "Activate a query, which keeps the columns it has seen.",
    ),
    ("full", "Use the flag --full."),
    ("first", "Use the flag --test."),
    ("one_by_one", "Use the flag --one-by-one."),
    (
        "alert_to",
        "Use the flag --alert-to of `deskbridge orchestration edit`.",
    ),
    (
        "repeat_failed",
        "Use `deskbridge workflow retry ID --failed`.",
    ),
];

/// Reads the file.
///
/// # Errors
/// A usage error that names the file, the key, and what to write.
pub(crate) fn read(path: &Path) -> anyhow::Result<SendSettings> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        anyhow!(
            "The mapping file {} cannot be read: {error}. Check the path given with --map.",
            path.display()
        )
    })?;
    parse(&text).map_err(|said| usage(format!("The mapping file {}: {said}", path.display())))
}

fn parse(text: &str) -> Result<SendSettings, String> {
    let mut table: Table = text.parse().map_err(|error: toml::de::Error| {
        let line = error.span().map_or(1, |span| {
            text.bytes()
                .take(span.start)
                .filter(|byte| *byte == b'\n')
                .count()
                + 1
        });
        format!("it is not valid TOML: {} (line {line}).", error.message())
    })?;
    for (key, advice) in ELSEWHERE {
        if table.contains_key(key) {
            return Err(format!("`{key}` does not belong here. {advice}"));
        }
    }
    if let Some(Value::Table(mapping)) = table.get_mut("mapping") {
        join_fields(mapping, "entries");
    }
    if let Some(Value::Table(rules)) = table.get_mut("rules") {
        if rules.contains_key("allowed") {
            return Err("`rules.allowed` does not belong here: what powerful attributes may be sent is a setting of the destination. Use `deskbridge destination edit NAME --allow ATTRIBUTE`.".to_owned());
        }
        join_fields(rules, "columns");
    }
    serde_path_to_error::deserialize(table).map_err(|error| {
        let (path, said) = (error.path().to_string(), error.inner().message());
        format!("`{path}`: {}.", said.trim_end_matches('.'))
    })
}

/// `user_fields.plan = …` is a key in a table of its own to TOML; it means the field `user_fields.plan`.
fn join_fields(table: &mut Table, of: &str) {
    let Some(Value::Table(targets)) = table.get_mut(of) else {
        return;
    };
    if let Some(Value::Table(fields)) = targets.remove("user_fields") {
        for (key, value) in fields {
            targets.insert(format!("user_fields.{key}"), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::profile::{Attribute, Handling, Origin, Target};

    use super::*;

    #[test]
    fn the_example_of_the_help_is_a_valid_file() {
        let example = HELP.split_once('\n').unwrap().1;
        let settings = parse(example).unwrap();
        let plan = Target::Field("plan".to_owned());
        assert_eq!(
            settings.mapping.entries.get(&plan),
            Some(&Origin::Constant("gold".to_owned()))
        );
        let phone = Target::Attribute(Attribute::Phone);
        assert_eq!(settings.rules.columns[&phone].handling, Handling::Fix);
        assert_eq!(settings.guard.warn_below, Some(900));
        assert!(settings.mapping.by_name);
    }

    #[test]
    fn an_empty_file_is_the_default() {
        assert_eq!(parse("").unwrap(), SendSettings::default());
    }

    #[test]
    fn a_field_may_be_written_with_and_without_quotes() {
        let bare = parse("[mapping.entries]\nuser_fields.plan = { column = \"p\" }\n");
        let quoted = parse("[mapping.entries]\n\"user_fields.plan\" = { column = \"p\" }\n");
        assert_eq!(bare.unwrap(), quoted.unwrap());
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_place() {
        let said = parse("[rules]\nregoin = \"US\"\n").unwrap_err();
        assert!(said.contains("regoin"), "{said}");
        assert!(said.contains("region"), "{said}");
        let said = parse("[mapping.entries]\nshoe_size = { column = \"x\" }\n").unwrap_err();
        assert!(said.contains("shoe_size"), "{said}");
    }

    #[test]
    fn what_is_set_elsewhere_is_refused_with_where() {
        assert!(parse("full = true\n").unwrap_err().contains("--full"));
        let said = parse("[rules]\nallowed = [\"role\"]\n").unwrap_err();
        assert!(said.contains("destination edit"), "{said}");
    }

    #[test]
    fn text_that_is_no_toml_is_refused_with_its_line() {
        let said = parse("[guard]\nfail_below =\n").unwrap_err();
        assert!(said.contains("line 2"), "{said}");
    }
}

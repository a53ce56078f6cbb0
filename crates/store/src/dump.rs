//! The stored records as one canonical text, for tests and for support: two databases that hold
//! the same hold the same text, line for line.
//!
//! Our own ids differ from database to database, so each is replaced by what names the record in
//! the world (its ticket, its address); moments on our own clock, runs and hashes over them are left
//! out. The text holds personal data: treat it as the database itself.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Column as _, Row as _, TypeInfo as _, ValueRef as _};

use crate::error::Result;

/// What is told: our records, the mirror, what joins them, and what happened.
const TABLES: [&str; 19] = [
    "crm_user",
    "crm_account",
    "crm_contact",
    "crm_contact_email",
    "crm_case",
    "crm_case_comment",
    "zendesk_user",
    "person_link",
    "zendesk_ticket",
    "zendesk_comment",
    "zendesk_reference",
    "unreadable_record",
    "link",
    "waiting_ticket",
    "outbox",
    "attachment",
    "tombstone",
    "conflict",
    "history",
];

/// What is not: how the work went, who looks at it, and how it is set up.
#[cfg(test)]
const LEFT_OUT_TABLES: [&str; 40] = [
    "api_token",
    "idempotency_key",
    "case_word",
    "record_word",
    "word_backlog",
    "saved_view",
    "session",
    "oauth_consent",
    "audit_log",
    "asked_check",
    "counter",
    "installation",
    "credential",
    "credential_request",
    "integration",
    "former_integration",
    "former_link",
    "former_comment",
    "former_person",
    "stream_cursor",
    "inbox",
    "hint",
    "webhook",
    "outgoing_webhook",
    "outgoing_event",
    "sweep",
    "attachment_chunk",
    "run",
    "run_log",
    "job",
    "lease",
    "budget",
    "destination",
    "query",
    "orchestration",
    "workflow",
    "workflow_row",
    "ledger",
    "send_batch",
    "alert",
];

/// Columns that say when or in which run something happened here, or are secret, or are made from
/// such.
const LEFT_OUT: [&str; 24] = [
    "created_at",
    "updated_at",
    "read_at",
    "verified_at",
    "sent_at",
    "unknown_until",
    "uploaded_at",
    "ended_at",
    "restored_at",
    "not_before",
    "at",
    "run_id",
    "created_by_run",
    "op_id",
    "attempts",
    "lease_token",
    "lease_until",
    "lease_holder",
    "content_url",
    "number",
    "password_hash",
    "content",
    "hash",
    "prev_hash",
];

/// As [`LEFT_OUT`], in one table only.
const LEFT_OUT_HERE: [(&str, &str); 2] = [("conflict", "id"), ("history", "body_hash")];

/// Moments on Zendesk's clock, under names that elsewhere are moments on ours.
const KEPT_HERE: [(&str, &str); 3] = [
    ("crm_case_comment", "created_at"),
    ("zendesk_user", "updated_at"),
    ("zendesk_ticket", "updated_at"),
];

/// Every record of ours, of the mirror, of what joins them and of what happened: one line a row,
/// the lines of a table in order.
///
/// # Errors
/// As the database says.
pub async fn read(connection: &mut AnyConnection) -> Result<String> {
    let names = Names::read(connection).await?;
    let mut text = String::new();
    for table in TABLES {
        let rows = all(connection, &format!("SELECT * FROM {table}{}", only(table))).await?;
        let mut lines = rows
            .iter()
            .map(|row| line(table, row, &names))
            .collect::<Result<Vec<_>>>()?;
        lines.sort_unstable();
        for line in lines {
            text.push_str(&line);
            text.push('\n');
        }
    }
    Ok(text)
}

/// Which rows of a table are told. Operations that have ended are how the work went: how many there were
/// depends on what was gathered into one.
fn only(table: &str) -> &'static str {
    match table {
        "outbox" => " WHERE state IN ('waiting', 'claimed', 'parked')",
        _ => "",
    }
}

async fn all(connection: &mut AnyConnection, text: &str) -> Result<Vec<AnyRow>> {
    Ok(sqlx::query(AssertSqlSafe(text.to_owned()))
        .fetch_all(connection)
        .await?)
}

fn line(table: &str, row: &AnyRow, names: &Names) -> Result<String> {
    let mut cells = BTreeMap::new();
    for column in row.columns() {
        let name = column.name();
        let kept = KEPT_HERE.contains(&(table, name));
        if !kept && (LEFT_OUT.contains(&name) || LEFT_OUT_HERE.contains(&(table, name))) {
            continue;
        }
        let value = match value(row, name)? {
            None => continue,
            // When is ours, whether is not.
            Some(_) if name == "deleted_at" => "yes".to_owned(),
            Some(value) => names.put_in(&value),
        };
        cells.insert(name.to_owned(), value);
    }
    let mut line = table.to_owned();
    for (name, value) in cells {
        // Writing to a String cannot fail.
        let _ = write!(line, " {name}={value:?}");
    }
    Ok(line)
}

fn value(row: &AnyRow, column: &str) -> Result<Option<String>> {
    let raw = row.try_get_raw(column)?;
    if raw.is_null() {
        return Ok(None);
    }
    Ok(Some(if raw.type_info().name() == "TEXT" {
        row.try_get::<String, _>(column)?
    } else {
        row.try_get::<i64, _>(column)?.to_string()
    }))
}

/// What our ids stand for.
struct Names {
    of: HashMap<String, String>,
    accounts: Vec<(String, String)>,
}

impl Names {
    async fn read(connection: &mut AnyConnection) -> Result<Self> {
        let mut names = Self {
            of: HashMap::new(),
            accounts: Vec::new(),
        };
        for row in all(connection, "SELECT id, name, url FROM integration").await? {
            let name: String = row.try_get("name")?;
            names
                .accounts
                .push((row.try_get("url")?, format!("[{name}]")));
            names.of.insert(row.try_get("id")?, name);
        }
        for (kind, text) in [
            ("user", "SELECT id, email_key AS name FROM crm_user"),
            ("account", "SELECT id, name FROM crm_account"),
        ] {
            for row in all(connection, text).await? {
                let name: String = row.try_get("name")?;
                names
                    .of
                    .insert(row.try_get("id")?, format!("{kind}:{name}"));
            }
        }
        // What came from Zendesk is named by its id there; the rest by what it says.
        for (kind, text) in [
            (
                "contact",
                "SELECT contact_id AS id, integration_id, remote_id FROM person_link ORDER BY integration_id, remote_id",
            ),
            (
                "case",
                "SELECT case_id AS id, integration_id, remote_id FROM link ORDER BY integration_id, remote_id",
            ),
            (
                "comment",
                "SELECT case_comment_id AS id, integration_id, remote_id FROM zendesk_comment WHERE case_comment_id IS NOT NULL",
            ),
        ] {
            for row in all(connection, text).await? {
                let (id, integration): (String, String) =
                    (row.try_get("id")?, row.try_get("integration_id")?);
                let integration = names.of.get(&integration).cloned().unwrap_or(integration);
                let remote: i64 = row.try_get("remote_id")?;
                names
                    .of
                    .entry(id)
                    .or_insert_with(|| format!("{kind}:{integration}/{remote}"));
            }
        }
        for (kind, text) in [
            (
                "contact",
                "SELECT id, COALESCE(email_key, last_name, first_name, phone, '') AS name FROM crm_contact",
            ),
            ("case", "SELECT id, subject AS name FROM crm_case"),
            (
                "comment",
                "SELECT id, message AS name FROM crm_case_comment",
            ),
        ] {
            for row in all(connection, text).await? {
                let name: String = row.try_get("name")?;
                names
                    .of
                    .entry(row.try_get("id")?)
                    .or_insert_with(|| format!("{kind}:{name}"));
            }
        }
        Ok(names)
    }

    /// `text` with names in place of our ids and of accounts' addresses.
    fn put_in(&self, text: &str) -> String {
        if let Some(name) = self.of.get(text) {
            return name.clone();
        }
        let mut named = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find(|letter: char| letter.is_ascii_hexdigit()) {
            named.push_str(&rest[..start]);
            rest = &rest[start..];
            let end = rest
                .find(|letter: char| !letter.is_ascii_hexdigit())
                .unwrap_or(rest.len());
            let word = &rest[..end];
            // Ids inside a JSON text are quoted runs of exactly 32 digits.
            named.push_str(match self.of.get(word) {
                Some(name) if word.len() == 32 => name,
                _ => word,
            });
            rest = &rest[end..];
        }
        named.push_str(rest);
        for (address, name) in &self.accounts {
            if named.contains(address.as_str()) {
                named = named.replace(address.as_str(), name);
            }
        }
        named
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::{MIGRATIONS, table_comments};

    #[test]
    fn every_table_is_told_or_left_out_on_purpose() {
        for migration in MIGRATIONS.iter() {
            for (table, _) in table_comments(migration.sql.as_str()) {
                let table = table.as_str();
                assert!(
                    TABLES.contains(&table) != LEFT_OUT_TABLES.contains(&table),
                    "decide in dump.rs whether the table {table} is told"
                );
            }
        }
    }

    #[test]
    fn ids_inside_a_text_become_names_and_other_words_stay() {
        let id = "01a200e20faf77879a0103406a6f370c";
        let names = Names {
            of: HashMap::from([(id.to_owned(), "case:main/7".to_owned())]),
            accounts: vec![("http://127.0.0.1:80".to_owned(), "[main]".to_owned())],
        };
        assert_eq!(names.put_in(id), "case:main/7");
        assert_eq!(
            names.put_in(&format!("{{\"crm\":\"{id}\",\"face\":\"bad cafe\"}}")),
            "{\"crm\":\"case:main/7\",\"face\":\"bad cafe\"}"
        );
        assert_eq!(names.put_in("at http://127.0.0.1:80/x"), "at [main]/x");
    }
}

//! Words that belong in one room only, and words that belong nowhere.

use crate::source::{Finding, finding, is_for_tests, product_lines, room};

/// The one folder outside `store` with SQL: what goes around a person's own read-only statement.
const SESSION_OF_A_PERSONS_STATEMENT: &str = "crates/audience/src/sql/";

/// The files outside the binary that read the environment: tests start simulators in dozens of places
/// and in processes of their own, and none of them has to know that it is watched, or that a whole suite
/// runs with a switch moved.
const OF_WHOLE_SUITES: [&str; 2] = [
    "crates/simulator/src/server/witness.rs",
    "crates/simulator/src/config/switches.rs",
];

/// SQL in product code outside `store`.
pub(crate) fn find_sql(path: &str, text: &str) -> Vec<Finding> {
    if room(path) == "store"
        || path.starts_with(SESSION_OF_A_PERSONS_STATEMENT)
        || is_for_tests(path)
    {
        return Vec::new();
    }
    find_lines(
        path,
        text,
        is_sql,
        "move the statement into a function of the store: only crates/store holds SQL",
    )
}

fn is_sql(line: &str) -> bool {
    let code = line.trim_start();
    let begins = |word: &str| {
        // At the start of a line of a long literal, or of a literal within the line.
        code.starts_with(word) || line.contains(&format!("\"{word}"))
    };
    begins("SELECT ")
        || line.contains("INSERT INTO ")
        || line.contains("DELETE FROM ")
        || begins("CREATE TABLE ")
        || (begins("UPDATE ")
            && (line.contains(" SET ") || line.ends_with(" SET") || code.ends_with('\\')))
}

/// Network clients in product code outside `zendesk`, outside `audience`, which reads object stores,
/// and outside `notify`, which tells people.
pub(crate) fn find_connections(path: &str, text: &str) -> Vec<Finding> {
    if ["zendesk", "audience", "notify"].contains(&room(path)) || is_for_tests(path) {
        return Vec::new();
    }
    find_lines(
        path,
        text,
        |line| {
            line.contains("reqwest")
                || line.contains("TcpStream::connect")
                || line.contains("TcpSocket::")
        },
        "ask crates/zendesk to make the call: it alone opens connections, and keeps the host rules",
    )
}

/// Reads of the environment in product code outside the binary.
pub(crate) fn find_environment_reads(path: &str, text: &str) -> Vec<Finding> {
    if room(path) == "deskbridge" || OF_WHOLE_SUITES.contains(&path) || is_for_tests(path) {
        return Vec::new();
    }
    find_lines(
        path,
        text,
        |line| line.contains("env::var") || line.contains("env::set_var"),
        "take the value as an argument: only crates/deskbridge reads the environment",
    )
}

/// Lints that are switched off for good, in any code.
pub(crate) fn find_allowed_lints(path: &str, text: &str) -> Vec<Finding> {
    // Written in two pieces, since this file is checked like all others.
    let word = concat!("al", "low(");
    let attributes = [format!("#[{word}"), format!("#![{word}")];
    let conditional = format!(", {word}");
    text.lines()
        .enumerate()
        .filter(|(_, line)| {
            let code = line.trim_start();
            !code.starts_with("//")
                && (attributes.iter().any(|start| code.contains(start.as_str()))
                    || (code.contains("cfg_attr(") && code.contains(&conditional)))
        })
        .map(|(index, _)| {
            finding(
                path,
                index + 1,
                "write #[expect(.., reason = \"..\")], which tells when it is no longer needed",
            )
        })
        .collect()
}

/// Tables in a migration without a comment line above them.
pub(crate) fn find_tables_without_comment(path: &str, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut above = "";
    for (index, line) in text.lines().enumerate() {
        let code = line.trim();
        let made = code.to_ascii_uppercase();
        if made.starts_with("CREATE ") && made.contains(" TABLE ") && !above.starts_with("--")
            || made.starts_with("CREATE TABLE ") && !above.starts_with("--")
        {
            findings.push(finding(
                path,
                index + 1,
                "write a comment line (`-- …`) above the table: what a row is, and who writes it",
            ));
        }
        above = code;
    }
    findings
}

fn find_lines(path: &str, text: &str, breaks: impl Fn(&str) -> bool, remedy: &str) -> Vec<Finding> {
    product_lines(text)
        .into_iter()
        .filter(|(_, line)| breaks(line))
        .map(|(line, _)| finding(path, line, remedy))
        .collect()
}

#[cfg(test)]
mod samples {
    use super::*;

    const ENGINE: &str = "crates/engine/src/worker.rs";

    fn lines(findings: &[Finding]) -> Vec<usize> {
        findings.iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn sql_outside_the_store_is_found_in_every_form() {
        let bad = "\
let a = \"SELECT id FROM cases\";
let b = r#\"
    INSERT INTO cases (id) VALUES ($1)
\"#;
let c = format!(\"UPDATE {table} SET a = 1\");
let d = \"DELETE FROM cases\";
let e = \"
    SELECT id
\";
";
        assert_eq!(lines(&find_sql(ENGINE, bad)), [1, 3, 5, 6, 8]);
        assert!(find_sql("crates/store/src/cases.rs", bad).is_empty());
        assert!(find_sql("crates/audience/src/sql/session.rs", bad).is_empty());
        assert_eq!(find_sql("crates/audience/src/csv.rs", bad).len(), 5);
        assert!(find_sql("crates/deskbridge/tests/pull.rs", bad).is_empty());
    }

    #[test]
    fn words_of_sql_in_plain_sentences_and_tests_are_no_sql() {
        let good = "\
// SELECT is a word of SQL.
let a = \"Select a case\";
let b = \"UPDATE failed\";
#[cfg(test)]
mod tests {
    const A: &str = \"SELECT 1\";
}
";
        assert!(find_sql(ENGINE, good).is_empty());
    }

    #[test]
    fn a_network_client_outside_zendesk_is_found() {
        let bad = "use reqwest::Client;\nlet s = TcpStream::connect(address).await?;\n";
        assert_eq!(lines(&find_connections(ENGINE, bad)), [1, 2]);
        assert!(find_connections("crates/zendesk/src/http.rs", bad).is_empty());
        assert!(find_connections("crates/simulator/tests/http.rs", bad).is_empty());
        assert!(find_connections(ENGINE, "let l = TcpListener::bind(address);\n").is_empty());
    }

    #[test]
    fn a_read_of_the_environment_outside_the_binary_is_found() {
        let bad = "let a = std::env::var(\"HOME\");\nlet b = env::vars_os();\n";
        assert_eq!(lines(&find_environment_reads(ENGINE, bad)), [1, 2]);
        assert!(find_environment_reads("crates/deskbridge/src/config.rs", bad).is_empty());
        assert!(find_environment_reads("crates/world/src/lib.rs", bad).is_empty());
        assert!(find_environment_reads(ENGINE, "env!(\"CARGO_PKG_VERSION\")\n").is_empty());
    }

    #[test]
    fn a_lint_that_is_allowed_is_found_in_every_form() {
        let word = concat!("al", "low(");
        let bad = format!(
            "#[{word}dead_code)]\n#![{word}missing_docs)]\n#[cfg_attr(test, {word}unused)]\n"
        );
        assert_eq!(lines(&find_allowed_lints(ENGINE, &bad)), [1, 2, 3]);
        let good = "#[expect(dead_code, reason = \"later\")]\nself.allow(1);\n";
        assert!(find_allowed_lints(ENGINE, good).is_empty());
    }

    #[test]
    fn a_table_without_a_comment_line_is_found() {
        let path = "crates/store/migrations/0001_start.sql";
        let bad = "-- A case.\nCREATE TABLE cases (id TEXT);\n\nCREATE TABLE IF NOT EXISTS runs (id TEXT);\ncreate temporary table x (id TEXT);\n";
        assert_eq!(lines(&find_tables_without_comment(path, bad)), [4, 5]);
    }
}

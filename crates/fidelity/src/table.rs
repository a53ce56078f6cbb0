//! What a part of the comparison found: a table to print, and the problems that make it fail.

use std::fmt;

/// The result of one part.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    /// Which part: `recordings`, `openapi`, `clients`, `planted`.
    pub part: String,
    /// Why it was not run. Then it has no rows, and has not failed.
    pub skipped: Option<String>,
    /// The heads of the columns.
    pub heads: Vec<String>,
    /// One row a route, a client, or whatever the part goes by.
    pub rows: Vec<Vec<String>>,
    /// Sentences below the table.
    pub notes: Vec<String>,
    /// What is wrong and not explained: any makes the run fail.
    pub problems: Vec<String>,
}

impl Table {
    /// An empty table.
    pub fn new(part: &str, heads: &[&str]) -> Self {
        Self {
            part: part.to_owned(),
            heads: heads.iter().map(|head| (*head).to_owned()).collect(),
            ..Self::default()
        }
    }

    /// A part that was not run.
    pub fn skipped(part: &str, why: &str) -> Self {
        Self {
            skipped: Some(why.to_owned()),
            ..Self::new(part, &[])
        }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: impl IntoIterator<Item = impl ToString>) {
        let cells = cells.into_iter().map(|cell| cell.to_string());
        self.rows.push(cells.collect());
    }

    /// Adds a sentence below the table.
    pub fn note(&mut self, sentence: impl Into<String>) {
        self.notes.push(sentence.into());
    }

    /// Adds what is wrong.
    pub fn problem(&mut self, sentence: impl Into<String>) {
        self.problems.push(sentence.into());
    }

    /// Whether nothing unexplained was found.
    pub fn is_well(&self) -> bool {
        self.problems.is_empty()
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(why) = &self.skipped {
            return writeln!(f, "skipped: {} {why}", self.part);
        }
        let lines: Vec<&Vec<String>> = std::iter::once(&self.heads).chain(&self.rows).collect();
        let columns = lines
            .iter()
            .map(|line| line.len())
            .max()
            .unwrap_or_default();
        let width = |column: usize| {
            let cells = lines.iter().filter_map(|line| line.get(column));
            cells
                .map(|cell| cell.chars().count())
                .max()
                .unwrap_or_default()
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        writeln!(f, "== {}", self.part)?;
        for line in lines {
            let mut text = String::new();
            for (cell, width) in line.iter().zip(&widths) {
                text.push_str(&format!("{cell:<width$}  "));
            }
            writeln!(f, "{}", text.trim_end())?;
        }
        for note in &self.notes {
            writeln!(f, "{note}")?;
        }
        for problem in &self.problems {
            writeln!(f, "WRONG: {problem}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_below_each_other_and_a_problem_makes_it_fail() {
        let mut table = Table::new("recordings", &["route", "same"]);
        table.row(["GET users", "12"]);
        assert_eq!(
            table.to_string(),
            "== recordings\nroute      same\nGET users  12\n"
        );
        assert!(table.is_well());
        table.problem("a key is missing");
        assert!(!table.is_well());
        assert!(table.to_string().ends_with("WRONG: a key is missing\n"));
    }

    #[test]
    fn a_part_that_was_not_run_says_so_and_has_not_failed() {
        let table = Table::skipped("clients", "needs python3");
        assert_eq!(table.to_string(), "skipped: clients needs python3\n");
        assert!(table.is_well());
    }
}

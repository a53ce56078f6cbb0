//! Templates over the columns of a row, in a sandbox.
//!
//! A template is text with `{{ column }}` in it; a column whose name is no plain word is
//! `{{ row["First Name"] }}`. A null is an empty text. There are `if`, the filters below, and nothing
//! else: no loops, no assignments, no files, no other templates. Size, steps and nesting are limited,
//! so that a hostile template ends in a refused row and not in memory.

use std::collections::BTreeMap;
use std::sync::Arc;

use minijinja::value::Value;
use minijinja::{Environment, UndefinedBehavior};

use super::normal::MOST_VALUE_BYTES;
use super::problem::{Problem, ProblemCode, quote};
use super::row::{Column, Row};

/// The most bytes of a template.
pub const MOST_TEMPLATE_BYTES: usize = 4_096;

/// The most steps of the template engine for one row.
pub const MOST_TEMPLATE_STEPS: u64 = 2_000;

/// The deepest nesting of expressions.
const DEEPEST: usize = 20;

/// The most bytes of a cell that a template may use; a longer one refuses the row.
const MOST_CELL_BYTES: usize = 4_096;

/// The only blocks that a template may hold. Without assignments and loops no text can be doubled
/// again and again within a few steps.
const BLOCKS: &[&str] = &["if", "elif", "else", "endif"];

/// The name that stands for the whole row.
const ROW: &str = "row";

/// A template that was read and whose columns exist.
pub(crate) struct Template {
    engine: Environment<'static>,
    /// Columns it may use: the name and the place in the row.
    columns: Vec<(Arc<str>, usize)>,
    /// Whether the columns are asked for through `row[…]`.
    by_row: bool,
}

impl std::fmt::Debug for Template {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Template")
            .field("columns", &self.columns.len())
            .finish_non_exhaustive()
    }
}

impl Template {
    /// Reads a template for the target of this name over these columns.
    pub(crate) fn read(target: &str, source: &str, columns: &[Column]) -> Result<Self, Problem> {
        let bad = |what: &str| {
            Problem::new(
                ProblemCode::BadTemplate,
                target,
                format!("The template for {target} {what}"),
            )
        };
        if source.len() > MOST_TEMPLATE_BYTES {
            return Err(bad(&format!(
                "is longer than {MOST_TEMPLATE_BYTES} bytes. Shorten it."
            )));
        }
        // A star would repeat a text or list as often as it likes within one step.
        if source.contains('*') {
            return Err(bad("holds a star, which templates may not. Take it out."));
        }
        for block in source.split("{%").skip(1) {
            let word: String = block
                .trim_start_matches(['-', '+'])
                .trim_start()
                .chars()
                .take_while(|letter| letter.is_alphanumeric() || *letter == '_')
                .collect();
            if !BLOCKS.contains(&word.as_str()) {
                return Err(bad(&format!(
                    "uses the block {}. Only if, elif, else and endif are allowed.",
                    quote(&word)
                )));
            }
        }
        let mut engine = sandbox();
        engine
            .add_template_owned(TEMPLATE, source.to_owned())
            .map_err(|error| {
                bad(&format!(
                    "cannot be read: {error}. Write columns as {{{{ column }}}}."
                ))
            })?;
        let used = engine
            .get_template(TEMPLATE)
            .map_err(|_| bad("cannot be read. Write columns as {{ column }}."))?
            .undeclared_variables(false);
        let by_row = used.contains(ROW);
        let mut names: Vec<&String> = used.iter().filter(|name| *name != ROW).collect();
        names.sort_unstable();
        let mut found = Vec::new();
        for name in names {
            let place = columns.iter().position(|column| column.name == **name);
            match place {
                Some(place) => found.push((Arc::from(name.as_str()), place)),
                None => {
                    return Err(Problem::new(
                        ProblemCode::UnknownColumn,
                        target,
                        format!(
                            "The template for {target} uses the column {}, which the source does not \
                             have. Correct the name, or add the column to the source.",
                            quote(name)
                        ),
                    ));
                }
            }
        }
        if by_row {
            found.extend(
                columns
                    .iter()
                    .enumerate()
                    .map(|(place, column)| (Arc::from(column.name.as_str()), place)),
            );
        }
        let template = Self {
            engine,
            columns: found,
            by_row,
        };
        // Filters and names inside brackets are looked up only now, so two made-up rows are tried: what
        // fails for both would fail for all.
        if let (Err(error), Err(_)) = (template.run(|_| ""), template.run(|_| "1")) {
            return Err(bad(&format!(
                "cannot be carried out: {error}. Use the columns of the source and the filters lower, \
                 upper, title, trim, first and default."
            )));
        }
        Ok(template)
    }

    /// Carries the template out over cells by their places.
    fn run<'r>(&self, cell: impl Fn(usize) -> &'r str) -> Result<String, minijinja::Error> {
        let mut context: BTreeMap<Arc<str>, Value> = self
            .columns
            .iter()
            .map(|(name, place)| (name, cell(*place)))
            // Left out, it fails the template if it is used and only then.
            .filter(|(_, cell)| cell.len() <= MOST_CELL_BYTES)
            .map(|(name, cell)| (Arc::clone(name), Value::from(cell)))
            .collect();
        if self.by_row {
            let cells = Value::from(context.clone());
            context.insert(Arc::from(ROW), cells);
        }
        self.engine
            .get_template(TEMPLATE)?
            .render(Value::from(context))
    }

    /// Writes what the template makes of a row. False if it gave up.
    pub(crate) fn render<R: Row + ?Sized>(&self, row: &R, out: &mut String) -> bool {
        out.clear();
        match self.run(|place| row.cell(place).unwrap_or_default().trim()) {
            Ok(text) if text.len() <= MOST_VALUE_BYTES => {
                out.push_str(text.trim());
                true
            }
            Ok(_) | Err(_) => false,
        }
    }
}

/// The name of the only template of an engine.
const TEMPLATE: &str = "value";

/// An engine that can do nothing but put texts together.
fn sandbox() -> Environment<'static> {
    let mut engine = Environment::empty();
    engine.set_undefined_behavior(UndefinedBehavior::Strict);
    engine.set_fuel(Some(MOST_TEMPLATE_STEPS));
    engine.set_recursion_limit(DEEPEST);
    engine.add_filter("lower", |text: String| text.to_lowercase());
    engine.add_filter("upper", |text: String| text.to_uppercase());
    engine.add_filter("trim", |text: String| text.trim().to_owned());
    engine.add_filter("title", |text: String| title(&text));
    engine.add_filter("first", |text: String| {
        text.chars().next().map(String::from).unwrap_or_default()
    });
    engine.add_filter(
        "default",
        |text: String, other: String| {
            if text.trim().is_empty() { other } else { text }
        },
    );
    engine
}

/// The text with the first letter of each word in upper case and the others in lower case.
fn title(text: &str) -> String {
    let mut first = true;
    text.chars()
        .flat_map(|letter| {
            let starts = first;
            first = !letter.is_alphanumeric() && letter != '\'';
            let (upper, lower) = if starts {
                (Some(letter.to_uppercase()), None)
            } else {
                (None, Some(letter.to_lowercase()))
            };
            upper
                .into_iter()
                .flatten()
                .chain(lower.into_iter().flatten())
        })
        .collect()
}

//! A person's statement: one `SELECT`, calling only functions that are known to be harmless
//! (security-and-operations.md 2, rule 1). The database then has its own say: the session is read
//! only, and the statement is parsed there by itself before it is made a cursor.

mod functions;
mod tokens;

use tokens::Token;

use functions::{HARMLESS, NOT_FUNCTIONS};

/// Why a statement is not run, as the middle of a sentence, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) why: String,
    pub(crate) remedy: &'static str,
}

const ONE: &str = "Write one statement that begins with SELECT, WITH or VALUES";

/// Nobody writes longer ones by hand, and the parser of the database recurses.
const MOST_BYTES: usize = 100 * 1024;
/// Brackets nest less deep in anything a person wrote.
const MOST_DEPTH: usize = 200;

/// Checks a statement, and returns it without the semicolon at its end. `extra` are names of
/// functions that the owner of the source vouches for, with their schema unless it is `pg_catalog`.
pub(crate) fn check<'a>(statement: &'a str, extra: &[String]) -> Result<&'a str, Refusal> {
    let refuse = |why: &str, remedy| {
        Err(Refusal {
            why: why.to_owned(),
            remedy,
        })
    };
    if statement.len() > MOST_BYTES {
        return refuse(
            "it is longer than 100 KiB",
            "Make a view of it, and select from that",
        );
    }
    if statement.contains('\0') {
        return refuse("it holds a zero character", ONE);
    }
    let all = tokens::split(statement).map_err(|why| Refusal {
        why: why.to_owned(),
        remedy: "Correct it",
    })?;
    let mut end = statement.len();
    let mut tokens: Vec<&Token> = Vec::with_capacity(all.len());
    let mut ended = false;
    for (place, token) in &all {
        if *token == Token::Symbol(';') {
            if !ended {
                end = *place;
            }
            ended = true;
        } else if ended {
            return refuse("it is more than one statement", ONE);
        } else {
            tokens.push(token);
        }
    }
    let first = tokens.iter().find(|token| ***token != Token::Symbol('('));
    match first {
        None => return refuse("it is empty", ONE),
        Some(Token::Word(word)) if ["select", "with", "values"].contains(&word.as_str()) => {}
        Some(_) => return refuse("it does not begin with SELECT, WITH or VALUES", ONE),
    }
    check_brackets(&tokens)?;
    for (index, token) in tokens.iter().enumerate() {
        if let Some(word) = written_inside(&tokens, index) {
            return Err(Refusal {
                why: format!("it writes, with {} inside", word.to_uppercase()),
                remedy: "Only reading is allowed",
            });
        }
        match token {
            Token::Word(word) if word == "into" => {
                return refuse("it writes with SELECT INTO", ONE);
            }
            Token::Parameter => return refuse("it has a parameter ($1)", "Write the value itself"),
            Token::Word(_) | Token::Quoted(_) => check_call(&tokens, index, extra)?,
            Token::Text | Token::Number | Token::Symbol(_) => {}
        }
    }
    Ok(statement.get(..end).unwrap_or_default())
}

/// The word with which a statement in brackets writes: `WITH gone AS (DELETE FROM …)`.
fn written_inside<'a>(tokens: &[&'a Token], index: usize) -> Option<&'a str> {
    /// So far behind its beginning stands the SET of an UPDATE.
    const FAR: usize = 10;
    if tokens.get(index) != Some(&&Token::Symbol('(')) {
        return None;
    }
    let Some(Token::Word(word)) = tokens.get(index + 1) else {
        return None;
    };
    // These words may be names of columns too.
    let follows = |wanted: &str, far: usize| {
        let next = tokens.iter().skip(index + 2).take(far);
        next.into_iter()
            .any(|token| matches!(token, Token::Word(word) if word == wanted))
    };
    let writes = match word.as_str() {
        "insert" | "merge" => follows("into", 1),
        "delete" => follows("from", 1),
        "update" => follows("set", FAR),
        _ => false,
    };
    writes.then_some(word)
}

fn check_brackets(tokens: &[&Token]) -> Result<(), Refusal> {
    let mut depth = 0_usize;
    let refuse = |why: &str| Refusal {
        why: why.to_owned(),
        remedy: "Correct it",
    };
    for token in tokens {
        if matches!(token, Token::Symbol('(' | '[')) {
            depth += 1;
        } else if matches!(token, Token::Symbol(')' | ']')) {
            depth = depth
                .checked_sub(1)
                .ok_or_else(|| refuse("it closes a bracket that is not open"))?;
        }
        if depth > MOST_DEPTH {
            return Err(refuse("its brackets nest more than 200 deep"));
        }
    }
    if depth > 0 {
        return Err(refuse("it leaves a bracket open"));
    }
    Ok(())
}

/// Refuses a name with a bracket behind it unless it is a known function, or no call at all.
fn check_call(tokens: &[&Token], index: usize, extra: &[String]) -> Result<(), Refusal> {
    if tokens.get(index + 1) != Some(&&Token::Symbol('(')) {
        return Ok(());
    }
    let before = |steps: usize| {
        index
            .checked_sub(steps)
            .and_then(|place| tokens.get(place))
            .copied()
    };
    let is_word = |token: Option<&Token>, words: &[&str]| matches!(token, Some(Token::Word(word)) if words.contains(&word.as_str()));
    let (name, is_quoted) = match tokens.get(index) {
        Some(Token::Word(word)) => (word.as_str(), false),
        Some(Token::Quoted(name)) => (name.as_str(), true),
        _ => return Ok(()),
    };
    let is_qualified = before(1) == Some(&Token::Symbol('.'));
    if !is_qualified {
        // The columns of an alias or of a first common table: no call can stand there.
        if is_word(before(1), &["as", "with", "recursive"]) {
            return Ok(());
        }
        if is_alias(tokens, index) {
            return Ok(());
        }
        if !is_quoted && NOT_FUNCTIONS.binary_search(&name).is_ok() {
            return Ok(());
        }
    }
    let schema = match (is_qualified, before(2)) {
        (false, _) => None,
        (true, Some(Token::Word(schema) | Token::Quoted(schema))) => Some(schema.as_str()),
        (true, _) => Some(""),
    };
    let known =
        matches!(schema, None | Some("pg_catalog")) && HARMLESS.binary_search(&name).is_ok();
    let full = match schema {
        None | Some("pg_catalog") => name.to_owned(),
        Some(schema) => format!("{schema}.{name}"),
    };
    if known || extra.contains(&full) {
        return Ok(());
    }
    let shown: String = full.chars().take(80).collect();
    Err(Refusal {
        why: format!("it calls `{shown}`, which is not on the list of harmless functions"),
        remedy: "Do without it, or put it into a view",
    })
}

/// Whether the name at `index` is that of a table made in brackets, with names for its columns:
/// `from (select 1) t(x)`. Behind a closing bracket a call can only stand in two other places.
fn is_alias(tokens: &[&Token], index: usize) -> bool {
    let before = index.checked_sub(1).and_then(|place| tokens.get(place));
    if before != Some(&&Token::Symbol(')')) {
        return false;
    }
    let mut depth = 0_usize;
    for place in (0..index).rev() {
        let token = tokens.get(place).copied();
        if token == Some(&Token::Symbol(')')) {
            depth += 1;
        } else if token == Some(&Token::Symbol('(')) {
            depth = depth.saturating_sub(1);
        }
        if depth > 0 {
            continue;
        }
        let opener = place.checked_sub(1).and_then(|place| tokens.get(place));
        let is_other =
            matches!(opener, Some(Token::Word(word)) if word == "on" || word == "operator");
        return token == Some(&Token::Symbol('(')) && !is_other;
    }
    false
}

#[cfg(test)]
mod tests;

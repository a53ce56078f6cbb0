//! Tags and several options in one cell.
//!
//! A list is written as its items, sorted and each once, with [`SEPARATOR`] between them.

use super::options::Options;
use crate::profile::outcome::RowCode;

/// What stands between the items of a written list: no item holds it.
pub(crate) const SEPARATOR: char = '\u{1f}';

/// Calls with each item of a cell: of a JSON array, or of a text separated by commas, semicolons or
/// bars. Nothing if the array is broken or holds other lists.
fn each_item(value: &str, mut item: impl FnMut(&str)) -> Option<()> {
    if !value.starts_with('[') {
        let separator = [';', '|'].into_iter().find(|mark| value.contains(*mark));
        value
            .split(separator.unwrap_or(','))
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .for_each(item);
        return Some(());
    }
    let items: Vec<serde_json::Value> = serde_json::from_str(value).ok()?;
    for one in items {
        match one {
            serde_json::Value::String(text) => item(text.trim()),
            serde_json::Value::Number(number) => item(&number.to_string()),
            serde_json::Value::Bool(true) => item("true"),
            serde_json::Value::Bool(false) => item("false"),
            serde_json::Value::Null => {}
            serde_json::Value::Array(_) | serde_json::Value::Object(_) => return None,
        }
    }
    Some(())
}

/// Writes the options of a cell. True if one of them does not exist and was left out.
pub(super) fn push_choices(
    value: &str,
    options: &Options,
    out: &mut String,
) -> Result<bool, RowCode> {
    // An option may hold a comma: the whole cell is tried as one first.
    if let Some(chosen) = options.find(value, out) {
        out.clear();
        out.push_str(chosen);
        return Ok(false);
    }
    out.clear();
    let mut buffer = String::new();
    let mut chosen = Vec::new();
    let mut missing = false;
    each_item(value, |item| match options.find(item, &mut buffer) {
        Some(option) => chosen.push(option),
        None => missing |= !item.is_empty(),
    })
    .ok_or(RowCode::BadOption)?;
    if chosen.is_empty() {
        return Err(RowCode::BadOption);
    }
    chosen.sort_unstable();
    chosen.dedup();
    join(&chosen, out);
    Ok(missing)
}

/// Writes the tags of a cell as Zendesk will store them. A cell without any is refused: an empty list
/// would wipe all tags of the user.
pub(super) fn push_tag_cell(value: &str, out: &mut String) -> Result<bool, RowCode> {
    let mut tags = String::new();
    each_item(value, |item| push_tags(item, &mut tags)).ok_or(RowCode::BadTags)?;
    let mut sorted: Vec<&str> = tags
        .split(SEPARATOR)
        .filter(|tag| !tag.is_empty())
        .collect();
    sorted.sort_unstable();
    sorted.dedup();
    if sorted.is_empty() {
        return Err(RowCode::BadTags);
    }
    join(&sorted, out);
    Ok(false)
}

/// Adds what Zendesk makes of one tag: lower case, one tag per word, without punctuation other than
/// what a tag may hold; a word of punctuation alone vanishes (zendesk-api.md 4.2).
pub(crate) fn push_tags(tag: &str, out: &mut String) {
    for word in tag.split(|letter: char| letter.is_whitespace() || letter == SEPARATOR) {
        let kept =
            |letter: &char| letter.is_alphanumeric() || matches!(letter, '_' | '-' | ':' | '/');
        if word
            .chars()
            .any(|letter| kept(&letter) && letter.is_alphanumeric())
        {
            if !out.is_empty() {
                out.push(SEPARATOR);
            }
            // Lower case may bring marks that are no letters, as that of a dotted capital I does.
            out.extend(word.chars().flat_map(char::to_lowercase).filter(kept));
        }
    }
}

/// Writes the items with the separator between them.
fn join(items: &[&str], out: &mut String) {
    for (place, item) in items.iter().enumerate() {
        if place > 0 {
            out.push(SEPARATOR);
        }
        out.push_str(item);
    }
}

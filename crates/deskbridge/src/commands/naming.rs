//! Things that have names: how they are typed, and what is said when there is none of a name.

use anyhow::anyhow;

use crate::failure::usage;

/// A few names in one line.
pub(crate) fn names<'a>(all: impl Iterator<Item = &'a str>) -> String {
    const MOST: usize = 10;
    let all: Vec<&str> = all.collect();
    let mut text = all
        .iter()
        .take(MOST)
        .copied()
        .collect::<Vec<_>>()
        .join(", ");
    if all.len() > MOST {
        text.push_str(&format!(" and {} more", all.len() - MOST));
    }
    text
}

/// The sentence for a name that nothing has: which names there are, or the command that adds the first.
pub(crate) fn none_named<'a>(
    what: &str,
    name: &str,
    all: impl Iterator<Item = &'a str>,
    add: &str,
) -> anyhow::Error {
    let names = names(all);
    let hint = if names.is_empty() {
        format!("Make one with `{add}`.")
    } else {
        format!("There are: {names}.")
    };
    anyhow!("There is no {what} named {name:?}. {hint}")
}

/// The one of `all` with this name or id; `of` tells the two, the id first.
///
/// # Errors
/// As [`none_named`].
pub(crate) fn one_of<T>(
    what: &str,
    name: &str,
    all: Vec<T>,
    of: impl for<'a> Fn(&'a T) -> (&'a str, &'a str),
) -> anyhow::Result<T> {
    let found = all.iter().position(|one| {
        let (id, its_name) = of(one);
        id == name || its_name == name
    });
    let Some(found) = found else {
        let names = all.iter().map(|one| of(one).1);
        let add = format!("deskbridge {what} add");
        return Err(none_named(what, name, names, &add));
    };
    all.into_iter()
        .nth(found)
        .ok_or_else(|| anyhow!("There is no {what} named {name:?} any more."))
}

/// A name as it is stored.
///
/// # Errors
/// A usage error if it is empty.
pub(crate) fn checked<'a>(what: &str, name: &'a str) -> anyhow::Result<&'a str> {
    let name = name.trim();
    if name.is_empty() {
        return Err(usage(format!("The name of {what} must not be empty.")));
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_name_is_answered_with_those_there_are() {
        let said = none_named("destination", "x", ["live"].into_iter(), "add it").to_string();
        assert_eq!(
            said,
            "There is no destination named \"x\". There are: live."
        );
        let said = none_named("destination", "x", std::iter::empty(), "add it").to_string();
        assert!(said.ends_with("Make one with `add it`."), "{said}");
    }

    #[test]
    fn one_is_found_by_its_name_or_its_id() {
        let all = || vec![("id-1", "nightly"), ("id-2", "hourly")];
        let find = |name| one_of("query", name, all(), |(id, name)| (*id, *name));
        assert_eq!(find("hourly").unwrap().0, "id-2");
        assert_eq!(find("id-1").unwrap().1, "nightly");
        let said = find("daily").unwrap_err().to_string();
        assert!(said.ends_with("There are: nightly, hourly."), "{said}");
    }

    #[test]
    fn many_names_are_counted() {
        let all: Vec<String> = (0..12).map(|n| n.to_string()).collect();
        let text = names(all.iter().map(String::as_str));
        assert!(text.ends_with("9 and 2 more"), "{text}");
    }
}

//! Personal data as those see it who may not see it (profile-send.md 5): enough to tell two people
//! apart, too little to reach either.

use std::borrow::Cow;

use store::users::{Member, User};

/// What stands where something is left out.
const HIDDEN: &str = "•••";

/// What holds personal data and can be shown masked. Every view that a page or the API shows
/// implements it, field by field, so that a new field asks to be thought about.
pub(crate) trait Mask {
    /// Masks it in place.
    fn mask(&mut self);
}

impl<T: Mask> Mask for Option<T> {
    fn mask(&mut self) {
        if let Some(inner) = self {
            inner.mask();
        }
    }
}

impl<T: Mask> Mask for Vec<T> {
    fn mask(&mut self) {
        for inner in self {
            inner.mask();
        }
    }
}

impl Mask for User {
    fn mask(&mut self) {
        // Staff are told from each other by name; only how to reach them is hidden.
        self.email = email(&self.email);
    }
}

impl Mask for Member {
    fn mask(&mut self) {
        self.user.mask();
    }
}

/// `ada@example.com` becomes `a•••@e•••.com`.
pub(crate) fn email(address: &str) -> String {
    let Some((local, domain)) = address.rsplit_once('@') else {
        return HIDDEN.to_owned();
    };
    let first = |text: &str| text.chars().next().map(String::from).unwrap_or_default();
    let top = domain
        .rsplit_once('.')
        .map(|(_, top)| format!(".{top}"))
        .unwrap_or_default();
    format!("{}{HIDDEN}@{}{HIDDEN}{top}", first(local), first(domain))
}

/// `Ada Lovelace` becomes `A••• L•••`.
pub(crate) fn name(name: &str) -> String {
    let words: Vec<String> = name
        .split_whitespace()
        .filter_map(|word| word.chars().next())
        .map(|first| format!("{first}{HIDDEN}"))
        .collect();
    words.join(" ")
}

/// `+1 206 555 0100` becomes `•••00`.
pub(crate) fn phone(number: &str) -> String {
    let digits: Vec<char> = number.chars().filter(char::is_ascii_digit).collect();
    let last: String = digits.iter().skip(digits.len().saturating_sub(2)).collect();
    if digits.len() < 5 {
        return HIDDEN.to_owned();
    }
    format!("{HIDDEN}{last}")
}

/// Any other value of somebody's: nothing of it is left.
pub(crate) fn value(value: &str) -> String {
    if value.is_empty() {
        return String::new();
    }
    HIDDEN.to_owned()
}

/// What people wrote, with every email address and every number that could be a telephone's masked.
/// Names in it stay: nobody can tell them from other words.
pub(crate) fn text(text: &str) -> Cow<'_, str> {
    let could_be = |c: char| c == '@' || c.is_ascii_digit();
    if !text.contains(could_be) {
        return Cow::Borrowed(text);
    }
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(is_edge).unwrap_or(rest.len());
        if end == 0 {
            // Numbers go on over single blanks and the signs that people put between digits.
            let edge = rest.chars().next().map_or(1, char::len_utf8);
            let (sign, after) = rest.split_at(edge);
            masked.push_str(sign);
            rest = after;
            continue;
        }
        let length = telephone(rest);
        if length > 0 {
            let (number, after) = rest.split_at(length);
            masked.push_str(&phone(number));
            rest = after;
            continue;
        }
        let (word, after) = rest.split_at(end);
        match word.find('@') {
            Some(at) if at > 0 && at + 1 < word.len() => masked.push_str(&email(word)),
            _ => masked.push_str(word),
        }
        rest = after;
    }
    Cow::Owned(masked)
}

/// What ends a word that could be an address.
fn is_edge(c: char) -> bool {
    c.is_whitespace() || matches!(c, '<' | '>' | '"' | ',' | ';' | '(' | ')' | '[' | ']' | ':')
}

/// How many bytes of `text`, from its beginning, could be a telephone number: seven digits or more,
/// with an optional `+` before them and blanks, hyphens, dots, slashes or brackets between them.
fn telephone(text: &str) -> usize {
    let (mut digits, mut end) = (0, 0);
    for (at, c) in text.char_indices() {
        match c {
            '0'..='9' => {
                digits += 1;
                end = at + 1;
            }
            '+' if at == 0 => {}
            ' ' | '-' | '.' | '/' | '(' | ')' if digits > 0 => {}
            c if c.is_alphabetic() || c == '@' || c == '_' => {
                // Letters right after the digits make a word of it, no number.
                if at == end {
                    return 0;
                }
                break;
            }
            _ => break,
        }
    }
    if digits >= 7 { end } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_keeps_a_letter_of_either_part() {
        assert_eq!(email("ada@example.com"), "a•••@e•••.com");
        assert_eq!(email("ada"), "•••");
        assert_eq!(email("@"), "•••@•••");
    }

    #[test]
    fn a_name_keeps_its_initials_and_a_number_its_end() {
        assert_eq!(name("Ada  King Lovelace"), "A••• K••• L•••");
        assert_eq!(name(""), "");
        assert_eq!(phone("+1 (206) 555-0100"), "•••00");
        assert_eq!(phone("112"), "•••");
    }

    #[test]
    fn what_people_wrote_loses_addresses_and_numbers_only() {
        let masked = |wrote| text(wrote).into_owned();
        assert_eq!(
            masked("Write to Ada <ada@example.com>, or call +1 (206) 555-0100!"),
            "Write to Ada <a•••@e•••.com>, or call •••00!"
        );
        assert_eq!(masked("mailto:ada@example.com"), "mailto:a•••@e•••.com");
        assert_eq!(masked("Order 12345 of 2026"), "Order 12345 of 2026");
        assert_eq!(masked("ab1234567cd"), "ab1234567cd");
        assert_eq!(masked("call 0123456789 now"), "call •••89 now");
        assert_eq!(masked("a @ b"), "a @ b");
        assert!(matches!(text("no such thing"), Cow::Borrowed(_)));
    }
}

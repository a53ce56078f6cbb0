//! Addresses of databases: making them from paths, and showing them without passwords.

use std::path::Path;

/// The address of a SQLite file. Whatever could mean something in an address is encoded.
pub(super) fn file_url(path: &Path) -> String {
    let mut url = String::from("sqlite:");
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b'~' => {
                url.push(char::from(*byte));
            }
            other => url.push_str(&format!("%{other:02X}")),
        }
    }
    url.push_str("?mode=rwc");
    url
}

/// Where the database is, for a person: without user, password and parameters.
pub(super) fn shown_place(url: &str) -> String {
    let address = url.split(['?', '#']).next().unwrap_or_default();
    if let Some(path) = address.strip_prefix("sqlite:") {
        return decoded(path);
    }
    // A password may hold a question mark or a hash that should have been encoded: whatever stands
    // before the last @ is not shown.
    let (scheme, _) = address.split_once("://").unwrap_or(("postgres", ""));
    match url.rsplit_once('@') {
        Some((_, rest)) => {
            let rest = rest.split(['?', '#']).next().unwrap_or_default();
            format!("{scheme}://{rest}")
        }
        None => address.to_owned(),
    }
}

fn decoded(path: &str) -> String {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let encoded = after
            .get(..2)
            .filter(|_| *first == b'%')
            .and_then(|hex| std::str::from_utf8(hex).ok())
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        bytes.push(encoded.unwrap_or(*first));
        rest = if encoded.is_some() {
            &after[2..]
        } else {
            after
        };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_in_the_address_is_never_shown() {
        for (url, shown) in [
            ("postgres://me:secret@db/desk", "postgres://db/desk"),
            (
                "postgres://me:se@cret@db:5432/desk",
                "postgres://db:5432/desk",
            ),
            ("postgres://me:se?cret@db/desk", "postgres://db/desk"),
            (
                "postgres://db/desk?user=me&password=secret",
                "postgres://db/desk",
            ),
            ("postgresql://db/desk", "postgresql://db/desk"),
            ("mysql://me:secret@db/desk", "mysql://db/desk"),
            ("sqlite:/var/desk.db?mode=rwc", "/var/desk.db"),
            (
                "sqlite:/home/ada@example.com/desk.db",
                "/home/ada@example.com/desk.db",
            ),
            (
                "sqlite:/home/b%C3%BCro%20%25/desk.db",
                "/home/büro %/desk.db",
            ),
            ("sqlite:/home/100%", "/home/100%"),
        ] {
            assert_eq!(shown_place(url), shown);
        }
    }
}

//! What all pages have around them.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Response};
use store::users::User;

use crate::app::App;
use crate::problem::Problem;
use crate::style;

/// Which part of the site a page belongs to, for the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Section {
    /// Cases, contacts and the people on them.
    Cases,
    /// Integrations and their runs.
    Integrations,
    /// No part: login, errors.
    None,
}

/// The frame of a page.
pub(crate) struct Frame {
    /// The page's name, for the browser's title.
    pub(crate) title: String,
    /// Which part of the navigation is lit.
    pub(crate) section: Section,
    /// Who is signed in.
    pub(crate) user: Option<User>,
    /// What stands at its foot.
    pub(crate) version: String,
}

impl Frame {
    /// A frame for somebody who is signed in.
    pub(crate) fn new(app: &App, user: User, section: Section, title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            section,
            user: Some(user),
            version: app.options.version().to_owned(),
        }
    }

    /// A frame for nobody in particular.
    pub(crate) fn bare(app: &App, title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            section: Section::None,
            user: None,
            version: app.options.version().to_owned(),
        }
    }

    /// The attribute that lights a part of the navigation.
    pub(crate) fn current(&self, section: &str) -> &'static str {
        let here = match self.section {
            Section::Cases => "cases",
            Section::Integrations => "integrations",
            Section::None => "",
        };
        if here == section { "page" } else { "false" }
    }

    /// The style sheet's address.
    pub(crate) fn sheet(&self) -> &'static str {
        &style::SHEET_ADDRESS
    }
}

/// The address that writes a mail to `email`, whatever stands in it.
pub(crate) fn mailto(email: &str) -> String {
    format!("mailto:{}", encode(email, "@.-_+"))
}

/// `text` as a part of an address: everything but letters, digits and `kept` percent-encoded.
pub(crate) fn encode(text: &str, kept: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || kept.as_bytes().contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

/// The page that a template makes.
pub(crate) fn html(template: &impl Template) -> Result<Response, Problem> {
    html_with(StatusCode::OK, template)
}

/// The page that a template makes, with another status.
pub(crate) fn html_with(status: StatusCode, template: &impl Template) -> Result<Response, Problem> {
    Ok((status, Html(template.render()?)).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_to_write_to_carries_nothing_but_the_address() {
        assert_eq!(mailto("a.b+c@x-y.example"), "mailto:a.b+c@x-y.example");
        assert_eq!(mailto("a@b?cc=e@f"), "mailto:a@b%3Fcc%3De@f");
    }
}

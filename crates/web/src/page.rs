//! What all pages have around them.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Response};
use serde::Deserialize;

use crate::access::Right;
use crate::app::App;
use crate::assets;
use crate::navigation::{self, Nav};
use crate::problem::Problem;
use crate::session::SignedIn;

/// The frame of a page.
pub(crate) struct Frame {
    /// The page's name, for the browser's title.
    pub(crate) title: String,
    /// Where the page stands in the navigation.
    place: Nav,
    /// Who is signed in.
    pub(crate) person: Option<SignedIn>,
    /// How many notifications nobody has seen, for those who may see them.
    pub(crate) unseen: Option<u64>,
    /// What stands at its foot.
    pub(crate) version: String,
}

impl Frame {
    /// A frame for somebody who is signed in.
    pub(crate) async fn new(
        app: &App,
        person: SignedIn,
        place: Nav,
        title: impl Into<String>,
    ) -> Result<Self, Problem> {
        let unseen = if person.may(Right::SeeSends) {
            let connection = &mut *app.engine.store.read().await?;
            Some(store::alerts::count_unseen(connection).await?)
        } else {
            None
        };
        Ok(Self {
            title: title.into(),
            place,
            person: Some(person),
            unseen,
            version: app.options.version().to_owned(),
        })
    }

    /// A frame for nobody in particular.
    pub(crate) fn bare(app: &App, title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            place: Nav::None,
            person: None,
            unseen: None,
            version: app.options.version().to_owned(),
        }
    }

    /// Whether whoever looks at the page has a right. For what a template offers; the routes behind
    /// it ask again.
    pub(crate) fn may(&self, right: Right) -> bool {
        self.person.as_ref().is_some_and(|person| person.may(right))
    }

    /// The parts of the site that are open to whoever looks.
    pub(crate) fn parts(&self) -> Vec<navigation::Part> {
        navigation::parts(self.place, |right| self.may(right))
    }

    /// The pages of the part that is lit.
    pub(crate) fn entries(&self) -> Vec<navigation::Entry> {
        navigation::entries(self.place, |right| self.may(right))
    }

    /// The address of one of the files that pages load.
    pub(crate) fn asset(&self, name: &str) -> &'static str {
        assets::address(name)
    }
}

/// What was just done, as the address of a page says after a form led to it.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Done {
    /// A word for it.
    done: Option<String>,
}

impl Done {
    /// The sentence of the word, if the page knows it: an address cannot make a page say anything else.
    pub(crate) fn sentence(&self, known: &[(&str, &'static str)]) -> Option<&'static str> {
        let done = self.done.as_deref()?;
        let found = known.iter().find(|(word, _)| *word == done);
        found.map(|(_, sentence)| *sentence)
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

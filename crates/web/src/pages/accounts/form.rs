//! The form of an account, as both making and editing show it.

use askama::Template;

use crate::form::Wrongs;
use crate::page::Frame;

/// The form with what was typed, and what is wrong with it.
#[derive(Template)]
#[template(path = "accounts/form.html")]
pub(super) struct AccountForm {
    pub(super) frame: Frame,
    pub(super) wrongs: Wrongs,
    /// Which account it is; none for a new one.
    pub(super) id: Option<String>,
    pub(super) name: String,
}

impl AccountForm {
    /// Where the form is sent.
    fn action(&self) -> String {
        match &self.id {
            Some(id) => format!("/accounts/{id}/edit"),
            None => "/accounts".to_owned(),
        }
    }

    /// Where one gets without sending it.
    fn back(&self) -> String {
        match &self.id {
            Some(id) => format!("/accounts/{id}"),
            None => "/accounts".to_owned(),
        }
    }
}

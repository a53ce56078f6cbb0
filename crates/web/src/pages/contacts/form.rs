//! The form of a contact, as both making and editing show it.

use askama::Template;
use engine::account_view::AccountLine;

use crate::form::Wrongs;
use crate::page::Frame;

/// What was typed, or is stored.
#[derive(Default)]
pub(crate) struct Typed {
    pub(crate) name: String,
    pub(crate) phone: String,
    pub(crate) email: String,
}

/// The form with what was typed, and what is wrong with it.
#[derive(Template)]
#[template(path = "contacts/form.html")]
pub(super) struct ContactForm {
    pub(super) frame: Frame,
    pub(super) wrongs: Wrongs,
    /// Which contact it is; none for a new one.
    pub(super) id: Option<String>,
    pub(super) typed: Typed,
    /// The account that a new contact is to belong to.
    pub(super) account: Option<AccountLine>,
}

impl ContactForm {
    /// Where the form is sent.
    fn action(&self) -> String {
        match &self.id {
            Some(id) => format!("/contacts/{id}/edit"),
            None => "/contacts".to_owned(),
        }
    }

    /// Where one gets without sending it.
    fn back(&self) -> String {
        match (&self.id, &self.account) {
            (Some(id), _) => format!("/contacts/{id}"),
            (None, Some(account)) => format!("/accounts/{}", account.id),
            (None, None) => "/contacts".to_owned(),
        }
    }
}

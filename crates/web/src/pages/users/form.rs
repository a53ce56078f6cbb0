//! The form of a user, as both adding and editing show it.

use askama::Template;
use store::users::UserRole;

use crate::form::Wrongs;
use crate::page::Frame;

/// The form with what was typed, and what is wrong with it.
#[derive(Template)]
#[template(path = "users/form.html")]
pub(super) struct UserForm {
    pub(super) frame: Frame,
    pub(super) wrongs: Wrongs,
    /// Whose it is; none for somebody new.
    pub(super) id: Option<String>,
    pub(super) email: String,
    pub(super) name: String,
    pub(super) role: UserRole,
    pub(super) restrict_pii: bool,
    pub(super) disabled: bool,
}

impl UserForm {
    /// Where the form is sent.
    fn action(&self) -> String {
        match &self.id {
            Some(id) => format!("/users/{id}/edit"),
            None => "/users".to_owned(),
        }
    }
}

/// What a role is allowed, in a sentence beside its name.
pub(crate) fn explain(role: &UserRole) -> &'static str {
    match role {
        UserRole::Administrator => "everything",
        UserRole::Operator => "everything but users and keys",
        UserRole::Analyst => "queries, and orchestrations to destinations that are open to them",
        UserRole::Agent => "cases, and the integrations they own",
    }
}

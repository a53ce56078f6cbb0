//! Who may do what: the one table of rights (profile-send.md 5, ticket-sync.md 2), and the one place
//! where routes are kept from those who may not use them.

use axum::extract::{Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use store::destinations::Destination;
use store::integrations::Integration;
use store::users::{User, UserRole};

use crate::app::App;
use crate::pages::setup;
use crate::problem::Problem;
use crate::session;

/// What a route asks of whoever calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Right {
    /// Nothing: sign-in, the first set-up, links that carry their own secret, and what only says
    /// that the process lives.
    Open,
    /// To be signed in: one's own sessions and settings, the home page.
    SignedIn,
    /// To read cases, contacts, accounts, conflicts and what is parked.
    SeeCases,
    /// To change them.
    EditCases,
    /// To read integrations and their runs.
    SeeIntegrations,
    /// To change an integration or to run it; `may_manage` says which ones.
    ManageIntegrations,
    /// To make an integration.
    AddIntegrations,
    /// To read queries, destinations, orchestrations, workflows and notifications.
    SeeSends,
    /// To change queries and orchestrations, and to run and resolve workflows; `may_send` says to
    /// which destinations.
    EditSends,
    /// To change credentials and destinations.
    ManageDestinations,
    /// To read the audit log, and to set up alerts and outgoing webhooks.
    ManageSettings,
    /// To change users, their roles, and other people's tokens and sessions.
    ManageUsers,
}

impl Right {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Open,
        Self::SignedIn,
        Self::SeeCases,
        Self::EditCases,
        Self::SeeIntegrations,
        Self::ManageIntegrations,
        Self::AddIntegrations,
        Self::SeeSends,
        Self::EditSends,
        Self::ManageDestinations,
        Self::ManageSettings,
        Self::ManageUsers,
    ];
}

/// The table: whether somebody of `role` has `right`. Operators do everything but users and keys,
/// analysts work on sends, agents on cases and on the integrations they own.
pub const fn may(role: UserRole, right: Right) -> bool {
    let (administrator, operator, analyst, agent) = match right {
        Right::Open | Right::SignedIn => (true, true, true, true),
        Right::SeeCases | Right::EditCases => (true, true, false, true),
        Right::SeeIntegrations | Right::ManageIntegrations => (true, true, false, true),
        Right::AddIntegrations => (true, true, false, false),
        Right::SeeSends | Right::EditSends => (true, true, true, false),
        Right::ManageDestinations | Right::ManageSettings => (true, true, false, false),
        Right::ManageUsers => (true, false, false, false),
    };
    match role {
        UserRole::Administrator => administrator,
        UserRole::Operator => operator,
        UserRole::Analyst => analyst,
        UserRole::Agent => agent,
    }
}

/// What a token of the API may be made for. A token does what its scopes name and its owner's role allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Read cases, contacts, accounts, conflicts and what is parked.
    CasesRead,
    /// Change them.
    CasesWrite,
    /// Read integrations and their runs.
    IntegrationsRead,
    /// Change, activate and run integrations.
    IntegrationsWrite,
    /// Read queries, destinations, orchestrations and workflows.
    SendsRead,
    /// Change queries and orchestrations, run and resolve workflows.
    SendsWrite,
    /// Change credentials and destinations.
    DestinationsWrite,
    /// Read the audit log, change alerts and outgoing webhooks.
    Settings,
    /// Change users.
    Users,
}

impl Scope {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::CasesRead,
        Self::CasesWrite,
        Self::IntegrationsRead,
        Self::IntegrationsWrite,
        Self::SendsRead,
        Self::SendsWrite,
        Self::DestinationsWrite,
        Self::Settings,
        Self::Users,
    ];

    /// The word that is stored, and that people choose.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CasesRead => "cases:read",
            Self::CasesWrite => "cases:write",
            Self::IntegrationsRead => "integrations:read",
            Self::IntegrationsWrite => "integrations:write",
            Self::SendsRead => "sends:read",
            Self::SendsWrite => "sends:write",
            Self::DestinationsWrite => "destinations:write",
            Self::Settings => "settings",
            Self::Users => "users",
        }
    }

    /// What it is for, as the form of a token says.
    pub const fn explain(self) -> &'static str {
        match self {
            Self::CasesRead => "read cases, contacts, accounts, conflicts and what is parked",
            Self::CasesWrite => "change them, publish and comment",
            Self::IntegrationsRead => "read integrations and their runs",
            Self::IntegrationsWrite => "change, activate and run integrations",
            Self::SendsRead => "read queries, destinations, orchestrations and workflows",
            Self::SendsWrite => "change queries and orchestrations, run and resolve workflows",
            Self::DestinationsWrite => "change credentials and destinations",
            Self::Settings => "read the audit log, change alerts and outgoing webhooks",
            Self::Users => "add and change users",
        }
    }

    /// The scope of a word, exactly as written.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == word)
    }

    /// Whether a token of this scope may use a route that asks for `right`. Who may change something may
    /// read it too.
    pub const fn covers(self, right: Right) -> bool {
        match right {
            Right::Open | Right::SignedIn => true,
            Right::SeeCases => matches!(self, Self::CasesRead | Self::CasesWrite),
            Right::EditCases => matches!(self, Self::CasesWrite),
            Right::SeeIntegrations => {
                matches!(self, Self::IntegrationsRead | Self::IntegrationsWrite)
            }
            Right::ManageIntegrations | Right::AddIntegrations => {
                matches!(self, Self::IntegrationsWrite)
            }
            Right::SeeSends => matches!(
                self,
                Self::SendsRead | Self::SendsWrite | Self::DestinationsWrite
            ),
            Right::EditSends => matches!(self, Self::SendsWrite),
            Right::ManageDestinations => matches!(self, Self::DestinationsWrite),
            Right::ManageSettings => matches!(self, Self::Settings),
            Right::ManageUsers => matches!(self, Self::Users),
        }
    }
}

/// Whether `user` may change this integration, activate, run or delete it: administrators, its owner,
/// and operators, who do everything but users and keys.
pub(crate) fn may_manage(user: &User, integration: &Integration) -> bool {
    match user.role {
        UserRole::Administrator | UserRole::Operator => true,
        UserRole::Analyst | UserRole::Agent => integration.settings.owner_id == user.id,
    }
}

/// Whether `user` may send to this destination, and so see and change what sends to it.
///
/// # Errors
/// Why not, as a sentence.
pub(crate) fn may_send(user: &User, destination: &Destination) -> Result<(), String> {
    let name = &destination.name;
    if destination.admin_only && !may(user.role, Right::ManageDestinations) {
        return Err(format!(
            "Only administrators and operators may send to {name}. Ask one of them, or choose another destination."
        ));
    }
    if user.restrict_pii && !destination.allow_restricted {
        return Err(format!(
            "You see personal data masked, and {name} is not open to those who do. Ask an administrator, or choose another destination."
        ));
    }
    Ok(())
}

/// Lets a request through to its handler if who sent it is signed in and has the right. Who is not
/// signed in is led to the login, and from there back to where they wanted to go.
pub(crate) async fn guard(
    State((app, right)): State<(App, Right)>,
    mut request: Request,
    next: Next,
) -> Response {
    if right == Right::Open {
        return next.run(request).await;
    }
    match session::find(&app, request.headers()).await {
        Ok(Some(person)) if may(person.user.role, right) => {
            request.extensions_mut().insert(person);
            next.run(request).await
        }
        Ok(Some(_)) => Problem::refused(REFUSED).into_response(),
        Ok(None) => {
            // Only a page can be gone back to; a form that was sent is not sent again.
            let back = (request.method() == Method::GET)
                .then(|| request.uri().path_and_query().map(|place| place.as_str()))
                .flatten();
            match setup::lead(&app, back).await {
                Ok(response) => response,
                Err(problem) => problem.into_response(),
            }
        }
        Err(problem) => problem.into_response(),
    }
}

const REFUSED: &str = "Your role does not allow this, so nothing was changed. An administrator can change roles under Settings, Users.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_may_do_what_the_role_below_it_on_the_same_side_may() {
        for right in Right::ALL {
            assert!(may(UserRole::Administrator, right), "{right:?}");
            for (upper, lower) in [
                (UserRole::Operator, UserRole::Analyst),
                (UserRole::Operator, UserRole::Agent),
            ] {
                assert!(may(upper, right) || !may(lower, right), "{right:?}");
            }
        }
    }

    #[test]
    fn users_are_for_administrators_cases_not_for_analysts_and_sends_not_for_agents() {
        let who = |right| -> Vec<&str> {
            let roles = UserRole::ALL.into_iter();
            roles
                .filter(|role| may(*role, right))
                .map(UserRole::as_str)
                .collect()
        };
        assert_eq!(who(Right::ManageUsers), ["administrator"]);
        assert_eq!(
            who(Right::EditCases),
            ["administrator", "operator", "agent"]
        );
        assert_eq!(
            who(Right::EditSends),
            ["administrator", "operator", "analyst"]
        );
        assert_eq!(
            who(Right::ManageDestinations),
            ["administrator", "operator"]
        );
    }
}

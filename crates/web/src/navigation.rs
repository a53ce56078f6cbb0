//! The parts of the site and their pages, as the navigation shows them: one table, and each entry asks
//! for the right of the page it leads to.

use crate::access::Right;

/// Where a page stands in the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Nav {
    Home,
    Cases,
    Contacts,
    Accounts,
    Conflicts,
    Parked,
    Workflows,
    Orchestrations,
    Queries,
    Destinations,
    Integrations,
    Checks,
    Credentials,
    Users,
    Tokens,
    Alerts,
    OutgoingWebhooks,
    Audit,
    /// The page of whoever is signed in.
    Me,
    /// The notifications pane.
    Notifications,
    /// None: login, errors.
    None,
}

/// A line of the table: the page's place, its name, its address and its right.
type Line = (Nav, &'static str, &'static str, Right);

/// The table: each part of the site with its pages.
const TABLE: [(&str, &[Line]); 5] = [
    ("Home", &[(Nav::Home, "Home", "/", Right::SignedIn)]),
    (
        "Cases",
        &[
            (Nav::Cases, "Cases", "/cases", Right::SeeCases),
            (Nav::Contacts, "Contacts", "/contacts", Right::SeeCases),
            (Nav::Accounts, "Accounts", "/accounts", Right::SeeCases),
            (Nav::Conflicts, "Conflicts", "/conflicts", Right::SeeCases),
            (Nav::Parked, "Parked", "/parked", Right::SeeCases),
        ],
    ),
    (
        "Sends",
        &[
            (Nav::Workflows, "Workflows", "/workflows", Right::SeeSends),
            (
                Nav::Orchestrations,
                "Orchestrations",
                "/orchestrations",
                Right::SeeSends,
            ),
            (Nav::Queries, "Queries", "/queries", Right::SeeSends),
            (
                Nav::Destinations,
                "Destinations",
                "/destinations",
                Right::SeeSends,
            ),
        ],
    ),
    (
        "System",
        &[
            (
                Nav::Integrations,
                "Integrations",
                "/integrations",
                Right::SeeIntegrations,
            ),
            (Nav::Checks, "Checks", "/checks", Right::SeeIntegrations),
        ],
    ),
    (
        "Settings",
        &[
            (
                Nav::Credentials,
                "Credentials",
                "/credentials",
                Right::ManageDestinations,
            ),
            (Nav::Users, "Users", "/users", Right::ManageUsers),
            (Nav::Tokens, "API tokens", "/tokens", Right::SignedIn),
            (
                Nav::Alerts,
                "Alert channels",
                "/alert-channels",
                Right::ManageSettings,
            ),
            (
                Nav::OutgoingWebhooks,
                "Webhooks",
                "/outgoing-webhooks",
                Right::ManageSettings,
            ),
            (Nav::Audit, "Audit log", "/audit", Right::ManageSettings),
        ],
    ),
];

/// A part of the site.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Part {
    /// What it is called.
    pub(crate) name: &'static str,
    /// Its first page that is open to whoever looks.
    pub(crate) address: &'static str,
    /// `page` if the page shown is in it, as `aria-current` wants it.
    pub(crate) current: &'static str,
}

/// A page of a part.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// What it is called.
    pub(crate) name: &'static str,
    /// Its address.
    pub(crate) address: &'static str,
    /// `page` if it is the page shown or stands above it.
    pub(crate) current: &'static str,
}

/// The parts in which at least one page is open to whoever looks.
pub(crate) fn parts(place: Nav, may: impl Fn(Right) -> bool) -> Vec<Part> {
    let parts = TABLE.iter().filter_map(|(name, lines)| {
        let (_, _, address, _) = lines.iter().find(|(_, _, _, right)| may(*right))?;
        let here = lines.iter().any(|(known, ..)| *known == place);
        Some(Part {
            name,
            address,
            current: current(here),
        })
    });
    parts.collect()
}

/// The pages of the part in which `place` is, if there is more than one to choose from.
pub(crate) fn entries(place: Nav, may: impl Fn(Right) -> bool) -> Vec<Entry> {
    let found = TABLE
        .iter()
        .find(|(_, lines)| lines.iter().any(|(known, ..)| *known == place));
    let lines = found.map_or(&[][..], |(_, lines)| lines);
    let entries: Vec<Entry> = lines
        .iter()
        .filter(|(_, _, _, right)| may(*right))
        .map(|(known, name, address, _)| Entry {
            name,
            address,
            current: current(*known == place),
        })
        .collect();
    if entries.len() > 1 {
        entries
    } else {
        Vec::new()
    }
}

fn current(here: bool) -> &'static str {
    if here { "page" } else { "false" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_leads_to_its_first_page_that_is_open() {
        let agent = |right| matches!(right, Right::SignedIn | Right::SeeCases);
        let names: Vec<_> = parts(Nav::Cases, agent)
            .iter()
            .map(|part| (part.name, part.address, part.current))
            .collect();
        assert_eq!(
            names,
            [
                ("Home", "/", "false"),
                ("Cases", "/cases", "page"),
                ("Settings", "/tokens", "false"),
            ]
        );
    }

    #[test]
    fn a_part_of_one_page_has_no_row_of_its_own() {
        assert_eq!(entries(Nav::Home, |_| true), []);
        assert_eq!(entries(Nav::Cases, |_| true).len(), 5);
        assert_eq!(entries(Nav::None, |_| true), []);
    }
}

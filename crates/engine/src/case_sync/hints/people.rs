//! Users that somebody says have changed: their hints are answered by fetching them.

use domain::person::ZendeskUser;
use store::inbox::{Hint, Subject};
use zendesk::{Client, Record};

use crate::error::Result;

/// The users that these hints are about, as Zendesk has them now, 100 a request; no request if there
/// are none. One that is gone for good is left out: what we hold of it stays until an export tells.
pub(super) async fn fetch(client: &Client, due: &[Hint]) -> Result<Vec<Record<ZendeskUser>>> {
    let mut named: Vec<i64> = due.iter().filter_map(user_of).collect();
    named.sort_unstable();
    named.dedup();
    Ok(client.users_show_many(&named).await?)
}

fn user_of(hint: &Hint) -> Option<i64> {
    match hint.subject {
        Subject::User(user) => Some(user),
        Subject::Ticket(_) => None,
    }
}

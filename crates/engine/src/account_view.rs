//! Accounts as people see them.

use jiff::Timestamp;
use serde::Serialize;
use store::accounts::{self, Account};

use crate::contact_view::ContactLine;
use crate::engine::Engine;
use crate::error::Result;

/// An account in a list.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct AccountLine {
    /// Our id.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// When it was made here.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// Without the name, which is a customer's.
impl std::fmt::Debug for AccountLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccountLine")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl From<Account> for AccountLine {
    fn from(account: Account) -> Self {
        Self {
            id: account.id,
            name: account.name,
            created_at: account.created_at,
            updated_at: account.updated_at,
        }
    }
}

/// One page of the list, the account made last first.
#[derive(Debug, Serialize)]
pub struct AccountPage {
    /// The accounts.
    pub accounts: Vec<AccountLine>,
    /// What to give as `before` for the next page; none on the last one.
    pub next: Option<String>,
}

/// The accounts whose name has the words of `text` (all, if it is blank), those with an id below `before`
/// if given, at most `limit` (at least 1).
///
/// # Errors
/// As the store says.
pub async fn list(
    engine: &Engine,
    text: &str,
    before: Option<&str>,
    limit: i64,
) -> Result<AccountPage> {
    let connection = &mut *engine.store.read().await?;
    let limit = limit.clamp(1, 1_000_000);
    let mut found = match text.trim() {
        "" => accounts::list(connection, before, limit + 1).await?,
        text => accounts::search(connection, text, before, limit + 1).await?,
    };
    let more = i64::try_from(found.len()).is_ok_and(|found| found > limit);
    if more {
        found.pop();
    }
    Ok(AccountPage {
        next: found.last().filter(|_| more).map(|last| last.id.clone()),
        accounts: found.into_iter().map(AccountLine::from).collect(),
    })
}

/// An account with the first of its contacts.
#[derive(Debug, Serialize)]
pub struct AccountView {
    /// The account.
    #[serde(flatten)]
    pub line: AccountLine,
    /// Its contacts, the one made last first.
    pub contacts: Vec<ContactLine>,
    /// What to give as `before` for the next contacts; none for the last.
    pub next: Option<String>,
}

/// The account with this id, with at most `limit` of its contacts, those with an id below `before`.
///
/// # Errors
/// As the store says.
pub async fn show(
    engine: &Engine,
    id: &str,
    before: Option<&str>,
    limit: i64,
) -> Result<Option<AccountView>> {
    let connection = &mut *engine.store.read().await?;
    let Some(account) = accounts::find(connection, id).await? else {
        return Ok(None);
    };
    let limit = limit.clamp(1, 1_000_000);
    let mut contacts = accounts::contacts(connection, id, before, limit + 1).await?;
    let more = i64::try_from(contacts.len()).is_ok_and(|found| found > limit);
    if more {
        contacts.pop();
    }
    Ok(Some(AccountView {
        next: contacts.last().filter(|_| more).map(|last| last.id.clone()),
        contacts: contacts.into_iter().map(ContactLine::from).collect(),
        line: account.into(),
    }))
}

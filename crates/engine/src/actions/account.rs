//! Accounts are made and renamed, and contacts put into them. Zendesk has no part in it.

use store::accounts::{self, Account};
use store::{Tx, audit};

use super::contact_named;
use crate::engine::Engine;
use crate::error::{Error, Result};

/// The longest name of an account.
const LONGEST: usize = 255;

/// Makes an account. Returns its id.
///
/// # Errors
/// [`Error::Refused`] for a blank or long name.
pub async fn create_account(engine: &Engine, name: &str, actor: &str) -> Result<String> {
    create_account_as(engine, engine.new_id(), name, actor).await
}

/// As [`create_account`], under an id that was chosen before: asked for twice, one account is made.
///
/// # Errors
/// As [`create_account`].
pub async fn create_account_as(
    engine: &Engine,
    id: String,
    name: &str,
    actor: &str,
) -> Result<String> {
    let mut tx = engine.store.begin().await?;
    if accounts::lock(&mut tx, &id).await?.is_some() {
        return Ok(id);
    }
    accounts::put(&mut tx, &id, &tidy(name)?, engine.now()).await?;
    audit::note(&mut tx, engine.act(actor), "account.add", &id, "").await?;
    tx.commit().await?;
    Ok(id)
}

/// Gives an account another name.
///
/// # Errors
/// [`Error::Refused`] if there is none, or for a blank or long name.
pub async fn rename_account(engine: &Engine, id: &str, name: &str, actor: &str) -> Result<()> {
    let name = tidy(name)?;
    let mut tx = engine.store.begin().await?;
    let before = find(&mut tx, id).await?;
    rename(engine, tx, &before, &name, actor).await
}

/// As [`rename_account`], if the account is still as `read`; says whether it was.
///
/// # Errors
/// As [`rename_account`].
pub async fn rename_account_as_read(
    engine: &Engine,
    read: &Account,
    name: &str,
    actor: &str,
) -> Result<bool> {
    let name = tidy(name)?;
    let mut tx = engine.store.begin().await?;
    let before = find(&mut tx, &read.id).await?;
    if before != *read {
        return Ok(false);
    }
    rename(engine, tx, &before, &name, actor).await?;
    Ok(true)
}

async fn rename(
    engine: &Engine,
    mut tx: Tx,
    before: &Account,
    name: &str,
    actor: &str,
) -> Result<()> {
    if before.name == name {
        return Ok(());
    }
    let id = before.id.as_str();
    accounts::put(&mut tx, id, name, engine.now()).await?;
    audit::note(&mut tx, engine.act(actor), "account.edit", id, "name").await?;
    Ok(tx.commit().await?)
}

/// Puts a contact, by primary email or id, into an account; it leaves the one it was in.
///
/// # Errors
/// [`Error::Refused`] if there is no such account or contact.
pub async fn join_account(
    engine: &Engine,
    account: &str,
    contact: &str,
    actor: &str,
) -> Result<()> {
    let Some(contact) = contact_named(engine, contact).await? else {
        return Err(Error::Refused(
            "Name a contact by its primary email.".to_owned(),
        ));
    };
    let mut tx = engine.store.begin().await?;
    find(&mut tx, account).await?;
    settle(engine, tx, &contact, Some(account), actor).await
}

/// Takes a contact out of its account.
///
/// # Errors
/// [`Error::Refused`] if it is not in this one.
pub async fn leave_account(
    engine: &Engine,
    account: &str,
    contact: &str,
    actor: &str,
) -> Result<()> {
    let mut tx = engine.store.begin().await?;
    let found = accounts::of_contact(&mut tx, contact).await?;
    if found.is_none_or(|found| found.id != account) {
        return Err(Error::Refused(
            "The contact does not belong to this account any more.".to_owned(),
        ));
    }
    settle(engine, tx, contact, None, actor).await
}

async fn settle(
    engine: &Engine,
    mut tx: Tx,
    contact: &str,
    account: Option<&str>,
    actor: &str,
) -> Result<()> {
    if !accounts::set_of_contact(&mut tx, contact, account, engine.now()).await? {
        return Err(Error::Refused("The contact is gone.".to_owned()));
    }
    let act = engine.act(actor);
    audit::note(&mut tx, act, "contact.edit", contact, "account").await?;
    Ok(tx.commit().await?)
}

async fn find(tx: &mut Tx, id: &str) -> Result<Account> {
    accounts::lock(tx, id).await?.ok_or_else(|| {
        Error::Refused("There is no such account; it may have been deleted meanwhile.".to_owned())
    })
}

fn tidy(name: &str) -> Result<String> {
    let name = name.trim();
    if name.is_empty() {
        return Err(Error::Refused(
            "An account needs a name: what the company is called.".to_owned(),
        ));
    }
    if name.chars().count() > LONGEST {
        return Err(Error::Refused(format!(
            "The name is too long: {LONGEST} characters are the most."
        )));
    }
    Ok(name.to_owned())
}

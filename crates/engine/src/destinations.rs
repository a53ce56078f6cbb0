//! What people do with destinations: add, edit, promote, delete (profile-send.md 1). Each signs in first,
//! and nothing is stored if that fails.

mod promotion;

use store::destinations::{self, Destination, DestinationDraft};
use zendesk::{Address, Me};

use crate::credentials::{check_name, in_use};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::profile_send::{self, DestinationSettings};

pub use promotion::{Promoted, Promotion, check_promotable, promote};

/// The highest rate that a destination may ask for, in users a second; nought lifts the cap.
pub const MOST_USERS_PER_SECOND: u32 = 10_000;

/// The address and the name of the account with this subdomain: `company` for company.zendesk.com.
///
/// # Errors
/// [`Error::Refused`] for a text that is no subdomain.
pub fn from_subdomain(name: &str) -> Result<String> {
    let name = name.trim().to_ascii_lowercase();
    let is_label = !name.is_empty()
        && name.len() <= 63
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if is_label {
        Ok(format!("https://{name}.zendesk.com"))
    } else {
        Err(Error::Refused(
            "That is no subdomain. Give only the part before .zendesk.com: company for company.zendesk.com."
                .to_owned(),
        ))
    }
}

/// The address and the name of the account that a person named: by its subdomain, or by a whole address
/// that they copied.
///
/// # Errors
/// [`Error::Refused`], or what is wrong with the address.
pub fn account(engine: &Engine, text: &str) -> Result<(String, String)> {
    let text = text.trim();
    let url = if text.contains("://") {
        text.to_owned()
    } else {
        from_subdomain(text)?
    };
    let address = Address::parse(&url, &engine.settings.addresses).map_err(zendesk::Error::from)?;
    Ok((address.to_string(), address.subdomain()))
}

/// The settings of a destination; nothing stored is the default.
///
/// # Errors
/// [`Error::Refused`] if a newer version wrote them.
pub fn terms(json: &str) -> Result<DestinationSettings> {
    if json.is_empty() {
        return Ok(DestinationSettings::default());
    }
    serde_json::from_str(json).map_err(|error| {
        Error::Refused(format!(
            "The settings of the destination cannot be read ({error}). A newer version of Deskbridge may have written them: use that version."
        ))
    })
}

/// The settings as they are stored.
pub fn written(terms: &DestinationSettings) -> String {
    // Numbers, words and yes or no always serialise.
    serde_json::to_string(terms).unwrap_or_default()
}

/// A destination as it would be stored again.
pub fn draft_of(found: &Destination) -> DestinationDraft {
    let found = found.clone();
    DestinationDraft {
        name: found.name,
        description: found.description,
        credential_id: found.credential_id,
        url: found.url,
        account: found.account,
        environment: found.environment,
        admin_only: found.admin_only,
        allow_restricted: found.allow_restricted,
        settings: found.settings,
    }
}

/// Signs in to the account of a destination, stored or not.
///
/// # Errors
/// Why the account cannot be sent to.
pub async fn probe(engine: &Engine, draft: &DestinationDraft) -> Result<Me> {
    Box::pin(crate::credentials::in_time(
        engine,
        profile_send::probe(engine, draft),
    ))
    .await
}

/// Adds a destination.
///
/// # Errors
/// [`Error::Refused`] if its account cannot be signed in to; [`store::Error::Exists`] if the name is taken.
pub async fn add(
    engine: &Engine,
    mut draft: DestinationDraft,
    actor: &str,
) -> Result<(Destination, Me)> {
    draft.name = check_name(&draft.name)?.to_owned();
    let me = probed(engine, &draft, "stored").await?;
    let made = keep(engine, engine.new_id(), &draft, actor).await?;
    Ok((made, me))
}

/// As [`add`], under an id that was chosen before: asked for twice, one is made.
///
/// # Errors
/// As [`add`].
pub async fn add_as(
    engine: &Engine,
    id: String,
    mut draft: DestinationDraft,
    actor: &str,
) -> Result<Destination> {
    if let Some(made) = destinations::find(&mut *engine.store.read().await?, &id).await? {
        return Ok(made);
    }
    draft.name = check_name(&draft.name)?.to_owned();
    probed(engine, &draft, "stored").await?;
    keep(engine, id, &draft, actor).await
}

async fn keep(
    engine: &Engine,
    id: String,
    draft: &DestinationDraft,
    actor: &str,
) -> Result<Destination> {
    let mut tx = engine.store.begin().await?;
    let made = destinations::add_as(&mut tx, id, draft, engine.act(actor)).await?;
    tx.commit().await?;
    Ok(made)
}

/// Changes a destination; tells nothing if there is nothing to change.
///
/// # Errors
/// As [`add`]; [`Error::Refused`] too if it would belong to another account; [`store::Error::Stale`] if
/// somebody changed it since it was read.
pub async fn edit(
    engine: &Engine,
    found: &Destination,
    mut draft: DestinationDraft,
    actor: &str,
) -> Result<Option<(Destination, Me)>> {
    draft.name = check_name(&draft.name)?.to_owned();
    if draft.account != found.account {
        // What is known of the customers of one account says nothing about another one.
        return Err(Error::Refused(format!(
            "The destination {} belongs to the account {}, and what was sent there says nothing about {}. Add another destination, or promote this one.",
            found.name, found.account, draft.account
        )));
    }
    if draft == draft_of(found) {
        return Ok(None);
    }
    let me = probed(engine, &draft, "changed").await?;
    let mut tx = engine.store.begin().await?;
    destinations::hold(&mut tx, found).await?;
    let now = destinations::edit(&mut tx, found, &draft, engine.act(actor)).await?;
    tx.commit().await?;
    Ok(Some((now, me)))
}

/// Signs in; nothing is kept unless that works.
async fn probed(engine: &Engine, draft: &DestinationDraft, kept: &str) -> Result<Me> {
    probe(engine, draft)
        .await
        .map_err(|error| Error::Refused(format!("{error} Nothing was {kept}.")))
}

/// Who we are in an account, for people.
pub fn signed_in(account: &str, me: &Me) -> String {
    format!(
        "signed in to {account} as {}, who has the role {}",
        crate::credentials::word(me.email.as_deref().unwrap_or("a user without email")),
        crate::credentials::word(me.role.as_deref().unwrap_or("unknown"))
    )
}

/// Deletes a destination that nothing uses. The users in Zendesk stay as they are.
///
/// # Errors
/// [`Error::Refused`] with what uses it.
pub async fn delete(engine: &Engine, found: &Destination, actor: &str) -> Result<()> {
    let mut tx = engine.store.begin().await?;
    destinations::hold(&mut tx, found).await?;
    // Looked up inside the transaction, so that none can begin to use it meanwhile.
    let uses = destinations::uses(&mut tx, &found.id).await?;
    if !uses.is_empty() {
        return Err(in_use("destination", &found.name, &uses));
    }
    destinations::delete(&mut tx, found, engine.act(actor)).await?;
    Ok(tx.commit().await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_host_is_no_subdomain() {
        assert_eq!(
            from_subdomain(" Company ").unwrap(),
            "https://company.zendesk.com"
        );
        for wrong in ["company.zendesk.com", "", "a/b", "user@evil"] {
            let said = from_subdomain(wrong).unwrap_err().to_string();
            assert!(said.contains("no subdomain"), "{said}");
        }
    }
}

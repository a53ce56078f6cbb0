//! Records by what people call them.

use domain::person::email_key;
use store::contacts;

use crate::engine::Engine;
use crate::error::{Error, Result};

/// The id of the contact with this id or primary email; nobody for an empty one.
///
/// # Errors
/// [`Error::Refused`] if there is no such contact.
pub async fn contact_named(engine: &Engine, email_or_id: &str) -> Result<Option<String>> {
    let wanted = email_or_id.trim();
    if wanted.is_empty() {
        return Ok(None);
    }
    let mut reader = engine.store.read().await?;
    let by_id = contacts::by_ids(&mut reader, &[wanted.to_owned()]).await?;
    if by_id.contains_key(wanted) {
        return Ok(Some(wanted.to_owned()));
    }
    let keys = [email_key(wanted)];
    let found = contacts::ids_by_primary_email(&mut reader, &keys).await?;
    found.into_values().next().map(Some).ok_or_else(|| {
        Error::Refused(format!(
            "There is no contact with the id or the primary email {email_or_id:?}. Contacts come with the tickets of an integration or are made here; name one of them, or leave it empty for nobody."
        ))
    })
}

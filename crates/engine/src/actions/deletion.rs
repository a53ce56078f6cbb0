//! A case is deleted here, and comes back.

use domain::desk::Written;
use store::inbox::{self, Subject};
use store::{cases, desks, history, integrations};

use super::deed::{Deed, entry};
use super::{Open, case_id};
use crate::desk::{By, Decision, Setting, keep_deed};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::outgoing_webhooks::{EventKind, Happening, tell};

/// Deletes a case here. Its row is kept, so that it can be restored; its ticket is left alone.
///
/// # Errors
/// [`Error::Refused`] if there is no such case, or it was deleted before.
pub async fn delete(engine: &Engine, case: &str, actor: &str) -> Result<()> {
    let mut open = Open::case(engine, case).await?;
    let now = engine.now();
    let case = &open.held.case;
    cases::set_deleted(&mut open.tx, &case.id, Some(now), now).await?;
    let entries = [entry(case, &Deed::Deleted, actor)];
    history::append(&mut open.tx, &entries, now).await?;
    let ticket = open.held.desk.link.as_ref().map(|link| link.ticket);
    let told = [Happening::of_case(
        EventKind::CaseDeleted,
        case,
        ticket,
        "crm",
    )];
    tell(engine, &mut open.tx, &told, now).await?;
    Ok(open.tx.commit().await?)
}

/// Restores a case that was deleted here. It catches up with its ticket, which is looked at again.
///
/// # Errors
/// [`Error::Refused`] if there is no such case, or it was not deleted.
pub async fn restore(engine: &Engine, case: &str, actor: &str) -> Result<()> {
    let now = engine.now();
    let mut tx = engine.store.begin().await?;
    let id = case_id(&mut tx, case).await?;
    let held = desks::lock(&mut tx, &id).await?;
    let Some(held) = held.filter(|held| held.desk.deleted) else {
        return Err(Error::Refused(
            "The case was not deleted, so there is nothing to restore.".to_owned(),
        ));
    };
    cases::set_deleted(&mut tx, &id, None, now).await?;
    let integration = match &held.integration_id {
        Some(id) => integrations::find(&mut tx, id).await?,
        None => None,
    };
    let setting = Setting::without_people(integration.as_ref());
    let (mut desk, mut written) = (held.desk.clone(), Written::default());
    setting.decide(engine, now, |room| desk.bring_back(room, &mut written));
    let decision = Decision {
        held: &held,
        desk: &desk,
        written: &written,
    };
    let by = By {
        side: "crm",
        actor,
        run: None,
    };
    let by = (&by, Some(&Deed::Restored));
    keep_deed(engine, &mut tx, &setting, &decision, by, now).await?;
    if let (Some(integration), Some(link)) = (&held.integration_id, &held.desk.link) {
        let subjects = [Subject::Ticket(link.ticket)];
        inbox::hint(&mut tx, integration, &subjects, now, now).await?;
    }
    tx.commit().await?;
    engine.memory.ring();
    Ok(())
}

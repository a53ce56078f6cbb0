//! Leavers: customers whom the ledger knows and the source no longer has (profile-send.md 3).

use std::collections::{HashMap, HashSet};

use domain::profile::RowState;
use domain::profile::failure::{FailureClass, RowFailure};
use domain::profile::job::{MOST_JOBS, MOST_USERS};
use domain::profile::leaver::{Farewell, Leaver, OnLeave, farewell, farewell_tags};
use domain::profile::result::ResultRow;
use domain::profile::tag::{Tags, normalise};
use serde_json::Value;
use serde_json::value::RawValue;
use store::ledger::{self, About};
use store::send_batches::BatchKind;
use store::workflows::WorkflowKind;

use super::Send;
use super::confirm::Said;
use super::halt::Halt;
use super::parcel::{Extra, Parcel, Sent};
use super::record::Left;
use super::spill::{PARTS, Spill};
use crate::error::Error;

/// Does about every leaver what the orchestration says, after all rows were sent.
pub(super) async fn say_goodbye(send: &mut Send<'_>, leavers: &Spill<Left>) -> Result<(), Halt> {
    let policy = send.settings.on_leave;
    if policy == OnLeave::Keep || send.workflow.kind != WorkflowKind::Send {
        return Ok(());
    }
    let (mut keys, mut parcels) = (Vec::new(), Vec::new());
    // Tags are read just before they are sent; everything else may wait for a slot.
    let at_once = match policy {
        OnLeave::RemoveTags => 1,
        OnLeave::Keep | OnLeave::ClearFields | OnLeave::Suspend | OnLeave::Delete => MOST_JOBS,
    };
    for part in 0..PARTS {
        leavers.read(part, &mut keys)?;
        let is_last = part + 1 == PARTS;
        while keys.len() >= MOST_USERS || (is_last && !keys.is_empty()) {
            let some = keys.drain(..keys.len().min(MOST_USERS));
            let some: Vec<_> = some.map(|Left(key)| key).collect();
            let about = ledger::about(
                &mut *send.engine.store.read().await?,
                send.destination.number,
                &some,
            )
            .await?;
            let (parcel, untouched) = parcel(send, about, policy).await?;
            // Whoever needs nothing done is no customer of this query any more.
            let mut tx = send.begin_tx().await?;
            ledger::remove(&mut tx, send.destination.number, &untouched).await?;
            tx.commit().await?;
            send.counts.leavers_done += untouched.len() as u64;
            if !parcel.rows.is_empty() {
                parcels.push(parcel);
            }
            if parcels.len() == at_once {
                super::push::push_parcels(send, std::mem::take(&mut parcels)).await?;
            }
        }
    }
    super::push::push_parcels(send, parcels).await
}

impl Send<'_> {
    /// What became of users that a job was to delete, by its results and, where these say that something
    /// failed or nothing at all, by reading back: one who is gone has been deleted, by whomever.
    pub(super) async fn said_of_deletion(
        &mut self,
        rows: &[Sent],
        results: &[ResultRow],
        rest: Option<FailureClass>,
    ) -> Result<Vec<Said>, Halt> {
        let refused: HashMap<i64, &RowFailure> = results
            .iter()
            .filter_map(|result| Some((result.id?, result.failure.as_ref()?)))
            .collect();
        if rest.is_none() && refused.is_empty() {
            return Ok(rows.iter().map(deleted).collect());
        }
        let mut said = self.deleted(rows).await?;
        for (row, said) in rows.iter().zip(&mut said) {
            if matches!(said, Said::Again) {
                let why = row.zendesk_id.and_then(|id| refused.get(&id).copied());
                let unknown = rest.unwrap_or(FailureClass::ResultMissing);
                *said = Said::Failed(why.cloned().unwrap_or_else(|| RowFailure::of(unknown)));
            }
        }
        Ok(said)
    }

    /// Reads back which users are deleted; the others are to be deleted again.
    pub(super) async fn deleted(&mut self, rows: &[Sent]) -> Result<Vec<Said>, Halt> {
        let ids: Vec<i64> = rows.iter().filter_map(|row| row.zendesk_id).collect();
        let ids = &ids;
        let found = self
            .patiently(|client| async move { client.users_show_many(ids).await })
            .await?;
        let there: HashSet<i64> = found
            .iter()
            .filter(|user| user.parsed.as_ref().map_or(true, |user| user.active))
            .filter_map(|user| user.id)
            .collect();
        let said = rows.iter().map(|row| match row.zendesk_id {
            Some(id) if there.contains(&id) => Said::Again,
            Some(_) | None => deleted(row),
        });
        Ok(said.collect())
    }
}

fn deleted(row: &Sent) -> Said {
    Said::Done {
        state: RowState::Updated,
        zendesk_id: row.zendesk_id,
    }
}

/// What is to be sent about some leavers, and who needs nothing.
async fn parcel(
    send: &mut Send<'_>,
    about: Vec<About>,
    policy: OnLeave,
) -> Result<(Parcel, Vec<ledger::Hash>), Halt> {
    let kind = match policy {
        OnLeave::Delete => BatchKind::Delete,
        OnLeave::Keep | OnLeave::RemoveTags | OnLeave::ClearFields | OnLeave::Suspend => {
            BatchKind::Leave
        }
    };
    let tags = match policy {
        OnLeave::RemoveTags => tags_of(send, &about).await?,
        OnLeave::Keep | OnLeave::ClearFields | OnLeave::Suspend | OnLeave::Delete => HashMap::new(),
    };
    let (mut rows, mut untouched) = (Vec::new(), Vec::new());
    for about in about {
        if about.zendesk_id.is_some_and(|id| send.staff.contains(&id)) {
            send.counts.warnings.insert(
                "Somebody who left is an agent or administrator in Zendesk by now, and was left alone."
                    .to_owned(),
            );
            untouched.push(about.key);
            continue;
        }
        let extra: Extra =
            super::settings::read("ledger", about.extra.as_deref().unwrap_or_default())?;
        let leaver = Leaver {
            key_kind: about.key_kind,
            key: about.key_text.clone(),
            name: about.name.clone(),
            zendesk_id: about.zendesk_id,
            tags: extra.tags.into_iter().collect(),
            fields: extra.fields,
        };
        let json = match farewell(&leaver, policy) {
            Farewell::Nothing => None,
            Farewell::Send(json) => Some(json),
            Farewell::Delete(_) => Some(b"{}".to_vec()),
            Farewell::ReadTags => about
                .zendesk_id
                .and_then(|id| tags.get(&id))
                .and_then(|current| farewell_tags(&leaver, current)),
        };
        match json {
            None => untouched.push(about.key),
            Some(json) => rows.push(goodbye(about, &json)?),
        }
    }
    Ok((Parcel::new(send.engine.new_id(), kind, rows), untouched))
}

fn goodbye(about: About, json: &[u8]) -> Result<Sent, Error> {
    let json: Box<RawValue> = serde_json::from_slice(json).map_err(|error| {
        Error::Refused(format!("A goodbye could not be written as JSON ({error})."))
    })?;
    let (external_id, email) = match about.key_kind {
        domain::profile::key::KeyKind::ExternalId => (Some(about.key_text.clone()), None),
        domain::profile::key::KeyKind::Email => (None, Some(about.key_text.clone())),
    };
    Ok(Sent {
        line: 0,
        key: about.key,
        body: [0, 0],
        key_kind: about.key_kind,
        key_text: about.key_text,
        external_id,
        email,
        name: about.name,
        json,
        extra: None,
        cells: Vec::new(),
        zendesk_id: about.zendesk_id,
        tries: 0,
    })
}

/// The tags that these users have now.
async fn tags_of(send: &mut Send<'_>, about: &[About]) -> Result<HashMap<i64, Tags>, Halt> {
    let ids: Vec<i64> = about.iter().filter_map(|about| about.zendesk_id).collect();
    let ids = &ids;
    let users = send
        .patiently(|client| async move { client.users_show_many(ids).await })
        .await?;
    Ok(users
        .into_iter()
        .filter_map(|user| {
            let raw: Value = serde_json::from_str(user.raw.get()).ok()?;
            let tags = raw.get("tags")?.as_array()?;
            let tags = normalise(tags.iter().filter_map(Value::as_str));
            Some((user.id?, tags))
        })
        .collect())
}

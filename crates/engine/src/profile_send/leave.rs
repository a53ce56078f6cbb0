//! Leavers: customers whom the ledger knows and the source no longer has (profile-send.md 3).

use std::collections::HashMap;

use domain::profile::job::MOST_USERS;
use domain::profile::leaver::{Farewell, Leaver, OnLeave, farewell, farewell_tags};
use domain::profile::tag::{Tags, normalise};
use serde_json::Value;
use serde_json::value::RawValue;
use store::ledger::{self, About};
use store::send_batches::BatchKind;
use store::workflows::WorkflowKind;

use super::Send;
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
    let mut keys = Vec::new();
    for part in 0..PARTS {
        keys.clear();
        leavers.read(part, &mut keys)?;
        for some in keys.chunks(MOST_USERS) {
            let some: Vec<_> = some.iter().map(|Left(key)| *key).collect();
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
                super::push::push_parcels(send, vec![parcel]).await?;
            }
        }
    }
    Ok(())
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

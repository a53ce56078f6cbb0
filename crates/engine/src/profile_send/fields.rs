//! The field set-up plan: which custom fields a send needs in Zendesk, created only on request
//! (profile-send.md 2).

use std::collections::BTreeMap;

use audience::{Limits, preview};
use domain::profile::setup::{Sample, Step, plan};
use domain::profile::{ColumnKind, Origin, Target, UserField};
use store::destinations::Destination;
use zendesk::Client;

use super::halt::Halt;
use super::settings::{DestinationSettings, SendSettings, SourceSpec};
use super::source::{columns, find};
use crate::engine::Engine;
use crate::error::{Error, Result};

/// So many rows are looked at to tell what a column holds.
const LOOKED_AT: usize = 1_000;

/// What the account of a destination lacks for this source: fields to create, options to add.
///
/// # Errors
/// What is wrong with the source, the destination or the credential.
pub async fn plan_fields(
    engine: &Engine,
    destination: &Destination,
    source: &SourceSpec,
    settings: &SendSettings,
) -> Result<Vec<Step>> {
    let limits = Limits::default();
    let found = find(engine, source, &limits).await.map_err(say)?;
    let seen = preview(found, LOOKED_AT, &limits)
        .await
        .map_err(|error| Error::Refused(error.to_string()))?;
    let mut wanted: BTreeMap<String, (ColumnKind, Vec<&str>)> = BTreeMap::new();
    for (place, column) in columns(&seen.schema).into_iter().enumerate() {
        for key in filled_by(&settings.mapping, &column.name) {
            let values = (0..seen.rows.len()).filter_map(|row| seen.rows.cell(row, place));
            wanted.insert(key, (column.kind, values.collect()));
        }
    }
    for (target, origin) in &settings.mapping.entries {
        if let (Target::Field(key), Origin::Constant(text)) = (target, origin) {
            wanted.insert(key.clone(), (ColumnKind::Text, vec![text.as_str()]));
        } else if let (Target::Field(key), Origin::Template(_)) = (target, origin) {
            wanted
                .entry(key.clone())
                .or_insert((ColumnKind::Text, Vec::new()));
        }
    }
    let fields = fields_of(engine, destination).await?;
    let samples: Vec<Sample<'_>> = wanted
        .iter()
        .map(|(key, (kind, values))| Sample {
            key,
            kind: *kind,
            values,
        })
        .collect();
    Ok(plan(&samples, &fields))
}

/// The custom fields of the users of a destination's account.
pub(super) async fn fields_of(
    engine: &Engine,
    destination: &Destination,
) -> Result<Vec<UserField>> {
    let fields = client(engine, destination).await?.profile_fields().await?;
    Ok(fields.into_iter().filter_map(|field| field.field).collect())
}

/// The custom fields that a column fills.
fn filled_by(mapping: &domain::profile::Mapping, column: &str) -> Vec<String> {
    let mapped = mapping
        .entries
        .iter()
        .filter_map(|(target, origin)| match (target, origin) {
            (Target::Field(key), Origin::Column(name)) if name == column => Some(key.clone()),
            (Target::Field(_) | Target::Attribute(_), _) => None,
        });
    let named = match Target::of_column(column) {
        Some(Target::Field(key)) if mapping.uses_names() => Some(key),
        Some(Target::Field(_) | Target::Attribute(_)) | None => None,
    };
    mapped.chain(named).collect()
}

/// Carries a plan out, step by step. Carried out twice it does nothing the second time.
///
/// # Errors
/// What Zendesk refuses; the steps before it stay done, and a new plan goes on from there.
pub async fn set_up_fields(
    engine: &Engine,
    destination: &Destination,
    steps: &[Step],
) -> Result<()> {
    let client = client(engine, destination).await?;
    let fields = client.profile_fields().await?;
    for step in steps {
        match step {
            Step::Create(field) => {
                client.create_user_field(field).await?;
            }
            Step::AddOptions { key, all, .. } => {
                let field = fields.iter().find(|field| field.key == *key).ok_or_else(|| {
                    Error::Refused(format!(
                        "The field {key} is gone from Zendesk since the plan was made. Make a new plan."
                    ))
                })?;
                client.set_field_options(field, all).await?;
            }
            Step::Rename { key, better } => {
                return Err(Error::Refused(format!(
                    "Zendesk takes no field with the key {key}. Map the column to user_fields.{better}, then make a new plan."
                )));
            }
        }
    }
    Ok(())
}

async fn client(engine: &Engine, destination: &Destination) -> Result<Client> {
    let terms: DestinationSettings = super::settings::read("destination", &destination.settings)?;
    crate::connection::connect_destination(engine, destination, terms.budget_share).await
}

fn say(halt: Halt) -> Error {
    match halt {
        Halt::Trouble(_, sentence) => Error::Refused(sentence),
        Halt::Asked => Error::Stopped,
        Halt::Broken(error) => error,
    }
}

//! When orchestrations run, and with what (profile-send.md 1).

use domain::profile::Column;
use store::orchestrations::Orchestration;
use store::{Connection, queries};

use crate::error::{Error, Result};
use crate::profile_send::{SendSettings, SourceSpec};

/// Source and settings of an orchestration as they are configured now.
///
/// # Errors
/// [`Error::Refused`] if its query is gone or not active, or if what is stored cannot be read.
pub async fn inputs(
    reader: &mut Connection,
    orchestration: &Orchestration,
) -> Result<(SourceSpec, SendSettings)> {
    let unreadable = |what: &str, error: serde_json::Error| {
        Error::Refused(format!(
            "The {what} of orchestration {} cannot be read ({error}). Save it again.",
            orchestration.name
        ))
    };
    let query = queries::find(reader, &orchestration.query_id)
        .await?
        .ok_or_else(|| {
            Error::Refused(format!(
                "The query of orchestration {} is gone.",
                orchestration.name
            ))
        })?;
    if !query.active {
        return Err(Error::Refused(format!(
            "Query {0} is a draft, and only an activated query feeds an orchestration. Look at its rows and activate it: `deskbridge query activate {0}`.",
            query.name
        )));
    }
    let source = serde_json::from_str(&query.source).map_err(|error| unreadable("query", error))?;
    let mut settings: SendSettings = serde_json::from_str(&orchestration.settings)
        .map_err(|error| unreadable("settings", error))?;
    if let Some(columns) = &query.columns {
        let columns: Vec<Column> =
            serde_json::from_str(columns).map_err(|error| unreadable("columns", error))?;
        settings.columns = Some(columns);
    }
    Ok((source, settings))
}

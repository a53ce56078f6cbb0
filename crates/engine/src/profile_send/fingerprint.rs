//! Whether a source has changed, without reading its rows.

use audience::Limits;

use super::halt::Halt;
use super::settings::SourceSpec;
use super::source;
use crate::engine::Engine;
use crate::error::Result;

/// The fingerprint of the source's bytes, in hex, as a workflow keeps it; nothing for statements and rows
/// handed over, which have none, and for what cannot be read now.
///
/// # Errors
/// As the database says.
pub(crate) async fn fingerprint(engine: &Engine, spec: &SourceSpec) -> Result<Option<String>> {
    match spec {
        SourceSpec::Sql { .. } | SourceSpec::Contacts { .. } => return Ok(None),
        SourceSpec::File { .. } | SourceSpec::Object { .. } => {}
    }
    let limits = Limits::default();
    let found = match source::find(engine, spec, &limits).await {
        Ok(found) => audience::fingerprint(&found, &limits)
            .await
            .unwrap_or_default(),
        Err(Halt::Trouble(..) | Halt::Asked) => None,
        Err(Halt::Broken(error)) => return Err(error),
    };
    Ok(found.map(|bytes| bytes.iter().map(|byte| format!("{byte:02x}")).collect()))
}

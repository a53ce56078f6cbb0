//! What piled up while two-way sync was off (ticket-sync.md 2): counted first, sent only if asked for.

use domain::case::CaseField;
use domain::desk::Desk;
use domain::merge::Mode;
use store::integrations::Integration;
use store::links;

use super::Open;
use crate::engine::Engine;
use crate::error::{Error, Result};

/// Cases of one turn.
const AT_ONCE: i64 = 500;

/// What was changed here and never reached Zendesk.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Cases that differ from what was last agreed on, or have comments Zendesk has not got.
    pub cases: usize,
    /// Their fields.
    pub fields: usize,
    /// Their comments.
    pub comments: usize,
}

/// Counts what piled up in the cases of an integration, and has it sent if `push`.
///
/// # Errors
/// [`Error::Refused`] to push for an integration that is inactive or syncs one way.
pub async fn backlog(
    engine: &Engine,
    integration: &Integration,
    push: bool,
    actor: &str,
) -> Result<Backlog> {
    if push && (!integration.active || integration.settings.mode() == Mode::OneWay) {
        return Err(Error::Refused(format!(
            "Integration {0} is inactive or syncs one way only, so nothing is sent. Activate it and switch two-way sync on: `deskbridge integration edit {0} --two-way`.",
            integration.settings.name
        )));
    }
    let mut told = Backlog::default();
    let mut after = None;
    loop {
        let mut reader = engine.store.read().await?;
        let cases =
            links::open_cases_after(&mut reader, &integration.id, after.as_deref(), AT_ONCE)
                .await?;
        drop(reader);
        let Some(last) = cases.last() else {
            return Ok(told);
        };
        after = Some(last.clone());
        for case in &cases {
            let open = match Open::case(engine, case).await {
                Ok(open) => open,
                // It was deleted here.
                Err(Error::Refused(_)) => continue,
                Err(error) => return Err(error),
            };
            let (fields, comments) = unsent(&open.held.desk);
            if fields.is_empty() && comments == 0 {
                continue;
            }
            told.cases += 1;
            told.fields += fields.len();
            told.comments += comments;
            if push {
                open.decide(engine, actor, |desk, room, written| {
                    desk.send_piled_up(room, written);
                })
                .await?;
            }
        }
    }
}

/// The fields and the number of comments of a case that wait for nobody.
fn unsent(desk: &Desk) -> (Vec<CaseField>, usize) {
    let line = desk.line();
    let waits = line.awaits_fields();
    let mut fields = desk.changed_here();
    fields.retain(|field| {
        let crm = domain::plan::case_value(&desk.fields, *field);
        !waits && !line.is_parked(*field, &crm)
    });
    let comments = desk
        .comments
        .iter()
        .filter(|comment| comment.remote.is_none() && !comment.is_description)
        .filter(|comment| {
            let id = Some(comment.id.as_str());
            !desk
                .operations
                .iter()
                .any(|operation| operation.payload.comment.as_deref() == id)
        })
        .count();
    (fields, comments)
}

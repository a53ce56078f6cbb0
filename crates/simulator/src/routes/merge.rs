//! Merging tickets: a background job (zendesk-api.md 3.7).

use serde_json::{Value, json};

use super::bulk::queue;
use super::tickets::living;
use crate::account::Account;
use crate::account::job::Work;
use crate::account::life::MergeWords;
use crate::answer::{Answer, Outcome};
use crate::call::Call;
use crate::word::Status;

/// `POST tickets/{id}/merge`: merges the tickets in `ids` into the one in the path.
pub(super) fn merge(account: &mut Account, call: &Call) -> Outcome {
    let target = living(account, call)?.id;
    let body = call.json()?;
    let sources: Vec<i64> = body
        .get("ids")
        .and_then(Value::as_array)
        .ok_or_else(|| Answer::text(400, "Required parameter missing: ids"))?
        .iter()
        .filter_map(Value::as_i64)
        .collect();
    let text = |key: &str| body.get(key).and_then(Value::as_str).map(str::to_owned);
    let truth = |key: &str| body.get(key).and_then(Value::as_bool).unwrap_or(false);
    let words = MergeWords {
        by: Some(call.caller_id()),
        source_comment: text("source_comment"),
        target_comment: text("target_comment"),
        source_public: truth("source_comment_is_public"),
        target_public: truth("target_comment_is_public"),
    };
    let total = sources.len();
    let work = Work::Merge {
        target,
        sources,
        words,
    };
    queue(
        account,
        call,
        "Bulk Merge Ticket",
        "Merging ticket",
        total,
        work,
    )
}

/// Merges one ticket when the job's time has come, and says what became of it. The names in failed
/// rows are not confirmed by any recording.
pub(super) fn carry_out(
    account: &mut Account,
    index: usize,
    source: i64,
    target: i64,
    words: &MergeWords,
) -> Value {
    let failed = |details: &str| json!({"index": index, "error": "TicketMergeFailed", "id": source, "details": details});
    let state = |id: i64| {
        account
            .ticket(id)
            .filter(|ticket| ticket.deleted_at.is_none())
            .map(|ticket| ticket.status)
    };
    match (state(source), state(target)) {
        (None, _) | (_, None) => return failed("Not found"),
        (Some(Status::Closed), _) | (_, Some(Status::Closed)) => {
            return failed("Status: closed prevents ticket update");
        }
        _ if source == target => return failed("A ticket cannot be merged into itself"),
        _ => {}
    }
    match account.merge_tickets_with(source, target, words) {
        Ok(()) => json!({"id": source, "action": "update", "status": "Updated", "success": true}),
        Err(error) => failed(&error.to_string()),
    }
}

//! What goes out of an alert. No sentence of the row does: it may name what people typed.

use domain::profile::action::Trouble;
use serde_json::{Value, json};
use store::alerts::Alert;

use super::{About, FAILED, GOES_AGAIN, NOT_RUN, WEBHOOK_GAVE_UP, WEBHOOK_OFF};

/// Subject and text of the mail.
pub(super) fn mail(alert: &Alert, about: &About, pages: Option<&str>) -> (String, String) {
    let (title, what) = (&about.title, what(alert, about));
    let subject = format!("Deskbridge: {title} {what}");
    let mut text = format!("{title} {what}.\n\n");
    if alert.workflow_id.is_some() {
        let rows = &about.rows;
        text.push_str(&format!(
            "Rows read: {}\nCreated: {}\nUpdated: {}\nUnchanged: {}\nRejected: {}\nFailed: {}\nConflicts: {}\nSkipped: {}\n\n",
            rows.read,
            rows.created,
            rows.updated,
            rows.unchanged,
            rows.rejected,
            rows.failed,
            rows.conflict,
            rows.skipped
        ));
    }
    text.push_str(&match (&alert.workflow_id, pages) {
        (Some(id), Some(pages)) => format!("View workflow: {pages}{}\n", path(id)),
        (Some(id), None) => format!(
            "View workflow: {} on your Deskbridge, or `deskbridge workflow show {id}`\n",
            path(id)
        ),
        (None, _) => "What to do is in the notifications of your Deskbridge.\n".to_owned(),
    });
    (subject, text)
}

/// The body of the webhook.
pub(super) fn webhook(alert: &Alert, about: &About) -> Value {
    json!({
        "id": alert.id,
        "kind": alert.kind,
        "created_at": alert.created_at,
        "title": about.title,
        "trouble": trouble(about).map(|trouble| json!({
            "kind": trouble.as_str(),
            "title": trouble.title(),
        })),
        "workflow": alert.workflow_id.as_ref().map(|id| json!({
            "id": id,
            "path": path(id),
            "rows": about.rows,
        })),
    })
}

/// Where the page of a workflow is.
fn path(workflow: &str) -> String {
    format!("/workflows/{workflow}")
}

fn trouble(about: &About) -> Option<Trouble> {
    Trouble::parse(about.trouble.as_deref()?)
}

fn what(alert: &Alert, about: &About) -> String {
    match (alert.kind.as_str(), trouble(about)) {
        (FAILED, Some(trouble)) => format!("has failed: {}", trouble.title()),
        (FAILED, None) => "has failed".to_owned(),
        (GOES_AGAIN, _) => "goes again".to_owned(),
        (NOT_RUN, _) => "could not begin".to_owned(),
        (WEBHOOK_GAVE_UP, _) => "gets no events: its receiver does not take them".to_owned(),
        (WEBHOOK_OFF, _) => "was switched off: its receiver is gone".to_owned(),
        (_, _) => "has news".to_owned(),
    }
}

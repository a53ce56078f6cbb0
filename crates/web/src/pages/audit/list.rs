//! `GET /audit`: the log, the newest entries first.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use engine::audit_view;
use store::audit::Entry;

use super::Wish;
use crate::app::App;
use crate::navigation::Nav;
use crate::page::{Frame, encode, html};
use crate::pages::record_id;
use crate::problem::Problem;
use crate::session::SignedIn;

/// Entries on a page.
const PAGE: usize = 50;

#[derive(Template)]
#[template(path = "audit/list.html")]
struct AuditPage {
    frame: Frame,
    found: Vec<Entry>,
    wish: Wish,
    /// Where the older entries are.
    next: Option<String>,
    /// Where the whole of it is downloaded.
    download: String,
    /// Whether values lead to the entries that have them too: masked ones lead nowhere.
    leads: bool,
}

/// The entries that have this value too.
fn only(name: &str, value: &str) -> String {
    format!("/audit?{name}={}", encode(value, "-_."))
}

pub(crate) async fn show(
    State(app): State<App>,
    person: SignedIn,
    Query(wish): Query<Wish>,
) -> Result<Response, Problem> {
    let before = wish.before.as_deref().and_then(record_id);
    let page = audit_view::page(&app.engine, &wish.filter(), before, PAGE).await?;
    html(&AuditPage {
        leads: !person.user.restrict_pii,
        found: person.see(page.entries),
        next: page
            .next
            .map(|next| format!("/audit?{}before={next}", wish.query())),
        download: format!("/audit.csv?{}", wish.query()),
        wish,
        frame: Frame::new(&app, person, Nav::Audit, "Audit log").await?,
    })
}

//! `GET /notifications`: alerts, newest first, page by page.

use std::collections::HashMap;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use engine::alerts::{FAILED, GOES_AGAIN, NOT_RUN, WEBHOOK_GAVE_UP, WEBHOOK_OFF};
use jiff::Timestamp;
use serde::Deserialize;
use store::alerts::Alert;

use crate::app::App;
use crate::mask::{self, Mask};
use crate::navigation::Nav;
use crate::page::{Done, Frame, html};
use crate::pages;
use crate::pages::workflows::reach::Reach;
use crate::problem::Problem;
use crate::session::SignedIn;

/// Alerts on a page.
const PAGE: i64 = 50;

#[derive(Deserialize)]
pub(crate) struct Place {
    /// Only alerts older than the one made at this microsecond,
    at: Option<i64>,
    /// with this id.
    id: Option<String>,
}

#[derive(Template)]
#[template(path = "notifications/list.html")]
struct NotificationsPage {
    frame: Frame,
    alerts: Vec<Alert>,
    /// What the workflows are called.
    titles: HashMap<String, String>,
    next: Option<(i64, String)>,
    done: Option<&'static str>,
}

impl Mask for Alert {
    fn mask(&mut self) {
        self.sentence = mask::text(&self.sentence).into_owned();
        // What went out is never shown.
        self.mailed = None;
    }
}

impl NotificationsPage {
    fn any_unseen(&self) -> bool {
        self.frame.unseen.is_some_and(|unseen| unseen > 0)
    }

    fn title(&self, alert: &Alert) -> &str {
        let id = alert.workflow_id.as_ref();
        let title = id.and_then(|id| self.titles.get(id));
        let nothing = match alert.kind.as_str() {
            WEBHOOK_GAVE_UP | WEBHOOK_OFF => "An outgoing webhook",
            _ => "An orchestration",
        };
        title.map_or(nothing, String::as_str)
    }
}

/// What an alert says happened, in two words.
fn word(alert: &Alert) -> &'static str {
    match alert.kind.as_str() {
        FAILED => "Failed",
        GOES_AGAIN => "Goes again",
        NOT_RUN => "Did not run",
        WEBHOOK_GAVE_UP => "Gave up",
        WEBHOOK_OFF => "Switched off",
        _ => "Notice",
    }
}

fn class(alert: &Alert) -> &'static str {
    match alert.kind.as_str() {
        FAILED | NOT_RUN | WEBHOOK_GAVE_UP | WEBHOOK_OFF => "run-failed",
        GOES_AGAIN => "run-completed",
        _ => "off",
    }
}

pub(crate) async fn show(
    State(app): State<App>,
    person: SignedIn,
    Query(place): Query<Place>,
    Query(done): Query<Done>,
) -> Result<Response, Problem> {
    let among = Reach::of(&app, &person).await?.among();
    let id = place.id.as_deref().and_then(pages::record_id);
    let at = place.at.and_then(|at| Timestamp::from_microsecond(at).ok());
    let connection = &mut *app.engine.store.read().await?;
    let before = at.zip(id);
    let mut alerts = store::alerts::page(connection, before, among.as_deref(), PAGE + 1).await?;
    let most = usize::try_from(PAGE).unwrap_or(usize::MAX);
    let is_more = alerts.len() > most;
    alerts.truncate(most);
    let last = alerts.last().filter(|_| is_more);
    let next = last.map(|last| (last.created_at.as_microsecond(), last.id.clone()));
    let mut titles = HashMap::new();
    for id in alerts.iter().filter_map(|alert| alert.workflow_id.as_ref()) {
        if !titles.contains_key(id)
            && let Some(found) = store::workflows::find(connection, id).await?
        {
            titles.insert(id.clone(), found.title);
        }
    }
    html(&NotificationsPage {
        alerts: person.see(alerts),
        titles,
        next,
        done: done.sentence(&[("seen", "Marked as seen. Nothing else was changed.")]),
        frame: Frame::new(&app, person, Nav::Notifications, "Notifications").await?,
    })
}

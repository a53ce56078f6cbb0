//! `GET /runs/{id}/events`: the live part of a run's page, sent anew whenever it changes.

use std::convert::Infallible;
use std::time::Duration;

use askama::Template as _;
use axum::extract::{Path, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;
use jiff::{SignedDuration, Timestamp};

use super::progress::{Progress, find};
use super::streams::{self, Place};
use crate::app::App;
use crate::problem::Problem;
use crate::session::SignedIn;

/// How often the run is looked at.
const EVERY: Duration = Duration::from_secs(1);
/// How long one stream lives. The browser then asks for a new one by itself, and whether it may is
/// asked again.
const LIFE: SignedDuration = SignedDuration::from_mins(5);

/// Somebody who watches a run.
struct Watch {
    app: App,
    person: SignedIn,
    id: String,
    until: Timestamp,
    /// What was sent last.
    told: String,
    is_over: bool,
    _place: Place,
}

pub(crate) async fn show(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    // Told apart from a run that ends while it is watched.
    find(&app, &person, &id).await?;
    let place = streams::take(&person.user.id).ok_or_else(|| {
        Problem::conflict(
            "You watch as many runs at once as is possible. Close a page that watches another one.",
        )
    })?;
    let watch = Watch {
        until: app
            .engine
            .now()
            .saturating_add(LIFE)
            .unwrap_or(Timestamp::MAX),
        app,
        person,
        id,
        told: String::new(),
        is_over: false,
        _place: place,
    };
    let events = stream::unfold(watch, go_on);
    Ok(Sse::new(events)
        .keep_alive(KeepAlive::default())
        .into_response())
}

/// The next event; none at the end of the run, of the stream's life, or of what can be read.
async fn go_on(mut watch: Watch) -> Option<(Result<Event, Infallible>, Watch)> {
    if watch.is_over {
        return None;
    }
    let clock = watch.app.engine.clock.clone();
    loop {
        let view = find(&watch.app, &watch.person, &watch.id).await.ok()?;
        let is_over = view.run.state.is_over();
        let part = Progress { view }.render().ok()?;
        if part != watch.told {
            watch.told.clone_from(&part);
            return Some((Ok(Event::default().event("part").data(part)), watch));
        }
        if is_over {
            watch.is_over = true;
            return Some((Ok(Event::default().event("end").data("over")), watch));
        }
        if watch.app.engine.now() >= watch.until {
            return None;
        }
        clock.sleep(EVERY).await;
    }
}

//! `GET /workflows/{id}/events`: how far a workflow is, sent whenever it changes, until it is over.

use std::convert::Infallible;
use std::time::Duration;

use askama::Template as _;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use engine::workflow_view;
use futures_util::stream::unfold;
use jiff::{SignedDuration, Timestamp};

use super::reach;
use super::show::WorkflowPart;
use crate::access::Right;
use crate::app::App;
use crate::problem::Problem;
use crate::session::{self, SignedIn};

/// How often it is looked whether something changed.
const LOOK: Duration = Duration::from_secs(1);
/// How long one stream lasts at most; a browser then asks for the next one by itself.
const LONGEST: SignedDuration = SignedDuration::from_mins(5);

/// Somebody who watches a workflow.
struct Watch {
    app: App,
    headers: HeaderMap,
    id: String,
    until: Timestamp,
    /// What was sent last.
    last: Option<String>,
    is_over: bool,
}

pub(crate) async fn show(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (workflow, _) = reach::find(&app, &person.user, &id).await?;
    let watch = Watch {
        until: app
            .engine
            .now()
            .saturating_add(LONGEST)
            .unwrap_or(Timestamp::MAX),
        app,
        headers,
        id: workflow.id,
        last: None,
        is_over: false,
    };
    let events = unfold(Some(watch), async |watch| next(watch?).await);
    Ok(Sse::new(events)
        .keep_alive(KeepAlive::default())
        .into_response())
}

type Sent = (Result<Event, Infallible>, Option<Watch>);

/// The next event. After the last one, and once it cannot be told any more, the stream ends.
async fn next(mut watch: Watch) -> Option<Sent> {
    if watch.is_over {
        return Some((Ok(Event::default().event("end").data("")), None));
    }
    loop {
        if watch.last.is_some() {
            watch.app.engine.clock.beat(LOOK).await;
        }
        if watch.app.engine.now() >= watch.until {
            return None;
        }
        let (part, is_over) = watch.look().await.ok()?;
        watch.is_over = is_over;
        if is_over || watch.last.as_ref() != Some(&part) {
            let event = Event::default().event("part").data(&part);
            watch.last = Some(part);
            return Some((Ok(event), Some(watch)));
        }
    }
}

impl Watch {
    /// The part as it is now, for whoever is still signed in and may still see it.
    async fn look(&self) -> Result<(String, bool), Problem> {
        let ended = || Problem::missing("The session has ended.");
        let person: SignedIn = session::find(&self.app, &self.headers)
            .await?
            .filter(|person| person.may(Right::SeeSends))
            .ok_or_else(ended)?;
        let (workflow, _) = reach::find(&self.app, &person.user, &self.id).await?;
        let is_over = workflow.state.is_over();
        let view = workflow_view::show(&self.app.engine, workflow).await?;
        let part = WorkflowPart {
            may_edit: person.may(Right::EditSends),
            view: person.see(view),
        };
        Ok((part.render()?.replace('\r', " "), is_over))
    }
}

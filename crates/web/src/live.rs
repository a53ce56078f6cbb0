//! Parts of pages that keep themselves up to date: each is sent anew whenever it changes (server-sent events),
//! until what it shows is over.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use askama::Template;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use futures_util::future::BoxFuture;
use futures_util::stream::unfold;
use jiff::{SignedDuration, Timestamp};

use crate::access::Right;
use crate::app::App;
use crate::problem::Problem;
use crate::session::{self, SignedIn};

/// How many a person may have open at once: each holds a connection and asks the database again and again.
const AT_ONCE: usize = 6;
/// How often it is looked whether something changed.
const EVERY: Duration = Duration::from_secs(1);
/// How long one stream lives. The browser then asks for a new one by itself.
const LIFE: SignedDuration = SignedDuration::from_mins(5);

/// What is sent of a page.
pub(crate) struct Part {
    html: String,
    is_over: bool,
}

impl Part {
    /// What the template makes. `is_over` tells that it will not change any more.
    pub(crate) fn new(template: &impl Template, is_over: bool) -> Result<Self, Problem> {
        // An event cannot hold a carriage return.
        let html = template.render()?.replace('\r', " ");
        Ok(Self { html, is_over })
    }
}

/// Makes the part of the record of this id, as somebody may see it.
pub(crate) type Look = fn(App, SignedIn, String) -> BoxFuture<'static, Result<Part, Problem>>;

/// Somebody who watches a part.
struct Watch {
    app: App,
    headers: HeaderMap,
    right: Right,
    id: String,
    look: Look,
    until: Timestamp,
    /// What was sent last.
    told: String,
    is_over: bool,
    _place: Place,
}

/// Sends the part of a record's page whenever it changes. Whether whoever watches is still signed in, has
/// `right` and may see it is asked each time.
///
/// # Errors
/// What `look` says at first, or that somebody watches too much at once.
pub(crate) async fn follow(
    app: App,
    person: SignedIn,
    headers: HeaderMap,
    right: Right,
    id: String,
    look: Look,
) -> Result<Response, Problem> {
    let place = take(&person.user.id).ok_or_else(|| {
        Problem::conflict(
            "You watch as many pages at once as is possible. Close one that moves by itself.",
        )
    })?;
    // Told apart from what ends while it is watched.
    look(app.clone(), person, id.clone()).await?;
    let now = app.engine.now();
    let watch = Watch {
        until: now.saturating_add(LIFE).unwrap_or(Timestamp::MAX),
        app,
        headers,
        right,
        id,
        look,
        told: String::new(),
        is_over: false,
        _place: place,
    };
    Ok(Sse::new(unfold(watch, go_on))
        .keep_alive(KeepAlive::default())
        .into_response())
}

/// The next event; none behind the last one, at the end of the stream's life, and once nothing can be told.
async fn go_on(mut watch: Watch) -> Option<(Result<Event, Infallible>, Watch)> {
    if watch.is_over {
        return None;
    }
    loop {
        let part = watch.look().await.ok()?;
        if part.html != watch.told {
            watch.told.clone_from(&part.html);
            let event = Event::default().event("part").data(part.html);
            return Some((Ok(event), watch));
        }
        if part.is_over {
            watch.is_over = true;
            return Some((Ok(Event::default().event("end").data("over")), watch));
        }
        if watch.app.engine.now() >= watch.until {
            return None;
        }
        watch.app.engine.clock.sleep(EVERY).await;
    }
}

impl Watch {
    async fn look(&self) -> Result<Part, Problem> {
        let person = session::find(&self.app, &self.headers).await?;
        let person = person.filter(|person| person.may(self.right));
        let person = person.ok_or_else(|| Problem::missing("The session has ended."))?;
        (self.look)(self.app.clone(), person, self.id.clone()).await
    }
}

/// Open streams of this process, by person.
static OPEN: Mutex<BTreeMap<String, usize>> = Mutex::new(BTreeMap::new());

/// A place for one stream; dropping it gives it back.
struct Place(String);

/// A place for one more stream of this person, if they have not too many open.
fn take(person: &str) -> Option<Place> {
    let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
    let count = open.entry(person.to_owned()).or_default();
    if *count >= AT_ONCE {
        return None;
    }
    *count += 1;
    Some(Place(person.to_owned()))
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
        let left = open.get(&self.0).map_or(0, |count| count.saturating_sub(1));
        if left == 0 {
            open.remove(&self.0);
        } else {
            open.insert(self.0.clone(), left);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_person_has_so_many_streams_and_another_ones_do_not_count() {
        let places: Vec<_> = (0..AT_ONCE).map_while(|_| take("ada")).collect();
        assert_eq!(places.len(), AT_ONCE);
        assert!(take("ada").is_none());
        assert!(take("bob").is_some());
        drop(places);
        assert!(take("ada").is_some());
    }
}

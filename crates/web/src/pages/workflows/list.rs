//! `GET /workflows`: workflows, newest first, filtered, page by page.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use engine::workflow_view::{self, WorkflowPage};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;
use store::destinations::Destination;
use store::workflows::{WorkflowFilter, WorkflowState};

use super::reach::Reach;
use super::show::kind;
use crate::app::App;
use crate::navigation::Nav;
use crate::page::{Frame, encode, html};
use crate::pages;
use crate::problem::Problem;
use crate::session::SignedIn;

/// Workflows on a page.
const PAGE: i64 = 50;

/// The filter as an address has it; an empty value filters nothing.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Place {
    state: String,
    orchestration: String,
    destination: String,
    since: String,
    /// Only workflows with a number below this one.
    before: Option<i64>,
}

#[derive(Template)]
#[template(path = "workflows/list.html")]
struct WorkflowsPage {
    frame: Frame,
    page: WorkflowPage,
    place: Place,
    orchestrations: Vec<(String, String)>,
    destinations: Vec<Destination>,
}

impl Place {
    fn filter(&self, reach: &Reach) -> WorkflowFilter {
        let id = |text: &str| pages::record_id(text).map(str::to_owned);
        let day: Option<Date> = self.since.parse().ok();
        WorkflowFilter {
            state: WorkflowState::parse(&self.state),
            orchestration_id: id(&self.orchestration),
            destination_id: id(&self.destination),
            since: day
                .and_then(|day| day.to_zoned(TimeZone::UTC).ok())
                .map(|day| day.timestamp()),
            among: reach.among(),
        }
    }

    fn is_filtered(&self) -> bool {
        let words = [
            &self.state,
            &self.orchestration,
            &self.destination,
            &self.since,
        ];
        words.iter().any(|word| !word.is_empty())
    }
}

impl WorkflowsPage {
    /// The address of the next page, with the filter.
    fn next(&self) -> Option<String> {
        let before = self.page.next?;
        let mut address = format!("/workflows?before={before}");
        for (name, value) in [
            ("state", &self.place.state),
            ("orchestration", &self.place.orchestration),
            ("destination", &self.place.destination),
            ("since", &self.place.since),
        ] {
            if !value.is_empty() {
                address.push_str(&format!("&{name}={}", encode(value, "-_")));
            }
        }
        Some(address)
    }
}

pub(crate) async fn show(
    State(app): State<App>,
    person: SignedIn,
    Query(place): Query<Place>,
) -> Result<Response, Problem> {
    let reach = Reach::of(&app, &person.user).await?;
    let filter = place.filter(&reach);
    let page = workflow_view::list(&app.engine, &filter, place.before, PAGE).await?;
    let orchestrations = {
        let connection = &mut *app.engine.store.read().await?;
        let all = store::orchestrations::list(connection).await?.into_iter();
        all.filter(|one| reach.has(&one.destination_id))
            .map(|one| (one.id, one.name))
            .collect()
    };
    html(&WorkflowsPage {
        page: person.see(page),
        place,
        orchestrations,
        destinations: reach.open().to_vec(),
        frame: Frame::new(&app, person, Nav::Workflows, "Workflows").await?,
    })
}

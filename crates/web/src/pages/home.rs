//! `GET /`: how every connection does, what needs somebody, and the last day.

mod plot;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use engine::home_view::{self, Attention, ConnectionView, SetUp};

use crate::access::Right;
use crate::app::App;
use crate::navigation::Nav;
use crate::page::{Frame, html};
use crate::problem::Problem;
use crate::session::SignedIn;
use plot::Plot;

#[derive(Template)]
#[template(path = "home/show.html")]
struct HomePage {
    frame: Frame,
    connections: Vec<ConnectionView>,
    attention: Attention,
    set_up: SetUp,
    plots: Vec<Plot>,
}

impl HomePage {
    /// How far behind a connection is, in words.
    fn lag(&self, connection: &ConnectionView) -> Option<String> {
        let since = connection.in_step_since?;
        let now = since.checked_add(connection.lag?).ok()?;
        Some(crate::moment::took(&since, &now))
    }

    /// How much of what we may spend a minute is spent, in percent.
    fn spent(&self, connection: &ConnectionView) -> Option<u32> {
        let allowance = connection.budget.allowance.filter(|most| *most > 0)?;
        Some(connection.budget.spent.saturating_mul(100) / allowance)
    }
}

pub(crate) async fn show(State(app): State<App>, person: SignedIn) -> Result<Response, Problem> {
    let engine = &app.engine;
    let sees_connections = person.may(Right::SeeIntegrations);
    let (connections, plots) = if sees_connections {
        let hours = home_view::last_day(engine).await?;
        (
            home_view::connections(engine).await?,
            plot::of(&hours, engine.now()),
        )
    } else {
        (Vec::new(), Vec::new())
    };
    html(&HomePage {
        connections: person.see(connections),
        attention: home_view::attention(engine).await?,
        set_up: home_view::set_up(engine).await?,
        plots,
        frame: Frame::new(&app, person, Nav::Home, "Home").await?,
    })
}

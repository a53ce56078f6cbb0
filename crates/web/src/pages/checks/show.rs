//! `GET /checks/{id}`: one check, live while it works, and what it found.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use engine::checks::{Found, LiveView};
use engine::doctor::Grade;

use super::record::{Named, find};
use crate::access::Right;
use crate::app::App;
use crate::navigation::Nav;
use crate::page::{Done, Frame, html};
use crate::problem::Problem;
use crate::session::SignedIn;

#[derive(Template)]
#[template(path = "checks/show.html")]
struct ShowPage {
    frame: Frame,
    done: Option<&'static str>,
    part: CheckPart,
}

/// The part that changes.
#[derive(Template)]
#[template(path = "checks/part.html")]
pub(super) struct CheckPart {
    pub(super) named: Named,
    /// Whether whoever looks may stop it while it works.
    pub(super) may_stop: bool,
    /// Whether what customers' data is quoted in was left out.
    pub(super) is_masked: bool,
}

/// What the template makes is HTML already, each value in it escaped there.
impl askama::filters::HtmlSafe for CheckPart {}

impl CheckPart {
    /// The report of a live check.
    fn live(&self) -> Option<LiveView> {
        self.named.check.found.as_ref().and_then(Found::live)
    }

    /// What a verdict of a live check is in words.
    fn verdict(word: &str) -> &'static str {
        match word {
            "fine" => "fine",
            "setting" => "change a setting",
            "tell" => "tell the developers",
            _ => "not found out",
        }
    }
}

/// The part of a check, as somebody may see it.
pub(super) async fn part(app: &App, person: &SignedIn, id: &str) -> Result<CheckPart, Problem> {
    let named = find(app, &person.user, id).await?;
    Ok(CheckPart {
        named: person.see(named),
        may_stop: person.may(Right::ManageIntegrations),
        is_masked: person.user.restrict_pii,
    })
}

pub(crate) async fn show(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
    Query(done): Query<Done>,
) -> Result<Response, Problem> {
    let part = part(&app, &person, &id).await?;
    html(&ShowPage {
        done: done.sentence(&[
            (
                "asked",
                "The check was asked for. This page tells what it finds; you may leave it.",
            ),
            ("joined", "Such a check was under way already; this is it."),
            ("stop", "The check was asked to stop."),
        ]),
        frame: Frame::new(&app, person, Nav::Checks, part.named.title()).await?,
        part,
    })
}

//! `GET /checks/{id}`: one check, live while it works, and what it found.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use engine::checks::{DryRunView, Found, LiveView};
use engine::doctor::Grade;

use super::record::{Named, find};
use crate::access::Right;
use crate::app::App;
use crate::navigation::Nav;
use crate::page::{Done, Frame, html};
use crate::problem::Problem;
use crate::session::SignedIn;

/// How many sentences of one kind stand on the page, so that it stays small; the report has all of them.
const SHOWN: usize = 50;
/// How many characters of each.
const LONGEST: usize = 300;

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
    /// Whether it found more than a page takes.
    pub(super) is_cut: bool,
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

/// Takes from a dry run what makes a page too large. Whether that was anything.
fn cut(would: &mut DryRunView) -> bool {
    let mut is_cut = false;
    for told in [
        &mut would.changes,
        &mut would.sendings,
        &mut would.parked,
        &mut would.warnings,
    ] {
        let beyond = told.sentences.len().saturating_sub(SHOWN);
        told.sentences.truncate(SHOWN);
        told.more += beyond;
        is_cut |= beyond > 0;
        for sentence in &mut told.sentences {
            if let Some((at, _)) = sentence.char_indices().nth(LONGEST) {
                sentence.truncate(at);
                sentence.push('…');
                is_cut = true;
            }
        }
    }
    is_cut
}

/// The part of a check, as somebody may see it.
pub(super) async fn part(app: &App, person: &SignedIn, id: &str) -> Result<CheckPart, Problem> {
    let mut named = person.see(find(app, &person.user, id).await?);
    let is_cut = match &mut named.check.found {
        Some(Found::DryRun(would)) => cut(would),
        Some(Found::Installation(_) | Found::Verify(_) | Found::Live(_)) | None => false,
    };
    Ok(CheckPart {
        named,
        is_cut,
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

#[cfg(test)]
mod tests {
    use engine::dry_run::Told;
    use store::runs::Counters;

    use super::*;

    #[test]
    fn of_a_long_dry_run_the_page_has_the_beginning_and_says_so() {
        let told = |sentences| Told { sentences, more: 0 };
        let mut would = DryRunView {
            state: "completed".to_owned(),
            problem: None,
            counters: Counters::default(),
            changes: told(vec!["é".repeat(LONGEST + 1); SHOWN + 3]),
            sendings: told(vec!["é".repeat(LONGEST)]),
            parked: Told::default(),
            warnings: Told::default(),
        };
        assert!(cut(&mut would));
        assert_eq!(
            (would.changes.sentences.len(), would.changes.more),
            (SHOWN, 3)
        );
        assert_eq!(would.changes.sentences[0].chars().count(), LONGEST + 1);
        assert!(would.changes.sentences[0].ends_with('…'));
        assert!(would.sendings.sentences[0].ends_with('é'));
        would.changes = Told::default();
        assert!(!cut(&mut would), "what is short stays as it is");
    }
}

//! The form of an outgoing webhook, for a new one and for one that is edited.

use askama::Template;
use axum::response::Response;
use engine::Engine;
use engine::outgoing_webhooks::{self, EventKind, LONGEST_NAME, LONGEST_URL};
use serde::Deserialize;
use store::outgoing_webhooks::OutgoingWebhookDraft;
use store::users::{self, Member};

use crate::app::App;
use crate::form::{Wrongs, ticked};
use crate::navigation::Nav;
use crate::page::{Frame, html_with};
use crate::problem::Problem;
use crate::session::SignedIn;

/// The form as it was sent.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    name: String,
    url: String,
    #[serde(default)]
    kinds: Vec<String>,
    #[serde(default, deserialize_with = "ticked")]
    active: bool,
    owner_id: String,
    /// Which version was edited.
    #[serde(default)]
    pub(super) version: i64,
}

impl Entry {
    pub(super) fn draft(&self) -> OutgoingWebhookDraft {
        OutgoingWebhookDraft {
            name: self.name.clone(),
            url: self.url.clone(),
            kinds: self.kinds.clone(),
            active: self.active,
            owner_id: self.owner_id.clone(),
        }
    }
}

/// What is wrong with a draft, by the names of the form.
pub(super) async fn wrongs(
    engine: &Engine,
    draft: &OutgoingWebhookDraft,
) -> Result<Wrongs, Problem> {
    let mut wrongs = Wrongs::default();
    for wrong in outgoing_webhooks::check(engine, draft).await? {
        wrongs.add(wrong.field, wrong.sentence);
    }
    Ok(wrongs)
}

#[derive(Template)]
#[template(path = "outgoing_webhooks/form.html")]
struct WebhookForm {
    frame: Frame,
    wrongs: Wrongs,
    /// Its id and version, of one that is edited.
    edited: Option<(String, i64)>,
    draft: OutgoingWebhookDraft,
    /// Who may own it.
    owners: Vec<Member>,
}

impl WebhookForm {
    /// The kinds there are, each with whether it is ticked.
    fn choices(&self) -> Vec<(EventKind, bool)> {
        let ticked = |kind: &EventKind| self.draft.kinds.iter().any(|word| word == kind.as_str());
        let all = EventKind::ALL.into_iter();
        all.map(|kind| (kind, ticked(&kind))).collect()
    }
}

/// The form with what was typed, and what is wrong with it.
pub(super) async fn page(
    app: &App,
    person: SignedIn,
    edited: Option<(String, i64)>,
    draft: OutgoingWebhookDraft,
    wrongs: Wrongs,
) -> Result<Response, Problem> {
    let mut owners = users::members(&mut *app.engine.store.read().await?).await?;
    owners.retain(|member| member.disabled_at.is_none() || member.user.id == draft.owner_id);
    let title = if edited.is_some() {
        "Edit webhook"
    } else {
        "Add webhook"
    };
    let status = if wrongs.is_empty() {
        axum::http::StatusCode::OK
    } else {
        axum::http::StatusCode::UNPROCESSABLE_ENTITY
    };
    let form = WebhookForm {
        owners: person.see(owners),
        frame: Frame::new(app, person, Nav::OutgoingWebhooks, title).await?,
        wrongs,
        edited,
        draft,
    };
    html_with(status, &form)
}

//! `GET /outgoing-webhooks/new`, `POST /outgoing-webhooks`: a new one, whose secret is shown this once.

use axum::extract::State;
use axum::response::Response;
use engine::outgoing_webhooks::{self, EventKind};
use secrecy::ExposeSecret as _;
use store::outgoing_webhooks::OutgoingWebhookDraft;

use super::form::{self, Entry};
use super::show::{self, News};
use crate::app::App;
use crate::form::{Form, Wrongs};
use crate::problem::Problem;
use crate::session::SignedIn;

pub(crate) async fn show(State(app): State<App>, person: SignedIn) -> Result<Response, Problem> {
    let all = EventKind::ALL.into_iter();
    // A change of a case, and a run every few minutes, are told to those only who ask for them.
    let quiet = all.filter(|kind| !matches!(kind, EventKind::CaseUpdated | EventKind::RunFinished));
    let draft = OutgoingWebhookDraft {
        name: String::new(),
        url: String::new(),
        kinds: quiet.map(|kind| kind.as_str().to_owned()).collect(),
        active: true,
        owner_id: person.user.id.clone(),
    };
    form::page(&app, person, None, draft, Wrongs::default()).await
}

pub(crate) async fn submit(
    State(app): State<App>,
    person: SignedIn,
    Form(entry): Form<Entry>,
) -> Result<Response, Problem> {
    let draft = entry.draft();
    let mut wrongs = form::wrongs(&app.engine, &draft).await?;
    if wrongs.is_empty() {
        let actor = &person.user.email;
        match outgoing_webhooks::add(&app.engine, None, &draft, actor).await {
            Ok(added) => {
                let news = News {
                    secret: Some(added.secret.expose_secret().to_owned()),
                    ..News::default()
                };
                return show::page(&app, person, added.webhook, None, news).await;
            }
            Err(error) => wrongs = Wrongs::refusal(error)?,
        }
    }
    form::page(&app, person, None, draft, wrongs).await
}

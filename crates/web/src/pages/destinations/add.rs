//! `GET /destinations/new`: the picker. `GET /destinations/new/zendesk`: one step after another, each with
//! what was typed before it. `POST /destinations`: signs in, and stores nothing if that fails.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use domain::profile::Attribute;
use engine::{credentials, destinations};
use serde::Deserialize;
use store::credentials::Credential;

use super::form::{Entry, powerful};
use crate::app::App;
use crate::form::{Form, Wrongs};
use crate::navigation::Nav;
use crate::page::{Frame, html, html_with};
use crate::problem::Problem;
use crate::session::SignedIn;

const TITLE: &str = "New destination";

#[derive(Deserialize)]
pub(crate) struct Choice {
    #[serde(default)]
    filter: String,
}

#[derive(Template)]
#[template(path = "destinations/pick.html")]
struct PickPage {
    frame: Frame,
    filter: String,
    /// Title, address and what it is, by title.
    kinds: Vec<(&'static str, &'static str, &'static str)>,
}

/// What can be sent to, by title.
const KINDS: [(&str, &str, &str); 1] = [(
    "Zendesk",
    "/destinations/new/zendesk",
    "Creates and updates the users of a Zendesk account",
)];

pub(crate) async fn pick(
    State(app): State<App>,
    person: SignedIn,
    Query(choice): Query<Choice>,
) -> Result<Response, Problem> {
    let wanted = choice.filter.trim().to_lowercase();
    let kinds = KINDS
        .into_iter()
        .filter(|(title, _, about)| format!("{title} {about}").to_lowercase().contains(&wanted));
    html(&PickPage {
        frame: frame(&app, person).await?,
        kinds: kinds.collect(),
        filter: choice.filter,
    })
}

/// Which step is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Credential,
    Name,
    Settings,
}

impl Step {
    const ALL: [(Self, &str); 3] = [
        (Self::Credential, "Credential"),
        (Self::Name, "Name and access"),
        (Self::Settings, "Settings"),
    ];
}

#[derive(Template)]
#[template(path = "destinations/step.html")]
struct StepPage {
    frame: Frame,
    wrongs: Wrongs,
    step: Step,
    entry: Entry,
    credentials: Vec<Credential>,
    powerful: Vec<Attribute>,
}

impl StepPage {
    /// `step` for the one that is shown, as `aria-current` wants it.
    fn current(&self, step: &Step) -> &'static str {
        if self.step == *step { "step" } else { "false" }
    }

    /// Whether this is a new destination, whose account is yet to be named.
    fn names_account(&self) -> bool {
        true
    }
}

pub(crate) async fn show(
    State(app): State<App>,
    person: SignedIn,
    Query(entry): Query<Entry>,
) -> Result<Response, Problem> {
    let wish = match entry.step.as_str() {
        "name" => Step::Name,
        "settings" => Step::Settings,
        _ => Step::Credential,
    };
    let entry = Entry {
        environment: Entry::new().environment,
        users_per_second: Entry::new().users_per_second,
        ..entry
    };
    // Each step is reached over the one before it.
    let (step, wrongs) = match (wish, wrong_credential(&app, &entry).await?) {
        (Step::Credential, _) => (Step::Credential, Wrongs::default()),
        (Step::Name | Step::Settings, Some(wrongs)) => (Step::Credential, wrongs),
        (Step::Name, None) => (Step::Name, Wrongs::default()),
        (Step::Settings, None) => match wrong_name(&app, &entry).await? {
            Some(wrongs) => (Step::Name, wrongs),
            None => (Step::Settings, Wrongs::default()),
        },
    };
    let status = if wrongs.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    page(&app, person, status, (step, wrongs), entry).await
}

pub(crate) async fn submit(
    State(app): State<App>,
    person: SignedIn,
    Form(entry): Form<Entry>,
) -> Result<Response, Problem> {
    let (step, wrongs) = if let Some(wrongs) = wrong_credential(&app, &entry).await? {
        (Step::Credential, wrongs)
    } else if let Some(wrongs) = wrong_name(&app, &entry).await? {
        (Step::Name, wrongs)
    } else {
        match entry.draft(&app, None) {
            Err(wrongs) => (Step::Settings, wrongs),
            Ok(draft) => {
                let adding = destinations::add(&app.engine, draft, &person.user.email);
                match Box::pin(adding).await {
                    Ok((made, _)) => {
                        let to = format!("/destinations/{}?done=added", made.id);
                        return Ok(Redirect::to(&to).into_response());
                    }
                    Err(error) => (Step::Settings, Wrongs::refusal(error)?),
                }
            }
        }
    };
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    page(&app, person, status, (step, wrongs), entry).await
}

async fn page(
    app: &App,
    person: SignedIn,
    status: StatusCode,
    (step, wrongs): (Step, Wrongs),
    entry: Entry,
) -> Result<Response, Problem> {
    let page = StepPage {
        credentials: super::credentials(app).await?,
        frame: frame(app, person).await?,
        wrongs,
        step,
        entry,
        powerful: powerful(),
    };
    html_with(status, &page)
}

/// What is wrong with the choice of a credential.
pub(crate) async fn wrong_credential(app: &App, entry: &Entry) -> Result<Option<Wrongs>, Problem> {
    let all = super::credentials(app).await?;
    let known = all.iter().any(|known| known.id == entry.credential);
    Ok((!known).then(|| {
        Wrongs::field(
            "credential",
            "Choose the credential that signs in to the account.",
        )
    }))
}

/// What is wrong with the name of a new one.
async fn wrong_name(app: &App, entry: &Entry) -> Result<Option<Wrongs>, Problem> {
    let name = match credentials::check_name(&entry.name) {
        Ok(name) => name,
        Err(error) => return Ok(Some(Wrongs::field("name", error.to_string()))),
    };
    let connection = &mut *app.engine.store.read().await?;
    let taken = store::destinations::list(connection).await?;
    let taken = taken.iter().any(|known| known.name == name);
    Ok(taken.then(|| {
        Wrongs::field(
            "name",
            "A destination of this name exists already. Choose another name.",
        )
    }))
}

async fn frame(app: &App, person: SignedIn) -> Result<Frame, Problem> {
    Frame::new(app, person, Nav::Destinations, TITLE).await
}

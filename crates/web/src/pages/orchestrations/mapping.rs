//! `/orchestrations/{id}/mapping`: which column fills which attribute or custom field, by which rule, with
//! the users that the first rows would be, made as a send makes them.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Redirect, Response};
use domain::profile::{Attribute, Column, Empty, Handling, RuleName};
use engine::orchestration_view::OrchestrationView;
use engine::orchestrations::{self, draft_of};
use engine::profile_send::{Mapped, SendSettings, mapped};
use engine::queries::{columns_of, source_of};
use serde::Deserialize;
use store::users::User;

use super::find;
use super::lines::{Line, keep_hidden, lines_of, over};
use crate::access::Right;
use crate::app::App;
use crate::form::{Form, Wrongs, ticked};
use crate::mask::{self, Mask};
use crate::navigation::Nav;
use crate::page::{Frame, html, html_with};
use crate::problem::{Problem, is_refusal};
use crate::session::SignedIn;

/// Empty lines below those that are used.
const SPARE: usize = 5;
/// The most lines of a form.
pub(crate) const MOST: usize = 500;

/// The lines of the form: what has one place in all lists belongs together.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Entry {
    #[serde(deserialize_with = "ticked")]
    by_name: bool,
    target: Vec<String>,
    origin: Vec<String>,
    value: Vec<String>,
    rule: Vec<String>,
    handling: Vec<String>,
    empty: Vec<String>,
    required: Vec<String>,
}

#[derive(Template)]
#[template(path = "orchestrations/mapping.html")]
struct MappingPage {
    frame: Frame,
    view: OrchestrationView,
    by_name: bool,
    lines: Vec<Line>,
    columns: Vec<Column>,
    targets: Vec<String>,
    preview: Option<Result<Mapped, String>>,
    may_edit: bool,
    wrongs: Wrongs,
}

#[derive(Template)]
#[template(path = "orchestrations/mapped.html")]
struct MappedPart {
    preview: Option<Result<Mapped, String>>,
}

/// What becomes of a bad value, for people.
fn handled(word: &Handling) -> &'static str {
    match word {
        Handling::Fix => "Repair, or leave out",
        Handling::Drop => "Leave the field out",
        Handling::Reject => "Reject the row",
        Handling::FixOrReject => "Repair, or reject the row",
    }
}

fn emptied(word: &Empty) -> &'static str {
    match word {
        Empty::Leave => "Leave alone",
        Empty::Clear => "Clear the field",
    }
}

impl Mask for Mapped {
    fn mask(&mut self) {
        for row in &mut self.rows {
            for (_, value) in &mut row.user {
                *value = mask::value(value);
            }
        }
    }
}

pub(crate) async fn show(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let view = find(&app, &person.user, &id).await?;
    let settings = view.settings();
    let preview = look(&app, &person.user, &view, &settings).await?;
    let lines = person.see(lines_of(&settings));
    let by_name = settings.mapping.by_name;
    let page = page(
        &app,
        person,
        view,
        (by_name, lines),
        Some(preview),
        Wrongs::default(),
    );
    html(&page.await?)
}

pub(crate) async fn submit(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
    Form(entry): Form<Entry>,
) -> Result<Response, Problem> {
    let view = find(&app, &person.user, &id).await?;
    let wrongs = match entry.over(&person.user, view.settings()) {
        Err(wrongs) => wrongs,
        Ok(settings) => {
            let mut draft = draft_of(&view.orchestration);
            draft.settings = serde_json::to_string(&settings)
                .map_err(|error| Problem::broken(error.to_string()))?;
            let (found, actor) = (&view.orchestration, &person.user.email);
            match orchestrations::edit(&app.engine, found, &draft, actor).await {
                Ok(_) => {
                    let address = format!("/orchestrations/{}?done=mapped", found.id);
                    return Ok(Redirect::to(&address).into_response());
                }
                Err(error) => Wrongs::refusal(error)?,
            }
        }
    };
    let typed = (entry.by_name, entry.lines());
    let page = page(&app, person, view, typed, None, wrongs).await?;
    html_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

/// What the form as it is typed makes of the first rows. Nothing is stored.
pub(crate) async fn preview(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
    headers: HeaderMap,
    Form(entry): Form<Entry>,
) -> Result<Response, Problem> {
    let view = find(&app, &person.user, &id).await?;
    let is_part = headers.contains_key("hx-request");
    let (preview, wrongs) = match entry.over(&person.user, view.settings()) {
        Ok(settings) => {
            let preview = look(&app, &person.user, &view, &settings).await?;
            (Some(preview), Wrongs::default())
        }
        Err(wrongs) if is_part => (Some(Err(wrongs.summary().unwrap_or_default())), wrongs),
        Err(wrongs) => (None, wrongs),
    };
    if is_part {
        return html(&MappedPart { preview });
    }
    let typed = (entry.by_name, entry.lines());
    html(&page(&app, person, view, typed, preview, wrongs).await?)
}

/// What the settings make of the first rows, as `user` may see it, or why that cannot be said.
pub(crate) async fn look(
    app: &App,
    user: &User,
    view: &OrchestrationView,
    settings: &SendSettings,
) -> Result<Result<Mapped, String>, Problem> {
    let (Some(query), Some(destination)) = (&view.query, &view.destination) else {
        return Ok(Err("Its query or its destination is gone.".to_owned()));
    };
    let source = source_of(query)?;
    match mapped(&app.engine, destination, &source, settings).await {
        Ok(mut mapped) => {
            if user.restrict_pii {
                mapped.mask();
            }
            Ok(Ok(mapped))
        }
        Err(error) if is_refusal(&error) => Ok(Err(mask::text(&error.to_string()).into_owned())),
        Err(error) => Err(error.into()),
    }
}

async fn page(
    app: &App,
    person: SignedIn,
    view: OrchestrationView,
    (by_name, mut lines): (bool, Vec<Line>),
    preview: Option<Result<Mapped, String>>,
    wrongs: Wrongs,
) -> Result<MappingPage, Problem> {
    lines.extend(std::iter::repeat_n(Line::default(), SPARE));
    let mut targets: Vec<String> = Attribute::ALL
        .iter()
        .map(|one| one.as_str().to_owned())
        .collect();
    if let Some(Ok(mapped)) = &preview {
        targets.extend(mapped.fields.iter().map(|key| format!("user_fields.{key}")));
    }
    let columns = match (&preview, &view.query) {
        (Some(Ok(mapped)), _) => mapped.columns.clone(),
        (_, Some(query)) => columns_of(query),
        (_, None) => Vec::new(),
    };
    Ok(MappingPage {
        may_edit: person.may(Right::EditSends),
        frame: Frame::new(app, person, Nav::Orchestrations, "Mapping").await?,
        view,
        by_name,
        lines,
        columns,
        targets,
        preview,
        wrongs,
    })
}

impl Entry {
    /// The settings with what was typed in place of their mapping.
    fn over(&self, user: &User, settings: SendSettings) -> Result<SendSettings, Wrongs> {
        let mut lines = self.lines();
        if user.restrict_pii {
            keep_hidden(&mut lines, &lines_of(&settings));
        }
        over(settings, self.by_name, &lines)
    }

    /// The lines in which something was typed.
    fn lines(&self) -> Vec<Line> {
        let at = |list: &[String], place: usize| list.get(place).cloned().unwrap_or_default();
        let line = |place: usize| Line {
            target: at(&self.target, place).trim().to_owned(),
            origin: at(&self.origin, place),
            value: at(&self.value, place),
            rule: at(&self.rule, place),
            handling: at(&self.handling, place),
            empty: at(&self.empty, place),
            required: at(&self.required, place) == "yes",
        };
        let many = self.target.len().min(MOST);
        let lines = (0..many).map(line);
        lines
            .filter(|line| !line.target.is_empty() || !line.value.is_empty())
            .collect()
    }
}

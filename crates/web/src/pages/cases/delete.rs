//! `GET /cases/{number}/delete`, `POST /cases/{number}/delete`: a case is deleted here, after a page that
//! says what that means.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use engine::actions;
use engine::case_view::{self, CaseView};

use crate::app::App;
use crate::navigation::Nav;
use crate::page::{Frame, html};
use crate::problem::Problem;
use crate::session::SignedIn;

#[derive(Template)]
#[template(path = "cases/delete.html")]
struct DeletePage {
    frame: Frame,
    case: CaseView,
}

pub(crate) async fn show(
    State(app): State<App>,
    person: SignedIn,
    Path(number): Path<String>,
) -> Result<Response, Problem> {
    let case = super::find(&app, &number).await?;
    let view = case_view::show(&app.engine, &case.id)
        .await?
        .ok_or_else(|| Problem::missing("There is no case with this number."))?;
    html(&DeletePage {
        case: person.see(view),
        frame: Frame::new(
            &app,
            person,
            Nav::Cases,
            format!("Delete case #{}", case.number),
        )
        .await?,
    })
}

pub(crate) async fn submit(
    State(app): State<App>,
    person: SignedIn,
    Path(number): Path<String>,
) -> Result<Response, Problem> {
    let case = super::find(&app, &number).await?;
    actions::delete(&app.engine, &case.id, &person.user.email).await?;
    Ok(Redirect::to(&format!("/cases/{}?done=deleted", case.number)).into_response())
}

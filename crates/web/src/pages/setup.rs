//! The first set-up, before anybody can sign in: whoever reads the terminal makes the first administrator.

mod submit;

use axum::response::{IntoResponse as _, Redirect, Response};

use crate::access::Right;
use crate::app::App;
use crate::problem::Problem;
use crate::routes::Routes;
use crate::session;

pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .get("/setup", Right::Open, submit::show)
        .post("/setup", Right::Open, submit::submit)
}

/// Where somebody is led who has no session: to the login and back to `back`, or to the first set-up while
/// there is nobody who could sign in.
pub(crate) async fn lead(app: &App, back: Option<&str>) -> Result<Response, Problem> {
    if is_due(app).await? {
        return Ok(Redirect::to("/setup").into_response());
    }
    Ok(Redirect::to(&session::login_address(back)).into_response())
}

/// Whether there is nobody yet.
pub(crate) async fn is_due(app: &App) -> Result<bool, Problem> {
    // Once somebody is there it stays so: the last administrator cannot be taken away.
    if app.options.is_set_up() {
        return Ok(false);
    }
    let due = store::users::is_empty(&mut *app.engine.store.read().await?).await?;
    if !due {
        app.options.note_set_up();
    }
    Ok(due)
}

//! `POST /api/v1/integrations`, `PATCH /api/v1/integrations/{id}`: an account is connected, or its settings
//! are changed.

use axum::extract::{Path, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use engine::integration_view::SignInView;
use engine::integrations::{self, SignIn};
use store::ids::{new_short_id, short_id_of};
use store::integrations::Settings;

use super::record::IntegrationRecord;
use super::settings::{IntegrationChange, told};
use super::{read, shown};
use crate::access::{Right, may};
use crate::api::Caller;
use crate::api::body::{Json, check_match, new_record};
use crate::app::App;
use crate::form::Wrongs;
use crate::pages::integrations::{find, managed, owners, sign_in};
use crate::problem::Problem;

/// Add an integration
///
/// Adds an account, inactive: nothing is synchronised until it is activated. What is left out is as in the
/// form of the page; `name`, `url` and `sign_in` are needed. It is owned by whose token this is, unless
/// `owner` says otherwise.
#[utoipa::path(
    post, path = "/api/v1/integrations", tag = "Integrations", request_body = IntegrationChange,
    params(("Idempotency-Key" = Option<String>, Header, description = "A key of your own making: the same request under it makes no second integration.", max_length = 200)),
    responses(
        (status = 201, description = "The integration.", body = IntegrationRecord, headers(("ETag" = String, description = "Names this version of the settings."), ("Location" = String, description = "Where the integration is found."))),
        (status = 409, description = "The integration cannot be added so.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A field cannot be as it was sent.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn add_integration(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    Json { value, bytes }: Json<IntegrationChange>,
) -> Result<Response, Problem> {
    let before = integrations::defaults(&caller.user.id);
    let kept = SignInView::default();
    let (settings, sign_in) = wished(&app, &caller, value, (&before, &kept)).await?;
    let place = "/api/v1/integrations";
    let chosen = new_record(&app, &caller, &headers, &format!("POST {place}"), &bytes).await?;
    let id = chosen.map_or_else(|| new_short_id(&*app.engine.dice), |id| short_id_of(&id));
    let actor = &caller.user.email;
    let added = integrations::add_as(&app.engine, id, settings, sign_in, actor).await?;
    let added = added.integration;
    let answer = shown(&app, &caller, &added, StatusCode::CREATED).await?;
    Ok(([(LOCATION, format!("{place}/{}", added.id))], answer).into_response())
}

/// Change an integration
///
/// Changes settings of an integration, or how it signs in. An integration that was used stays with its
/// account.
#[utoipa::path(
    patch, path = "/api/v1/integrations/{id}", tag = "Integrations", request_body = IntegrationChange,
    params(
        ("id" = String, Path, description = "The integration's id.", min_length = 1, max_length = 64),
        ("If-Match" = String, Header, description = "The ETag of what you read."),
    ),
    responses(
        (status = 200, description = "The integration as it is now.", body = IntegrationRecord, headers(("ETag" = String, description = "Names this version of the settings."))),
        (status = 404, description = "There is no such integration.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The integration cannot be changed so.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
        (status = 412, description = "Somebody changed the integration since you read it.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A field cannot be as it was sent.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn edit_integration(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json { value, .. }: Json<IntegrationChange>,
) -> Result<Response, Problem> {
    let found = managed(&app, &caller.user, &id).await?;
    check_match(&headers, &read(&app, &caller, &found).await?.version()?)?;
    let kept = engine::integration_view::sign_in(&app.engine, &found).await?;
    let (settings, sign_in) = wished(&app, &caller, value, (&found.settings, &kept)).await?;
    let actor = &caller.user.email;
    let edited = integrations::edit_unless_changed(&app.engine, &found, settings, sign_in, actor);
    if Box::pin(edited).await?.is_none() {
        return Err(Problem::stale());
    }
    let now = find(&app, &found.id).await?;
    shown(&app, &caller, &now, StatusCode::OK).await
}

/// What is wished for, over what is there, or what is wrong with it.
async fn wished(
    app: &App,
    caller: &Caller,
    mut change: IntegrationChange,
    (before, kept): (&Settings, &SignInView),
) -> Result<(Settings, SignIn), Problem> {
    let mut wrongs = Wrongs::default();
    let owners = owners(app, before).await?;
    let wish = change.sign_in.take();
    let settings = change.settings(app, &caller.user, (before, &owners), &mut wrongs);
    let may_share = may(caller.user.role, Right::ManageDestinations);
    let sign_in = match wish {
        Some(wish) => sign_in(wish.into(), kept, may_share, &mut wrongs),
        None => SignIn::Kept,
    };
    match wrongs.first() {
        Some((field, sentence)) => Err(Problem::invalid(told(field), sentence.to_owned())),
        None => Ok((settings, sign_in)),
    }
}

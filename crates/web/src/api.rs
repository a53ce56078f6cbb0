//! The REST API: the same nouns as the pages, for programs.
//!
//! Every operation stands in one list ([`Operations`]), of which both the routes and the OpenAPI document
//! are made: what is not in the document cannot be called, and nobody gets by the guard. Programs sign in
//! with a token ([`caller`]) and never with a cookie, so that no site can send something in their name.

mod audit;
mod body;
mod caller;
mod describe;
mod me;
mod operations;
mod page;
mod users;
mod webhooks;

use axum::Router;
use axum::middleware::from_fn_with_state;
use utoipa::openapi::OpenApi;

pub(crate) use caller::Caller;
pub(crate) use operations::Operations;

use crate::app::App;
use crate::problem;

/// Where the API is found.
pub(crate) const PLACE: &str = "/api";

/// All operations.
pub(crate) fn operations() -> Operations {
    let nouns: [fn(Operations) -> Operations; 5] = [
        audit::operations,
        describe::operations,
        me::operations,
        users::operations,
        webhooks::operations,
    ];
    nouns
        .into_iter()
        .fold(Operations::default(), |operations, add| add(operations))
}

/// The document that describes them all.
pub(crate) fn document() -> OpenApi {
    operations().document()
}

/// The service.
pub(crate) fn router(app: &App) -> Router<App> {
    operations()
        .build(app)
        .fallback(problem::no_such_operation)
        .method_not_allowed_fallback(problem::no_such_method)
        .layer(from_fn_with_state(app.clone(), problem::become_json))
}

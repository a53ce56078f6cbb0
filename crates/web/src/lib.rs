//! Pages and REST API.
//!
//! [`app()`] is all of it as one service; [`serve`] puts it on a socket. A page is a handler in
//! `pages`, which is the whole story of one action, and a template in `templates/` of the same
//! noun. Every route stands in one list with what it asks of whoever calls it ([`routes()`]), and
//! `access` has the one table of who may do what. Pages work without a script; two small ones make
//! them nicer. What may go wrong is a `problem`, which becomes a page too.

mod access;
mod api;
mod app;
mod assets;
mod form;
mod headers;
mod live;
mod mask;
mod moment;
mod multipart;
mod navigation;
mod page;
mod pages;
mod problem;
mod routes;
mod session;
mod throttle;

pub use access::{Right, Scope, may};
pub use app::{BadAddress, Options, app, openapi, operations, routes};
pub use routes::Route;

use std::future::Future;

/// Serves `app` on `listener` until `shutdown` resolves, then finishes the requests that are under
/// way. Who must end at a certain time gives this up after it.
///
/// # Errors
/// As the listener says.
pub async fn serve(
    listener: tokio::net::TcpListener,
    app: axum::Router,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    axum::serve(listener, app)
        .with_graceful_shutdown(shutdown)
        .await
}

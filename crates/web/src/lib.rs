//! Pages and REST API.
//!
//! [`app`] is all of it as one service; [`serve`] puts it on a socket. A page is a handler in
//! `pages`, which is the whole story of one action, and a template in `templates/` of the same
//! noun. Pages need no script. What may go wrong is a `problem`, which becomes a page too.

mod app;
mod headers;
mod moment;
mod page;
mod pages;
mod problem;
mod session;
mod style;
mod throttle;

pub use app::{BadAddress, Options, app};

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

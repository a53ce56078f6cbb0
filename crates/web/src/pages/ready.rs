//! `GET /readyz`: the database answers and the installation's key opens its secrets.

use axum::extract::State;
use axum::http::StatusCode;
use engine::Engine;

pub(crate) async fn show(State(engine): State<Engine>) -> (StatusCode, &'static str) {
    match engine.keyring.check(&engine.store, &*engine.dice).await {
        Ok(()) => (StatusCode::OK, "ready"),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            // Which one it is stands in the log: this answer is open to everybody.
            (
                StatusCode::SERVICE_UNAVAILABLE,
                "not ready: the database does not answer, or the key does not open it; the log says which",
            )
        }
    }
}

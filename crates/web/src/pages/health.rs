//! `GET /healthz`: the process answers. Says nothing of the database, so that a database that is
//! away for a moment does not get the process restarted; `/readyz` does.

pub(crate) async fn show() -> &'static str {
    "ok"
}

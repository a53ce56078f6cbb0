//! `GET /`: leads to the cases, which are what people come for.

use axum::response::Redirect;

use crate::session::SignedIn;

pub(crate) async fn show(_: SignedIn) -> Redirect {
    Redirect::to("/cases")
}

//! The page of whoever is signed in: their password and their sessions.

mod password;
mod sessions;
mod show;

use crate::access::Right;
use crate::routes::Routes;

pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .get("/me", Right::SignedIn, show::show)
        .post("/me/password", Right::SignedIn, password::submit)
        .post("/me/sessions/{id}/end", Right::SignedIn, sessions::end)
}

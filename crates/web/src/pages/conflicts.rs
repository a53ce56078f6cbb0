//! Conflicts: fields that were changed on both sides.

mod list;
mod restore;
mod show;

use engine::case_view::ConflictPage;

use crate::access::Right;
use crate::routes::Routes;
use crate::session::SignedIn;

pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .get("/conflicts", Right::SeeCases, list::show)
        .get("/conflicts/{id}", Right::SeeCases, show::show)
        .post("/conflicts/{id}/restore", Right::EditCases, restore::submit)
}

/// A page of conflicts as somebody may see it.
fn masked(person: &SignedIn, page: ConflictPage) -> ConflictPage {
    ConflictPage {
        conflicts: person.see(page.conflicts),
        next: page.next,
    }
}

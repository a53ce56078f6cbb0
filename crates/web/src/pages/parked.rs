//! Changes that cannot be delivered now.

mod give_up;
mod list;
mod retry;

use engine::case_view::ParkedView;

use crate::access::Right;
use crate::routes::Routes;

pub(crate) fn routes(routes: Routes) -> Routes {
    let change = Right::EditCases;
    routes
        .get("/parked", Right::SeeCases, list::show)
        .post("/parked/retry", change, retry::all)
        .post("/parked/{id}/retry", change, retry::one)
        .get("/parked/{id}/give-up", change, give_up::show)
        .post("/parked/{id}/give-up", change, give_up::submit)
}

/// Where one goes on after something parked was settled: to its case, if one came from there.
fn back(from: &str, done: &str) -> String {
    let number = from.parse::<i64>().ok();
    number.map_or_else(
        || format!("/parked?done={done}"),
        |number| format!("/cases/{number}?done={done}"),
    )
}

/// What something parked is about, as a heading.
fn about(parked: &ParkedView) -> String {
    match parked.case_number {
        Some(number) => format!("{} of case #{number}", parked.what),
        None => parked.what.clone(),
    }
}

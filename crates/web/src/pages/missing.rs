//! Every address that is none.

use crate::problem::Problem;

pub(crate) async fn show() -> Problem {
    Problem::missing("There is no such page.")
}

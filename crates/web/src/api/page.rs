//! Lists, page by page.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::pages::record_id;
use crate::problem::Problem;

/// How many records a page has if nobody says.
const USUAL: usize = 50;

/// How many it has at most.
const MOST: usize = 200;

/// Which page of a list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Place {
    /// How many records at most.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<usize>,
    /// The `next` of the page before; none for the first page.
    #[param(max_length = 200)]
    cursor: Option<String>,
}

impl Place {
    /// How many records to ask for.
    pub(crate) fn limit(&self) -> usize {
        self.limit.unwrap_or(USUAL).clamp(1, MOST)
    }

    /// The id after which the page begins.
    ///
    /// # Errors
    /// For a cursor that no page has given.
    pub(crate) fn after(&self) -> Result<Option<&str>, Problem> {
        let Some(cursor) = &self.cursor else {
            return Ok(None);
        };
        Ok(Some(record_id(cursor).ok_or_else(no_cursor)?))
    }

    /// The number after which the page begins, where a list is walked by number.
    ///
    /// # Errors
    /// For a cursor that no page has given.
    pub(crate) fn after_number(&self) -> Result<Option<i64>, Problem> {
        let number = self.after()?.map(str::parse).transpose();
        number.map_err(|_| no_cursor())
    }
}

fn no_cursor() -> Problem {
    Problem::bad_query("The cursor is none that a page has given as `next`.")
}

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Page<T: ToSchema> {
    /// The records.
    pub(crate) items: Vec<T>,
    /// What to give as `cursor` for the next page; null on the last one.
    pub(crate) next: Option<String>,
}

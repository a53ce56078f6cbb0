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

    /// The same for the database.
    pub(crate) fn count(&self) -> i64 {
        i64::try_from(self.limit()).unwrap_or(i64::MAX)
    }

    /// The number after which the page begins, of a list that goes by numbers.
    ///
    /// # Errors
    /// For a cursor that no page has given.
    pub(crate) fn number(&self) -> Result<Option<i64>, Problem> {
        let number = self.after()?.map(str::parse);
        number.transpose().map_err(|_| bad_cursor())
    }

    /// The id after which the page begins.
    ///
    /// # Errors
    /// For a cursor that no page has given.
    pub(crate) fn after(&self) -> Result<Option<&str>, Problem> {
        let Some(cursor) = &self.cursor else {
            return Ok(None);
        };
        record_id(cursor).map(Some).ok_or_else(bad_cursor)
    }

    /// The page of a short list that is read as a whole, in the order of its ids, which is the one in which
    /// its records were made.
    ///
    /// # Errors
    /// For a cursor that no page has given.
    pub(crate) fn page_of<T, R: ToSchema + From<T>>(
        &self,
        all: Vec<T>,
        id: impl Fn(&T) -> &str,
    ) -> Result<Page<R>, Problem> {
        let (records, next) = self.cut(all, id)?;
        Ok(Page {
            items: records.into_iter().map(R::from).collect(),
            next,
        })
    }

    /// As [`Place::page_of`]: the records of the page, and where the next one begins.
    ///
    /// # Errors
    /// As [`Place::page_of`].
    pub(crate) fn cut<T>(
        &self,
        mut all: Vec<T>,
        id: impl Fn(&T) -> &str,
    ) -> Result<(Vec<T>, Option<String>), Problem> {
        let after = self.after()?.unwrap_or_default();
        all.retain(|one| id(one) > after);
        all.sort_by(|one, other| id(one).cmp(id(other)));
        let more = all.len() > self.limit();
        all.truncate(self.limit());
        let last = all.last().filter(|_| more);
        let next = last.map(|last| id(last).to_owned());
        Ok((all, next))
    }
}

/// What is wrong with a cursor that no page has given.
pub(crate) fn bad_cursor() -> Problem {
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

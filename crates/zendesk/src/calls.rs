//! The calls, by noun.

pub(crate) mod attachments;
pub(crate) mod audits;
pub(crate) mod comments;
pub(crate) mod exports;
pub(crate) mod fields;
pub(crate) mod jobs;
mod lists;
pub(crate) mod me;
pub(crate) mod profiles;
pub(crate) mod recent_jobs;
pub(crate) mod references;
pub(crate) mod staff;
pub(crate) mod ticket_writes;
pub(crate) mod tickets;
pub(crate) mod user_writes;
pub(crate) mod users;
pub(crate) mod webhooks;

use crate::error::Error;
use crate::error::body::is_missing_record;

/// The most ids that a `show_many` takes (zendesk-api.md 3.4, 3.7).
const MANY: usize = 100;

/// A path with its query, percent-encoded, behind the query that it may have already.
fn with_query(path: &str, query: &[(&str, &str)]) -> String {
    let mut encoded = url::form_urlencoded::Serializer::new(String::new());
    encoded.extend_pairs(query);
    let mark = if path.contains('?') { '&' } else { '?' };
    format!("{path}{mark}{}", encoded.finish())
}

/// `1,2,3`.
fn joined(ids: &[i64]) -> String {
    let ids: Vec<String> = ids.iter().map(i64::to_string).collect();
    ids.join(",")
}

/// "Not found" is no error where one record was asked for by its id.
fn missing_is_none<T>(found: Result<T, Error>) -> Result<Option<T>, Error> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(Error::NotFound { refusal, .. }) if is_missing_record(&refusal) => Ok(None),
        Err(error) => Err(error),
    }
}

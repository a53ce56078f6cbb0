//! Lists that are read whole, whichever way the endpoint pages them (zendesk-api.md 3.1).

use serde_json::value::RawValue;

use super::with_query;
use crate::client::Client;
use crate::error::Error;
use crate::error::body::About;
use crate::records::{Mirrored, Page, Record, read_page, read_records};

/// Records a page.
const PAGE_SIZE: &str = "100";

/// Where a list goes on.
enum Next {
    End,
    Cursor(String),
    Offset,
}

impl Client {
    /// Reads all pages of `path`, whose records are under `key`. Cursor paging is asked for; an
    /// endpoint that does not know it answers by offset or all at once, and that is followed too.
    /// Links are never followed, only cursors and page numbers, so that no answer can lead us to
    /// another address.
    ///
    /// # Errors
    /// Any [`Error`]; [`Error::Endless`] if the list does not end within `max_pages` or its
    /// cursor stands still (F27).
    pub(super) async fn list<T: Mirrored>(
        &self,
        about: About,
        path: &str,
        key: &'static str,
        max_pages: usize,
    ) -> Result<Vec<Record<T>>, Error> {
        self.list_by(about, path, key, max_pages, |raws| Ok(read_records(raws)))
            .await
    }

    /// As [`Client::list`], for records that `read` reads.
    ///
    /// # Errors
    /// As [`Client::list`].
    pub(super) async fn list_by<T>(
        &self,
        about: About,
        path: &str,
        key: &'static str,
        max_pages: usize,
        read: impl Fn(&[&RawValue]) -> Result<Vec<T>, Error>,
    ) -> Result<Vec<T>, Error> {
        let mut all = Vec::new();
        let mut query: Vec<(&str, String)> = vec![("page[size]", PAGE_SIZE.to_owned())];
        let mut cursor = None;
        for number in 2..=max_pages + 1 {
            let pairs: Vec<(&str, &str)> = query.iter().map(|(k, v)| (*k, v.as_str())).collect();
            let url = with_query(path, &pairs);
            let (records, next) = self
                .get(about, &url, |body| {
                    let page = read_page(about.call, key, body)?;
                    let raws = list_of(about.call, key, &page)?;
                    Ok((read(raws)?, next_of(&page)))
                })
                .await?;
            let empty = records.is_empty();
            all.extend(records);
            match next {
                Next::End => return Ok(all),
                Next::Offset if empty => return Ok(all),
                Next::Offset => {
                    query = vec![
                        ("per_page", PAGE_SIZE.to_owned()),
                        ("page", number.to_string()),
                    ];
                }
                Next::Cursor(after) => {
                    if cursor.as_ref() == Some(&after) {
                        return Err(Error::Endless { call: about.call });
                    }
                    query = vec![
                        ("page[size]", PAGE_SIZE.to_owned()),
                        ("page[after]", after.clone()),
                    ];
                    cursor = Some(after);
                }
            }
        }
        Err(Error::Endless { call: about.call })
    }
}

/// The records of a page. An object without any key is an empty list (case L04); one with other
/// keys but not ours is something else.
pub(super) fn list_of<'p, 'a>(
    call: &'static str,
    key: &'static str,
    page: &'p Page<'a>,
) -> Result<&'p [&'a RawValue], Error> {
    match &page.records {
        Some(records) => Ok(records),
        None if page.blank => Ok(&[]),
        None => Err(Error::WrongShape {
            call,
            path: key.into(),
            what: "missing".into(),
        }),
    }
}

fn next_of(page: &Page<'_>) -> Next {
    match (page.has_more, &page.after_cursor, &page.next_page) {
        (Some(true), Some(cursor), _) => Next::Cursor(cursor.clone().into_owned()),
        (None, _, Some(_)) => Next::Offset,
        _ => Next::End,
    }
}

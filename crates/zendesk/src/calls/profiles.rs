//! Single users of a send: one by one, read back, suspended (profile-send.md 3 and 4). Bulk writes are
//! jobs, in `calls/jobs.rs`.

use domain::person::ZendeskUser;
use http::Method;

use super::lists::list_of;
use super::user_writes::one_user;
use super::{MANY, with_query};
use crate::client::{Client, Write};
use crate::error::Error;
use crate::error::body::About;
use crate::governor::Bucket;
use crate::records::{Record, read_page, read_records};

/// The most bytes of external ids in one query: addresses of more than 8 kB are refused by servers.
const LONGEST_QUERY: usize = 6_000;

/// A user that was made or brought up to date.
#[derive(Debug, Clone)]
pub struct Upserted {
    /// The user as it is now, with its raw JSON.
    pub user: Record<ZendeskUser>,
    /// Whether it was made (201) and not found (200).
    pub created: bool,
}

impl Client {
    /// Makes or changes one user, matched by external id or email (`POST users/create_or_update`):
    /// one a second in an account, five a minute for one user. `body` is the whole rendered body,
    /// `{"user":{...}}`.
    ///
    /// # Errors
    /// Any [`Error`]; [`Error::judge`] says what it means for the row.
    pub async fn upsert_user(&self, body: &[u8]) -> Result<Upserted, Error> {
        let about = single("the user");
        let write = Write::rendered(about, Method::POST, "users/create_or_update", body);
        self.write(write, |reply| {
            Ok(Upserted {
                user: one_user(about.call, &reply.body)?,
                created: reply.status == 201,
            })
        })
        .await
    }

    /// Changes one user by its id (`PUT users/{id}`), under the same limits. `body` is
    /// `{"user":{...}}`. A new `email` only becomes a further one (zendesk-api.md 0, item 5).
    ///
    /// # Errors
    /// Any [`Error`]; [`Error::is_not_found`] if there is no such user.
    pub async fn put_user(&self, id: i64, body: &[u8]) -> Result<Record<ZendeskUser>, Error> {
        let about = single("the change of a user");
        let path = format!("users/{id}");
        let write = Write::rendered(about, Method::PUT, &path, body);
        self.write(write, |reply| one_user(about.call, &reply.body))
            .await
    }

    /// Suspends one user: it cannot sign in, and its new tickets are held back.
    ///
    /// # Errors
    /// As [`Client::put_user`].
    pub async fn suspend_user(&self, id: i64) -> Result<Record<ZendeskUser>, Error> {
        self.put_user(id, br#"{"user":{"suspended":true}}"#).await
    }

    /// Many users by external id, in any case of letters, 100 a request. Those that are missing are
    /// left out, and the order says nothing. An id with a comma is asked for by itself, since the
    /// endpoint would take it for two.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn users_by_external_ids<S: AsRef<str> + Sync>(
        &self,
        ids: &[S],
    ) -> Result<Vec<Record<ZendeskUser>>, Error> {
        let mut all = Vec::with_capacity(ids.len());
        let (with_comma, plain): (Vec<&str>, Vec<&str>) = ids
            .iter()
            .map(AsRef::as_ref)
            .partition(|id| id.contains(','));
        for query in queries(&plain) {
            let path = with_query("users/show_many", &[("external_ids", &query)]);
            all.extend(self.users_at("users by their external ids", &path).await?);
        }
        for id in with_comma {
            all.extend(self.users_with_external_id(id).await?);
        }
        Ok(all)
    }

    /// The user with this external id, or none (`GET users/search?external_id=`). A search lags
    /// behind writes by seconds to minutes.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn users_with_external_id(
        &self,
        external_id: &str,
    ) -> Result<Vec<Record<ZendeskUser>>, Error> {
        let path = with_query("users/search", &[("external_id", external_id)]);
        self.users_at("users by external id", &path).await
    }

    async fn users_at(
        &self,
        call: &'static str,
        path: &str,
    ) -> Result<Vec<Record<ZendeskUser>>, Error> {
        self.get(About::call(call), path, |body| {
            let page = read_page(call, "users", body)?;
            Ok(read_records(list_of(call, "users", &page)?))
        })
        .await
    }
}

/// Joins ids into lists of at most 100 and of a length that an address can hold.
fn queries(ids: &[&str]) -> Vec<String> {
    let mut queries: Vec<String> = Vec::new();
    let mut count = 0;
    for id in ids {
        // Every byte may take three once it is encoded.
        let fits = |query: &String| count < MANY && 3 * (query.len() + id.len()) < LONGEST_QUERY;
        match queries.last_mut() {
            Some(query) if fits(query) => {
                query.push(',');
                query.push_str(id);
                count += 1;
            }
            Some(_) | None => {
                queries.push((*id).to_owned());
                count = 1;
            }
        }
    }
    queries
}

fn single(call: &'static str) -> About {
    About {
        bucket: Bucket::UserUpdates,
        ..About::call(call)
    }
}

#[cfg(test)]
mod tests {
    use super::queries;

    #[test]
    fn external_ids_are_asked_for_in_lists_that_an_address_can_hold() {
        let short: Vec<String> = (0..250).map(|number| number.to_string()).collect();
        let short: Vec<&str> = short.iter().map(String::as_str).collect();
        let lists = queries(&short);
        let counts: Vec<usize> = lists.iter().map(|list| list.split(',').count()).collect();
        assert_eq!(counts, [100, 100, 50]);
        let long = "x".repeat(255);
        let lists = queries(&[long.as_str(); 20]);
        assert!(lists.len() > 2 && lists.iter().all(|list| list.len() < 2_000));
        assert_eq!(lists.join(",").split(',').count(), 20);
        assert!(queries(&[]).is_empty());
    }
}

//! Single users, and many by their ids (zendesk-api.md 3.4).

use domain::person::{ZendeskUser, email_key};

use super::lists::list_of;
use super::{MANY, joined, missing_is_none, with_query};
use crate::client::Client;
use crate::error::Error;
use crate::error::body::About;
use crate::records::{Record, read_one, read_page, read_record, read_records};

impl Client {
    /// One user; `None` if there is none with this id. A deleted one is there, inactive.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn user(&self, id: i64) -> Result<Option<Record<ZendeskUser>>, Error> {
        let about = About::call("a user");
        let path = format!("users/{id}");
        let found = self.get(about, &path, |body| {
            Ok(read_record(0, read_one(about.call, "user", body)?))
        });
        missing_is_none(found.await)
    }

    /// Many users, 100 a request. Those that are missing are left out.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn users_show_many(&self, ids: &[i64]) -> Result<Vec<Record<ZendeskUser>>, Error> {
        let about = About::call("users by their ids");
        let mut all = Vec::with_capacity(ids.len());
        for chunk in ids.chunks(MANY) {
            let path = with_query("users/show_many", &[("ids", &joined(chunk))]);
            let found = self.get(about, &path, |body| {
                let page = read_page(about.call, "users", body)?;
                Ok(read_records(list_of(about.call, "users", &page)?))
            });
            all.extend(found.await?);
        }
        Ok(all)
    }

    /// The users whose email is this one, compared without case. The search matches any text, so
    /// its answer is sifted here; it lags behind writes by seconds to minutes. Only the first 100
    /// matches are looked at: a whole address matches few.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn users_with_email(&self, email: &str) -> Result<Vec<Record<ZendeskUser>>, Error> {
        let about = About::call("users by email");
        let key = email_key(email);
        let path = with_query("users/search", &[("query", key.as_str())]);
        let found = self.get(about, &path, |body| {
            let page = read_page(about.call, "users", body)?;
            Ok(read_records::<ZendeskUser>(list_of(
                about.call, "users", &page,
            )?))
        });
        let mut found = found.await?;
        found.retain(|record| {
            let user = record.parsed.as_ref().ok();
            user.and_then(|user| user.email.as_deref())
                .map(email_key)
                .as_deref()
                == Some(&key)
        });
        Ok(found)
    }
}

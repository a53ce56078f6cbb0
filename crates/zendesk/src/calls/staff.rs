//! Agents and administrators with all their identities: whom a send must never touch
//! (profile-send.md 2).

use std::fmt;

use domain::person::ZendeskUser;
use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt, TryStreamExt};

use crate::client::Client;
use crate::error::Error;
use crate::error::body::About;

/// 100 a page: more staff than any account has.
const MOST_PAGES: usize = 1_000;
/// How many lists of identities are asked for at a time.
const AT_A_TIME: usize = 4;

/// One agent or administrator.
#[derive(Clone, PartialEq, Eq)]
pub struct StaffMember {
    /// Zendesk's id.
    pub id: i64,
    /// Raw role word: `agent` or `admin`.
    pub role: Option<String>,
    /// Its external id.
    pub external_id: Option<String>,
    /// All its emails, the primary one first.
    pub emails: Vec<String>,
}

impl fmt::Debug for StaffMember {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StaffMember")
            .field("id", &self.id)
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// Every agent and administrator with all emails, a request for each. A member of staff whose
    /// record cannot be read ends the stream with an error: the shield must not have holes.
    pub fn staff(&self) -> BoxStream<'_, Result<StaffMember, Error>> {
        stream::once(self.staff_records())
            .map_ok(|found| stream::iter(found.into_iter().map(Ok)))
            .try_flatten()
            .map_ok(move |user| self.with_emails(user))
            .try_buffered(AT_A_TIME)
            .boxed()
    }

    async fn staff_records(&self) -> Result<Vec<ZendeskUser>, Error> {
        let about = About::call("the list of agents");
        let path = "users?role%5B%5D=agent&role%5B%5D=admin";
        let found = self
            .list::<ZendeskUser>(about, path, "users", MOST_PAGES)
            .await?;
        found
            .into_iter()
            .map(|record| {
                record.parsed.map_err(|bad| Error::WrongShape {
                    call: about.call,
                    path: format!("users.{}.{}", bad.position, bad.path),
                    what: bad.what,
                })
            })
            .collect()
    }

    async fn with_emails(&self, user: ZendeskUser) -> Result<StaffMember, Error> {
        let mut emails: Vec<String> = user.email.iter().cloned().collect();
        match self.identities(user.id).await {
            Ok(identities) => {
                for identity in identities {
                    let is_known = emails.iter().any(|email| identity.is_email(email));
                    if identity.kind == "email" && !is_known {
                        emails.push(identity.value);
                    }
                }
            }
            // Deleted since it was listed: what the list said of it still counts.
            Err(error) if error.is_not_found() => {}
            Err(error) => return Err(error),
        }
        Ok(StaffMember {
            id: user.id,
            role: user.role,
            external_id: user.external_id,
            emails,
        })
    }
}

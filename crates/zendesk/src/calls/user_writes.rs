//! Users made and changed, and their identities (zendesk-api.md 3.4). Each request is sent once;
//! all of them may be sent again, as they bring about a state and add nothing to it. Only a
//! further email that is there already is refused (422 `DuplicateValue`).

use std::fmt;

use domain::person::ZendeskUser;
use http::Method;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::client::{Client, Write};
use crate::drafts::{NewUser, UserChange, email_body};
use crate::error::Error;
use crate::error::body::About;
use crate::governor::Bucket;
use crate::records::{Mirrored, Record, flag, id, read_one, read_page, read_record, text};

/// A user has few; an endless list is an error.
const MOST_PAGES: usize = 10;

/// One way to reach or recognise a user.
#[derive(Clone, PartialEq, Eq)]
pub struct Identity {
    /// Its id.
    pub id: i64,
    /// The user.
    pub user_id: Option<i64>,
    /// `email`, `phone_number`, ...
    pub kind: String,
    /// The email, the number, ...
    pub value: String,
    /// Whether it was verified.
    pub verified: bool,
    /// Whether it is the first of its kind.
    pub primary: bool,
}

impl Identity {
    /// Whether it is this email, compared without case.
    pub fn is_email(&self, email: &str) -> bool {
        use domain::person::email_key;
        self.kind == "email" && email_key(&self.value) == email_key(email)
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("id", &self.id)
            .field("user_id", &self.user_id)
            .field("kind", &self.kind)
            .field("primary", &self.primary)
            .finish_non_exhaustive()
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct IdentityWire {
    #[serde(deserialize_with = "id")]
    id: Option<i64>,
    #[serde(deserialize_with = "id")]
    user_id: Option<i64>,
    #[serde(rename = "type", deserialize_with = "text")]
    kind: Option<String>,
    #[serde(deserialize_with = "text")]
    value: Option<String>,
    #[serde(deserialize_with = "flag")]
    verified: Option<bool>,
    #[serde(deserialize_with = "flag")]
    primary: Option<bool>,
}

impl Mirrored for Identity {
    const NOUN: &'static str = "Identity";
    type Wire<'a> = IdentityWire;

    fn from_wire(wire: IdentityWire) -> Result<Self, &'static str> {
        Ok(Self {
            id: wire.id.ok_or("id")?,
            user_id: wire.user_id,
            kind: wire.kind.ok_or("type")?,
            value: wire.value.unwrap_or_default(),
            verified: wire.verified.unwrap_or(false),
            primary: wire.primary.unwrap_or(false),
        })
    }

    fn id(&self) -> i64 {
        self.id
    }
}

impl Client {
    /// Makes a user, or brings the one with the same external id or email up to date. Zendesk
    /// sends no mail to it.
    ///
    /// # Errors
    /// Any [`Error`]; [`Error::Invalid`] with the refused fields.
    pub async fn create_or_update_user(
        &self,
        user: &NewUser,
    ) -> Result<Record<ZendeskUser>, Error> {
        let about = about("the new user");
        let body = user.to_body();
        let write = Write::json(about, Method::POST, "users/create_or_update", &body);
        self.write(write, |reply| one_user(about.call, &reply.body))
            .await
    }

    /// Changes a user's name or phone number.
    ///
    /// # Errors
    /// Any [`Error`]; [`Error::is_not_found`] if there is no such user.
    pub async fn update_user(
        &self,
        id: i64,
        change: &UserChange,
    ) -> Result<Record<ZendeskUser>, Error> {
        let about = about("the change of a user");
        let (path, body) = (format!("users/{id}"), change.to_body());
        let write = Write::json(about, Method::PUT, &path, &body);
        self.write(write, |reply| one_user(about.call, &reply.body))
            .await
    }

    /// The identities of a user. Those that cannot be read are left out.
    ///
    /// # Errors
    /// Any [`Error`]; [`Error::NotFound`] if there is no such user.
    pub async fn identities(&self, user_id: i64) -> Result<Vec<Identity>, Error> {
        let about = About::call("the identities of a user");
        let path = format!("users/{user_id}/identities");
        let found = self.list::<Identity>(about, &path, "identities", MOST_PAGES);
        Ok(readable(found.await?))
    }

    /// Gives a user a further email. It becomes the first one only by [`Client::make_primary`].
    ///
    /// # Errors
    /// Any [`Error`]; [`Error::Invalid`] if it is another user's, or this one's already.
    pub async fn add_email(&self, user_id: i64, email: &str) -> Result<Identity, Error> {
        let about = about("the new email of a user");
        let (path, body) = (format!("users/{user_id}/identities"), email_body(email));
        let write = Write::json(about, Method::POST, &path, &body);
        self.write(write, |reply| {
            one(about.call, read_one(about.call, "identity", &reply.body)?)
        })
        .await
    }

    /// Makes an identity the first of its kind: an email becomes the user's email. Gives all of
    /// the user's identities, as they are now.
    ///
    /// # Errors
    /// Any [`Error`]; [`Error::is_not_found`] if there is no such identity.
    pub async fn make_primary(&self, user_id: i64, identity: i64) -> Result<Vec<Identity>, Error> {
        let about = about("the primary email of a user");
        let path = format!("users/{user_id}/identities/{identity}/make_primary");
        let write = Write::json(about, Method::PUT, &path, "{}");
        self.write(write, |reply| {
            let page = read_page(about.call, "identities", &reply.body)?;
            let raws = super::lists::list_of(about.call, "identities", &page)?;
            Ok(readable(crate::records::read_records(raws)))
        })
        .await
    }
}

fn about(call: &'static str) -> About {
    About {
        bucket: Bucket::UserUpdates,
        ..About::call(call)
    }
}

fn readable(found: Vec<Record<Identity>>) -> Vec<Identity> {
    let read = found.into_iter();
    read.filter_map(|record| record.parsed.ok()).collect()
}

pub(super) fn one_user(call: &'static str, body: &[u8]) -> Result<Record<ZendeskUser>, Error> {
    let record: Record<ZendeskUser> = read_record(0, read_one(call, "user", body)?);
    if record.id.is_none() {
        return Err(Error::WrongShape {
            call,
            path: "user.id".into(),
            what: "missing".into(),
        });
    }
    Ok(record)
}

fn one(call: &'static str, raw: &RawValue) -> Result<Identity, Error> {
    let record = read_record::<Identity>(0, raw);
    record.parsed.map_err(|bad| Error::WrongShape {
        call,
        path: format!("identity.{}", bad.path),
        what: bad.what,
    })
}

//! Whom a case may be assigned to, as forms offer it: a list to choose from while it is short, and a field
//! for an email or a name once it is long. Thousands of names would be most of a page.

use store::users::{self, User};

use crate::app::App;
use crate::form::Wrongs;
use crate::problem::Problem;

/// How many people a list to choose from has at most.
const MOST: usize = 100;

/// Whom a form offers.
pub(crate) enum Staff {
    /// Id and name of each.
    Few(Vec<(String, String)>),
    /// Too many to choose from: what the field says of who is chosen.
    Many(String),
}

impl Staff {
    /// What a form offers to `viewer` that has `chosen`, which is an id, a word of the form's own, or what
    /// was typed.
    ///
    /// # Errors
    /// As the database says.
    pub(crate) async fn read(
        connection: &mut store::Connection,
        viewer: &User,
        chosen: &str,
    ) -> Result<Self, Problem> {
        let all = users::first(connection, MOST + 1).await?;
        if all.len() <= MOST {
            let named = all.into_iter().map(|user| (user.id, user.name));
            return Ok(Self::Few(named.collect()));
        }
        let found = match chosen {
            "" => None,
            id => users::find(connection, id).await?,
        };
        Ok(Self::Many(match found {
            Some(user) if viewer.restrict_pii => user.name,
            Some(user) => user.email,
            None => chosen.to_owned(),
        }))
    }
}

/// The id of somebody who was chosen or typed: by id, by email, or by a name that nobody else has. The inner
/// error is a sentence.
///
/// # Errors
/// As the database says.
pub(crate) async fn named(
    connection: &mut store::Connection,
    typed: &str,
) -> Result<Result<String, String>, Problem> {
    let typed = typed.trim();
    let known = match users::find(connection, typed).await? {
        None if typed.contains('@') => users::by_email(connection, typed).await?,
        known => known,
    };
    if let Some(user) = known {
        return Ok(Ok(user.id));
    }
    let mut of_that_name = users::by_name(connection, typed).await?;
    Ok(match (of_that_name.pop(), of_that_name.is_empty()) {
        (Some(user), true) => Ok(user.id),
        (Some(_), false) => Err(format!(
            "Several people are called {typed}. Write the email."
        )),
        (None, _) => Err(format!(
            "Nobody here has the name or the email {typed:?}. Write it as it stands under Settings, Users."
        )),
    })
}

/// The id of whom a form's field `assigned_to` names, if it names anybody; what is wrong is added to `wrongs`.
///
/// # Errors
/// As the database says.
pub(crate) async fn assigned_to(
    app: &App,
    typed: &str,
    wrongs: &mut Wrongs,
) -> Result<Option<String>, Problem> {
    if typed.trim().is_empty() {
        return Ok(None);
    }
    let connection = &mut *app.engine.store.read().await?;
    Ok(match named(connection, typed).await? {
        Ok(id) => Some(id),
        Err(sentence) => {
            wrongs.add("assigned_to", sentence);
            None
        }
    })
}

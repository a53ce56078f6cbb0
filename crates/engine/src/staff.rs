//! What administrators do with users, and users with themselves.

use domain::person::resembles_an_address;
use secrecy::{ExposeSecret as _, SecretString};
use store::users::{self, Member, User, UserEdit, UserRole};
use store::{passwords, sessions};

use crate::engine::Engine;
use crate::error::{Error, Result};

/// The longest name of a user, in characters.
const LONGEST_NAME: usize = 200;

/// Somebody new on the staff.
#[derive(Clone)]
pub struct NewUser {
    /// The id they get, if it was chosen before: asked for twice, one user is made.
    pub id: Option<String>,
    /// Their email address, with which they sign in.
    pub email: String,
    /// Their name.
    pub name: String,
    /// What they may do.
    pub role: UserRole,
    /// Whether they see personal data only masked.
    pub restrict_pii: bool,
    /// The password they begin with.
    pub password: SecretString,
}

/// Adds a user.
///
/// # Errors
/// [`Error::Refused`] with what is wrong with which field; [`store::Error::Exists`] if the email is
/// taken.
pub async fn add(engine: &Engine, new: NewUser, actor: &str) -> Result<User> {
    add_if(engine, new, actor, Anybody::May).await
}

/// Makes the first administrator, as long as there is nobody.
///
/// # Errors
/// As [`add`]; [`Error::Refused`] too if there is somebody already.
pub async fn add_first(
    engine: &Engine,
    email: &str,
    name: &str,
    password: SecretString,
) -> Result<User> {
    let new = NewUser {
        id: None,
        email: email.to_owned(),
        name: name.to_owned(),
        role: UserRole::Administrator,
        restrict_pii: false,
        password,
    };
    add_if(engine, new, "first set-up", Anybody::MayNot).await
}

/// Whether there may be somebody already.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Anybody {
    May,
    MayNot,
}

async fn add_if(engine: &Engine, new: NewUser, actor: &str, anybody: Anybody) -> Result<User> {
    if let Some(id) = &new.id {
        let made = users::find(&mut *engine.store.read().await?, id).await?;
        if let Some(user) = made {
            return Ok(user);
        }
    }
    let email = new.email.trim();
    if !resembles_an_address(email) {
        return Err(Error::Refused(format!(
            "{email:?} is not an email address. Write for example ada@example.com."
        )));
    }
    let name = check_name(&new.name)?;
    check_password(&new.password, &[email, name])?;
    let hash = hash(engine, new.password).await?;
    let mut tx = engine.store.begin().await?;
    if anybody == Anybody::MayNot && !users::is_empty(&mut tx).await? {
        return Err(Error::Refused(
            "This installation is set up already. Sign in, or ask an administrator to add you."
                .to_owned(),
        ));
    }
    let (now, dice) = (engine.now(), &*engine.dice);
    let id = new.id.unwrap_or_else(|| store::ids::new_id(now, dice));
    let mut user = users::add_as(&mut tx, id, email, name, new.role, Some(hash), now).await?;
    let act = engine.act(actor);
    store::audit::note(&mut tx, act, "user.add", &user.email, new.role.as_str()).await?;
    if new.restrict_pii {
        let member = Member {
            user: user.clone(),
            disabled_at: None,
            has_password: true,
        };
        let edit = UserEdit {
            restrict_pii: Some(true),
            ..UserEdit::default()
        };
        users::edit(&mut tx, &member, &edit, act).await?;
        user.restrict_pii = true;
    }
    tx.commit().await?;
    Ok(user)
}

/// Changes somebody's name, role, or whether they may sign in.
///
/// # Errors
/// [`Error::Refused`] for a name that is none, and if there is no such user;
/// [`store::Error::LastAdministrator`] if nobody would be left who may do everything.
pub async fn edit(engine: &Engine, id: &str, mut edit: UserEdit, actor: &str) -> Result<()> {
    if let Some(name) = &edit.name {
        edit.name = Some(check_name(name)?.to_owned());
    }
    let mut tx = engine.store.begin().await?;
    let member = users::member(&mut tx, id).await?.ok_or_else(gone)?;
    users::edit(&mut tx, &member, &edit, engine.act(actor)).await?;
    Ok(tx.commit().await?)
}

/// As [`edit`], if they are still as `read`; says whether they were.
///
/// # Errors
/// As [`edit`].
pub async fn edit_as_read(
    engine: &Engine,
    read: &Member,
    mut edit: UserEdit,
    actor: &str,
) -> Result<bool> {
    if let Some(name) = &edit.name {
        edit.name = Some(check_name(name)?.to_owned());
    }
    let mut tx = engine.store.begin().await?;
    let member = users::member(&mut tx, &read.user.id)
        .await?
        .ok_or_else(gone)?;
    if member != *read {
        return Ok(false);
    }
    users::edit(&mut tx, &member, &edit, engine.act(actor)).await?;
    tx.commit().await?;
    Ok(true)
}

/// Gives somebody a new password, and ends all their sessions but `keep`.
///
/// # Errors
/// [`Error::Refused`] if it is too easy to guess, or if there is no such user.
pub async fn set_password(
    engine: &Engine,
    id: &str,
    password: SecretString,
    keep: Option<&str>,
    actor: &str,
) -> Result<()> {
    let found = users::find(&mut *engine.store.read().await?, id).await?;
    let user = found.ok_or_else(gone)?;
    check_password(&password, &[&user.email, &user.name])?;
    let hash = hash(engine, password).await?;
    let mut tx = engine.store.begin().await?;
    users::set_password(&mut tx, &user, &hash, keep, engine.act(actor)).await?;
    Ok(tx.commit().await?)
}

/// Ends one of somebody's sessions.
///
/// # Errors
/// As the database says.
pub async fn end_session(engine: &Engine, user: &User, session: &str, actor: &str) -> Result<bool> {
    let mut tx = engine.store.begin().await?;
    let ended = sessions::end_one(&mut tx, &user.id, session).await?;
    if ended {
        let act = engine.act(actor);
        store::audit::note(&mut tx, act, "session.end", &user.email, "").await?;
    }
    tx.commit().await?;
    Ok(ended)
}

/// Whether a password may be used: long enough, and none that is guessed among the first million
/// (security-and-operations.md 1, 6.2.1). `about` is what an attacker knows of its owner.
///
/// # Errors
/// [`Error::Refused`] with what is wrong with it.
pub fn check_password(password: &SecretString, about: &[&str]) -> Result<()> {
    let text = password.expose_secret();
    let length = text.chars().count();
    if length < passwords::SHORTEST {
        return Err(Error::Refused(format!(
            "The password is too short: it has {length} characters and needs at least {}.",
            passwords::SHORTEST
        )));
    }
    if passwords::is_easy(password, about) {
        return Err(Error::Refused(
            "The password is among those that are guessed first. Take a longer one: four words that have nothing to do with each other, for example."
                .to_owned(),
        ));
    }
    Ok(())
}

fn check_name(name: &str) -> Result<&str> {
    let name = name.trim();
    let length = name.chars().count();
    if (1..=LONGEST_NAME).contains(&length) {
        return Ok(name);
    }
    Err(Error::Refused(format!(
        "A user's name has 1 to {LONGEST_NAME} characters; this one has {length}. Enter another one."
    )))
}

/// Hashing takes a good part of a second of one processor, so it stands in nobody's way.
async fn hash(engine: &Engine, password: SecretString) -> Result<String> {
    let dice = engine.dice.clone();
    tokio::task::spawn_blocking(move || passwords::hash(&password, &*dice))
        .await
        .map_err(|error| Error::Refused(format!("The password could not be hashed: {error}.")))?
        .map_err(Error::from)
}

fn gone() -> Error {
    Error::Refused("There is no such user any more. Reload the list of users.".to_owned())
}

//! The examination of an installation, from within: room on the disk, database, administrators, accounts,
//! databases that queries read, import folders. Each finding says what to do about it, in words that fit a page
//! as well as a terminal: they name the page or the deed, and a command only where there is nothing else.

mod account;
mod disk;
mod profiles;

use std::path::Path;
use std::pin::pin;
use std::time::Duration;

use clock::Clock;
use futures_util::future::{BoxFuture, Either, FutureExt as _, ready, select};
use futures_util::stream::{self, StreamExt as _};
use serde::{Deserialize, Serialize};
use store::leases;
use store::users::{self, UserRole};

use crate::credentials::in_time;
use crate::engine::Engine;
use crate::error::{Error, Result};

/// So many accounts, databases and folders are looked at side by side.
const AT_ONCE: usize = 8;
/// The longest that this machine may take to tell of a disk or a folder, which may be another machine's.
const LONGEST: Duration = Duration::from_secs(10);
/// The longest that a request may be held for an account's limits: somebody waits for what comes of it.
const PATIENCE: Duration = Duration::from_secs(10);

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Grade {
    /// As it should be.
    Ok,
    /// It works, and somebody should look at it.
    Warning,
    /// It does not work until somebody mends it.
    Error,
}

impl Grade {
    /// The word that the command line and the API say.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// One finding: what was looked at, how it is, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What was looked at, such as `database` or `main, sign-in`.
    pub check: String,
    /// How it is.
    pub grade: Grade,
    /// What was found, and what to do: sentences for people.
    pub finding: String,
}

impl Finding {
    /// That something is as it should be.
    pub fn ok(check: impl Into<String>, finding: impl Into<String>) -> Self {
        Self::of(Grade::Ok, check, finding)
    }

    /// That somebody should look at something.
    pub fn warning(check: impl Into<String>, finding: impl Into<String>) -> Self {
        Self::of(Grade::Warning, check, finding)
    }

    /// That something does not work.
    pub fn error(check: impl Into<String>, finding: impl Into<String>) -> Self {
        Self::of(Grade::Error, check, finding)
    }

    fn of(grade: Grade, check: impl Into<String>, finding: impl Into<String>) -> Self {
        Self {
            check: check.into(),
            grade,
            finding: finding.into(),
        }
    }
}

/// Whether anything is wrong. Warnings are not.
pub fn has_error(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| finding.grade == Grade::Error)
}

/// Looks at everything that can be looked at from an open installation, in an order that stays the same:
/// the disk, then what [`examine_opened`] looks at.
///
/// It takes at most 10 seconds for the disk, and then what [`examine_opened`] takes.
pub async fn examine(engine: &Engine) -> Vec<Finding> {
    // A folder of ours in the data folder, so it lies on the disk that must not become full.
    let folder = &engine.settings.sources.scratch;
    let mut findings = vec![examine_disk(folder, &*engine.clock).await];
    findings.extend(examine_opened(engine).await);
    findings
}

/// As [`examine`], for who has looked at the disk already: the database, administrators, each integration, each
/// destination, each database that queries read, each import folder.
///
/// Eight are looked at side by side. An integration is waited for 60 seconds at most (30 for its sign-in, 30 for
/// its clock), a destination or a database 30, a folder 10, so it is over after a minute for each eight of them;
/// forty integrations take five minutes if none answers, and seconds if all do. A wait for our own database, which
/// the store ends, comes on top.
pub async fn examine_opened(engine: &Engine) -> Vec<Finding> {
    let mut looks: Vec<Look<'_>> = vec![database(engine).boxed(), people(engine).boxed()];
    looks.extend(account::looks(engine).await);
    looks.extend(profiles::looks(engine).await);
    side_by_side(looks).await
}

/// Looks how much room is left on the disk that holds `folder`, or would hold it. It takes at most 10 seconds
/// on `clock`.
pub async fn examine_disk(folder: &Path, clock: &dyn Clock) -> Finding {
    disk::look(folder, clock).await
}

/// One look at one thing, which may make several findings.
type Look<'a> = BoxFuture<'a, Vec<Finding>>;

/// A look that is over.
fn looked(finding: Finding) -> Look<'static> {
    ready(vec![finding]).boxed()
}

/// What all looks find, in their order, whichever is over first.
async fn side_by_side(looks: Vec<Look<'_>>) -> Vec<Finding> {
    let mut numbered = Vec::with_capacity(looks.len());
    // Not by `map`: a future with that closure in it cannot be sent to another thread.
    for (place, look) in looks.into_iter().enumerate() {
        numbered.push(async move { (place, look.await) });
    }
    let mut found: Vec<(usize, Vec<Finding>)> = stream::iter(numbered)
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    found.sort_by_key(|(place, _)| *place);
    found.into_iter().flat_map(|(_, found)| found).collect()
}

/// What another side answers, or how bad it is that it does not, and why.
async fn ask<T>(
    engine: &Engine,
    asking: impl Future<Output = Result<T>> + Send,
) -> Result<T, (Grade, String)> {
    // As an outcome within the outcome, so that the kind of an error is not lost on its way here.
    let asking = Box::pin(async { Ok(asking.await) });
    match in_time(engine, asking).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) | Err(error) => {
            // A limit that is reached says nothing against the account: it only cannot be asked right now.
            let grade = match matches!(error, Error::Zendesk(zendesk::Error::Limited { .. })) {
                true => Grade::Warning,
                false => Grade::Error,
            };
            Err((grade, error.for_asker().to_string()))
        }
    }
}

/// What this machine tells, if it does so soon.
async fn promptly<T>(clock: &dyn Clock, looking: impl Future<Output = T>) -> Option<T> {
    match select(pin!(looking), clock.beat(LONGEST)).await {
        Either::Left((found, _)) => Some(found),
        Either::Right(_) => None,
    }
}

async fn database(engine: &Engine) -> Vec<Finding> {
    let store = &engine.store;
    let looking = async {
        engine.keyring.check(store, &*engine.dice).await?;
        store.check_tables().await?;
        // A real write, of a row that means nothing: only so is it known that it can be done.
        leases::take(store, "doctor", "doctor", engine.now(), Duration::ZERO).await
    };
    vec![match looking.await {
        Ok(_) => Finding::ok(
            "database",
            format!(
                "{} opens with this key, its tables are up to date, and it can be written to.",
                store.place()
            ),
        ),
        Err(error) => Finding::error("database", error.to_string()),
    }]
}

async fn people(engine: &Engine) -> Vec<Finding> {
    let listed = async { users::list(&mut *engine.store.read().await?).await };
    vec![match listed.await {
        Err(error) => Finding::error("administrator", error.to_string()),
        Ok(users)
            if users
                .iter()
                .any(|user| user.role == UserRole::Administrator) =>
        {
            Finding::ok("administrator", "There is one who can sign in.")
        }
        Ok(_) => Finding::error(
            "administrator",
            "There is none who can sign in, so nobody can add users or change their rights. Make one with `deskbridge init --admin-email YOU@EXAMPLE.COM --admin-password-env VARIABLE`.",
        ),
    }]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_error_makes_the_whole_wrong() {
        let mut findings = vec![
            Finding::ok("a", "fine"),
            Finding::warning("b", "look at it"),
        ];
        assert!(!has_error(&findings));
        findings.push(Finding::error("c", "broken"));
        assert!(has_error(&findings));
    }

    #[tokio::test]
    async fn findings_stand_in_the_order_of_the_looks_whichever_is_over_first() {
        let (end_first, first_ends) = tokio::sync::oneshot::channel::<()>();
        let first = async move {
            drop(first_ends.await);
            vec![Finding::ok("first", ""), Finding::ok("first again", "")]
        };
        let second = async move {
            drop(end_first);
            vec![Finding::ok("second", "")]
        };
        let found = side_by_side(vec![first.boxed(), second.boxed()]).await;
        let checks: Vec<&str> = found.iter().map(|one| one.check.as_str()).collect();
        assert_eq!(checks, ["first", "first again", "second"]);
    }
}

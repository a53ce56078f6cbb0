//! The environment, read in this file alone.

use std::env::{self, VarError};
use std::path::PathBuf;

use secrecy::SecretString;

use crate::failure::usage;

/// What the environment says. Flags win over it, it wins over the configuration file.
#[derive(Debug, Default)]
pub(crate) struct Environment {
    /// `DESKBRIDGE_DATA`: the data folder.
    pub(crate) data: Option<PathBuf>,
    /// `DESKBRIDGE_DATABASE_URL`: a PostgreSQL server instead of the file. May hold a password.
    pub(crate) database_url: Option<SecretString>,
    /// `DESKBRIDGE_KEY`: the key's text instead of the file `key`.
    pub(crate) key: Option<SecretString>,
    /// `DESKBRIDGE_ALLOW_LOOPBACK=1`: an address of this machine may stand for Zendesk.
    pub(crate) allow_loopback: bool,
    /// `DESKBRIDGE_LOG`: which log lines are shown.
    pub(crate) log: Option<String>,
    /// Where data folders live by default.
    pub(crate) home: Option<PathBuf>,
    /// Tests only, `DESKBRIDGE_TEST_KILL_AT`: end by SIGKILL at this checkpoint, counted from 1.
    pub(crate) test_kill_at: Option<u64>,
    /// Tests only, `DESKBRIDGE_TEST_CHECKPOINTS`: a file that gets each checkpoint's name.
    pub(crate) test_checkpoints: Option<PathBuf>,
}

impl Environment {
    /// Reads it.
    ///
    /// # Errors
    /// A sentence for a variable that cannot be understood.
    pub(crate) fn read() -> anyhow::Result<Self> {
        Ok(Self {
            data: path("DESKBRIDGE_DATA"),
            database_url: text("DESKBRIDGE_DATABASE_URL")?.map(Into::into),
            key: text("DESKBRIDGE_KEY")?.map(Into::into),
            allow_loopback: match text("DESKBRIDGE_ALLOW_LOOPBACK")?.as_deref() {
                None | Some("0" | "false" | "no") => false,
                Some("1" | "true" | "yes") => true,
                Some(_) => {
                    return Err(usage(
                        "DESKBRIDGE_ALLOW_LOOPBACK is neither 1 nor 0. Set it to 1 to allow an address of this machine as Zendesk, or unset it.",
                    ));
                }
            },
            log: text("DESKBRIDGE_LOG")?,
            home: path("XDG_DATA_HOME")
                .filter(|folder| folder.is_absolute())
                .or_else(|| path("HOME").map(|home| home.join(".local/share"))),
            test_kill_at: match text("DESKBRIDGE_TEST_KILL_AT")? {
                None => None,
                Some(number) => Some(number.parse().map_err(|_| {
                    usage("DESKBRIDGE_TEST_KILL_AT must be the number of a checkpoint, from 1.")
                })?),
            },
            test_checkpoints: path("DESKBRIDGE_TEST_CHECKPOINTS"),
        })
    }
}

fn path(variable: &str) -> Option<PathBuf> {
    env::var_os(variable)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
}

/// The value of a variable; an empty one counts as unset.
fn text(variable: &str) -> anyhow::Result<Option<String>> {
    match env::var(variable) {
        Ok(value) => Ok(Some(value).filter(|value| !value.trim().is_empty())),
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => Err(usage(format!(
            "The environment variable {variable} does not hold readable text (UTF-8). Set it again."
        ))),
    }
}

/// The secret in the variable that the flag `flag` names. Secrets come this way only: what stands
/// on a command line can be read by everyone on the machine.
///
/// # Errors
/// A usage error if the variable is not set.
pub(crate) fn secret(flag: &str, variable: &str) -> anyhow::Result<SecretString> {
    if !variable
        .chars()
        .all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
    {
        // Not repeated: somebody may have put the secret itself here.
        return Err(usage(format!(
            "{flag} takes the name of an environment variable that holds the secret, not the secret itself. Write for example: ZENDESK_TOKEN=… deskbridge … {flag} ZENDESK_TOKEN"
        )));
    }
    match text(variable)? {
        Some(value) => Ok(value.trim().to_owned().into()),
        None => Err(usage(format!(
            "The environment variable {variable}, which {flag} names, is not set or empty. Set it to the secret and run the command again."
        ))),
    }
}

//! How a command ends when it could not do what was asked: one sentence and an exit status.

use std::fmt;
use std::process::ExitCode;

use crate::output;

/// The command was called in a way that cannot work, whatever the state of the installation:
/// exit status 2, like the errors of the command line's own parser.
#[derive(Debug)]
pub(crate) struct Usage(pub(crate) String);

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Usage {}

/// A [`Usage`] error, ready to return.
pub(crate) fn usage(sentence: impl Into<String>) -> anyhow::Error {
    anyhow::Error::new(Usage(sentence.into()))
}

/// The command has already said everything, in its own form; only the status is left.
#[derive(Debug)]
pub(crate) struct AlreadyTold;

impl fmt::Display for AlreadyTold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the command has already said what is wrong")
    }
}

impl std::error::Error for AlreadyTold {}

/// What was looked at is not as expected, which the command has said: exit status 3.
#[derive(Debug)]
pub(crate) struct Differs;

impl fmt::Display for Differs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the command has already said what differs")
    }
}

impl std::error::Error for Differs {}

/// Prints the sentence of `error` and picks the exit status: 2 for bad usage, 3 for [`Differs`], else 1.
pub(crate) fn report(error: &anyhow::Error) -> ExitCode {
    if error.is::<AlreadyTold>() {
        return ExitCode::FAILURE;
    }
    if error.is::<Differs>() {
        return ExitCode::from(3);
    }
    output::note(&format!("error: {error}"));
    if error.is::<Usage>() {
        ExitCode::from(2)
    } else {
        ExitCode::FAILURE
    }
}

//! One error for everything that ends a reading, saying what happened, where, and what to do.
//!
//! No sentence repeats a value of a row: values are personal data. What is wrong with one row only
//! is not an error but a [`crate::RejectedRow`].

/// When reading the same source again can help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// It may succeed later without anybody's help.
    Later,
    /// It may succeed once a person has changed the source or its settings.
    AfterFix,
}

/// What kind of failure a workflow shows (profile-send.md 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// There is no such file or object: the one that a person may choose to ignore.
    Missing,
    /// The source is there and cannot be read now, or not by us.
    Unavailable,
    /// Its columns are not those that the mapping was made for.
    ColumnsChanged,
    /// What is in it cannot be read as rows.
    Unreadable,
    /// It is more than the limits allow.
    TooMuch,
    /// It is a source that must not be read.
    Refused,
}

/// Why a reading ended before its last row. `source` is the name of the source as people know it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// No such file or object.
    #[error("{source_name} is not there. Check its name and place, or put it there and try again.")]
    Missing {
        /// The source.
        source_name: String,
    },
    /// The machine, the network or the other side failed.
    #[error("{source_name} could not be read: {why}. Try again; if it stays like this, {remedy}.")]
    Unavailable {
        /// The source.
        source_name: String,
        /// What the system said.
        why: String,
        /// What to look at.
        remedy: &'static str,
    },
    /// Not a source that may be read.
    #[error("{source_name} is not read: {why}. {remedy}.")]
    Refused {
        /// The source.
        source_name: String,
        /// The rule that forbids it.
        why: String,
        /// What to do instead.
        remedy: String,
    },
    /// The columns cannot be told, or not one from another.
    #[error("The columns of {source_name} cannot be used: {why}. {remedy}.")]
    Columns {
        /// The source.
        source_name: String,
        /// What is wrong with them.
        why: String,
        /// What to do.
        remedy: String,
    },
    /// The columns are not those of the preview.
    #[error(
        "The columns of {source_name} have changed: {changes}. Look at the preview and the mapping again, then start anew."
    )]
    ColumnsChanged {
        /// The source.
        source_name: String,
        /// Which columns, and how.
        changes: String,
    },
    /// What is in the source cannot be read as what it is taken for.
    #[error("{source_name} cannot be read{}: {why}. {remedy}.", at(.line))]
    Damaged {
        /// The source.
        source_name: String,
        /// The line or record, if known.
        line: Option<u64>,
        /// What is wrong.
        why: String,
        /// What to do.
        remedy: String,
    },
    /// One of [`crate::Limits`] is exceeded.
    #[error("{source_name} is too much{}: {why}. {remedy}.", at(.line))]
    TooMuch {
        /// The source.
        source_name: String,
        /// The line or record, if known.
        line: Option<u64>,
        /// What exceeds which limit.
        why: String,
        /// What to do.
        remedy: String,
    },
    /// The database refused the statement.
    #[error("The statement of {source_name} failed: {why}. {remedy}.")]
    Statement {
        /// The source.
        source_name: String,
        /// What the database said of the statement, without values of rows.
        why: String,
        /// What to do.
        remedy: String,
    },
    /// Whoever hands over rows stopped without saying that these were all.
    #[error(
        "{source_name} stopped before its last row, so that who is missing in it cannot be told. Start again."
    )]
    EndedEarly {
        /// The source.
        source_name: String,
    },
}

fn at(line: &Option<u64>) -> String {
    line.map_or_else(String::new, |line| format!(" at line {line}"))
}

impl Error {
    /// Whether to try again, or to wait for a person.
    pub fn when(&self) -> When {
        match self {
            Self::Unavailable { .. } | Self::EndedEarly { .. } => When::Later,
            Self::Missing { .. }
            | Self::Refused { .. }
            | Self::Columns { .. }
            | Self::ColumnsChanged { .. }
            | Self::Damaged { .. }
            | Self::TooMuch { .. }
            | Self::Statement { .. } => When::AfterFix,
        }
    }

    /// Which action a workflow offers.
    pub fn class(&self) -> Class {
        match self {
            Self::Missing { .. } => Class::Missing,
            Self::Unavailable { .. } | Self::EndedEarly { .. } => Class::Unavailable,
            Self::Refused { .. } => Class::Refused,
            Self::ColumnsChanged { .. } => Class::ColumnsChanged,
            Self::Columns { .. } | Self::Damaged { .. } | Self::Statement { .. } => {
                Class::Unreadable
            }
            Self::TooMuch { .. } => Class::TooMuch,
        }
    }

    pub(crate) fn damaged(
        source: &str,
        line: Option<u64>,
        why: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self::Damaged {
            source_name: source.to_owned(),
            line,
            why: why.into(),
            remedy: remedy.into(),
        }
    }

    pub(crate) fn too_much(
        source: &str,
        line: Option<u64>,
        why: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self::TooMuch {
            source_name: source.to_owned(),
            line,
            why: why.into(),
            remedy: remedy.into(),
        }
    }

    pub(crate) fn columns(source: &str, why: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::Columns {
            source_name: source.to_owned(),
            why: why.into(),
            remedy: remedy.into(),
        }
    }

    pub(crate) fn refused(source: &str, why: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::Refused {
            source_name: source.to_owned(),
            why: why.into(),
            remedy: remedy.into(),
        }
    }

    pub(crate) fn unavailable(source: &str, why: impl Into<String>, remedy: &'static str) -> Self {
        Self::Unavailable {
            source_name: source.to_owned(),
            why: why.into(),
            remedy,
        }
    }

    /// An error of the file system, or one of ours that travelled through a `Read`.
    pub(crate) fn from_io(source: &str, error: std::io::Error) -> Self {
        let kind = error.kind();
        let why = error.to_string();
        if let Some(inner) = error.into_inner()
            && let Ok(ours) = inner.downcast::<Self>()
        {
            return *ours;
        }
        if kind == std::io::ErrorKind::NotFound {
            return Self::Missing {
                source_name: source.to_owned(),
            };
        }
        Self::unavailable(
            source,
            why,
            "check that the disk is sound and that Deskbridge may read the file",
        )
    }

    /// This error in the clothes of `std::io`, to travel through a `Read`.
    pub(crate) fn into_io(self) -> std::io::Error {
        std::io::Error::other(self)
    }
}

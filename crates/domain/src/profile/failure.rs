//! Why Zendesk refused a row, in our words: a class, the field, and when to try again.
//!
//! Zendesk says it as a map of details (422), or as one line of text in a result row. Its texts are
//! translated to the caller's language (zendesk-api.md 3.2), so a field's name and an error's code come
//! first, and words of the text only where there is neither.

use serde_json::Value;

use crate::value::quiet_debug;
use crate::word::words;

words! {
    /// When a failed row may be sent again.
    pub enum Retry {
        /// Not until the row, the mapping or the fields change.
        Never = "never",
        /// With the next batch: nothing is wrong with the row.
        Later = "later",
        /// In two halves, to find the row that poisons its batch.
        Split = "split",
        /// Once a person has acted on the workflow.
        AfterAction = "after_action",
    }
}

impl Retry {
    /// Whether a row that failed so is worth sending again: a permanent error not before the row or
    /// the plan (mapping, rules, fields) changed, one for a person not before somebody acted.
    pub const fn is_due(self, changed: bool, acted: bool) -> bool {
        match self {
            Self::Never => changed,
            Self::AfterAction => changed || acted,
            Self::Later | Self::Split => true,
        }
    }
}

words! {
    /// Why a row failed in Zendesk.
    pub enum FailureClass {
        /// The email is not one.
        BadEmail = "bad_email",
        /// The telephone number is not one.
        BadPhone = "bad_phone",
        /// The name is blank or too short.
        MissingName = "missing_name",
        /// A value that must be unique and identifies nobody is taken.
        Duplicate = "duplicate",
        /// The email or external id belongs to another user.
        IdentityConflict = "identity_conflict",
        /// Another value is not what Zendesk takes.
        BadValue = "bad_value",
        /// This one user may not be changed, for instance one that another account shares.
        NotAllowed = "not_allowed",
        /// Somebody else changed the user at the same moment.
        Collision = "collision",
        /// Zendesk found the user and then did not.
        UserGone = "user_gone",
        /// A finished job said nothing about the row.
        ResultMissing = "result_missing",
        /// The job failed as a whole.
        JobFailed = "job_failed",
        /// Zendesk killed the job.
        JobKilled = "job_killed",
        /// The job cannot be read any more.
        JobExpired = "job_expired",
        /// A whole batch was refused.
        BatchRefused = "batch_refused",
        /// Zendesk said something that we do not know.
        Unrecognised = "unrecognised",
    }
}

impl FailureClass {
    /// When such a row may be sent again.
    pub const fn retry(self) -> Retry {
        match self {
            Self::BadEmail
            | Self::BadPhone
            | Self::MissingName
            | Self::Duplicate
            | Self::BadValue
            | Self::NotAllowed
            | Self::Unrecognised => Retry::Never,
            Self::IdentityConflict => Retry::AfterAction,
            Self::Collision
            | Self::UserGone
            | Self::ResultMissing
            | Self::JobKilled
            | Self::JobExpired => Retry::Later,
            Self::JobFailed | Self::BatchRefused => Retry::Split,
        }
    }

    /// What happened and what to do.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::BadEmail => {
                "Zendesk does not take the email address. Correct it in the source; the row is sent \
                 again when it has changed."
            }
            Self::BadPhone => {
                "Zendesk does not take the telephone number. Correct it in the source, or leave the \
                 field out."
            }
            Self::MissingName => {
                "Zendesk needs a name of at least one letter. Fill it in the source."
            }
            Self::Duplicate => {
                "Another record in Zendesk has this value already, and it must be unique. Change one \
                 of them."
            }
            Self::IdentityConflict => {
                "The email or external id belongs to another user in Zendesk. Look at both users: \
                 merge them, keep the address as a secondary one, or skip the row."
            }
            Self::BadValue => {
                "Zendesk does not take the value of a field. Correct it in the source or the mapping."
            }
            Self::NotAllowed => {
                "Zendesk does not let this user be changed from here, for instance because another \
                 account shares it. Leave the row out."
            }
            Self::Collision => {
                "Somebody else changed the user at the same moment. It is sent again by itself."
            }
            Self::UserGone => {
                "Zendesk lost the user while it was changed, as after a merge. It is sent again by \
                 itself."
            }
            Self::ResultMissing => {
                "Zendesk finished the job and said nothing about this row. It is read back and sent \
                 again if need be."
            }
            Self::JobFailed => {
                "The whole job failed in Zendesk. Its rows are sent again in halves, to find the one \
                 that is the cause."
            }
            Self::JobKilled => "Zendesk killed the job. Its rows are sent again by themselves.",
            Self::JobExpired => {
                "Zendesk no longer knows what became of the job. Its users are read back, and sent \
                 again if they differ."
            }
            Self::BatchRefused => {
                "Zendesk refused a whole batch. Its rows are sent again in halves, to find the one \
                 that is the cause."
            }
            Self::Unrecognised => {
                "Zendesk refused the row for a reason that Deskbridge does not know; its own words are \
                 shown beside it. Correct the row, or send the failed rows again."
            }
        }
    }
}

/// Why one row failed.
#[derive(Clone, PartialEq, Eq)]
pub struct RowFailure {
    /// The class.
    pub class: FailureClass,
    /// The attribute, if Zendesk or its text names one.
    pub field: Option<String>,
    /// Zendesk's error word, if it gave one.
    pub code: Option<String>,
    /// Zendesk's own words. They may repeat an email or a number, so they are for the page and the
    /// download, never for a log.
    pub said: Option<String>,
}

quiet_debug!(RowFailure {
    shown: [class, field, code],
    hidden: [said]
});

impl RowFailure {
    /// A failure that Zendesk did not explain.
    pub const fn of(class: FailureClass) -> Self {
        Self {
            class,
            field: None,
            code: None,
            said: None,
        }
    }

    /// When the row may be sent again.
    pub const fn retry(&self) -> Retry {
        self.class.retry()
    }
}

/// Reads a body of an error, or the `error` and `details` of a result row.
pub fn explain(error: Option<&str>, details: &Value) -> RowFailure {
    let (field, code, said) = first_detail(details);
    let code = code.or(error).map(str::to_owned);
    let (field, class) = match said {
        Some(said) => {
            let field = field.map(str::to_owned).or_else(|| labelled(said));
            let class = classify(field.as_deref(), code.as_deref(), said);
            (field, class)
        }
        None => {
            let class = classify(field, code.as_deref(), "");
            (field.map(str::to_owned), class)
        }
    };
    RowFailure {
        class,
        field,
        code,
        said: said.map(str::to_owned),
    }
}

/// The first detail of the three forms in which Zendesk gives them: a map from field to a list of
/// `{description, error}`, a list of texts, or one text.
fn first_detail(details: &Value) -> (Option<&str>, Option<&str>, Option<&str>) {
    if let Some(map) = details.as_object() {
        // `base` is about the whole record, so any other key says more.
        let first = map
            .iter()
            .find(|(key, _)| *key != "base")
            .or_else(|| map.iter().next());
        let Some((field, rows)) = first else {
            return (None, None, None);
        };
        let row = rows.get(0).unwrap_or(rows);
        let word = |key| row.get(key).and_then(Value::as_str);
        let field = Some(field.as_str()).filter(|field| *field != "base");
        return (field, word("error"), word("description").or(row.as_str()));
    }
    let said = details.as_str().or_else(|| details.get(0)?.as_str());
    (None, None, said)
}

/// Labels of a text in English with the attributes they stand for.
const LABELS: &[(&str, &str)] = &[
    ("email", "email"),
    ("phone", "phone"),
    ("name", "name"),
    ("external id", "external_id"),
    ("external", "external_id"),
    ("value", "value"),
    ("alias", "alias"),
    ("role", "role"),
    ("organization", "organization_id"),
    ("locale", "locale"),
    ("time zone", "time_zone"),
    ("tags", "tags"),
];

/// The attribute that a line of text is about. Lines nest their labels, as in `Name: Email: x is not
/// properly formatted`, where the last one counts.
fn labelled(said: &str) -> Option<String> {
    let mut field = None;
    let mut rest = said.trim_start();
    while let Some((label, name)) = LABELS.iter().find(|(label, _)| {
        rest.get(..label.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(label))
            && rest
                .get(label.len()..)
                .is_some_and(|more| more.starts_with([':', ' ']))
    }) {
        field = Some((*name).to_owned());
        match rest
            .get(label.len()..)
            .and_then(|more| more.strip_prefix(':'))
        {
            Some(more) => rest = more.trim_start(),
            // Without a colon the sentence itself begins.
            None => break,
        }
    }
    field
}

/// The class by field and error word, and by the words of the text where neither says it.
fn classify(field: Option<&str>, code: Option<&str>, said: &str) -> FailureClass {
    let said = said.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| said.contains(word));
    let taken = code == Some("DuplicateValue")
        || says(&["already being used", "already been taken", "already in use"]);
    match field {
        Some("email" | "external_id" | "external" | "value" | "identities") if taken => {
            FailureClass::IdentityConflict
        }
        Some("email") => FailureClass::BadEmail,
        Some("value") if says(&["properly formatted"]) => FailureClass::BadEmail,
        Some(_) if taken => FailureClass::Duplicate,
        Some("phone") => FailureClass::BadPhone,
        Some("name")
            if matches!(code, Some("BlankValue" | "ValueTooShort"))
                || says(&["blank", "too short"]) =>
        {
            FailureClass::MissingName
        }
        Some(_) => FailureClass::BadValue,
        None => by_code(code.unwrap_or_default(), taken),
    }
}

/// The class by the error word alone.
fn by_code(code: &str, taken: bool) -> FailureClass {
    match code {
        _ if taken => FailureClass::Duplicate,
        "UpdateConflict" | "DatabaseConflict" => FailureClass::Collision,
        "RecordNotFound" | "UserNotFound" => FailureClass::UserGone,
        "Forbidden" | "AccessDenied" | "PermissionDenied" => FailureClass::NotAllowed,
        "RecordInvalid" => FailureClass::BadValue,
        _ => FailureClass::Unrecognised,
    }
}

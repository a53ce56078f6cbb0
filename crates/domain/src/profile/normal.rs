//! Making a value what its rule asks for.
//!
//! [`Norm::apply`] takes trimmed text that is not blank and writes the wanted text into a buffer, so
//! that a row costs no allocation per cell (lists and numbers abroad excepted: their libraries
//! allocate). Doing it twice is doing it once.

mod date;
mod list;
mod number;
mod options;
mod phone;
mod state;

use email_address::EmailAddress;
use regex::Regex;
use rlibphonenumber::enums::Region;

pub(crate) use list::{SEPARATOR, push_tags};
pub(crate) use options::Options;

use super::outcome::RowCode;

/// The most bytes of one value; more is refused rather than cut.
pub const MOST_VALUE_BYTES: usize = 65_536;

/// The most bytes of an external id (zendesk-api.md 4.2).
const MOST_EXTERNAL_ID_BYTES: usize = 255;

/// The most bytes of an email (RFC 5321).
const MOST_EMAIL_BYTES: usize = 254;

/// How a written value stands in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// As a string.
    Text,
    /// As it is: a number, `true` or `false`.
    Bare,
    /// As an array of strings; the items are separated by [`SEPARATOR`].
    List,
    /// As `{"name": …}`.
    Named,
}

/// A rule, ready to be applied.
#[derive(Debug, Clone)]
pub(crate) enum Norm {
    Line,
    Text,
    ExternalId { from_float: bool },
    Email,
    Phone(Region),
    State,
    Decimal(Form),
    Integer(Form),
    Date,
    Checkbox(Form),
    Pattern(Option<Regex>),
    Choice(Box<Options>),
    Choices(Box<Options>),
    Lookup,
    Word(&'static [&'static str]),
    Named,
    Tags,
}

impl Norm {
    /// How its values stand in JSON.
    pub(crate) fn form(&self) -> Form {
        match self {
            Self::Decimal(form) | Self::Integer(form) | Self::Checkbox(form) => *form,
            Self::Lookup => Form::Bare,
            Self::Choices(_) | Self::Tags => Form::List,
            Self::Named => Form::Named,
            Self::Line
            | Self::Text
            | Self::ExternalId { .. }
            | Self::Email
            | Self::Phone(_)
            | Self::State
            | Self::Date
            | Self::Pattern(_)
            | Self::Choice(_)
            | Self::Word(_) => Form::Text,
        }
    }

    /// The word a person reads for it.
    pub(crate) const fn word(&self) -> &'static str {
        match self {
            Self::Line | Self::Text | Self::Named => "text",
            Self::ExternalId { .. } => "external_id",
            Self::Email => "email",
            Self::Phone(_) => "phone",
            Self::State => "us_state_2",
            Self::Decimal(_) => "decimal(10,2)",
            Self::Integer(_) => "integer",
            Self::Date => "date",
            Self::Checkbox(_) => "checkbox",
            Self::Pattern(_) => "regexp",
            Self::Choice(_) => "dropdown",
            Self::Choices(_) => "multiselect",
            Self::Lookup => "lookup",
            Self::Word(_) => "word",
            Self::Tags => "tags",
        }
    }

    /// Whether what it writes, if other than what came, is a repair and not just its way of reading:
    /// `yes` is as good a checkbox as `true`, and a dropdown may be named by its label.
    const fn counts_repairs(&self) -> bool {
        match self {
            Self::Line
            | Self::Text
            | Self::ExternalId { .. }
            | Self::Email
            | Self::Phone(_)
            | Self::State
            | Self::Decimal(Form::Text | Form::List | Form::Named)
            | Self::Integer(_)
            | Self::Date
            | Self::Pattern(_)
            | Self::Lookup
            | Self::Named => true,
            Self::Decimal(Form::Bare)
            | Self::Checkbox(_)
            | Self::Choice(_)
            | Self::Choices(_)
            | Self::Word(_)
            | Self::Tags => false,
        }
    }

    /// Writes the wanted text of a trimmed value that is not blank. True if it had to be repaired.
    pub(crate) fn apply(&self, value: &str, out: &mut String) -> Result<bool, RowCode> {
        out.clear();
        if value.len() > MOST_VALUE_BYTES {
            return Err(RowCode::TooLong);
        }
        let repaired = match self {
            Self::Line | Self::Named => {
                push_line(value, out);
                false
            }
            Self::Text => {
                push_text(value, out);
                false
            }
            Self::ExternalId { from_float } => {
                push_line(value, out);
                if *from_float {
                    out.truncate(whole_number(out).map_or(out.len(), str::len));
                }
                if out.len() > MOST_EXTERNAL_ID_BYTES {
                    return Err(RowCode::TooLong);
                }
                false
            }
            Self::Email => {
                if !is_email(value) {
                    return Err(RowCode::BadEmail);
                }
                out.push_str(value);
                false
            }
            Self::Phone(region) => {
                phone::push(value, *region, out).ok_or(RowCode::BadPhone)?;
                false
            }
            Self::State => {
                out.push_str(state::code(value).ok_or(RowCode::BadState)?);
                false
            }
            Self::Decimal(form) => {
                let bare = *form == Form::Bare;
                number::push_decimal(value, bare, out)?
            }
            Self::Integer(_) => {
                number::push_integer(value, out).ok_or(RowCode::BadInteger)?;
                false
            }
            Self::Lookup => {
                number::push_integer(value, out)
                    .filter(|()| !out.starts_with('-'))
                    .ok_or(RowCode::BadLookup)?;
                false
            }
            Self::Date => {
                date::push(value, out).ok_or(RowCode::BadDate)?;
                false
            }
            Self::Checkbox(_) => {
                out.push_str(checkbox(value).ok_or(RowCode::BadCheckbox)?);
                false
            }
            Self::Pattern(pattern) => {
                push_line(value, out);
                if pattern
                    .as_ref()
                    .is_some_and(|pattern| !pattern.is_match(out))
                {
                    return Err(RowCode::BadPattern);
                }
                false
            }
            Self::Choice(options) => {
                let chosen = options.find(value, out).ok_or(RowCode::BadOption)?;
                out.clear();
                out.push_str(chosen);
                false
            }
            Self::Choices(options) => list::push_choices(value, options, out)?,
            Self::Word(words) => {
                let word = words
                    .iter()
                    .find(|word| word.eq_ignore_ascii_case(value))
                    .ok_or(RowCode::BadWord)?;
                out.push_str(word);
                false
            }
            Self::Tags => list::push_tag_cell(value, out)?,
        };
        if out.is_empty() {
            return Err(RowCode::BadText);
        }
        Ok(repaired || (self.counts_repairs() && out != value))
    }
}

/// Whether a text holds nothing that must be looked at: no control character, and no separator of lines
/// or paragraphs.
fn is_plain(value: &str) -> bool {
    let mut bytes = value.bytes();
    // Control characters are below a blank, or one beyond ASCII's end, or start with C2; the separators
    // start with E2 80 and end with A8 or A9, so no A8 or A9 means none of them.
    !bytes.any(|byte| byte < 0x20 || matches!(byte, 0x7f | 0xa8 | 0xa9 | 0xc2))
}

/// One line: a break or tab becomes a blank, any other control character is left out.
fn push_line(value: &str, out: &mut String) {
    if is_plain(value) {
        out.push_str(value);
        return;
    }
    out.extend(value.chars().filter_map(|letter| match letter {
        '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' => Some(' '),
        letter if letter.is_control() => None,
        letter => Some(letter),
    }));
    trim_in_place(out);
}

/// Several lines: control characters other than breaks and tabs are left out.
fn push_text(value: &str, out: &mut String) {
    if is_plain(value) {
        out.push_str(value);
        return;
    }
    out.extend(
        value
            .chars()
            .filter(|letter| !letter.is_control() || matches!(letter, '\n' | '\r' | '\t')),
    );
    trim_in_place(out);
}

/// What was hidden between control characters and the edge may be blank again.
fn trim_in_place(out: &mut String) {
    out.truncate(out.trim_end().len());
    let blank = out.len() - out.trim_start().len();
    out.drain(..blank);
}

/// The digits of a whole number that a floating-point column wrote with a point, as `12345.0`.
fn whole_number(value: &str) -> Option<&str> {
    let (digits, fraction) = value.split_once('.')?;
    let whole = !digits.is_empty()
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && !fraction.is_empty()
        && fraction.bytes().all(|byte| byte == b'0');
    whole.then_some(digits)
}

/// Whether it is an email by its syntax, at a host with a dot: Zendesk refuses what is not, and the
/// quoted local parts that only the standard knows.
fn is_email(value: &str) -> bool {
    value.len() <= MOST_EMAIL_BYTES
        && value.rsplit_once('@').is_some_and(|(local, host)| {
            !local.starts_with('"')
                && host.contains('.')
                && EmailAddress::is_valid_local_part(local)
                && EmailAddress::is_valid_domain(host)
        })
}

/// `true` or `false` for the words people use for them.
fn checkbox(value: &str) -> Option<&'static str> {
    const YES: &[&str] = &["true", "yes", "1", "y", "t", "on"];
    const NO: &[&str] = &["false", "no", "0", "n", "f", "off"];
    let is_one_of = |words: &[&str]| words.iter().any(|word| word.eq_ignore_ascii_case(value));
    if is_one_of(YES) {
        Some("true")
    } else if is_one_of(NO) {
        Some("false")
    } else {
        None
    }
}

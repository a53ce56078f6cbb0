//! One row becomes one profile, or a rejection with its reason.

use sha2::{Digest, Sha256};

use super::attribute::{Attribute, Target};
use super::field::UserField;
use super::json;
use super::key::{KeyKind, push_key};
use super::mapping::Mapping;
use super::normal::{Form, SEPARATOR};
use super::outcome::RowCode;
use super::plan::{self, Inputs};
use super::problem::Problem;
use super::row::{Column, Row};
use super::rules::Rules;
use super::slot::{Slot, Source};

/// The most bytes of one user in a request: a hundred of them stay a request that Zendesk takes.
pub const MOST_PROFILE_BYTES: usize = 262_144;

/// A plan of columns without problems, ready for rows. Made once per run; shared by threads as it is.
#[derive(Debug)]
pub struct Checker {
    slots: Vec<Slot>,
    notices: Vec<Problem>,
    fingerprint: [u8; 16],
}

/// What a row became. The buffers are used again for the next row, so that checking allocates nothing
/// per cell. Values are personal data: `Debug` shows none.
#[derive(Default)]
pub struct Profile {
    json: Vec<u8>,
    hash: [u8; 16],
    key: String,
    key_kind: KeyKind,
    external_id: String,
    email: String,
    name: String,
    tags: String,
    notes: Vec<Note>,
    value: String,
    rendered: String,
}

impl std::fmt::Debug for Profile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Profile")
            .field("key_kind", &self.key_kind)
            .field("bytes", &self.json.len())
            .field("notes", &self.notes)
            .finish_non_exhaustive()
    }
}

/// What was done to one field of a row on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Note {
    slot: usize,
    /// What was done.
    pub done: Done,
}

/// What was done to a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Done {
    /// It was repaired as its rule says.
    Fixed,
    /// It was left out, for this reason; the row went on.
    Dropped(RowCode),
}

/// A row that is not sent: the first reason met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection<'c> {
    /// Why.
    pub code: RowCode,
    /// The attribute or field; two joined by `|` where either would do.
    pub field: &'c str,
    /// The column of the source, if the value comes from one.
    pub column: Option<&'c str>,
}

impl Rejection<'_> {
    /// What happened and what to do. The value is not in it, since it may be personal data.
    pub fn sentence(&self) -> String {
        sentence(self.code, self.field, self.column)
    }
}

/// Whether a row can be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict<'c> {
    /// It can: the profile holds what is sent.
    Ready,
    /// It cannot.
    Rejected(Rejection<'c>),
}

/// A sentence about one field of a row.
fn sentence(code: RowCode, field: &str, column: Option<&str>) -> String {
    match column.filter(|column| *column != field) {
        Some(column) => format!(
            "{field}, from the column {}, {}",
            super::problem::quote(column),
            code.advice()
        ),
        None => format!("{field} {}", code.advice()),
    }
}

/// The field of a row that nobody can be told by.
const IDENTITY: &str = "email|external_id";

impl Checker {
    /// Plans the columns of a run: what fills which attribute, by which rule (profile-send.md 2).
    ///
    /// # Errors
    ///
    /// All problems that keep the run from beginning, each with what to do; those only worth knowing
    /// are among them then.
    pub fn plan(
        columns: &[Column],
        mapping: &Mapping,
        rules: &Rules,
        fields: &[UserField],
    ) -> Result<Self, Vec<Problem>> {
        let (slots, problems) = plan::plan(&Inputs {
            columns,
            mapping,
            rules,
            fields,
        });
        if problems.iter().any(|problem| problem.code.stops()) {
            return Err(problems);
        }
        Ok(Self {
            slots,
            notices: problems,
            fingerprint: plan::fingerprint(mapping, rules, fields),
        })
    }

    /// The same for the same mapping, rules and fields: a row that failed for good is not sent again
    /// before it or this changes.
    pub const fn fingerprint(&self) -> [u8; 16] {
        self.fingerprint
    }

    /// What is worth knowing about the plan without stopping it.
    pub fn notices(&self) -> &[Problem] {
        &self.notices
    }

    /// What is sent, in order: `external_id`, `name`, `user_fields.tier`.
    pub fn targets(&self) -> impl Iterator<Item = &Target> {
        self.slots.iter().map(|slot| &slot.target)
    }

    /// The attribute or field a note is about.
    pub fn field(&self, note: Note) -> &str {
        self.slots
            .get(note.slot)
            .map_or("", |slot| slot.label.as_str())
    }

    /// The column of the source a note is about, if the value came from one.
    pub fn column(&self, note: Note) -> Option<&str> {
        self.slots.get(note.slot)?.column.as_deref()
    }

    /// The rule a note is about, as in [`super::RuleName`] and the types of fields.
    pub fn rule(&self, note: Note) -> &'static str {
        self.slots
            .get(note.slot)
            .map_or("", |slot| slot.norm.word())
    }

    /// What a note says to a person.
    pub fn sentence(&self, note: Note) -> String {
        match note.done {
            Done::Fixed => format!(
                "{} was repaired by the rule {}.",
                self.field(note),
                self.rule(note)
            ),
            Done::Dropped(code) => format!(
                "{} The field was left out and the row went on.",
                sentence(code, self.field(note), self.column(note))
            ),
        }
    }

    /// Makes a profile of a row. If the row is rejected, the profile holds nothing of use but its
    /// notes. Never panics and never fails from outside, whatever the row holds.
    pub fn check<R: Row + ?Sized>(&self, row: &R, profile: &mut Profile) -> Verdict<'_> {
        profile.clear();
        profile.json.push(b'{');
        let mut in_fields = false;
        let mut bad_email = false;
        for (place, slot) in self.slots.iter().enumerate() {
            let start = profile.json.len();
            let opened = in_fields;
            profile.open(slot, &mut in_fields);
            let filled = profile.fill(slot, row);
            let done = match filled {
                Filled::Yes => None,
                Filled::Repaired => Some(Done::Fixed),
                Filled::Empty => {
                    if slot.required {
                        return Self::reject(slot, RowCode::MissingRequired);
                    }
                    profile.json.truncate(start);
                    in_fields = opened;
                    None
                }
                Filled::Bad(code) => {
                    // Without its external id a row would be another customer's.
                    let is_key = slot.target == Target::Attribute(Attribute::ExternalId);
                    if is_key || slot.required || slot.handling.rejects() {
                        return Self::reject(slot, code);
                    }
                    profile.json.truncate(start);
                    in_fields = opened;
                    bad_email |= slot.target == Target::Attribute(Attribute::Email);
                    Some(Done::Dropped(code))
                }
            };
            profile
                .notes
                .extend(done.map(|done| Note { slot: place, done }));
            if profile.json.len() > MOST_PROFILE_BYTES {
                return Self::reject(slot, RowCode::TooLarge);
            }
        }
        if in_fields {
            profile.json.push(b'}');
        }
        profile.json.push(b'}');
        self.finish(profile, bad_email)
    }

    /// The last questions: who is it, and what are they called.
    fn finish(&self, profile: &mut Profile, bad_email: bool) -> Verdict<'_> {
        let about = |field: &'static str, attribute: Attribute, code: RowCode| {
            Verdict::Rejected(Rejection {
                code,
                field,
                column: self
                    .slots
                    .iter()
                    .find(|slot| slot.target == Target::Attribute(attribute))
                    .and_then(|slot| slot.column.as_deref()),
            })
        };
        if !profile.identify() {
            return if bad_email {
                about("email", Attribute::Email, RowCode::BadEmail)
            } else {
                Verdict::Rejected(Rejection {
                    code: RowCode::MissingIdentity,
                    field: IDENTITY,
                    column: None,
                })
            };
        }
        if profile.name.is_empty() {
            return about("name", Attribute::Name, RowCode::MissingName);
        }
        profile.hash = half(Sha256::digest(&profile.json));
        Verdict::Ready
    }

    /// A row that is rejected for one of its values.
    fn reject(slot: &Slot, code: RowCode) -> Verdict<'_> {
        Verdict::Rejected(Rejection {
            code,
            field: &slot.label,
            column: slot.column.as_deref(),
        })
    }
}

/// The first half of a SHA-256.
pub(super) fn half(digest: impl IntoIterator<Item = u8>) -> [u8; 16] {
    let mut half = [0; 16];
    for (kept, byte) in half.iter_mut().zip(digest) {
        *kept = byte;
    }
    half
}

/// What a slot made of a row.
enum Filled {
    /// A value, or what clears it.
    Yes,
    /// A value that was repaired.
    Repaired,
    /// Nothing.
    Empty,
    /// A value that does not keep its rule.
    Bad(RowCode),
}

impl Profile {
    /// A profile for the first row.
    pub fn new() -> Self {
        Self::default()
    }

    /// The object that goes into `users: […]`: canonical JSON, so that the same values are always the
    /// same bytes.
    pub fn json(&self) -> &[u8] {
        &self.json
    }

    /// The first half of the SHA-256 of [`Profile::json`]: what the ledger compares.
    pub const fn hash(&self) -> [u8; 16] {
        self.hash
    }

    /// Whether the row is told by its external id or by its email.
    pub const fn key_kind(&self) -> KeyKind {
        self.key_kind
    }

    /// The key in the form in which keys are compared: lower case.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The external id as it is sent, if there is one.
    pub fn external_id(&self) -> Option<&str> {
        Some(self.external_id.as_str()).filter(|text| !text.is_empty())
    }

    /// The email as it is sent, if there is one.
    pub fn email(&self) -> Option<&str> {
        Some(self.email.as_str()).filter(|text| !text.is_empty())
    }

    /// The name as it is sent.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The tags of the row, sorted and each once; none if the row says nothing about tags, or clears
    /// them. They are what we want, see [`super::tag`] for what is sent.
    pub fn tags(&self) -> impl Iterator<Item = &str> {
        self.tags.split(SEPARATOR).filter(|tag| !tag.is_empty())
    }

    /// What was done to fields on the way, in the order of the fields.
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    fn clear(&mut self) {
        self.json.clear();
        self.key.clear();
        self.external_id.clear();
        self.email.clear();
        self.name.clear();
        self.tags.clear();
        self.notes.clear();
        self.hash = [0; 16];
    }

    /// Writes what stands before the value of a slot.
    fn open(&mut self, slot: &Slot, in_fields: &mut bool) {
        let is_field = match slot.target {
            Target::Field(_) => true,
            Target::Attribute(_) => false,
        };
        // Fields come after all attributes, so the object of fields is opened once.
        if self.json.last() != Some(&b'{') {
            self.json.push(b',');
        }
        if is_field && !*in_fields {
            self.json.extend_from_slice(b"\"user_fields\":{");
            *in_fields = true;
        }
        self.json.extend_from_slice(&slot.key);
    }

    /// Writes the value of a slot.
    fn fill<R: Row + ?Sized>(&mut self, slot: &Slot, row: &R) -> Filled {
        let value = match &slot.source {
            Source::Fixed { json, text } => {
                self.json.extend_from_slice(json);
                self.value.clear();
                self.value.push_str(text);
                self.keep(slot);
                return Filled::Yes;
            }
            Source::Column(place) => row.cell(*place).unwrap_or_default().trim(),
            Source::Constant(text) => text.as_str(),
            Source::Template(template) => {
                if !template.render(row, &mut self.rendered) {
                    return Filled::Bad(RowCode::BadTemplate);
                }
                self.rendered.as_str()
            }
        };
        let is_empty_list = slot.form == Form::List && value == "[]";
        if value.is_empty() || is_empty_list {
            if !slot.clears {
                return Filled::Empty;
            }
            json::push_nothing(slot.form, &mut self.json);
            return Filled::Yes;
        }
        let repaired = match slot.norm.apply(value, &mut self.value) {
            Ok(repaired) => repaired,
            Err(code) => return Filled::Bad(code),
        };
        if repaired && !slot.handling.repairs() {
            return Filled::Bad(RowCode::NeedsRepair);
        }
        json::push_value(&self.value, slot.form, &mut self.json);
        self.keep(slot);
        if repaired {
            Filled::Repaired
        } else {
            Filled::Yes
        }
    }

    /// Keeps the values that others ask for beside the JSON.
    fn keep(&mut self, slot: &Slot) {
        let kept = match slot.target {
            Target::Attribute(Attribute::ExternalId) => &mut self.external_id,
            Target::Attribute(Attribute::Email) => &mut self.email,
            Target::Attribute(Attribute::Name) => &mut self.name,
            Target::Attribute(Attribute::Tags) => &mut self.tags,
            Target::Attribute(_) | Target::Field(_) => return,
        };
        kept.push_str(&self.value);
    }

    /// Works out the key: the external id if there is one, else the email. False if there is neither.
    fn identify(&mut self) -> bool {
        let (kind, text) = if self.external_id.is_empty() {
            (KeyKind::Email, &self.email)
        } else {
            (KeyKind::ExternalId, &self.external_id)
        };
        self.key_kind = kind;
        push_key(text, &mut self.key);
        !self.key.is_empty()
    }
}

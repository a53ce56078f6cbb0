//! From columns, mapping, rules and the account's fields to a [`super::Checker`], once per run.

use std::collections::HashSet;

use regex::RegexBuilder;
use rlibphonenumber::enums::Region;
use sha2::{Digest, Sha256};

use super::attribute::{Attribute, Kind, Target};
use super::check::half;
use super::field::{FieldType, UserField, nearest_key};
use super::mapping::{Mapping, Origin};
use super::normal::{Form, Norm, Options};
use super::problem::{Problem, ProblemCode, quote};
use super::row::{Column, ColumnKind};
use super::rules::{ColumnRule, Empty, RuleName, Rules, Verification};
use super::slot::{Slot, Source};
use super::template::Template;

/// The most bytes a compiled pattern may take.
const MOST_PATTERN_BYTES: usize = 1 << 20;

/// Everything a plan is made of.
pub(super) struct Inputs<'a> {
    pub(super) columns: &'a [Column],
    pub(super) mapping: &'a Mapping,
    pub(super) rules: &'a Rules,
    pub(super) fields: &'a [UserField],
}

/// The slots of a plan in the order in which they are sent, and all problems met.
pub(super) fn plan(inputs: &Inputs<'_>) -> (Vec<Slot>, Vec<Problem>) {
    let mut problems = Vec::new();
    let region = region(&inputs.rules.region, &mut problems);
    let mut wanted = wanted(inputs, &mut problems);
    wanted.sort_by(|(one, _), (other, _)| one.cmp(other));
    check_needs(inputs, &wanted, &mut problems);
    let mut slots = Vec::new();
    for (target, origin) in &wanted {
        if let Some(slot) = slot(inputs, region, target, origin, &mut problems) {
            slots.push(slot);
        }
    }
    slots.extend(verification(inputs.rules.verification, &slots));
    slots.sort_by(|one, other| one.target.cmp(&other.target));
    (slots, problems)
}

/// What tells one plan from another, whatever the order in which Zendesk lists its fields.
pub(super) fn fingerprint(mapping: &Mapping, rules: &Rules, fields: &[UserField]) -> [u8; 16] {
    let mut fields: Vec<&UserField> = fields.iter().collect();
    fields.sort_by(|one, other| one.key.cmp(&other.key));
    // Both are ordered maps and plain records, so their debug text is the same each time.
    half(Sha256::digest(format!("{mapping:?}{rules:?}{fields:?}")))
}

/// The region of telephone numbers without a country code.
fn region(name: &str, problems: &mut Vec<Problem>) -> Region {
    name.trim().to_uppercase().parse().unwrap_or_else(|_| {
        problems.push(Problem::new(
            ProblemCode::UnknownRegion,
            "phone",
            format!(
                "{} is no region of telephone numbers. Write two letters, such as US.",
                quote(name)
            ),
        ));
        Region::US
    })
}

/// The target as Zendesk writes it: a key found by other case takes the case of the account.
fn as_in_account(target: Target, fields: &[UserField]) -> Target {
    let Target::Field(key) = target else {
        return target;
    };
    let exact = fields.iter().any(|field| field.key == key);
    let other = fields
        .iter()
        .find(|field| !exact && field.key.eq_ignore_ascii_case(&key));
    Target::Field(other.map_or(key, |field| field.key.clone()))
}

/// What fills which target, by the mapping and by the names of columns.
fn wanted(inputs: &Inputs<'_>, problems: &mut Vec<Problem>) -> Vec<(Target, Origin)> {
    let mut wanted: Vec<(Target, Origin)> = inputs
        .mapping
        .entries
        .iter()
        .map(|(target, origin)| (as_in_account(target.clone(), inputs.fields), origin.clone()))
        .collect();
    let mut seen = HashSet::new();
    for column in inputs.columns {
        let doubled = !seen.insert(column.name.as_str());
        let target = Target::of_column(&column.name)
            .filter(|_| inputs.mapping.uses_names())
            .map(|target| as_in_account(target, inputs.fields));
        let rival = target.as_ref().and_then(|target| {
            wanted
                .iter()
                .find(|(other, _)| other == target)
                .map(|(_, origin)| origin.clone())
        });
        match (target, rival) {
            _ if doubled => problems.push(Problem::new(
                ProblemCode::DoubledColumn,
                column.name.clone(),
                format!(
                    "The source has two columns named {}. Rename one of them.",
                    quote(&column.name)
                ),
            )),
            (Some(target), None) => {
                wanted.push((target, Origin::Column(column.name.clone())));
            }
            (Some(target), Some(Origin::Column(other)))
                if other != column.name && !inputs.mapping.entries.contains_key(&target) =>
            {
                problems.push(Problem::new(
                    ProblemCode::DoubledColumn,
                    target.to_string(),
                    format!(
                        "The columns {} and {} both stand for {target}. Rename one, or map the one \
                         that counts.",
                        quote(&other),
                        quote(&column.name)
                    ),
                ));
            }
            (_, _) if uses(inputs.mapping, &column.name) => {}
            (_, _) => problems.push(unused(inputs.mapping, column)),
        }
    }
    wanted
}

/// Whether the mapping uses this column itself. What templates use they say when they are read.
fn uses(mapping: &Mapping, name: &str) -> bool {
    mapping.entries.values().any(|origin| match origin {
        Origin::Column(column) => column == name,
        Origin::Template(template) => template.contains(name),
        Origin::Constant(_) => false,
    })
}

/// A column that is sent nowhere.
fn unused(mapping: &Mapping, column: &Column) -> Problem {
    let known: Vec<&str> = Attribute::ALL.iter().map(|one| one.as_str()).collect();
    let hint = match nearest_key(&column.name, known) {
        Some(near) if mapping.uses_names() => format!(" Did you mean {near}?"),
        Some(_) | None => String::new(),
    };
    Problem::new(
        ProblemCode::UnusedColumn,
        column.name.clone(),
        format!(
            "The column {} is no attribute of a Zendesk user and no entry of the mapping uses it, so \
             it is not sent.{hint} Name it after an attribute, or user_fields. and a key, or map it.",
            quote(&column.name)
        ),
    )
}

/// Whether all is there that every user needs, and that the rules require.
fn check_needs(inputs: &Inputs<'_>, wanted: &[(Target, Origin)], problems: &mut Vec<Problem>) {
    let fills = |target: &Target| wanted.iter().any(|(other, _)| other == target);
    if !fills(&Target::Attribute(Attribute::Name)) {
        problems.push(Problem::new(
            ProblemCode::MissingName,
            "name",
            "Nothing fills name, and every Zendesk user needs one. Add a column name, or map one."
                .to_owned(),
        ));
    }
    if !fills(&Target::Attribute(Attribute::Email))
        && !fills(&Target::Attribute(Attribute::ExternalId))
    {
        problems.push(Problem::new(
            ProblemCode::MissingIdentity,
            "email|external_id",
            "Nothing fills email or external_id, and one of them must say who a row is. Add or map a \
             column for one of them."
                .to_owned(),
        ));
    }
    for (target, rule) in &inputs.rules.columns {
        if rule.required && !fills(&as_in_account(target.clone(), inputs.fields)) {
            problems.push(Problem::new(
                ProblemCode::MissingRequired,
                target.to_string(),
                format!(
                    "The rules require {target}, and nothing fills it. Add or map a column, or take \
                     the requirement away."
                ),
            ));
        }
    }
}

/// One target with where its value comes from and what becomes of it; nothing if it cannot be sent.
fn slot(
    inputs: &Inputs<'_>,
    region: Region,
    target: &Target,
    origin: &Origin,
    problems: &mut Vec<Problem>,
) -> Option<Slot> {
    let rule = rule_of(inputs, target);
    let (source, column) = source(inputs, target, origin, problems)?;
    let kind = column.map_or(ColumnKind::Text, |column| column.kind);
    let norm = match target {
        Target::Attribute(attribute) => {
            if attribute.is_powerful() && !inputs.rules.allowed.contains(attribute) {
                problems.push(Problem::new(
                    ProblemCode::ForbiddenAttribute,
                    target.to_string(),
                    format!(
                        "{target} gives or takes away power in Zendesk, and this destination does not \
                         allow it. Leave it out, or allow it on the destination's page."
                    ),
                ));
                return None;
            }
            attribute_norm(*attribute, kind, region, rule.rule)
        }
        Target::Field(key) => field_norm(inputs, key, kind, region, rule.rule, problems)?,
    };
    let Some(norm) = norm else {
        problems.push(Problem::new(
            ProblemCode::RuleDoesNotFit,
            target.to_string(),
            format!(
                "The rule {} cannot be given to {target}, whose type has its own. Take the rule away.",
                rule.rule.map_or("text", RuleName::as_str)
            ),
        ));
        return None;
    };
    let clears = rule.empty == Empty::Clear;
    if clears && matches!(target, Target::Attribute(attribute) if !attribute.is_clearable()) {
        problems.push(Problem::new(
            ProblemCode::CannotClear,
            target.to_string(),
            format!(
                "An empty cell cannot clear {target} in Zendesk. Let empty cells leave it alone."
            ),
        ));
        return None;
    }
    let name = column.map(|column| column.name.clone());
    let mut slot = Slot::new(target.clone(), name, source, norm, rule.handling);
    slot.clears = clears;
    slot.required = rule.required;
    if !slot.fix_constant() {
        problems.push(Problem::new(
            ProblemCode::BadConstant,
            target.to_string(),
            format!("The constant for {target} does not keep the rule of its type. Correct it."),
        ));
        return None;
    }
    Some(slot)
}

/// What the rules say about a target, whatever the case of its key.
fn rule_of(inputs: &Inputs<'_>, target: &Target) -> ColumnRule {
    inputs
        .rules
        .columns
        .iter()
        .find(|(other, _)| as_in_account((*other).clone(), inputs.fields) == *target)
        .map(|(_, rule)| rule.clone())
        .unwrap_or_default()
}

/// Where the values come from, and the column if it is one.
fn source<'a>(
    inputs: &Inputs<'a>,
    target: &Target,
    origin: &Origin,
    problems: &mut Vec<Problem>,
) -> Option<(Source, Option<&'a Column>)> {
    match origin {
        Origin::Column(name) => {
            let found = inputs
                .columns
                .iter()
                .enumerate()
                .find(|(_, column)| column.name == *name);
            if found.is_none() {
                let names = inputs.columns.iter().map(|column| column.name.as_str());
                let near = nearest_key(name, names)
                    .map(|near| format!(" Did you mean {}?", quote(near)))
                    .unwrap_or_default();
                problems.push(Problem::new(
                    ProblemCode::UnknownColumn,
                    target.to_string(),
                    format!(
                        "{target} is mapped to the column {}, which the source does not have.{near} \
                         Correct the mapping, or add the column.",
                        quote(name)
                    ),
                ));
            }
            found.map(|(place, column)| (Source::Column(place), Some(column)))
        }
        Origin::Constant(text) => Some((Source::Constant(text.trim().to_owned()), None)),
        Origin::Template(text) => match Template::read(&target.to_string(), text, inputs.columns) {
            Ok(template) => Some((Source::Template(Box::new(template)), None)),
            Err(problem) => {
                problems.push(problem);
                None
            }
        },
    }
}

/// The rule that a name asks for, in a place that holds text.
fn named_norm(name: RuleName, region: Region, long: bool) -> Norm {
    match name {
        RuleName::Text if long => Norm::Text,
        RuleName::Text => Norm::Line,
        RuleName::Phone => Norm::Phone(region),
        RuleName::State => Norm::State,
        RuleName::Decimal => Norm::Decimal(Form::Text),
        RuleName::Integer => Norm::Integer(Form::Text),
        RuleName::Date => Norm::Date,
        RuleName::Email => Norm::Email,
        RuleName::Checkbox => Norm::Checkbox(Form::Text),
    }
}

/// The rule of a built-in attribute; nothing if the wanted one does not fit.
fn attribute_norm(
    attribute: Attribute,
    kind: ColumnKind,
    region: Region,
    wanted: Option<RuleName>,
) -> Option<Norm> {
    let own = match attribute.kind() {
        Kind::Line if attribute == Attribute::ExternalId => Norm::ExternalId {
            from_float: kind == ColumnKind::Float,
        },
        Kind::Line => Norm::Line,
        Kind::Text => Norm::Text,
        Kind::Email => Norm::Email,
        Kind::Phone => Norm::Phone(region),
        Kind::Boolean => Norm::Checkbox(Form::Bare),
        Kind::Integer => Norm::Integer(Form::Bare),
        Kind::Words(words) => Norm::Word(words),
        Kind::Named => Norm::Named,
        Kind::Tags => Norm::Tags,
    };
    let Some(wanted) = wanted else {
        return Some(own);
    };
    match attribute.kind() {
        // A number that Zendesk is to take as it is written may be sent as text.
        Kind::Line | Kind::Text | Kind::Phone => {
            Some(named_norm(wanted, region, attribute.kind() == Kind::Text))
        }
        Kind::Email | Kind::Boolean | Kind::Integer | Kind::Words(_) | Kind::Named | Kind::Tags => {
            (own.word() == wanted.as_str()).then_some(own)
        }
    }
}

/// Whether a field of this key holds a state by default.
fn is_state_key(key: &str) -> bool {
    let lower = key.to_lowercase();
    lower == "state" || lower.ends_with("_state")
}

/// The rule of a custom field: `None` if the account has no such field, `Some(None)` if the wanted
/// rule does not fit.
fn field_norm(
    inputs: &Inputs<'_>,
    key: &str,
    kind: ColumnKind,
    region: Region,
    wanted: Option<RuleName>,
    problems: &mut Vec<Problem>,
) -> Option<Option<Norm>> {
    let target = Target::Field(key.to_owned());
    let Some(field) = inputs.fields.iter().find(|field| field.key == key) else {
        let near = nearest_key(key, inputs.fields.iter().map(|field| field.key.as_str()))
            .map(|near| format!(" Did you mean user_fields.{near}?"))
            .unwrap_or_default();
        problems.push(Problem::new(
            ProblemCode::UnknownUserField,
            target.to_string(),
            format!(
                "Zendesk has no custom user field {}, and would drop its values without a word.{near} \
                 Correct the name, or create the field.",
                quote(key)
            ),
        ));
        return None;
    };
    if !field.active {
        problems.push(Problem::new(
            ProblemCode::InactiveField,
            target.to_string(),
            format!(
                "The field {target} is deactivated in Zendesk: its values are stored and nobody sees \
                 them. Activate it there."
            ),
        ));
    }
    let own = match field.kind {
        FieldType::Text | FieldType::Textarea => {
            let long = field.kind == FieldType::Textarea;
            let default = if is_state_key(key) {
                RuleName::State
            } else if kind == ColumnKind::Float {
                RuleName::Decimal
            } else {
                RuleName::Text
            };
            return Some(Some(named_norm(wanted.unwrap_or(default), region, long)));
        }
        FieldType::Regexp => Norm::Pattern(pattern(field, problems)),
        FieldType::Checkbox => Norm::Checkbox(Form::Bare),
        FieldType::Date => Norm::Date,
        FieldType::Integer => Norm::Integer(Form::Bare),
        FieldType::Decimal => Norm::Decimal(Form::Bare),
        FieldType::Dropdown => Norm::Choice(Box::new(Options::new(&field.options))),
        FieldType::Multiselect => Norm::Choices(Box::new(Options::new(&field.options))),
        FieldType::Lookup => Norm::Lookup,
    };
    let fits = wanted.is_none_or(|wanted| own.word() == wanted.as_str());
    Some(fits.then_some(own))
}

/// The pattern of a field. Zendesk's are Ruby's: where they ask for what is not known here, only
/// Zendesk can check the value, which is said.
fn pattern(field: &UserField, problems: &mut Vec<Problem>) -> Option<regex::Regex> {
    let text = field.pattern.as_deref()?;
    // In Ruby ^ and $ always stand at the edges of lines.
    let read = RegexBuilder::new(text)
        .multi_line(true)
        .size_limit(MOST_PATTERN_BYTES)
        .build();
    if read.is_err() {
        problems.push(Problem::new(
            ProblemCode::UncheckedPattern,
            format!("user_fields.{}", field.key),
            format!(
                "The pattern of user_fields.{} uses what only Zendesk understands, so its values are \
                 checked there and not before. Nothing needs to be done.",
                field.key
            ),
        ));
    }
    read.ok()
}

/// What is said about verification beside the columns. A column that says somebody is not verified
/// still must not make Zendesk write to them.
fn verification(setting: Verification, slots: &[Slot]) -> Option<Slot> {
    let has = |attribute| {
        slots
            .iter()
            .any(|slot| slot.target == Target::Attribute(attribute))
    };
    let attribute = match setting {
        Verification::Mail => return None,
        Verification::Verified if !has(Attribute::Verified) => Attribute::Verified,
        Verification::Verified | Verification::NoMail => Attribute::SkipVerifyEmail,
    };
    (!has(attribute)).then(|| Slot::always(attribute))
}

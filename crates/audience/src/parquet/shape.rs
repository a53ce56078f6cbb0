//! Which columns of ours the leaves of a Parquet schema are, and how their values read.

use parquet::basic::{ConvertedType, LogicalType, TimeUnit, Type as Physical};
use parquet::schema::types::Type;

use crate::error::Error;
use crate::schema::{Column, ColumnKind};

/// How a value becomes text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reads {
    /// As it is: truth, a signed whole number, a floating-point number, text.
    Plain,
    /// A whole number without a sign.
    Unsigned,
    /// A whole number over ten to the scale.
    Decimal {
        /// The scale.
        scale: u32,
    },
    /// Days since 1970.
    Date,
    /// Units of so many nanoseconds since midnight.
    TimeOfDay {
        /// The unit.
        unit: i64,
    },
    /// Units of so many nanoseconds since 1970.
    Moment {
        /// The unit.
        unit: i64,
        /// Whether they count in UTC; else the source gives no offset.
        is_utc: bool,
    },
    /// Sixteen bytes.
    Uuid,
    /// A floating-point number of two bytes.
    Half,
}

/// The levels at which a list is a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ListLevels {
    /// At this definition level and above there is an element; one below there is an empty list,
    /// and further below there is none.
    pub(crate) element: i16,
}

/// A leaf, in the order of the file's columns.
#[derive(Debug, Clone)]
pub(crate) struct Leaf {
    pub(crate) column: Column,
    pub(crate) reads: Reads,
    /// At this definition level there is a value.
    pub(crate) present: i16,
    pub(crate) list: Option<ListLevels>,
}

/// Where a walk through the schema stands.
#[derive(Clone)]
struct Place {
    name: String,
    definition: i16,
    list: Option<ListLevels>,
    /// Names inside a list are "list" and "element", and say nothing.
    is_named: bool,
}

/// All leaves under `root`.
///
/// # Errors
/// [`Error::Columns`] for one that cannot be a cell: a map, a list of records or of lists, and
/// types without a text.
pub(crate) fn leaves(source: &str, root: &Type) -> Result<Vec<Leaf>, Error> {
    let mut leaves = Vec::new();
    let Type::GroupType { fields, .. } = root else {
        return Ok(leaves);
    };
    for field in fields {
        let place = Place {
            name: String::new(),
            definition: 0,
            list: None,
            is_named: false,
        };
        walk(source, field, &place, &mut leaves)?;
    }
    Ok(leaves)
}

fn walk(source: &str, field: &Type, above: &Place, leaves: &mut Vec<Leaf>) -> Result<(), Error> {
    use parquet::basic::Repetition;
    let mut place = above.clone();
    if !above.is_named {
        if !place.name.is_empty() {
            place.name.push('.');
        }
        place.name.push_str(field.name());
    }
    let refuse = |what: &str| {
        Error::columns(
            source,
            format!("`{}` is {what}, which is no value of a cell", place.name),
            "Leave it out of the export, or export it as text",
        )
    };
    let info = field.get_basic_info();
    let repetition = info.has_repetition().then(|| info.repetition());
    match repetition {
        Some(Repetition::OPTIONAL) => place.definition += 1,
        Some(Repetition::REPEATED) => {
            place.definition += 1;
            if above.list.is_some() {
                return Err(refuse("a list of lists"));
            }
            place.is_named = true;
            place.list = Some(ListLevels {
                element: place.definition,
            });
        }
        Some(Repetition::REQUIRED) | None => {}
    }
    match field {
        Type::PrimitiveType { .. } => {
            let (kind, reads) = reading(field).ok_or_else(|| refuse("of a type without a text"))?;
            let kind = if place.list.is_some() {
                ColumnKind::List
            } else {
                kind
            };
            leaves.push(Leaf {
                column: Column {
                    name: place.name,
                    kind,
                },
                reads,
                present: place.definition,
                list: place.list,
            });
            Ok(())
        }
        Type::GroupType { fields, .. } => {
            let is = |converted, logical: &LogicalType| {
                info.converted_type() == converted || info.logical_type_ref() == Some(logical)
            };
            let is_map = is(ConvertedType::MAP, &LogicalType::Map)
                || is(ConvertedType::MAP_KEY_VALUE, &LogicalType::Map);
            if is_map || place.list.is_some() && fields.len() != 1 {
                return Err(refuse("a map or a list of records"));
            }
            if fields.is_empty() {
                return Err(refuse("a record without fields"));
            }
            place.is_named |= is(ConvertedType::LIST, &LogicalType::List);
            for field in fields {
                walk(source, field, &place, leaves)?;
            }
            Ok(())
        }
    }
}

/// The kind of a leaf, and how its values read.
fn reading(leaf: &Type) -> Option<(ColumnKind, Reads)> {
    let info = leaf.get_basic_info();
    match leaf.get_physical_type() {
        Physical::BOOLEAN => Some((ColumnKind::Boolean, Reads::Plain)),
        Physical::FLOAT | Physical::DOUBLE => Some((ColumnKind::Float, Reads::Plain)),
        Physical::INT96 => Some((ColumnKind::Time, Reads::Plain)),
        Physical::INT32 | Physical::INT64 | Physical::BYTE_ARRAY => {
            let is_text = leaf.get_physical_type() == Physical::BYTE_ARRAY;
            annotated(leaf).or_else(|| {
                let plain = info.logical_type_ref().is_none()
                    || matches!(info.logical_type_ref(), Some(LogicalType::_Unknown { .. }));
                match (plain, is_text) {
                    // Old writers do not say that text is text; what is none is rejected by row.
                    (true, true) => Some((ColumnKind::Text, Reads::Plain)),
                    (true, false) => Some((ColumnKind::Integer, Reads::Plain)),
                    (false, _) => None,
                }
            })
        }
        Physical::FIXED_LEN_BYTE_ARRAY => annotated(leaf),
    }
}

/// What a logical type, or the older converted type, makes of a leaf.
fn annotated(leaf: &Type) -> Option<(ColumnKind, Reads)> {
    let info = leaf.get_basic_info();
    let scale = match leaf {
        Type::PrimitiveType {
            scale, precision, ..
        } => u32::try_from(*scale)
            .ok()
            .filter(|scale| *scale <= 38 && *precision <= 38),
        Type::GroupType { .. } => None,
    };
    let decimal = scale.map(|scale| (ColumnKind::Decimal, Reads::Decimal { scale }));
    let moment = |unit, is_utc| Some((ColumnKind::Time, Reads::Moment { unit, is_utc }));
    let time = |unit| Some((ColumnKind::Text, Reads::TimeOfDay { unit }));
    match info.logical_type_ref() {
        Some(LogicalType::String | LogicalType::Enum | LogicalType::Json) => {
            Some((ColumnKind::Text, Reads::Plain))
        }
        Some(LogicalType::Decimal(_)) => decimal,
        Some(LogicalType::Date) => Some((ColumnKind::Date, Reads::Date)),
        Some(LogicalType::Time(of)) => time(nanoseconds(&of.unit)),
        Some(LogicalType::Timestamp(of)) => moment(nanoseconds(&of.unit), of.is_adjusted_to_u_t_c),
        Some(LogicalType::Integer(of)) => Some((
            ColumnKind::Integer,
            if of.is_signed {
                Reads::Plain
            } else {
                Reads::Unsigned
            },
        )),
        Some(LogicalType::Uuid) => Some((ColumnKind::Text, Reads::Uuid)),
        Some(LogicalType::Float16) => Some((ColumnKind::Float, Reads::Half)),
        Some(_) => None,
        None => match info.converted_type() {
            ConvertedType::UTF8 | ConvertedType::ENUM | ConvertedType::JSON => {
                Some((ColumnKind::Text, Reads::Plain))
            }
            ConvertedType::DECIMAL => decimal,
            ConvertedType::DATE => Some((ColumnKind::Date, Reads::Date)),
            ConvertedType::TIME_MILLIS => time(1_000_000),
            ConvertedType::TIME_MICROS => time(1_000),
            ConvertedType::TIMESTAMP_MILLIS => moment(1_000_000, true),
            ConvertedType::TIMESTAMP_MICROS => moment(1_000, true),
            ConvertedType::UINT_8
            | ConvertedType::UINT_16
            | ConvertedType::UINT_32
            | ConvertedType::UINT_64 => Some((ColumnKind::Integer, Reads::Unsigned)),
            ConvertedType::INT_8
            | ConvertedType::INT_16
            | ConvertedType::INT_32
            | ConvertedType::INT_64 => Some((ColumnKind::Integer, Reads::Plain)),
            ConvertedType::NONE
            | ConvertedType::MAP
            | ConvertedType::MAP_KEY_VALUE
            | ConvertedType::LIST
            | ConvertedType::BSON
            | ConvertedType::INTERVAL => None,
        },
    }
}

fn nanoseconds(unit: &TimeUnit) -> i64 {
    match unit {
        TimeUnit::MILLIS => 1_000_000,
        TimeUnit::MICROS => 1_000,
        TimeUnit::NANOS => 1,
    }
}

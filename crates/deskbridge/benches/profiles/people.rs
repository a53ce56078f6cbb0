//! Customers of twenty columns, the same for the same row each time, as CSV and as Parquet.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use jiff::ToSpan as _;
use jiff::civil::date;
use parquet::basic::Compression;
use parquet::data_type::{
    BoolType, ByteArray, ByteArrayType, DataType, DoubleType, Int32Type, Int64Type,
};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;

/// What a column holds. A CSV file knows only the text of it.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Text,
    Whole,
    Hundredths,
    Day,
    Truth,
}

/// The columns: five attributes, and fifteen fields that agents see beside a ticket.
pub(crate) const COLUMNS: [(&str, Kind); 20] = [
    ("external_id", Kind::Text),
    ("name", Kind::Text),
    ("email", Kind::Text),
    ("phone", Kind::Text),
    ("notes", Kind::Text),
    ("user_fields.state", Kind::Text),
    ("user_fields.city", Kind::Text),
    ("user_fields.loyalty_tier", Kind::Text),
    ("user_fields.loyalty_points", Kind::Whole),
    ("user_fields.orders", Kind::Whole),
    ("user_fields.order_value", Kind::Hundredths),
    ("user_fields.lifetime_value", Kind::Hundredths),
    ("user_fields.last_order_on", Kind::Day),
    ("user_fields.member_since", Kind::Day),
    ("user_fields.survey_score", Kind::Whole),
    ("user_fields.survey_comment", Kind::Text),
    ("user_fields.preferred_channel", Kind::Text),
    ("user_fields.newsletter", Kind::Truth),
    ("user_fields.next_best_action", Kind::Text),
    ("user_fields.churn_risk", Kind::Hundredths),
];

const FIRST: [&str; 8] = [
    "Ada", "Bruno", "Chloe", "Deniz", "Elif", "Farid", "Grace", "Hana",
];
const LAST: [&str; 10] = [
    "Abbott", "Brandt", "Costa", "Dubois", "Evans", "Fischer", "Garcia", "Hansen", "Ito", "Jones",
];
const STATES: [&str; 16] = [
    "AZ", "CA", "CO", "FL", "GA", "IL", "MA", "MI", "NC", "NY", "OH", "OR", "PA", "TX", "VA", "WA",
];
const CITIES: [&str; 14] = [
    "Albany", "Austin", "Boston", "Boulder", "Chicago", "Dayton", "Denver", "Eugene", "Miami",
    "Phoenix", "Portland", "Raleigh", "Salem", "Seattle",
];
const TIERS: [&str; 4] = ["Bronze", "Silver", "Gold", "Platinum"];
const CHANNELS: [&str; 3] = ["Email", "Phone", "Chat"];
const THINGS: [&str; 6] = ["socks", "boots", "a raincoat", "gloves", "a tent", "a lamp"];

/// A cell.
pub(crate) enum Cell {
    Nothing,
    Text(String),
    Whole(i64),
    Hundredths(i64),
    Day(i32),
    Truth(bool),
}

/// A number that looks like chance and is the same each time.
fn mixed(row: u64, column: usize, below: u64) -> u64 {
    let mut mixed = row
        .wrapping_mul(32)
        .wrapping_add(column as u64)
        .wrapping_mul(0x9E37_79B9_7F4A_7C15);
    mixed ^= mixed >> 29;
    mixed = mixed.wrapping_mul(0xBF58_476D_1CE4_E5B9);
    (mixed >> 32) % below
}

/// What stands in a column of a row.
pub(crate) fn cell(row: u64, column: usize) -> Cell {
    let some = |below| mixed(row, column, below);
    let whole = |below| i64::try_from(some(below)).unwrap();
    let day = |below| i32::try_from(some(below)).unwrap();
    let one = |words: &[&str]| {
        let place = usize::try_from(some(words.len() as u64)).unwrap();
        Cell::Text(words[place].to_owned())
    };
    let (first, last) = (
        FIRST[usize::try_from(mixed(row, 1, FIRST.len() as u64)).unwrap()],
        LAST[usize::try_from(mixed(row, 2, LAST.len() as u64)).unwrap()],
    );
    let is_asked = mixed(row, 14, 4) == 0;
    match column {
        0 => Cell::Text(format!("c{row}")),
        1 => Cell::Text(format!("{first} {last}")),
        2 => Cell::Text(format!("{first}.{last}.{row}@customer.example").to_lowercase()),
        3 => Cell::Text(format!(
            "(5{:02}) 5{:02}-{:04}",
            row % 100,
            some(100),
            row % 10_000
        )),
        4 => Cell::Text(format!(
            "Last looked at {}, no. {}",
            THINGS[usize::try_from(some(6)).unwrap()],
            some(90_000)
        )),
        5 => one(&STATES),
        6 => one(&CITIES),
        7 => one(&TIERS),
        8 => Cell::Whole(whole(20_000)),
        9 => Cell::Whole(whole(60)),
        10 => Cell::Hundredths(whole(30_000)),
        11 => Cell::Hundredths(whole(900_000)),
        // Since 2023, and since 2010.
        12 => Cell::Day(19_358 + day(1_000)),
        13 => Cell::Day(14_610 + day(4_700)),
        14 if is_asked => Cell::Whole(1 + whole(10)),
        15 if is_asked => Cell::Text(format!(
            "\"Fine\", said customer {} of {}",
            some(500),
            some(97)
        )),
        14 | 15 => Cell::Nothing,
        16 => one(&CHANNELS),
        17 => Cell::Truth(some(2) == 0),
        18 => Cell::Text(format!("Offer product {}", some(50))),
        _ => Cell::Hundredths(whole(101)),
    }
}

/// The cell as a CSV file writes it; nothing for an empty one.
pub(crate) fn text(cell: Cell) -> Option<String> {
    Some(match cell {
        Cell::Nothing => return None,
        Cell::Text(text) => text,
        Cell::Whole(number) => number.to_string(),
        Cell::Hundredths(number) => format!("{}.{:02}", number / 100, number % 100),
        Cell::Day(days) => (date(1970, 1, 1) + days.days()).to_string(),
        Cell::Truth(truth) => truth.to_string(),
    })
}

/// Writes rows as CSV, the first one with the number `from`.
pub(crate) fn write_csv(path: &Path, from: u64, rows: u64) {
    let mut file = csv::WriterBuilder::new()
        .buffer_capacity(1 << 20)
        .from_path(path)
        .unwrap();
    file.write_record(COLUMNS.map(|(name, _)| name)).unwrap();
    for row in from..from + rows {
        for column in 0..COLUMNS.len() {
            file.write_field(text(cell(row, column)).unwrap_or_default())
                .unwrap();
        }
        file.write_record(None::<&[u8]>).unwrap();
    }
    file.flush().unwrap();
}

/// So many rows are a group of the Parquet file.
const GROUP: usize = 100_000;

/// Writes rows as Parquet with the types that a warehouse would give the columns, Snappy, all columns
/// optional.
pub(crate) fn write_parquet(path: &Path, rows: u64) {
    let columns = COLUMNS.map(|(name, kind)| match kind {
        Kind::Text => format!("optional binary {name} (UTF8);"),
        Kind::Whole => format!("optional int64 {name};"),
        Kind::Hundredths => format!("optional double {name};"),
        Kind::Day => format!("optional int32 {name} (DATE);"),
        Kind::Truth => format!("optional boolean {name};"),
    });
    let schema = format!("message people {{ {} }}", columns.concat());
    let schema = Arc::new(parse_message_type(&schema).unwrap());
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .build();
    let file = File::create(path).unwrap();
    let mut file = SerializedFileWriter::new(file, schema, Arc::new(properties)).unwrap();
    for from in (0..rows).step_by(GROUP) {
        let rows = from..(from + GROUP as u64).min(rows);
        let mut group = file.next_row_group().unwrap();
        for (column, (_, kind)) in COLUMNS.iter().enumerate() {
            let cells: Vec<Cell> = rows.clone().map(|row| cell(row, column)).collect();
            match kind {
                Kind::Text => write::<ByteArrayType>(&mut group, cells, |cell| {
                    ByteArray::from(text(cell).unwrap().into_bytes())
                }),
                Kind::Whole => write::<Int64Type>(&mut group, cells, |cell| number(&cell)),
                Kind::Hundredths => {
                    write::<DoubleType>(&mut group, cells, |cell| number(&cell) as f64 / 100.0);
                }
                Kind::Day => write::<Int32Type>(&mut group, cells, |cell| {
                    i32::try_from(number(&cell)).unwrap()
                }),
                Kind::Truth => write::<BoolType>(&mut group, cells, |cell| number(&cell) == 1),
            }
        }
        group.close().unwrap();
    }
    file.close().unwrap();
}

fn number(cell: &Cell) -> i64 {
    match *cell {
        Cell::Nothing | Cell::Text(_) => 0,
        Cell::Whole(number) | Cell::Hundredths(number) => number,
        Cell::Day(days) => days.into(),
        Cell::Truth(truth) => truth.into(),
    }
}

fn write<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, File>,
    cells: Vec<Cell>,
    value: impl Fn(Cell) -> T::T,
) {
    let is_there = |cell: &Cell| !matches!(cell, Cell::Nothing);
    let levels: Vec<i16> = cells.iter().map(|cell| is_there(cell).into()).collect();
    let values: Vec<T::T> = cells.into_iter().filter(is_there).map(value).collect();
    let mut writer = group.next_column().unwrap().unwrap();
    let column = writer.typed::<T>();
    column.write_batch(&values, Some(&levels), None).unwrap();
    writer.close().unwrap();
}

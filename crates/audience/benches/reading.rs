//! How fast sources are read, beside a plain pass of the same file through the csv and the parquet
//! crate in the same run: what the formats alone allow.
//!
//! `cargo bench -p audience`; the number of rows is the variable `READING_ROWS`, one million unless
//! said otherwise.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a bench tells what it measured, and stops when it cannot"
)]

use std::fs::File;
use std::hint::black_box;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use audience::{Allowed, FileSource, Form, Limits, Reader, Source};
use criterion::{Criterion, Throughput};
use parquet::basic::Compression;
use parquet::column::reader::ColumnReader;
use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;

const COLUMNS: usize = 20;
/// Half of them numbers in the Parquet file.
const NUMBERS: usize = 10;
const GROUP: u64 = 100_000;

fn cell(row: u64, column: usize) -> String {
    let mixed = row.wrapping_mul(2_654_435_761).wrapping_add(column as u64);
    match column {
        0 => format!("person{row}@example.com"),
        1 => format!("First Last {}", mixed % 10_000),
        _ if column < NUMBERS => format!("word{} and {}", mixed % 1_000, mixed % 97),
        _ => number(row, column).to_string(),
    }
}

fn number(row: u64, column: usize) -> i64 {
    let mixed = row.wrapping_mul(2_654_435_761).wrapping_add(column as u64);
    i64::try_from(mixed % 1_000_000).unwrap()
}

fn write_csv(path: &Path, rows: u64) {
    let mut file = BufWriter::new(File::create(path).unwrap());
    let names: Vec<String> = (0..COLUMNS)
        .map(|column| format!("column_{column}"))
        .collect();
    writeln!(file, "{}", names.join(",")).unwrap();
    for row in 0..rows {
        let cells: Vec<String> = (0..COLUMNS).map(|column| cell(row, column)).collect();
        writeln!(file, "{}", cells.join(",")).unwrap();
    }
}

fn write_parquet(path: &Path, rows: u64) {
    let columns: String = (0..COLUMNS)
        .map(|column| match column {
            _ if column < NUMBERS => format!("required binary column_{column} (UTF8);"),
            _ => format!("required int64 column_{column};"),
        })
        .collect();
    let schema = Arc::new(parse_message_type(&format!("message people {{ {columns} }}")).unwrap());
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .build();
    let file = File::create(path).unwrap();
    let mut file = SerializedFileWriter::new(file, schema, Arc::new(properties)).unwrap();
    for first in (0..rows).step_by(usize::try_from(GROUP).unwrap()) {
        let rows = first..(first + GROUP).min(rows);
        let mut group = file.next_row_group().unwrap();
        for column in 0..COLUMNS {
            let mut writer = group.next_column().unwrap().unwrap();
            if column < NUMBERS {
                let values: Vec<ByteArray> = rows
                    .clone()
                    .map(|row| ByteArray::from(cell(row, column).into_bytes()))
                    .collect();
                writer
                    .typed::<ByteArrayType>()
                    .write_batch(&values, None, None)
                    .unwrap();
            } else {
                let values: Vec<i64> = rows.clone().map(|row| number(row, column)).collect();
                writer
                    .typed::<Int64Type>()
                    .write_batch(&values, None, None)
                    .unwrap();
            }
            writer.close().unwrap();
        }
        group.close().unwrap();
    }
    file.close().unwrap();
}

/// The csv crate's fastest way: one record used again for every row.
fn plain_csv(path: &Path) -> u64 {
    let mut reader = csv::ReaderBuilder::new()
        .buffer_capacity(256 * 1024)
        .from_path(path)
        .unwrap();
    let mut record = csv::ByteRecord::new();
    let mut bytes = 0;
    while reader.read_byte_record(&mut record).unwrap() {
        bytes += record.get(COLUMNS - 1).unwrap().len() as u64;
    }
    bytes
}

/// The parquet crate's fastest way: whole columns, in pieces.
fn plain_parquet(path: &Path) -> u64 {
    const PIECE: usize = 2_048;
    let reader = SerializedFileReader::new(File::open(path).unwrap()).unwrap();
    let mut read = 0;
    for number in 0..reader.num_row_groups() {
        let group = reader.get_row_group(number).unwrap();
        for column in 0..COLUMNS {
            let reader = group.get_column_reader(column).unwrap();
            if let ColumnReader::ByteArrayColumnReader(mut reader) = reader {
                let mut values: Vec<ByteArray> = Vec::with_capacity(PIECE);
                loop {
                    values.clear();
                    let (rows, ..) = reader.read_records(PIECE, None, None, &mut values).unwrap();
                    if rows == 0 {
                        break;
                    }
                    read += values.iter().map(|value| value.len() as u64).sum::<u64>();
                }
            } else if let ColumnReader::Int64ColumnReader(mut reader) = reader {
                let mut values = Vec::with_capacity(PIECE);
                loop {
                    values.clear();
                    let (rows, ..) = reader.read_records(PIECE, None, None, &mut values).unwrap();
                    if rows == 0 {
                        break;
                    }
                    read += black_box(&values).len() as u64;
                }
            }
        }
    }
    read
}

/// Ours, every cell of the last column looked at.
async fn read(path: PathBuf) -> u64 {
    let source = Source::File(FileSource {
        path,
        allowed: Allowed::Anywhere,
        form: Form::default(),
    });
    let mut reader = Reader::open(source, &Limits::default()).await.unwrap();
    let mut bytes = 0;
    while let Some(batch) = reader.next().await.unwrap() {
        for row in 0..batch.len() {
            bytes += batch.cell(row, COLUMNS - 1).unwrap().len() as u64;
        }
        reader.give_back(batch);
    }
    bytes
}

fn peak_memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    line.unwrap_or("unknown").to_owned()
}

fn main() {
    let rows = std::env::var("READING_ROWS")
        .ok()
        .and_then(|rows| rows.parse().ok())
        .unwrap_or(1_000_000);
    let folder = tempfile::tempdir().unwrap();
    let (csv_path, parquet_path) = (
        folder.path().join("people.csv"),
        folder.path().join("people.parquet"),
    );
    write_csv(&csv_path, rows);
    write_parquet(&parquet_path, rows.min(1_000_000));
    for path in [&csv_path, &parquet_path] {
        println!(
            "{}: {} bytes",
            path.display(),
            path.metadata().unwrap().len()
        );
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(read(csv_path.clone()));
    println!("memory after reading {rows} rows of CSV: {}", peak_memory());

    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(8))
        .configure_from_args();
    let mut group = criterion.benchmark_group("csv");
    group.throughput(Throughput::Elements(rows));
    group.bench_function("plain pass", |bench| {
        bench.iter(|| plain_csv(&csv_path));
    });
    group.bench_function("reader", |bench| {
        bench.iter(|| runtime.block_on(read(csv_path.clone())));
    });
    group.finish();
    let mut group = criterion.benchmark_group("parquet");
    group.throughput(Throughput::Elements(rows.min(1_000_000)));
    group.bench_function("plain pass", |bench| {
        bench.iter(|| plain_parquet(&parquet_path));
    });
    group.bench_function("reader", |bench| {
        bench.iter(|| runtime.block_on(read(parquet_path.clone())));
    });
    group.finish();
    println!("memory in the end: {}", peak_memory());
    criterion.final_summary();
}

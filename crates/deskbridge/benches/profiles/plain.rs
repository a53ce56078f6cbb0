//! A plain pass of the same file through the csv and the parquet crate: what the formats alone allow.

use std::fs::File;
use std::hint::black_box;
use std::path::Path;

use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::DataType;
use parquet::file::reader::{FileReader as _, SerializedFileReader};

/// Values read at a time.
const PIECE: usize = 2_048;

/// The csv crate's fastest way: one record of bytes used again for every row. Returns the rows.
pub(crate) fn csv(path: &Path) -> u64 {
    let mut reader = csv::ReaderBuilder::new()
        .buffer_capacity(256 * 1024)
        .from_path(path)
        .unwrap();
    let mut record = csv::ByteRecord::new();
    let mut rows = 0;
    while reader.read_byte_record(&mut record).unwrap() {
        black_box(&record);
        rows += 1;
    }
    rows
}

/// The parquet crate's fastest way: whole columns, in pieces. Returns the rows.
pub(crate) fn parquet(path: &Path) -> u64 {
    let reader = SerializedFileReader::new(File::open(path).unwrap()).unwrap();
    let mut rows = 0;
    for number in 0..reader.num_row_groups() {
        let group = reader.get_row_group(number).unwrap();
        for column in 0..group.num_columns() {
            let read = match group.get_column_reader(column).unwrap() {
                ColumnReader::BoolColumnReader(reader) => read(reader),
                ColumnReader::Int32ColumnReader(reader) => read(reader),
                ColumnReader::Int64ColumnReader(reader) => read(reader),
                ColumnReader::Int96ColumnReader(reader) => read(reader),
                ColumnReader::FloatColumnReader(reader) => read(reader),
                ColumnReader::DoubleColumnReader(reader) => read(reader),
                ColumnReader::ByteArrayColumnReader(reader) => read(reader),
                ColumnReader::FixedLenByteArrayColumnReader(reader) => read(reader),
            };
            if column == 0 {
                rows += read;
            }
        }
    }
    rows
}

fn read<T: DataType>(mut reader: ColumnReaderImpl<T>) -> u64 {
    let (mut values, mut levels) = (Vec::with_capacity(PIECE), Vec::with_capacity(PIECE));
    let mut rows = 0;
    loop {
        values.clear();
        levels.clear();
        let (records, ..) = reader
            .read_records(PIECE, Some(&mut levels), None, &mut values)
            .unwrap();
        black_box(&values);
        if records == 0 {
            return rows;
        }
        rows += records as u64;
    }
}

//! Parquet files to read, written by the library that everybody uses.

use std::sync::Arc;

use parquet::basic::Compression;
use parquet::data_type::{
    BoolType, ByteArray, ByteArrayType, DataType, DoubleType, FixedLenByteArray,
    FixedLenByteArrayType, Int32Type, Int64Type, Int96, Int96Type,
};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;

/// The values of one column of one row group, with its levels.
pub(crate) enum Values {
    Truths(Vec<bool>),
    Int32(Vec<i32>),
    Int64(Vec<i64>),
    Int96(Vec<Int96>),
    Double(Vec<f64>),
    Bytes(Vec<Vec<u8>>),
    Fixed(Vec<Vec<u8>>),
}

pub(crate) struct Column {
    pub(crate) values: Values,
    pub(crate) definitions: Option<Vec<i16>>,
    pub(crate) repetitions: Option<Vec<i16>>,
}

/// A column without nulls.
pub(crate) fn all(values: Values) -> Column {
    Column {
        values,
        definitions: None,
        repetitions: None,
    }
}

/// A column with these levels.
pub(crate) fn levelled(values: Values, definitions: &[i16], repetitions: Option<&[i16]>) -> Column {
    Column {
        values,
        definitions: Some(definitions.to_vec()),
        repetitions: repetitions.map(<[i16]>::to_vec),
    }
}

pub(crate) fn texts(texts: &[&str]) -> Values {
    Values::Bytes(texts.iter().map(|text| text.as_bytes().to_vec()).collect())
}

fn put<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, Vec<u8>>,
    values: &[T::T],
    column: &Column,
) {
    let mut writer = group.next_column().unwrap().unwrap();
    writer
        .typed::<T>()
        .write_batch(
            values,
            column.definitions.as_deref(),
            column.repetitions.as_deref(),
        )
        .unwrap();
    writer.close().unwrap();
}

pub(crate) fn write(schema: &str, compression: Compression, groups: &[Vec<Column>]) -> Vec<u8> {
    let properties = WriterProperties::builder()
        .set_compression(compression)
        .build();
    write_with(schema, properties, groups)
}

pub(crate) fn write_with(
    schema: &str,
    properties: WriterProperties,
    groups: &[Vec<Column>],
) -> Vec<u8> {
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let mut file = SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties)).unwrap();
    for columns in groups {
        let mut group = file.next_row_group().unwrap();
        for column in columns {
            match &column.values {
                Values::Truths(values) => put::<BoolType>(&mut group, values, column),
                Values::Int32(values) => put::<Int32Type>(&mut group, values, column),
                Values::Int64(values) => put::<Int64Type>(&mut group, values, column),
                Values::Int96(values) => put::<Int96Type>(&mut group, values, column),
                Values::Double(values) => put::<DoubleType>(&mut group, values, column),
                Values::Bytes(values) => {
                    let values: Vec<ByteArray> =
                        values.iter().cloned().map(ByteArray::from).collect();
                    put::<ByteArrayType>(&mut group, &values, column);
                }
                Values::Fixed(values) => {
                    let values: Vec<FixedLenByteArray> = values
                        .iter()
                        .cloned()
                        .map(|bytes| FixedLenByteArray::from(ByteArray::from(bytes)))
                        .collect();
                    put::<FixedLenByteArrayType>(&mut group, &values, column);
                }
            }
        }
        group.close().unwrap();
    }
    file.into_inner().unwrap()
}

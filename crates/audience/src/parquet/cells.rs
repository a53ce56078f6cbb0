//! The values of one column for some rows, and how they become cells.

use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{ByteArray, DataType, FixedLenByteArray, Int96};
use parquet::errors::ParquetError;

use super::shape::{Leaf, ListLevels, Reads};
use super::value;
use crate::batch::{Draft, span};

/// Values of one physical type.
#[derive(Debug)]
enum Values {
    Truths(Vec<bool>),
    Int32(Vec<i32>),
    Int64(Vec<i64>),
    Int96(Vec<Int96>),
    Float(Vec<f32>),
    Double(Vec<f64>),
    Bytes(Vec<ByteArray>),
    Fixed(Vec<FixedLenByteArray>),
}

/// A column of the row group that is being read, with some rows' values.
pub(crate) struct Cells {
    reader: ColumnReader,
    values: Values,
    definitions: Vec<i16>,
    repetitions: Vec<i16>,
    /// The next value and the next level to make a cell of.
    value: usize,
    level: usize,
}

/// Why a value is no cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unfit {
    /// Longer than a cell may be.
    TooLong,
    /// A date or a number that there is not.
    NoValue,
}

impl Cells {
    pub(crate) fn new(reader: ColumnReader) -> Self {
        let values = match &reader {
            ColumnReader::BoolColumnReader(_) => Values::Truths(Vec::new()),
            ColumnReader::Int32ColumnReader(_) => Values::Int32(Vec::new()),
            ColumnReader::Int64ColumnReader(_) => Values::Int64(Vec::new()),
            ColumnReader::Int96ColumnReader(_) => Values::Int96(Vec::new()),
            ColumnReader::FloatColumnReader(_) => Values::Float(Vec::new()),
            ColumnReader::DoubleColumnReader(_) => Values::Double(Vec::new()),
            ColumnReader::ByteArrayColumnReader(_) => Values::Bytes(Vec::new()),
            ColumnReader::FixedLenByteArrayColumnReader(_) => Values::Fixed(Vec::new()),
        };
        Self {
            reader,
            values,
            definitions: Vec::new(),
            repetitions: Vec::new(),
            value: 0,
            level: 0,
        }
    }

    /// Replaces the values by those of the next `rows` rows. Returns of how many there are any.
    pub(crate) fn load(&mut self, rows: usize) -> Result<usize, ParquetError> {
        let (definitions, repetitions) = (&mut self.definitions, &mut self.repetitions);
        definitions.clear();
        repetitions.clear();
        (self.value, self.level) = (0, 0);
        match (&mut self.reader, &mut self.values) {
            (ColumnReader::BoolColumnReader(reader), Values::Truths(values)) => {
                read(reader, rows, definitions, repetitions, values)
            }
            (ColumnReader::Int32ColumnReader(reader), Values::Int32(values)) => {
                read(reader, rows, definitions, repetitions, values)
            }
            (ColumnReader::Int64ColumnReader(reader), Values::Int64(values)) => {
                read(reader, rows, definitions, repetitions, values)
            }
            (ColumnReader::Int96ColumnReader(reader), Values::Int96(values)) => {
                read(reader, rows, definitions, repetitions, values)
            }
            (ColumnReader::FloatColumnReader(reader), Values::Float(values)) => {
                read(reader, rows, definitions, repetitions, values)
            }
            (ColumnReader::DoubleColumnReader(reader), Values::Double(values)) => {
                read(reader, rows, definitions, repetitions, values)
            }
            (ColumnReader::ByteArrayColumnReader(reader), Values::Bytes(values)) => {
                read(reader, rows, definitions, repetitions, values)
            }
            (ColumnReader::FixedLenByteArrayColumnReader(reader), Values::Fixed(values)) => {
                read(reader, rows, definitions, repetitions, values)
            }
            // The two are made together in `new`.
            _ => Ok(0),
        }
    }

    /// Adds to each of `sizes`, one a row, how many bytes of text its cell will have at most about.
    pub(crate) fn measure(&self, leaf: &Leaf, most: usize, sizes: &mut [usize]) {
        let Values::Bytes(values) = &self.values else {
            return;
        };
        if leaf.list.is_none() && leaf.present == 0 {
            for (size, value) in sizes.iter_mut().zip(values) {
                *size += value.len().min(most);
            }
            return;
        }
        let mut values = values.iter();
        let mut row = 0;
        for (index, definition) in self.definitions.iter().enumerate() {
            let begins = self.repetitions.get(index).is_none_or(|level| *level == 0);
            row += usize::from(begins);
            if *definition == leaf.present
                && let Some(value) = values.next()
                && let Some(size) = sizes.get_mut(row - 1)
            {
                *size = (*size + value.len()).min(*size + most);
            }
        }
    }

    /// Makes cells of the next `rows` rows, which are the last ones of `draft`, in its column
    /// `column`. Calls `reject` with the row among them whose value is none.
    pub(crate) fn write(
        &mut self,
        leaf: &Leaf,
        column: usize,
        rows: usize,
        most: usize,
        draft: &mut Draft,
        reject: impl FnMut(usize, Unfit),
    ) {
        let mut place = Place {
            first: draft.cells.len() - rows * draft.columns + column,
            rows,
            most,
            draft,
            reject,
        };
        if let Some(levels) = leaf.list {
            place.fill(|into, end| self.write_list(leaf, levels, into, end));
            return;
        }
        // The frequent kinds have loops of their own, without a choice per value.
        let present = (leaf.present > 0).then_some(leaf.present);
        let walk = Walk {
            present,
            definitions: &self.definitions,
            level: &mut self.level,
            value: &mut self.value,
        };
        match (&self.values, leaf.reads) {
            (Values::Bytes(values), Reads::Plain) => {
                place.fill(walk.over(|index, into, end| {
                    let bytes = values.get(index).ok_or(Unfit::NoValue)?.data();
                    if into.len() + bytes.len() > end {
                        return Err(Unfit::TooLong);
                    }
                    into.extend_from_slice(bytes);
                    Ok(())
                }));
            }
            (Values::Int64(values), Reads::Plain) => {
                place.fill(walk.over(|index, into, _| {
                    value::integer(*values.get(index).ok_or(Unfit::NoValue)?, into);
                    Ok(())
                }));
            }
            (Values::Int32(values), Reads::Plain) => {
                place.fill(walk.over(|index, into, _| {
                    let value = *values.get(index).ok_or(Unfit::NoValue)?;
                    value::integer(i64::from(value), into);
                    Ok(())
                }));
            }
            (values, reads) => {
                place.fill(walk.over(|index, into, end| {
                    let most = end - into.len();
                    values.write(index, reads, into, most)
                }));
            }
        }
    }

    /// Writes the next list as JSON. Returns `false` for none.
    fn write_list(
        &mut self,
        leaf: &Leaf,
        levels: ListLevels,
        into: &mut Vec<u8>,
        end: usize,
    ) -> Result<bool, Unfit> {
        let mut count = 0;
        let mut is_list = false;
        let mut outcome = Ok(());
        while let Some(definition) = self.definitions.get(self.level).copied() {
            let repetition = self.repetitions.get(self.level).copied();
            if count > 0 && repetition.unwrap_or_default() == 0 {
                break;
            }
            self.level += 1;
            into.push(if count == 0 { b'[' } else { b',' });
            count += 1;
            is_list |= definition >= levels.element - 1;
            if definition == leaf.present {
                let index = self.value;
                self.value += 1;
                // The rest of a list that does not fit must be read over all the same.
                if outcome.is_ok() && into.len() <= end {
                    outcome = self.values.write_json(index, leaf.reads, into, end);
                }
            } else if definition >= levels.element {
                into.extend_from_slice(b"null");
            }
            if into.len() > end {
                outcome = Err(Unfit::TooLong);
                into.truncate(end);
            }
        }
        outcome?;
        into.push(b']');
        Ok(is_list)
    }
}

/// The cells of a draft that a column fills.
struct Place<'d, R> {
    /// The cell of the first row.
    first: usize,
    rows: usize,
    /// Bytes of a cell.
    most: usize,
    draft: &'d mut Draft,
    reject: R,
}

impl<R: FnMut(usize, Unfit)> Place<'_, R> {
    /// Fills them with what `write` appends, which says whether it is a value at all and must not
    /// write beyond the end that it is given.
    fn fill(&mut self, mut write: impl FnMut(&mut Vec<u8>, usize) -> Result<bool, Unfit>) {
        let columns = self.draft.columns.max(1);
        let bytes = &mut self.draft.bytes;
        let cells = self.draft.cells.get_mut(self.first..).unwrap_or_default();
        for (row, cell) in cells
            .iter_mut()
            .step_by(columns)
            .take(self.rows)
            .enumerate()
        {
            let start = bytes.len();
            match write(bytes, start + self.most) {
                Ok(true) if bytes.len() - start <= self.most => {
                    *cell = span(start, bytes.len());
                    // Cells are parted by ASCII: see `Draft`.
                    bytes.push(b'\n');
                }
                Ok(false) => bytes.truncate(start),
                Ok(true) => {
                    bytes.truncate(start);
                    (self.reject)(row, Unfit::TooLong);
                }
                Err(unfit) => {
                    bytes.truncate(start);
                    (self.reject)(row, unfit);
                }
            }
        }
    }
}

/// A walk over the values of a column that has no lists.
struct Walk<'c> {
    /// The level at which there is a value, if there may be nulls.
    present: Option<i16>,
    definitions: &'c [i16],
    level: &'c mut usize,
    value: &'c mut usize,
}

impl Walk<'_> {
    /// What writes the next value by its number, and says `false` for a null.
    fn over(
        self,
        mut write: impl FnMut(usize, &mut Vec<u8>, usize) -> Result<(), Unfit>,
    ) -> impl FnMut(&mut Vec<u8>, usize) -> Result<bool, Unfit> {
        move |into, end| {
            if let Some(present) = self.present {
                let definition = self.definitions.get(*self.level).copied();
                *self.level += 1;
                if definition != Some(present) {
                    return Ok(false);
                }
            }
            let index = *self.value;
            *self.value += 1;
            write(index, into, end)?;
            Ok(true)
        }
    }
}

fn read<T: DataType>(
    reader: &mut ColumnReaderImpl<T>,
    rows: usize,
    definitions: &mut Vec<i16>,
    repetitions: &mut Vec<i16>,
    values: &mut Vec<T::T>,
) -> Result<usize, ParquetError> {
    values.clear();
    let (records, ..) = reader.read_records(rows, Some(definitions), Some(repetitions), values)?;
    Ok(records)
}

impl Values {
    fn write(
        &self,
        index: usize,
        reads: Reads,
        into: &mut Vec<u8>,
        most: usize,
    ) -> Result<(), Unfit> {
        let none = Unfit::NoValue;
        match self {
            Self::Truths(values) => {
                let truth = *values.get(index).ok_or(none)?;
                into.extend_from_slice(if truth { b"true" } else { b"false" });
                Ok(())
            }
            Self::Int32(values) => {
                let value = *values.get(index).ok_or(none)?;
                if reads == Reads::Unsigned {
                    value::unsigned(u64::from(value.cast_unsigned()), into);
                    return Ok(());
                }
                write_integer(i64::from(value), reads, into)
            }
            Self::Int64(values) => write_integer(*values.get(index).ok_or(none)?, reads, into),
            Self::Int96(values) => {
                value::julian_moment(values.get(index).ok_or(none)?.data(), into).map_err(|_| none)
            }
            Self::Float(values) => {
                let value = *values.get(index).ok_or(none)?;
                value::float(value, into);
                Ok(())
            }
            Self::Double(values) => {
                let value = *values.get(index).ok_or(none)?;
                value::double(value, into);
                Ok(())
            }
            Self::Bytes(values) => {
                write_bytes(values.get(index).ok_or(none)?.data(), reads, into, most)
            }
            Self::Fixed(values) => {
                write_bytes(values.get(index).ok_or(none)?.data(), reads, into, most)
            }
        }
    }

    /// Writes a value as an element of a JSON array.
    fn write_json(
        &self,
        index: usize,
        reads: Reads,
        into: &mut Vec<u8>,
        end: usize,
    ) -> Result<(), Unfit> {
        let is_number = match self {
            Self::Truths(_) => true,
            Self::Int32(_) | Self::Int64(_) => matches!(
                reads,
                Reads::Plain | Reads::Unsigned | Reads::Decimal { .. }
            ),
            Self::Float(values) => values.get(index).is_some_and(|value| value.is_finite()),
            Self::Double(values) => values.get(index).is_some_and(|value| value.is_finite()),
            Self::Bytes(_) | Self::Fixed(_) => matches!(reads, Reads::Decimal { .. }),
            Self::Int96(_) => false,
        };
        if is_number {
            return self.write(index, reads, into, usize::MAX);
        }
        let mut text = Vec::new();
        self.write(index, reads, &mut text, end.saturating_sub(into.len()))?;
        let text = String::from_utf8(text).map_err(|_| Unfit::NoValue)?;
        serde_json::to_writer(into, &text).map_err(|_| Unfit::NoValue)
    }
}

fn write_integer(value: i64, reads: Reads, into: &mut Vec<u8>) -> Result<(), Unfit> {
    let written = match reads {
        Reads::Plain | Reads::Uuid | Reads::Half => {
            value::integer(value, into);
            Ok(())
        }
        Reads::Unsigned => {
            value::unsigned(value.cast_unsigned(), into);
            Ok(())
        }
        Reads::Decimal { scale } => {
            value::decimal(i128::from(value), scale, into);
            Ok(())
        }
        Reads::Date => value::date(value, into),
        Reads::TimeOfDay { unit } => value
            .checked_mul(unit)
            .ok_or(value::OutOfRange)
            .and_then(|nanoseconds| value::time_of_day(nanoseconds, into)),
        Reads::Moment { unit, is_utc } => value::moment(value, unit, is_utc, into),
    };
    written.map_err(|_| Unfit::NoValue)
}

fn write_bytes(bytes: &[u8], reads: Reads, into: &mut Vec<u8>, most: usize) -> Result<(), Unfit> {
    match reads {
        Reads::Plain | Reads::Unsigned | Reads::Date => {
            if bytes.len() > most {
                return Err(Unfit::TooLong);
            }
            into.extend_from_slice(bytes);
            Ok(())
        }
        Reads::TimeOfDay { .. } | Reads::Moment { .. } => Err(Unfit::NoValue),
        Reads::Decimal { scale } => {
            let value = value::big_endian(bytes).ok_or(Unfit::NoValue)?;
            value::decimal(value, scale, into);
            Ok(())
        }
        Reads::Uuid => {
            value::uuid(bytes, into);
            Ok(())
        }
        Reads::Half => {
            let bytes = bytes.try_into().map_err(|_| Unfit::NoValue)?;
            value::float(value::half(u16::from_le_bytes(bytes)), into);
            Ok(())
        }
    }
}

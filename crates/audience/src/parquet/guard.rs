//! What a Parquet file says of its own sizes, looked at before its reader believes it
//! (security-and-operations.md 3: forged row counts, dictionary blow-up, nesting).

use std::io::Read as _;

use parquet::basic::Compression;
use parquet::file::metadata::{ColumnChunkMetaData, RowGroupMetaData};

use super::thrift::{Broken, Compact};
use crate::error::Error;
use crate::input::Raw;
use crate::limits::{Limits, size};

/// The footer of a file with a thousand columns and hundreds of row groups fits.
const MOST_FOOTER: u64 = 16 * 1024 * 1024;
/// Deeper than anything that a column of ours can be.
const MOST_NESTING: usize = 16;
const MOST_PAGES: u32 = 1_000_000;
const MOST_PAGE_HEADER: usize = 1024 * 1024;
/// So many values may lie in the lists of one row group: they are read row by row, and one row
/// might claim all of them.
const MOST_LISTED: i64 = 8_000_000;

const REMEDY: &str = "Export it again";

/// The bytes of the footer.
pub(crate) fn read_footer(raw: &Raw) -> Result<Vec<u8>, Error> {
    let name = raw.name.as_str();
    let broken = |why: &str| Error::damaged(name, None, why, REMEDY);
    let io = |error| Error::from_io(name, error);
    let cut = || broken("it is no Parquet file, or only the first part of one: its end is missing");
    if raw.length < 12 {
        return Err(cut());
    }
    let mut tail = [0; 8];
    raw.read_at(raw.length - 8, &mut tail).map_err(io)?;
    let [a, b, c, d, magic @ ..] = tail;
    match &magic {
        b"PAR1" => {}
        b"PARE" => {
            return Err(Error::damaged(
                name,
                None,
                "it is encrypted",
                "Export it without encryption",
            ));
        }
        _ => return Err(cut()),
    }
    let length = u64::from(u32::from_le_bytes([a, b, c, d]));
    if length > MOST_FOOTER {
        let why = format!(
            "its footer claims {}, and {} is the most",
            size(length),
            size(MOST_FOOTER)
        );
        return Err(Error::too_much(
            name,
            None,
            why,
            "Export it with fewer columns or row groups",
        ));
    }
    let Some(start) = (raw.length - 8)
        .checked_sub(length)
        .filter(|start| *start >= 4)
    else {
        return Err(cut());
    };
    let mut footer = vec![0; usize::try_from(length).unwrap_or_default()];
    let read = raw.read_at(start, &mut footer).map_err(io)?;
    if read < footer.len() {
        return Err(cut());
    }
    Ok(footer)
}

/// Refuses a schema whose depth would exhaust the stack of whoever reads it by recursion.
pub(crate) fn check_nesting(name: &str, footer: &[u8], limits: &Limits) -> Result<(), Error> {
    let depth = measure_schema(footer, limits.columns.saturating_mul(MOST_NESTING))
        .map_err(|_| Error::damaged(name, None, "its footer is damaged", REMEDY))?;
    match depth {
        Some(depth) if depth <= MOST_NESTING => Ok(()),
        Some(_) => Err(Error::columns(
            name,
            format!("they are nested more than {MOST_NESTING} deep"),
            "Export the columns that are sent as plain columns",
        )),
        None => Err(Error::too_much(
            name,
            None,
            format!("it has more than {} columns", limits.columns),
            "Leave out the columns that are not sent",
        )),
    }
}

/// The greatest depth; `None` for more than `most` elements.
fn measure_schema(footer: &[u8], most: usize) -> Result<Option<usize>, Broken> {
    let mut compact = Compact::new(footer);
    let mut before = 0;
    loop {
        let field = compact.field(before)?.ok_or(Broken::Wrong)?;
        before = field.id;
        if field.id != 2 {
            compact.skip(field)?;
            continue;
        }
        let elements = compact.structures(field)?;
        if elements > most as u64 {
            return Ok(None);
        }
        // How many children each open group still expects.
        let mut open: Vec<i64> = Vec::new();
        let mut deepest = 0;
        for _ in 0..elements {
            let mut children = 0;
            let mut before = 0;
            while let Some(field) = compact.field(before)? {
                before = field.id;
                if field.id == 5 {
                    children = compact.integer(field)?;
                } else {
                    compact.skip(field)?;
                }
            }
            if let Some(left) = open.last_mut() {
                *left -= 1;
            }
            if children > 0 {
                open.push(children);
                deepest = deepest.max(open.len());
                if open.len() > MOST_NESTING + 1 {
                    return Ok(Some(open.len()));
                }
            }
            while open.last().is_some_and(|left| *left <= 0) {
                open.pop();
            }
        }
        return Ok(Some(deepest));
    }
}

/// The largest pages of a column chunk, and how many values its pages say they hold.
#[derive(Debug, Default, Clone, Copy)]
struct Pages {
    largest: u64,
    dictionary: u64,
    values: i64,
}

/// What one page says of itself.
struct PageHeader {
    length: usize,
    is_dictionary: bool,
    uncompressed: u64,
    compressed: u64,
    /// Bytes before what is compressed.
    levels: i64,
    values: i64,
}

/// Looks at every page header of a row group. Returns how many rows may be read at a time.
pub(crate) fn check_row_group(
    raw: &Raw,
    number: usize,
    group: &RowGroupMetaData,
    limits: &Limits,
    most_rows: usize,
) -> Result<usize, Error> {
    let name = raw.name.as_str();
    let broken = |why: &str| {
        let why = format!("row group {} {why}", number + 1);
        Error::damaged(name, None, why, REMEDY)
    };
    let mut needed = 0;
    let mut rows = most_rows;
    for column in group.columns() {
        let pages = read_pages(raw, column, limits).map_err(|why| broken(&why))?;
        needed += pages.largest + pages.dictionary;
        if pages.values != column.num_values() {
            return Err(broken(
                "has other numbers of values in its pages than in its footer",
            ));
        }
        if column.column_descr().max_rep_level() > 0 && pages.values > MOST_LISTED {
            return Err(Error::too_much(
                name,
                None,
                format!(
                    "row group {} has more than {MOST_LISTED} values in a column of lists",
                    number + 1
                ),
                "Export it with smaller row groups",
            ));
        }
        // In this encoding a value may repeat all of the one before at no cost, so that few rows
        // may hold many pages' worth of text.
        if column
            .encodings()
            .any(|encoding| encoding == parquet::basic::Encoding::DELTA_BYTE_ARRAY)
        {
            let fitting = limits.row_group_bytes / pages.largest.max(1);
            rows = rows
                .min(usize::try_from(fitting).unwrap_or(usize::MAX))
                .max(1);
        }
    }
    if needed > limits.row_group_bytes {
        let why = format!(
            "row group {} needs {} of memory, and {} is the most",
            number + 1,
            size(needed),
            size(limits.row_group_bytes)
        );
        return Err(Error::too_much(
            name,
            None,
            why,
            "Export it with smaller pages, or leave out the columns that are not sent",
        ));
    }
    Ok(rows)
}

fn read_pages(raw: &Raw, column: &ColumnChunkMetaData, limits: &Limits) -> Result<Pages, String> {
    let is_gzip = match column.compression() {
        Compression::GZIP(_) => true,
        Compression::UNCOMPRESSED
        | Compression::SNAPPY
        | Compression::ZSTD(_)
        | Compression::LZ4_RAW => false,
        other @ (Compression::LZO | Compression::BROTLI(_) | Compression::LZ4) => {
            return Err(format!(
                "is compressed by {other}; export it with Snappy, Zstandard or gzip"
            ));
        }
    };
    let outside = || "lies outside the file".to_owned();
    let start = column
        .dictionary_page_offset()
        .unwrap_or_else(|| column.data_page_offset());
    let mut at = u64::try_from(start).map_err(|_| outside())?;
    let length = u64::try_from(column.compressed_size()).map_err(|_| outside())?;
    let end = at
        .checked_add(length)
        .filter(|end| *end <= raw.length)
        .ok_or_else(outside)?;
    let mut pages = Pages::default();
    let mut number = 0;
    while at < end && pages.values < column.num_values() {
        number += 1;
        let header = read_header(raw, at, end)?;
        let data = at + header.length as u64;
        at = data
            .checked_add(header.compressed)
            .filter(|next| *next <= end && number <= MOST_PAGES)
            .ok_or_else(outside)?;
        if header.uncompressed > limits.row_group_bytes {
            return Err(format!(
                "has a page of {}, and {} is the most",
                size(header.uncompressed),
                size(limits.row_group_bytes)
            ));
        }
        if is_gzip {
            check_gzip(raw, data, &header)?;
        }
        if header.is_dictionary {
            pages.dictionary = pages.dictionary.max(header.uncompressed);
        } else {
            pages.largest = pages.largest.max(header.uncompressed);
            pages.values = pages
                .values
                .checked_add(header.values)
                .ok_or_else(outside)?;
        }
    }
    Ok(pages)
}

fn read_header(raw: &Raw, at: u64, end: u64) -> Result<PageHeader, String> {
    let damaged = || "has a damaged page".to_owned();
    let mut length = 512;
    loop {
        let left = usize::try_from(end - at).unwrap_or(usize::MAX);
        let mut bytes = vec![0; length.min(left)];
        let read = raw
            .read_at(at, &mut bytes)
            .map_err(|error| format!("cannot be read ({error})"))?;
        bytes.truncate(read);
        match parse_header(&bytes) {
            Ok(header) => return Ok(header),
            // Statistics with long values make a header long.
            Err(Broken::Cut) if length < MOST_PAGE_HEADER && length < left => length *= 8,
            Err(Broken::Cut | Broken::Wrong) => return Err(damaged()),
        }
    }
}

fn parse_header(bytes: &[u8]) -> Result<PageHeader, Broken> {
    let mut compact = Compact::new(bytes);
    let (mut kind, mut uncompressed, mut compressed) = (None, None, None);
    let (mut values, mut levels) = (0, 0_i64);
    let mut before = 0;
    while let Some(field) = compact.field(before)? {
        before = field.id;
        match field.id {
            1 => kind = Some(compact.integer(field)?),
            2 => uncompressed = Some(compact.integer(field)?),
            3 => compressed = Some(compact.integer(field)?),
            5 | 8 => {
                compact.is_structure(field)?;
                let is_second_version = field.id == 8;
                let mut before = 0;
                while let Some(field) = compact.field(before)? {
                    before = field.id;
                    match field.id {
                        1 => values = compact.integer(field)?,
                        5 | 6 if is_second_version => {
                            levels = levels
                                .checked_add(compact.integer(field)?)
                                .ok_or(Broken::Wrong)?;
                        }
                        _ => compact.skip(field)?,
                    }
                }
            }
            _ => compact.skip(field)?,
        }
    }
    let length = |value: Option<i64>| {
        value
            .and_then(|value| u64::try_from(value).ok())
            .ok_or(Broken::Wrong)
    };
    if values < 0 || levels < 0 {
        return Err(Broken::Wrong);
    }
    Ok(PageHeader {
        length: compact.position(),
        is_dictionary: kind == Some(2),
        uncompressed: length(uncompressed)?,
        compressed: length(compressed)?,
        levels,
        values,
    })
}

/// The reader decompresses gzip to its end whatever the header says, so the end is looked for here.
fn check_gzip(raw: &Raw, at: u64, header: &PageHeader) -> Result<(), String> {
    let damaged = || "has a damaged page".to_owned();
    let mut bytes = vec![0; usize::try_from(header.compressed).map_err(|_| damaged())?];
    raw.read_at(at, &mut bytes).map_err(|_| damaged())?;
    let levels = usize::try_from(header.levels).map_err(|_| damaged())?;
    let compressed = bytes.get(levels..).ok_or_else(damaged)?;
    let most = header.uncompressed + 1;
    let out = flate2::read::MultiGzDecoder::new(compressed).take(most);
    let got = std::io::copy(&mut { out }, &mut std::io::sink()).unwrap_or_default();
    if got > header.uncompressed {
        return Err("has a page that decompresses to more than it says".to_owned());
    }
    Ok(())
}

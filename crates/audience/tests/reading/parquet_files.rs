//! Parquet, good and bad.

use audience::{ColumnKind, Form, Format, Limits};
use parquet::basic::{Compression, GzipLevel, ZstdLevel};
use parquet::data_type::Int96;
use parquet::file::properties::{WriterProperties, WriterVersion};
use proptest::prelude::*;

use crate::parquet_writing::{Values, all, levelled, texts, write, write_with};
use crate::table::{read, read_bytes, sentence, upload};

#[tokio::test]
async fn every_logical_type_becomes_its_canonical_text() {
    let schema = "message people {
        required binary email (UTF8);
        optional int32 age;
        required int64 points (INTEGER(64,false));
        required int32 small (DECIMAL(9,2));
        required fixed_len_byte_array(16) large (DECIMAL(38,4));
        required binary free (DECIMAL(10,1));
        required int32 born (DATE);
        required int64 seen (TIMESTAMP(MICROS,true));
        required int64 local (TIMESTAMP(MILLIS,false));
        required int96 old;
        required int32 wakes (TIME(MILLIS,true));
        required boolean vip;
        required double score;
        required fixed_len_byte_array(16) id (UUID);
        required binary unmarked;
        optional group address { optional binary city (UTF8); }
        optional group tags (LIST) { repeated group list { optional binary element (UTF8); } }
        repeated int32 sizes;
    }";
    let mut old = Int96::new();
    old.set_data(0, 0, 2_440_589);
    let columns = vec![
        all(texts(&["a@example.com", "b@example.com"])),
        levelled(Values::Int32(vec![-7]), &[1, 0], None),
        all(Values::Int64(vec![-1, 2])),
        all(Values::Int32(vec![-123_450, 5])),
        all(Values::Fixed(vec![
            10_001_i128.to_be_bytes().to_vec(),
            (-1_i128).to_be_bytes().to_vec(),
        ])),
        all(Values::Bytes(vec![vec![0xff, 0x85], vec![1]])),
        all(Values::Int32(vec![0, 20_779])),
        all(Values::Int64(vec![0, 1_795_333_080_250_000])),
        all(Values::Int64(vec![0, -1])),
        all(Values::Int96(vec![old, old])),
        all(Values::Int32(vec![0, 27_480_500])),
        all(Values::Truths(vec![true, false])),
        all(Values::Double(vec![0.1, 1e21])),
        all(Values::Fixed(vec![vec![0x11; 16], (0..16).collect()])),
        all(texts(&["x", "\u{e9}"])),
        levelled(texts(&["Paris"]), &[2, 0], None),
        levelled(texts(&["x \"y\"", "z"]), &[3, 2, 3, 0], Some(&[0, 1, 1, 0])),
        levelled(Values::Int32(vec![4, 5]), &[1, 1, 0], Some(&[0, 1, 0])),
    ];
    let bytes = write(schema, Compression::SNAPPY, &[columns]);
    let table = read_bytes(&bytes).await.unwrap();
    assert_eq!(table.reader.found().format, Some(Format::Parquet));
    assert_eq!(table.reader.found().rows, Some(2));
    use ColumnKind::{Boolean, Date, Decimal, Float, Integer, List, Text, Time};
    let kinds: Vec<ColumnKind> = table.columns.iter().map(|(_, kind)| *kind).collect();
    assert_eq!(
        kinds,
        [
            Text, Integer, Integer, Decimal, Decimal, Decimal, Date, Time, Time, Time, Text,
            Boolean, Float, Text, Text, Text, List, List
        ]
    );
    assert_eq!(table.names()[15..], ["address.city", "tags", "sizes"]);
    assert_eq!(
        table.shown(),
        [
            "a@example.com|-7|18446744073709551615|-1234.50|1.0001|-12.3|1970-01-01|1970-01-01T00:00:00Z|1970-01-01T00:00:00|1970-01-02T00:00:00|00:00:00|true|0.1|11111111-1111-1111-1111-111111111111|x|Paris|[\"x \\\"y\\\"\",null,\"z\"]|[4,5]",
            "b@example.com|-|2|0.05|-0.0001|0.1|2026-11-22|2026-11-22T07:38:00.25Z|1969-12-31T23:59:59.999|1970-01-02T00:00:00|07:38:00.5|false|1000000000000000000000|00010203-0405-0607-0809-0a0b0c0d0e0f|\u{e9}|-|-|[]",
        ]
    );
}

const PEOPLE: &str = "message people { required binary email (UTF8); optional int64 age; }";

fn group(rows: std::ops::Range<i64>) -> Vec<crate::parquet_writing::Column> {
    let emails = rows
        .clone()
        .map(|row| format!("{row}@example.com").into_bytes());
    let ages: Vec<i64> = rows.clone().filter(|row| row % 3 != 0).collect();
    let levels: Vec<i16> = rows.map(|row| i16::from(row % 3 != 0)).collect();
    vec![
        all(Values::Bytes(emails.collect())),
        levelled(Values::Int64(ages), &levels, None),
    ]
}

#[tokio::test]
async fn many_row_groups_come_out_in_order_under_every_compression() {
    for compression in [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::GZIP(GzipLevel::default()),
        Compression::ZSTD(ZstdLevel::default()),
        Compression::LZ4_RAW,
    ] {
        for version in [WriterVersion::PARQUET_1_0, WriterVersion::PARQUET_2_0] {
            let properties = WriterProperties::builder()
                .set_compression(compression)
                .set_writer_version(version)
                .set_data_page_size_limit(2_000)
                .build();
            let groups = [group(0..5_000), group(5_000..5_000), group(5_000..9_000)];
            let bytes = write_with(PEOPLE, properties, &groups);
            let table = read_bytes(&bytes).await.unwrap();
            assert_eq!(table.rows.len(), 9_000);
            for (row, cells) in table.rows.iter().enumerate() {
                let age = (row % 3 != 0).then(|| row.to_string());
                assert_eq!(*cells, [Some(format!("{row}@example.com")), age]);
                assert_eq!(table.lines[row], row as u64 + 1);
            }
            assert!(table.reader.fingerprint().is_some());
        }
    }
}

#[tokio::test]
async fn a_value_that_is_none_rejects_its_row_alone() {
    let schema = "message people { required binary email (UTF8); required int32 born (DATE); }";
    let columns = vec![
        all(Values::Bytes(vec![
            b"a".to_vec(),
            b"b".to_vec(),
            b"c\xff".to_vec(),
            vec![b'd'; 300_000],
            b"e".to_vec(),
        ])),
        all(Values::Int32(vec![0, i32::MAX, 0, 0, 0])),
    ];
    let table = read_bytes(&write(schema, Compression::SNAPPY, &[columns]))
        .await
        .unwrap();
    assert_eq!(table.shown(), ["a|1970-01-01", "e|1970-01-01"]);
    assert_eq!(table.lines, [1, 5]);
    assert_eq!(
        table.reasons(),
        [
            "2: The value of `born` is none of dates.",
            "3: A value of the row is not UTF-8. Export the column as text, or leave it out.",
            "4: The value of `email` is longer than 256 KiB.",
        ]
    );
}

#[tokio::test]
async fn long_values_make_more_batches_and_not_larger_ones() {
    let schema = "message people { required binary text (UTF8); }";
    let long = vec![b'x'; 200_000];
    let columns = vec![all(Values::Bytes(vec![long; 500]))];
    let bytes = write(schema, Compression::SNAPPY, &[columns]);
    let source = upload(&bytes, &Form::default()).await;
    let mut reader = audience::Reader::open(source, &Limits::default())
        .await
        .unwrap();
    let mut rows = 0;
    while let Some(batch) = reader.next().await.unwrap() {
        assert!(batch.text_bytes() < 1_300_000, "{}", batch.text_bytes());
        rows += batch.len();
    }
    assert_eq!(rows, 500);
}

#[tokio::test]
async fn a_file_cut_anywhere_ends_in_a_sentence() {
    let bytes = write(PEOPLE, Compression::SNAPPY, &[group(0..5_000)]);
    for length in [
        4,
        11,
        12,
        100,
        bytes.len() / 2,
        bytes.len() - 8,
        bytes.len() - 1,
    ] {
        let sentence = sentence(&bytes[..length]).await;
        assert!(
            sentence.contains("its end is missing"),
            "{length}: {sentence}"
        );
    }
    let mut absurd = bytes.clone();
    let footer = absurd.len() - 8;
    absurd[footer..footer + 4].copy_from_slice(&u32::MAX.to_le_bytes());
    assert!(
        sentence(&absurd)
            .await
            .contains("its footer claims 3.9 GiB")
    );
    absurd[footer..footer + 4].copy_from_slice(&1_000_000_u32.to_le_bytes());
    assert!(sentence(&absurd).await.contains("its end is missing"));
}

#[tokio::test]
async fn columns_that_are_no_cells_are_refused_by_name() {
    for (schema, part) in [
        (
            "message m { optional group map (MAP) { repeated group key_value { required binary key (UTF8); optional binary value (UTF8); } } }",
            "`map` is a map or a list of records",
        ),
        (
            "message m { optional group outer (LIST) { repeated group list { optional group inner (LIST) { repeated group list { optional int32 element; } } } } }",
            "`outer` is a list of lists",
        ),
        (
            "message m { required fixed_len_byte_array(3) raw; }",
            "`raw` is of a type without a text",
        ),
        (
            "message m { required binary b (BSON); }",
            "`b` is of a type without a text",
        ),
    ] {
        let bytes = write(schema, Compression::UNCOMPRESSED, &[]);
        let sentence = sentence(&bytes).await;
        assert!(sentence.contains(part), "{sentence}");
    }
    let deep = format!(
        "message m {{ {} required int32 x; {} }}",
        "required group g { ".repeat(40),
        "}".repeat(40)
    );
    let deep = sentence(&write(&deep, Compression::UNCOMPRESSED, &[])).await;
    assert!(deep.contains("nested more than 16 deep"), "{deep}");
    let wide: String = (0..10_000)
        .map(|number| format!("required int32 c{number};"))
        .collect();
    let wide = sentence(&write(
        &format!("message m {{ {wide} }}"),
        Compression::UNCOMPRESSED,
        &[],
    ))
    .await;
    assert!(
        wide.contains("10000 columns, and 1000 is the most"),
        "{wide}"
    );
}

#[tokio::test]
async fn a_row_group_that_needs_too_much_memory_is_not_read() {
    let schema = "message people { required binary text (UTF8); }";
    let columns = vec![all(Values::Bytes(vec![vec![b'x'; 2_000_000]; 2]))];
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_dictionary_enabled(false)
        .build();
    let bytes = write_with(schema, properties, &[columns]);
    assert!(bytes.len() < 20_000);
    let limits = Limits {
        row_group_bytes: 1_000_000,
        ..Limits::default()
    };
    let error = read(upload(&bytes, &Form::default()).await, &limits)
        .await
        .unwrap_err();
    assert!(error.to_string().contains("row group 1"), "{error}");
    assert!(error.to_string().contains("is the most"), "{error}");
}

#[tokio::test]
async fn a_file_with_more_rows_than_the_limit_is_refused_before_it_is_read() {
    let bytes = write(PEOPLE, Compression::SNAPPY, &[group(0..100)]);
    let limits = Limits {
        rows: 99,
        ..Limits::default()
    };
    let error = read(upload(&bytes, &Form::default()).await, &limits)
        .await
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("it says it has 100 rows, and 99 is the most"),
        "{error}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(25))]

    #[test]
    fn texts_and_lists_with_nulls_come_back_equal(
        rows in prop::collection::vec(
            (prop::option::of("\\PC{0,10}"), prop::option::of(prop::collection::vec(prop::option::of("[a-z\"]{0,3}"), 0..4))),
            1..3_000,
        ),
    ) {
        let schema = "message m {
            optional binary text (UTF8);
            optional group tags (LIST) { repeated group list { optional binary element (UTF8); } }
        }";
        let texts: Vec<Vec<u8>> = rows.iter().filter_map(|(text, _)| text.clone()).map(String::into_bytes).collect();
        let text_levels: Vec<i16> = rows.iter().map(|(text, _)| i16::from(text.is_some())).collect();
        let (mut tags, mut definitions, mut repetitions) = (Vec::new(), Vec::new(), Vec::new());
        for (_, list) in &rows {
            match list {
                None => { definitions.push(0); repetitions.push(0); }
                Some(list) if list.is_empty() => { definitions.push(1); repetitions.push(0); }
                Some(list) => for (index, tag) in list.iter().enumerate() {
                    repetitions.push(i16::from(index > 0));
                    definitions.push(if tag.is_some() { 3 } else { 2 });
                    tags.extend(tag.clone().map(String::into_bytes));
                },
            }
        }
        let bytes = write(schema, Compression::SNAPPY, &[vec![
            levelled(Values::Bytes(texts), &text_levels, None),
            levelled(Values::Bytes(tags), &definitions, Some(&repetitions)),
        ]]);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let table = runtime.block_on(async { read_bytes(&bytes).await }).unwrap();
        prop_assert_eq!(table.rows.len(), rows.len());
        for (cells, (text, list)) in table.rows.iter().zip(&rows) {
            prop_assert_eq!(&cells[0], text);
            let list = list.as_ref().map(|list| serde_json::to_string(list).unwrap());
            prop_assert_eq!(&cells[1], &list);
        }
    }
}

//! The files, and how a send of each ends.

/// More than what is looked at to find out what a file is, and none of it a row.
pub(super) const BLANK_LINES: usize = 70_000;

/// How a send of a file ends.
pub(super) enum Ends {
    /// Nothing is sent, and this is said.
    Refused(&'static str),
    /// It completes: so many new users, these rows rejected (line and reason), and this noted of the rest.
    Read(u64, Vec<(u64, &'static str)>, &'static str),
}

pub(super) use Ends::{Read, Refused};

/// One bad file.
pub(super) struct Case {
    pub(super) file: &'static str,
    pub(super) bytes: Vec<u8>,
    pub(super) ends: Ends,
}

fn case(file: &'static str, bytes: impl Into<Vec<u8>>, ends: Ends) -> Case {
    let bytes = bytes.into();
    Case { file, bytes, ends }
}

/// All of them. No user is in two.
pub(super) fn all() -> impl Iterator<Item = Case> {
    names().into_iter().chain(formats()).chain(rows())
}

fn names() -> Vec<Case> {
    let ten_thousand: Vec<String> = (0..10_000).map(|number| format!("c{number}")).collect();
    vec![
        case(
            "no-names.csv",
            "c1,Kim Lee,kim@customer.example\nc2,Ada May,ada@customer.example\n",
            Refused(
                "The columns of no-names.csv cannot be used: the first line looks like a row, not like names of columns: column 3 of it holds an email address. Put the names of the columns into the first line, or name the columns in the settings of the source.",
            ),
        ),
        case(
            "no-names-either.csv",
            "c1,Kim Lee\nc2,Ada May\n",
            Refused(
                "Nothing fills email or external_id, and one of them must say who a row is. Add or map a column for one of them. The source has 2 columns: “c1”, “Kim Lee”.",
            ),
        ),
        case(
            "doubled.csv",
            "external_id,name,email,email\nd1,Kim,kim@customer.example,lee@customer.example\n",
            Refused(
                "The columns of doubled.csv cannot be used: columns 3 and 4 are both called `email`. Rename one of them, or leave it out.",
            ),
        ),
        case(
            "doubled-in-capitals.csv",
            "external_id,name,email,Email\nd1,Kim,kim@customer.example,lee@customer.example\n",
            Refused(
                "The columns “email” and “Email” both stand for email. Rename one, or map the one that counts.",
            ),
        ),
        case(
            "unnamed.csv",
            "external_id,name,,email\nd1,Kim,x,kim@customer.example\n",
            Refused("column 3 has no name. Give every column a name, or leave the column out."),
        ),
        case(
            "parted-by-carets.csv",
            "external_id^name^email\nd1^Kim^kim@customer.example\n",
            Refused(
                "The source has one column, “external_id^name^email”. If these are several, name what stands between them, its delimiter.",
            ),
        ),
        case(
            "open-quote-in-names.csv",
            "external_id,\"name,email\nd1,Kim,kim@customer.example\n",
            Refused(
                "a quote in the first line does not close. Check that the first line holds the names of the columns.",
            ),
        ),
        case(
            "endless-names.csv",
            vec![b'a'; 2 << 20],
            Refused("the first line is longer than 1 MiB."),
        ),
        case(
            "ten-thousand.csv",
            format!("{}\n", ten_thousand.join(",")),
            Refused(
                "ten-thousand.csv is too much: it has 10000 columns, and 1000 is the most. Leave out the columns that are not sent.",
            ),
        ),
    ]
}

fn formats() -> Vec<Case> {
    let good = "external_id,name,email\nf1,Kim,kim@customer.example\n".as_bytes();
    let text = "external_id,name\nu1,Zoë\n";
    let utf_16 =
        |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
    vec![
        case(
            "empty.csv",
            "",
            Refused("empty.csv cannot be read: it is empty. Check the export that writes it."),
        ),
        case(
            "blank.csv",
            "\n\n\n",
            Refused("it has no line. Check the export that writes it."),
        ),
        case(
            "marked.csv",
            [b"\xef\xbb\xbf".as_slice(), b"external_id,name\nb1,Kim\n"].concat(),
            Read(1, vec![], ""),
        ),
        case(
            "utf-16-marked.csv",
            [vec![0xff, 0xfe], utf_16(text)].concat(),
            Read(1, vec![], ""),
        ),
        case(
            "utf-16.csv",
            utf_16(text),
            Refused(
                "utf-16.csv cannot be read: it looks like UTF-16 without a byte-order mark. Name the encoding (utf-16le or utf-16be), or save it as UTF-8.",
            ),
        ),
        case(
            "latin-1.csv",
            b"external_id,name\nl1,Zo\xeb\n",
            Read(
                1,
                vec![],
                "latin-1.csv is not UTF-8 and was read as Windows-1252. If its letters look wrong, save it as UTF-8",
            ),
        ),
        case(
            "late-latin-1.csv",
            [
                b"external_id,name\nl2,Kim\n".as_slice(),
                &[b'\n'; BLANK_LINES],
                b"l3,Zo\xeb\nl4,Lee\n",
            ]
            .concat(),
            Read(
                2,
                vec![(
                    70_003,
                    "The row is not UTF-8. Save the file as UTF-8, or name its encoding",
                )],
                "",
            ),
        ),
        case(
            "half.csv.gz",
            half_of_gzip(good),
            Refused("the gzip data stop in the middle. Export or upload it again."),
        ),
        case(
            "half.parquet",
            b"PAR1\x15\x04\x15\x10\x15\x14\x4c\x15\x02\x15\x00\x12\x00\x00\x08\x1c\x01\x00\x00\x00",
            Refused(
                "half.parquet cannot be read: it is no Parquet file, or only the first part of one: its end is missing. Export it again.",
            ),
        ),
        case(
            "bomb.csv.zst",
            bomb(good),
            Refused(
                "bomb.csv.zst is too much: more than 100 times its size came out of it when it was decompressed. If it really is that repetitive, send it without compression.",
            ),
        ),
        case(
            "people.xlsx",
            b"PK\x03\x04\x14\x00\x06\x00",
            Refused("it is a ZIP archive or an Excel workbook. In Excel, save it as \"CSV UTF-8\""),
        ),
        case(
            "array.json",
            "[{\"external_id\":\"j1\",\"name\":\"Kim\"}]",
            Refused("it is a JSON array. Write one object a line (JSON Lines)"),
        ),
    ]
}

fn rows() -> Vec<Case> {
    vec![
        case(
            "ragged.csv",
            "external_id,name,email\nr1,Kim,kim@ragged.example\nr2,Lee\nr3,Ann,ann@ragged.example,more\nr4,Ada,ada@ragged.example\n",
            Read(
                2,
                vec![
                    (3, "The row has 2 cells and should have 3."),
                    (
                        4,
                        "The row has 4 cells and should have 3. Quote cells that hold a delimiter",
                    ),
                ],
                "",
            ),
        ),
        case(
            "open-quote.csv",
            "external_id,name\nq1,Kim\nq2,\"Lee\nq3,Ann\nq4,Ada\n",
            Read(
                3,
                vec![(
                    3,
                    "A quote that opens in the row never closes; reading went on at the next line.",
                )],
                "",
            ),
        ),
        case(
            "early-quote.csv",
            "external_id,name\nq5,\"Kim\" Lee\nq6,Ann\n",
            Read(
                1,
                vec![(
                    2,
                    "A quote closes before its cell ends. Double the quotes inside a quoted cell",
                )],
                "",
            ),
        ),
        case(
            "broken.jsonl",
            "{\"external_id\":\"j1\",\"name\":\"Kim\"}\n{\"external_id\":\"j2\",\n{\"external_id\":\"j3\",\"name\":\"Ann\"}\n",
            Read(
                2,
                vec![(
                    2,
                    "The line is not a JSON object: it cannot be read on at character 20.",
                )],
                "",
            ),
        ),
        case(
            "numbers.csv",
            "external_id,name,user_fields.orders_total,user_fields.lifetime_value\n\
             n1,Kim,12,\"1,234.50\"\nn2,Lee,twelve,$12\nn3,Ann,12.0,123456789.00\n",
            Read(
                3,
                vec![],
                "user_fields.orders_total is not a whole number. Write digits only. The field was left out and the row went on. First in line 3.",
            ),
        ),
    ]
}

/// The first part of a gzip file that holds `text` without compressing it.
fn half_of_gzip(text: &[u8]) -> Vec<u8> {
    let length = u16::try_from(text.len()).unwrap();
    let mut bytes = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff, 1];
    bytes.extend(length.to_le_bytes());
    bytes.extend((!length).to_le_bytes());
    bytes.extend(&text[..text.len() / 2]);
    bytes
}

/// A gigabyte of line ends behind `text` in 32 KiB of Zstandard: the text as it is, and then blocks of
/// 128 KiB that say one byte and how often.
fn bomb(text: &[u8]) -> Vec<u8> {
    const BLOCK: u32 = 128 * 1024;
    let mut bytes = vec![0x28, 0xb5, 0x2f, 0xfd, 0, 0x38];
    let header = |kind: u32, length: u32| {
        let [low, middle, high, _] = (length << 3 | kind << 1).to_le_bytes();
        [low, middle, high]
    };
    bytes.extend(header(0, u32::try_from(text.len()).unwrap()));
    bytes.extend(text);
    for _ in 0..(1 << 30) / BLOCK {
        bytes.extend(header(1, BLOCK));
        bytes.push(b'\n');
    }
    bytes
}

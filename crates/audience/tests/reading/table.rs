//! A source read whole, for comparing.

use audience::{
    ColumnKind, Error, Form, Limits, Reader, RejectedRow, Source, Spool, Spooled, UploadSource,
};

/// All rows of a source.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) columns: Vec<(String, ColumnKind)>,
    pub(crate) rows: Vec<Vec<Option<String>>>,
    pub(crate) lines: Vec<u64>,
    pub(crate) rejected: Vec<RejectedRow>,
    pub(crate) reader: Reader,
}

impl Table {
    pub(crate) fn names(&self) -> Vec<&str> {
        self.columns.iter().map(|(name, _)| name.as_str()).collect()
    }

    /// Rows with nulls as `-`.
    pub(crate) fn shown(&self) -> Vec<String> {
        let shown = |row: &Vec<Option<String>>| {
            let cells: Vec<&str> = row
                .iter()
                .map(|cell| cell.as_deref().unwrap_or("-"))
                .collect();
            cells.join("|")
        };
        self.rows.iter().map(shown).collect()
    }

    /// Rejected rows as `LINE: REASON`.
    pub(crate) fn reasons(&self) -> Vec<String> {
        let shown = |row: &RejectedRow| format!("{}: {}", row.line, row.reason);
        self.rejected.iter().map(shown).collect()
    }
}

pub(crate) async fn spool(name: &str, bytes: &[u8]) -> Spooled {
    let mut spool = Spool::new(name, &std::env::temp_dir(), &Limits::default()).unwrap();
    spool.write(bytes).await.unwrap();
    spool.finish().await.unwrap()
}

pub(crate) async fn upload(bytes: &[u8], form: &Form) -> Source {
    Source::Upload(UploadSource {
        spooled: spool("people", bytes).await,
        form: form.clone(),
    })
}

pub(crate) async fn read(source: Source, limits: &Limits) -> Result<Table, Error> {
    let mut reader = Reader::open(source, limits).await?;
    let columns: Vec<_> = reader
        .schema()
        .columns()
        .iter()
        .map(|column| (column.name.clone(), column.kind))
        .collect();
    let (mut rows, mut lines, mut rejected) = (Vec::new(), Vec::new(), Vec::new());
    while let Some(batch) = reader.next().await? {
        for row in 0..batch.len() {
            let cells = (0..columns.len()).map(|column| batch.cell(row, column).map(str::to_owned));
            rows.push(cells.collect());
            lines.push(batch.line(row));
        }
        rejected.extend_from_slice(batch.rejected());
        reader.give_back(batch);
    }
    let counted = reader.counted();
    assert_eq!(counted.rows, (rows.len() + rejected.len()) as u64);
    assert_eq!(counted.rejected, rejected.len() as u64);
    Ok(Table {
        columns,
        rows,
        lines,
        rejected,
        reader,
    })
}

pub(crate) async fn read_bytes(bytes: &[u8]) -> Result<Table, Error> {
    read(upload(bytes, &Form::default()).await, &Limits::default()).await
}

/// The sentence with which a source ends.
pub(crate) async fn sentence(bytes: &[u8]) -> String {
    match read_bytes(bytes).await {
        Ok(table) => panic!("it was read: {table:?}"),
        Err(error) => error.to_string(),
    }
}

//! The tables as the migrations leave them, read from their text.

pub(crate) const GROUND: &str = include_str!("../../migrations/0001_ground.sql");

/// The text of every migration, in order.
fn migrations() -> Vec<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");
    let entries = std::fs::read_dir(folder).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
        .iter()
        .map(|file| std::fs::read_to_string(file).unwrap())
        .collect()
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Number,
    Bytes,
}

pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) may_be_empty: bool,
}

pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) columns: Vec<Column>,
}

impl Table {
    pub(crate) fn has(&self, column: &str) -> bool {
        self.columns.iter().any(|known| known.name == column)
    }
}

/// The column that a line of a migration makes, if it makes one.
fn column(line: &str) -> Option<Column> {
    let words: Vec<&str> = line.trim_end_matches([',', ';']).split(' ').collect();
    let kind = match *words.get(1)? {
        "TEXT" => Kind::Text,
        "BIGINT" => Kind::Number,
        "BYTEA" => Kind::Bytes,
        _ => return None,
    };
    Some(Column {
        name: words[0].to_owned(),
        kind,
        may_be_empty: !line.contains("NOT NULL") && !line.contains("PRIMARY KEY"),
    })
}

/// All tables, in an order in which each comes after those it refers to.
pub(crate) fn tables() -> Vec<Table> {
    let mut tables: Vec<Table> = Vec::new();
    let migrations = migrations();
    for line in migrations.iter().flat_map(|sql| sql.lines()) {
        if let Some(dropped) = line.strip_prefix("DROP TABLE ") {
            tables.retain(|table| table.name != dropped.trim_end_matches(';'));
        } else if let Some(rest) = line.strip_prefix("CREATE TABLE ") {
            tables.push(Table {
                name: rest.trim_end_matches(" (").to_owned(),
                columns: Vec::new(),
            });
        } else if let Some(rest) = line.strip_prefix("ALTER TABLE ") {
            let (name, added) = rest.split_once(" ADD COLUMN ").unwrap();
            let table = tables.iter_mut().find(|table| table.name == name).unwrap();
            table.columns.push(column(added).unwrap());
        } else if let Some(rest) = line.strip_prefix("  ") {
            tables.last_mut().unwrap().columns.extend(column(rest));
        }
    }
    assert!(tables.len() > 35 && tables.iter().all(|table| table.columns.len() > 1));
    tables
}

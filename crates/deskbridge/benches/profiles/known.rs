//! A ledger that knows every customer of the file, as after a send of all of them.

use clock::{Clock as _, SystemClock};
use domain::profile::key::KeyKind;
use domain::profile::{
    Checker, Column, ColumnKind, FieldType, Mapping, Profile, RowState, Rules, UserField, Verdict,
};
use sha2::{Digest as _, Sha256};
use store::destinations;
use store::ledger::{self, Confirmed, Hash};
use store::{Dialect, Store};

use crate::people::{COLUMNS, cell, text, write_csv};
use crate::{DESTINATION, Place};

/// So many customers are really sent: what the ledger says of them is what it must say of all.
const REALLY_SENT: u64 = 1_000;
/// So many are written in one transaction.
const AT_ONCE: usize = 10_000;

/// Fills it: on PostgreSQL in the order of the file, which is the order in which its rows then lie; on
/// SQLite in the order of the keys, in which they lie anyway, since that is done much sooner.
pub(crate) async fn fill(place: &Place, rows: u64) {
    let file = place.desk.folder.path().join("sent.csv");
    write_csv(&file, 0, REALLY_SENT.min(rows));
    let sent = place.send(&file);
    assert_eq!(sent.rows("created"), REALLY_SENT.min(rows), "{}", sent.said);
    let store = match &place.desk.server {
        Some(url) => Store::open(url).await.unwrap(),
        None => {
            let file = place.desk.folder.path().join("deskbridge.db");
            Store::open_file(&file).await.unwrap()
        }
    };
    let destination = destinations::find(&mut store.read().await.unwrap(), DESTINATION).await;
    let destination = destination.unwrap().unwrap().number;
    let mut desk = Writer::new(place);
    let first = desk.confirmed(0, None);
    let really = ledger::about(&mut store.read().await.unwrap(), destination, &[first.key]).await;
    let really = really
        .unwrap()
        .pop()
        .expect("the key is what the product makes");
    assert_eq!(
        (&really.key_text, &really.name),
        (&first.key_text, &first.name)
    );
    let now = SystemClock.now();
    let mut order: Vec<(Hash, u64)> = (0..rows).map(|row| (key_of_row(row), row)).collect();
    match store.dialect() {
        Dialect::Sqlite => order.sort_unstable(),
        Dialect::Postgres => {}
    }
    for part in order.chunks(AT_ONCE) {
        let part: Vec<Confirmed> = part
            .iter()
            .map(|(_, row)| desk.confirmed(*row, really.extra.as_deref()))
            .collect();
        let mut tx = store.begin().await.unwrap();
        ledger::confirm(&mut tx, destination, 1, now, &part)
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }
    store.close().await;
}

/// Makes entries of rows.
struct Writer {
    checker: Checker,
    profile: Profile,
}

impl Writer {
    fn new(place: &Place) -> Self {
        let columns = COLUMNS.map(|(name, _)| Column::new(name, ColumnKind::Text));
        let fields: Vec<UserField> = place.zendesk.read(|account| {
            let fields = account.user_fields().iter().map(|field| {
                let kind = FieldType::parse(field.kind).expect("a known type");
                let options = field.options.iter();
                UserField::new(field.key.to_string(), kind)
                    .with_options(options.map(|(_, name, tag)| (name.as_str(), tag.as_str())))
            });
            fields.collect()
        });
        Self {
            checker: Checker::plan(&columns, &Mapping::default(), &Rules::default(), &fields)
                .expect("all columns are sent"),
            profile: Profile::new(),
        }
    }

    fn confirmed(&mut self, row: u64, extra: Option<&str>) -> Confirmed {
        let cells: Vec<Option<String>> = (0..COLUMNS.len())
            .map(|column| text(cell(row, column)))
            .collect();
        assert_eq!(
            self.checker.check(&cells, &mut self.profile),
            Verdict::Ready
        );
        assert_eq!(self.profile.key_kind(), KeyKind::ExternalId);
        Confirmed {
            key: key_hash(self.profile.key()),
            body: halves(self.profile.hash()),
            state: RowState::Created,
            zendesk_id: Some(20_000_000_000_000 + row.cast_signed()),
            key_kind: KeyKind::ExternalId,
            key_text: self.profile.key().to_owned(),
            name: self.profile.name().to_owned(),
            extra: extra.map(str::to_owned),
            source: 0,
        }
    }
}

/// The hash of the key of a row's customer.
fn key_of_row(row: u64) -> Hash {
    key_hash(&text(cell(row, 0)).unwrap())
}

/// The hash of a customer's key, as the engine makes it: were it another, rows would not be unchanged.
fn key_hash(key: &str) -> Hash {
    let mut digest = Sha256::new();
    digest.update(KeyKind::ExternalId.as_str());
    digest.update([0]);
    digest.update(key);
    let mut half = [0; 16];
    half.copy_from_slice(&digest.finalize()[..16]);
    halves(half)
}

fn halves(hash: [u8; 16]) -> Hash {
    let hash = u128::from_be_bytes(hash).cast_signed();
    [
        (hash >> 64).try_into().unwrap(),
        i64::from_be_bytes(hash.to_be_bytes()[8..].try_into().unwrap()),
    ]
}

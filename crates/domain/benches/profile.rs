//! How fast rows of customers are checked: 1,000,000 rows of 20 columns, one core.
#![expect(clippy::expect_used, reason = "a failed expectation is a failed bench")]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use domain::profile::{
    Checker, Column, ColumnKind, FieldType, Mapping, Profile, Row, Rules, UserField, Verdict,
};

/// Rows in memory; the million goes round them, so that the memory stays that of a batch.
const POOL: usize = 20_000;

const ROWS: usize = 1_000_000;

/// Rows as a batch holds them: one text, and where each cell ends.
struct Pool {
    text: String,
    ends: Vec<usize>,
    columns: usize,
}

/// One row of the pool.
struct PoolRow<'a> {
    pool: &'a Pool,
    row: usize,
}

impl Row for PoolRow<'_> {
    fn cell(&self, column: usize) -> Option<&str> {
        let place = self.row * self.pool.columns + column;
        let end = *self.pool.ends.get(place)?;
        let start = place
            .checked_sub(1)
            .map_or(0, |before| self.pool.ends[before]);
        self.pool.text.get(start..end)
    }
}

/// The fields of the account.
fn fields() -> Vec<UserField> {
    let tiers = [
        ("Gold", "tier_gold"),
        ("Silver", "tier_silver"),
        ("Bronze", "tier_bronze"),
    ];
    [
        ("loyalty_tier", FieldType::Dropdown),
        ("loyalty_points", FieldType::Integer),
        ("lifetime_value", FieldType::Decimal),
        ("last_order_value", FieldType::Decimal),
        ("churn_risk", FieldType::Decimal),
        ("last_order_date", FieldType::Date),
        ("member_since", FieldType::Date),
        ("newsletter", FieldType::Checkbox),
        ("home_state", FieldType::Text),
        ("city", FieldType::Text),
        ("postal", FieldType::Text),
        ("last_order", FieldType::Text),
        ("next_best_action", FieldType::Text),
        ("survey_result", FieldType::Integer),
        ("preferences", FieldType::Textarea),
    ]
    .into_iter()
    .map(|(key, kind)| {
        let field = UserField::new(key, kind);
        if kind == FieldType::Dropdown {
            field.with_options(tiers)
        } else {
            field
        }
    })
    .collect()
}

fn columns() -> Vec<Column> {
    ["external_id", "email", "name", "phone", "details"]
        .into_iter()
        .map(str::to_owned)
        .chain(
            fields()
                .iter()
                .map(|field| format!("user_fields.{}", field.key)),
        )
        .map(|name| Column::new(name, ColumnKind::Text))
        .collect()
}

fn pool() -> Pool {
    let columns = columns();
    let mut pool = Pool {
        text: String::new(),
        ends: Vec::new(),
        columns: columns.len(),
    };
    for row in 0..POOL {
        let states = ["OR", "Oregon", "ca", "New York", "British Columbia"];
        let cells = [
            format!("amp-{row:08}"),
            format!("customer.{row}@mail{}.example.com", row % 97),
            format!("Kim Lee {row}"),
            // One number in ten comes from abroad.
            match row % 10 {
                0 => format!("+44 20 7946 {:04}", row % 10_000),
                1..4 => format!("+1503555{:04}", row % 10_000),
                _ => format!("(503) 555-{:04}", row % 10_000),
            },
            format!("{} Main Street", row % 999),
            ["Gold", "tier_silver", "BRONZE"][row % 3].to_owned(),
            format!("{}", row * 7),
            format!("{}.{:04}", row * 3, row % 10_000),
            format!("{}.5", row % 1_000),
            format!("0.{:06}", row * 31 % 1_000_000),
            format!("2026-{:02}-{:02}", row % 12 + 1, row % 28 + 1),
            format!("20{:02}-06-01T10:00:00Z", row % 26),
            ["yes", "no", "true"][row % 3].to_owned(),
            states[row % states.len()].to_owned(),
            "Portland".to_owned(),
            format!("{:05}", row % 99_999),
            format!("Order {row}: two pairs of “striped” socks"),
            "Offer the winter box".to_owned(),
            format!("{}", row % 11),
            if row % 5 == 0 {
                String::new()
            } else {
                "wool, striped, knee-high".to_owned()
            },
        ];
        for cell in cells {
            pool.text.push_str(&cell);
            pool.ends.push(pool.text.len());
        }
    }
    pool
}

fn check_rows(criterion: &mut Criterion) {
    let pool = pool();
    let checker = Checker::plan(
        &columns(),
        &Mapping::by_name(),
        &Rules::default(),
        &fields(),
    )
    .expect("the columns are fine");
    let mut profile = Profile::new();
    let mut group = criterion.benchmark_group("profile");
    group.sample_size(10);
    group.throughput(Throughput::Elements(ROWS as u64));
    group.bench_function("check 1,000,000 rows of 20 columns", |bencher| {
        bencher.iter(|| {
            let mut ready = 0_usize;
            for row in 0..ROWS {
                let row = PoolRow {
                    pool: &pool,
                    row: row % POOL,
                };
                ready += usize::from(checker.check(&row, &mut profile) == Verdict::Ready);
                black_box(profile.hash());
            }
            assert_eq!(ready, ROWS, "every row of the pool is fine");
        });
    });
    group.finish();
}

criterion_group!(benches, check_rows);
criterion_main!(benches);

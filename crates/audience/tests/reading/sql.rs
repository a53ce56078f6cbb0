//! Statements on a real PostgreSQL server; skipped without one.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use audience::{
    Class, ColumnKind, DatabaseIdentity, Error, Limits, Reader, Source, SqlSource, identify,
    preview,
};
use secrecy::SecretString;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Row as _};

use crate::table::read;

/// Names a PostgreSQL server in which tests may create and drop databases.
const VARIABLE: &str = "DESKBRIDGE_TEST_POSTGRES";

/// A database of the test's own, with some customers.
struct Place {
    url: String,
}

const TABLES: &str = "
    CREATE TABLE customers (id bigint PRIMARY KEY, email text, spent numeric(12,2), score float8,
        vip boolean, born date, seen timestamptz, tags text[], extra jsonb);
    INSERT INTO customers VALUES
        (1, 'a@example.com', 1234.50, 1e21, true, '1970-01-01', '2026-11-22 08:38:00.25+01',
            '{x,\"y z\",NULL}', '{\"a\": 1}'),
        (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
    CREATE VIEW view_of_customers AS SELECT id, email FROM customers;
    CREATE FUNCTION public.careless() RETURNS int LANGUAGE sql AS 'SELECT 1';
";

impl Place {
    fn source(&self, statement: &str) -> SqlSource {
        SqlSource {
            name: "customers".to_owned(),
            address: SecretString::from(self.url.clone()),
            statement: statement.to_owned(),
            search_path: "public".to_owned(),
            extra_functions: Vec::new(),
            own: None,
        }
    }

    async fn fail(&self, statement: &str, limits: &Limits) -> Error {
        match read(Source::Sql(self.source(statement)), limits).await {
            Ok(table) => panic!("{statement} was read: {table:?}"),
            Err(error) => error,
        }
    }

    async fn connection(&self) -> PgConnection {
        PgConnection::connect(&self.url).await.unwrap()
    }

    async fn number(&self, sql: &str) -> i64 {
        let row = sqlx::query(AssertSqlSafe(sql.to_owned()))
            .fetch_one(&mut self.connection().await)
            .await
            .unwrap();
        row.get(0)
    }
}

async fn execute(connection: &mut PgConnection, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
        .execute(connection)
        .await
        .unwrap();
}

/// Runs `body` on a new database, which is dropped afterwards (also the next time, if it fails).
async fn on_postgres(body: impl AsyncFn(&Place)) {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let Some(server) = std::env::var(VARIABLE).ok().filter(|url| !url.is_empty()) else {
        let thread = std::thread::current();
        println!(
            "skipped: {} needs {VARIABLE}",
            thread.name().unwrap_or("audience")
        );
        return;
    };
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let name = format!("deskbridge_audience_{}_{number}", std::process::id());
    let mut admin = PgConnection::connect(&server).await.unwrap();
    execute(
        &mut admin,
        &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
    )
    .await;
    execute(&mut admin, &format!("CREATE DATABASE {name}")).await;
    let (address, _) = server.rsplit_once('/').unwrap();
    let place = Place {
        url: format!("{address}/{name}"),
    };
    execute(&mut place.connection().await, TABLES).await;
    body(&place).await;
    execute(
        &mut admin,
        &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
    )
    .await;
}

#[tokio::test]
async fn values_come_as_canonical_text_with_their_kinds() {
    on_postgres(async |place| {
        let source = place.source("select * from customers order by id; -- all");
        let table = read(Source::Sql(source), &Limits::default()).await.unwrap();
        use ColumnKind::{Boolean, Date, Decimal, Float, Integer, List, Text, Time};
        let kinds: Vec<ColumnKind> = table.columns.iter().map(|(_, kind)| *kind).collect();
        assert_eq!(kinds, [Integer, Text, Decimal, Float, Boolean, Date, Time, List, Text]);
        assert_eq!(
            table.shown(),
            [
                "1|a@example.com|1234.50|1000000000000000000000|true|1970-01-01|2026-11-22T07:38:00.25Z|[\"x\",\"y z\",null]|{\"a\": 1}",
                "2|-|-|-|-|-|-|-|-"
            ]
        );
        assert_eq!(table.lines, [1, 2]);
    })
    .await;
}

#[tokio::test]
async fn a_statement_that_writes_changes_nothing() {
    on_postgres(async |place| {
        let limits = Limits::default();
        for statement in [
            "delete from customers",
            "select 1; delete from customers",
            "with gone as (delete from customers returning id) select id from gone",
            "select * into copied from customers",
            "select 1) as x; delete from customers; select * from (select 1",
            "select 1\n) as source_rows; delete from customers; --",
            "select setval('s', 1)",
            "select public.careless()",
            "select id from customers for update",
        ] {
            let error = place.fail(statement, &limits).await;
            assert!(
                matches!(error, Error::Statement { .. }),
                "{statement}: {error}"
            );
        }
        assert_eq!(place.number("SELECT count(*) FROM customers").await, 2);
        let vouched = SqlSource {
            extra_functions: vec!["public.careless".to_owned()],
            ..place.source("select public.careless() as x")
        };
        assert_eq!(
            read(Source::Sql(vouched), &limits).await.unwrap().shown(),
            ["1"]
        );
    })
    .await;
}

#[tokio::test]
async fn a_function_that_writes_although_it_was_vouched_for_is_stopped_by_the_session() {
    on_postgres(async |place| {
        execute(
            &mut place.connection().await,
            "CREATE FUNCTION public.evil() RETURNS int LANGUAGE plpgsql AS
                 'BEGIN DELETE FROM public.customers; RETURN 1; END'",
        )
        .await;
        let source = SqlSource {
            extra_functions: vec!["public.evil".to_owned()],
            ..place.source("select public.evil() as x")
        };
        let error = read(Source::Sql(source), &Limits::default())
            .await
            .unwrap_err();
        assert!(
            error.to_string().contains("it would change the database"),
            "{error}"
        );
        assert_eq!(place.number("SELECT count(*) FROM customers").await, 2);
    })
    .await;
}

#[tokio::test]
async fn a_statement_that_takes_too_long_is_ended() {
    on_postgres(async |place| {
        let limits = Limits {
            statement_time: Duration::from_millis(300),
            ..Limits::default()
        };
        let error = place
            .fail(
                "select count(*) from generate_series(1, 1000000000) a, generate_series(1, 1000) b",
                &limits,
            )
            .await;
        assert!(
            error.to_string().contains("it ran for longer than"),
            "{error}"
        );
        let sleeping = SqlSource {
            extra_functions: vec!["pg_sleep".to_owned()],
            ..place.source("select 1 as x from pg_sleep(60)")
        };
        let error = read(Source::Sql(sleeping), &limits).await.unwrap_err();
        assert!(
            error.to_string().contains("it ran for longer than"),
            "{error}"
        );
        assert!(
            place
                .fail("select pg_sleep(60)", &limits)
                .await
                .to_string()
                .contains("not on the list")
        );
    })
    .await;
}

#[tokio::test]
async fn a_billion_rows_end_at_the_limit_and_a_reader_that_stops_ends_the_work() {
    on_postgres(async |place| {
        let statement = "select n, 'person ' || n as name from (select generate_series(1, 1000000000) as n) as s";
        let limits = Limits {
            rows: 50_000,
            ..Limits::default()
        };
        let error = place.fail(statement, &limits).await;
        assert!(error.to_string().contains("more than 50000 rows"), "{error}");

        let seen = preview(Source::Sql(place.source(statement)), 100, &Limits::default())
            .await
            .unwrap();
        assert_eq!((seen.rows.len(), seen.complete), (100, false));
        let mut left = 1;
        for _ in 0..200 {
            left = place
                .number("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'deskbridge' AND datname = current_database()")
                .await;
            if left == 0 {
                break;
            }
            tokio::task::yield_now().await;
        }
        assert_eq!(left, 0, "the connection is still open");
    })
    .await;
}

#[tokio::test]
async fn a_huge_value_is_cut_on_the_server_and_its_row_rejected() {
    on_postgres(async |place| {
        let source = SqlSource {
            extra_functions: vec!["repeat".to_owned()],
            ..place.source("select n, case n when 2 then repeat('x', 100000000) else 'ok' end as v from generate_series(1, 3) s(n)")
        };
        let table = read(Source::Sql(source), &Limits::default()).await.unwrap();
        assert_eq!(table.shown(), ["1|ok", "3|ok"]);
        assert_eq!(table.reasons(), ["2: The value of `v` is longer than 256 KiB."]);
    })
    .await;
}

#[tokio::test]
async fn our_own_database_is_refused_however_it_is_written() {
    on_postgres(async |place| {
        let limits = Limits::default();
        let own = identify("own", &SecretString::from(place.url.clone()), &limits)
            .await
            .unwrap();
        let other_way = place.url.replace("127.0.0.1", "localhost");
        for url in [place.url.clone(), other_way] {
            let source = SqlSource {
                own: Some(own.clone()),
                address: SecretString::from(url),
                ..place.source("select 1 as x")
            };
            let error = read(Source::Sql(source), &limits).await.unwrap_err();
            assert!(
                error.to_string().contains("Deskbridge's own database"),
                "{error}"
            );
            assert_eq!(error.class(), Class::Refused);
        }
        let another = SqlSource {
            own: Some(DatabaseIdentity {
                database: "deskbridge".to_owned(),
                ..own
            }),
            ..place.source("select 1 as x")
        };
        assert!(read(Source::Sql(another), &limits).await.is_ok());
    })
    .await;
}

#[tokio::test]
async fn mistakes_end_in_sentences_without_values_of_rows() {
    on_postgres(async |place| {
        let limits = Limits::default();
        for (statement, part) in [
            (
                "select nmae from customers",
                "column \"nmae\" does not exist (42703)",
            ),
            ("select from where", "syntax error"),
            ("select email::int as x from customers", "(22P02)"),
            (
                "select 1 as a, 2 as a",
                "columns 1 and 2 are both called `a`",
            ),
            ("select 'x'::bytea as b", "`b` holds bytes"),
        ] {
            let error = place.fail(statement, &limits).await.to_string();
            assert!(error.contains(part), "{statement}: {error}");
            assert!(!error.contains("a@example.com"), "{error}");
        }
        let nobody = SqlSource {
            address: SecretString::from(place.url.replace("/deskbridge_", "/no_such_")),
            ..place.source("select 1 as x")
        };
        let error = Reader::open(Source::Sql(nobody), &limits)
            .await
            .unwrap_err();
        assert!(error.to_string().contains("does not exist"), "{error}");
    })
    .await;
}

#[tokio::test]
async fn a_user_that_can_do_too_much_is_told_of() {
    on_postgres(async |place| {
        let limits = Limits::default();
        let source = place.source("select 1 as x");
        let advice = source.advise(&limits).await.unwrap();
        assert!(advice.concat().contains("is a superuser"), "{advice:?}");

        let role = format!("audience_reader_{}", std::process::id());
        let mut admin = place.connection().await;
        execute(&mut admin, &format!("DROP ROLE IF EXISTS {role}; CREATE ROLE {role} LOGIN PASSWORD 'reader'; GRANT SELECT ON view_of_customers TO {role}")).await;
        let (_, rest) = place.url.split_once('@').unwrap();
        let reader = SqlSource {
            address: SecretString::from(format!("postgres://{role}:reader@{rest}")),
            ..place.source("select email from view_of_customers order by id")
        };
        assert_eq!(reader.advise(&limits).await.unwrap(), Vec::<String>::new());
        let table = read(Source::Sql(reader.clone()), &limits).await.unwrap();
        assert_eq!(table.shown(), ["a@example.com", "-"]);
        let curious = SqlSource {
            statement: "select email from customers".to_owned(),
            ..reader.clone()
        };
        let error = read(Source::Sql(curious), &limits).await.unwrap_err();
        assert!(error.to_string().contains("may not do this"), "{error}");

        execute(&mut admin, &format!("GRANT DELETE ON customers TO {role}")).await;
        let advice = reader.advise(&limits).await.unwrap();
        assert!(advice.concat().contains("may write to 1 tables"), "{advice:?}");
        execute(&mut admin, &format!("DROP OWNED BY {role}; DROP ROLE {role}")).await;
    })
    .await;
}

#[tokio::test]
async fn a_place_where_no_database_listens_is_unavailable() {
    let source = SqlSource {
        name: "customers".to_owned(),
        address: SecretString::from("postgres://reader:hunter2@127.0.0.1:1/crm"),
        statement: "select 1 as x".to_owned(),
        search_path: "public".to_owned(),
        extra_functions: Vec::new(),
        own: None,
    };
    assert!(!format!("{source:?}").contains("hunter2"));
    let error = read(Source::Sql(source), &Limits::default())
        .await
        .unwrap_err();
    assert_eq!(error.class(), Class::Unavailable);
    assert!(!error.to_string().contains("hunter2"), "{error}");
}

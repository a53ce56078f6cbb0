//! A connection to somebody else's database that can only read, and not for long.

use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use sqlx::postgres::{PgConnectOptions, PgDatabaseError, PgSslMode};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection, Row as _};
use url::Url;

use crate::error::Error;
use crate::limits::Limits;

const ADDRESS: &str = "Write the address as postgres://USER:PASSWORD@HOST:PORT/DATABASE";

/// Which database an address leads to, however it is written. Two addresses of one database are
/// equal, also through a proxy, and so is a replica.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct DatabaseIdentity {
    /// The server's own number, made when its data folder was.
    pub server: String,
    /// The database's name on it.
    pub database: String,
}

/// The parts of an address, all of them said: nothing is taken from the environment or from a
/// password file of this machine.
pub(super) fn options(name: &str, address: &SecretString) -> Result<PgConnectOptions, Error> {
    let refuse = |why: &str| Error::refused(name, why, ADDRESS);
    let url = Url::parse(address.expose_secret())
        .map_err(|_| refuse("its address is not one of a database"))?;
    if !["postgres", "postgresql"].contains(&url.scheme()) {
        return Err(refuse("its address does not begin with postgres://"));
    }
    let decoded = |text: &str| {
        percent_decoded(text).ok_or_else(|| refuse("its address has a broken % escape"))
    };
    let host = url
        .host_str()
        .filter(|host| !host.is_empty() && !host.contains('%'))
        .ok_or_else(|| refuse("its address names no host"))?;
    let database = decoded(url.path().trim_start_matches('/'))?;
    let user = decoded(url.username())?;
    if database.is_empty() || user.is_empty() {
        return Err(refuse("its address names no user or no database"));
    }
    let mut ssl_mode = None;
    for (key, value) in url.query_pairs() {
        if key != "sslmode" {
            return Err(refuse("its address has a parameter other than sslmode"));
        }
        ssl_mode = Some(match value.as_ref() {
            "disable" => PgSslMode::Disable,
            "prefer" => PgSslMode::Prefer,
            "require" => PgSslMode::Require,
            "verify-ca" => PgSslMode::VerifyCa,
            "verify-full" => PgSslMode::VerifyFull,
            _ => return Err(refuse("the sslmode in its address is unknown")),
        });
    }
    // Who says nothing gets an encrypted connection to a server that proves its name.
    let is_here = ["localhost", "127.0.0.1", "[::1]"].contains(&host);
    let by_default = if is_here {
        PgSslMode::Prefer
    } else {
        PgSslMode::VerifyFull
    };
    Ok(PgConnectOptions::new_without_pgpass()
        .host(host.trim_matches(['[', ']']))
        .port(url.port().unwrap_or(5432))
        .username(&user)
        .password(&decoded(url.password().unwrap_or_default())?)
        .database(&database)
        .ssl_mode(ssl_mode.unwrap_or(by_default))
        .application_name("deskbridge")
        .disable_statement_logging())
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let high = char::from(rest.next()?).to_digit(16)?;
        let low = char::from(rest.next()?).to_digit(16)?;
        bytes.push(u8::try_from(high * 16 + low).ok()?);
    }
    String::from_utf8(bytes).ok()
}

/// Connects, and gives up after `silence`.
pub(super) async fn connect(
    name: &str,
    options: &PgConnectOptions,
    silence: Duration,
) -> Result<PgConnection, Error> {
    match tokio::time::timeout(silence, PgConnection::connect_with(options)).await {
        Ok(Ok(connection)) => Ok(connection),
        Ok(Err(error)) => Err(explain(name, &error, silence)),
        Err(_) => Err(Error::unavailable(
            name,
            format!(
                "the database did not answer for {} seconds",
                silence.as_secs()
            ),
            "check its address and the network",
        )),
    }
}

/// Asks a database who it is.
pub(super) async fn ask_identity(
    name: &str,
    connection: &mut PgConnection,
) -> Result<DatabaseIdentity, Error> {
    let fail = |error| explain(name, &error, Duration::ZERO);
    let row = sqlx::query("SELECT current_database()::text")
        .fetch_one(&mut *connection)
        .await
        .map_err(fail)?;
    let database: String = row.try_get(0).map_err(fail)?;
    // Some services hide the one, none both.
    for ask in [
        "SELECT 'system ' || system_identifier::text FROM pg_catalog.pg_control_system()",
        "SELECT 'started ' || extract(epoch FROM pg_catalog.pg_postmaster_start_time())::text",
    ] {
        if let Ok(row) = sqlx::query(ask).fetch_one(&mut *connection).await {
            let server: String = row.try_get(0).map_err(fail)?;
            return Ok(DatabaseIdentity { server, database });
        }
    }
    Ok(DatabaseIdentity {
        server: "unknown".to_owned(),
        database,
    })
}

/// Opens the transaction in which nothing can be written, and bounds what it may use.
pub(super) async fn begin(
    name: &str,
    connection: &mut PgConnection,
    search_path: &str,
    limits: &Limits,
) -> Result<(), Error> {
    let milliseconds = limits.statement_time.as_millis().max(1);
    // A reader that is forgotten must not hold back the other database's housekeeping for ever.
    let idle = limits.silence.as_millis().saturating_mul(15).max(1);
    let path = search_path
        .split(',')
        .map(|schema| quoted(schema.trim()))
        .collect::<Vec<_>>()
        .join(", ");
    let settings = format!(
        "BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY;
         SET LOCAL statement_timeout = {milliseconds};
         SET LOCAL lock_timeout = 10000;
         SET LOCAL idle_in_transaction_session_timeout = {idle};
         SET LOCAL search_path = pg_catalog, {path}, pg_temp;
         SET LOCAL standard_conforming_strings = on;
         SET LOCAL DateStyle = 'ISO, YMD';
         SET LOCAL IntervalStyle = 'iso_8601';
         SET LOCAL TimeZone = 'UTC';
         SET LOCAL extra_float_digits = 1;
         SET LOCAL cursor_tuple_fraction = 1.0;"
    );
    sqlx::raw_sql(AssertSqlSafe(settings))
        .execute(connection)
        .await
        .map(drop)
        .map_err(|error| explain(name, &error, limits.statement_time))
}

/// A name in quotes.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// What went wrong, in a sentence that repeats no value of a row.
pub(super) fn explain(name: &str, error: &sqlx::Error, time: Duration) -> Error {
    let statement = |why: String, remedy: &str| Error::Statement {
        source_name: name.to_owned(),
        why,
        remedy: remedy.to_owned(),
    };
    let Some(database) = error
        .as_database_error()
        .and_then(|error| error.try_downcast_ref::<PgDatabaseError>())
    else {
        if matches!(error, sqlx::Error::Tls(_)) {
            return statement(
                "no encrypted connection could be made, or the server does not prove its name"
                    .to_owned(),
                "Have the server offer TLS with a public certificate, or say in the address what is enough (sslmode=require, or sslmode=disable in a network of your own)",
            );
        }
        let why = if let sqlx::Error::Io(error) = error {
            format!("the connection to the database failed ({})", error.kind())
        } else {
            "the connection to the database broke off".to_owned()
        };
        return Error::unavailable(name, why, "check its address and the network");
    };
    let code = database.code();
    match code {
        "57014" => statement(
            format!("it ran for longer than {} seconds", time.as_secs()),
            "Make it faster, or select less; an index or a materialised view may help",
        ),
        "25006" => statement(
            "it would change the database".to_owned(),
            "Only reading is allowed",
        ),
        "55P03" => statement(
            "a table that it reads is locked by somebody else".to_owned(),
            "Try again when the other work is done",
        ),
        "42501" => statement(
            format!("the database user may not do this ({})", database.message()),
            "Grant it SELECT on the views that are sent, and nothing else",
        ),
        "28P01" | "28000" => statement(
            "the database does not accept the user or the password".to_owned(),
            "Correct the address in the credential",
        ),
        "3D000" => statement(
            "the database that the address names does not exist".to_owned(),
            "Correct the address in the credential",
        ),
        // Class 42 is about the text of the statement, which its author knows anyway; 0A about what the
        // database does not do.
        _ if code.starts_with("42") || code.starts_with("0A") => statement(
            format!("{} ({code})", database.message()),
            "Correct the statement",
        ),
        // Class 22 repeats values.
        _ if code.starts_with("22") => statement(
            format!("a value in the data does not fit what the statement does with it ({code})"),
            "Correct the statement, or leave out the rows with such values",
        ),
        _ if ["08", "53", "57", "58"]
            .iter()
            .any(|class| code.starts_with(class)) =>
        {
            Error::unavailable(
                name,
                format!("the database broke off the work ({code})"),
                "check the database",
            )
        }
        _ => statement(
            format!("the database answered with the error {code}"),
            "Run the statement by hand to see more",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(address: &str) -> Result<PgConnectOptions, Error> {
        options("customers", &SecretString::from(address))
    }

    #[test]
    fn an_address_says_everything_itself() {
        let options = read("postgres://re%40der:p%3Aw@db.example.com/crm").unwrap();
        assert_eq!(options.get_host(), "db.example.com");
        assert_eq!(options.get_username(), "re@der");
        assert_eq!(options.get_database(), Some("crm"));
        assert!(matches!(options.get_ssl_mode(), PgSslMode::VerifyFull));
        let here = read("postgres://reader@127.0.0.1:5433/crm").unwrap();
        assert_eq!(here.get_port(), 5433);
        assert!(matches!(here.get_ssl_mode(), PgSslMode::Prefer));
        let said = read("postgresql://reader@db.example.com/crm?sslmode=disable").unwrap();
        assert!(matches!(said.get_ssl_mode(), PgSslMode::Disable));
    }

    #[test]
    fn an_address_that_leaves_something_open_is_refused_without_its_password() {
        for address in [
            "postgres://reader:hunter2@db.example.com",
            "postgres://:hunter2@db.example.com/crm",
            "postgres:///crm?host=/var/run/hunter2",
            "postgres://reader:hunter2@%2Fvar%2Frun/crm",
            "mysql://reader:hunter2@db.example.com/crm",
            "postgres://reader:hunter2@db.example.com/crm?sslrootcert=/etc/passwd",
            "postgres://reader:hunter2@db.example.com/crm?sslmode=maybe",
            "hunter2",
        ] {
            let error = read(address).unwrap_err();
            assert!(matches!(error, Error::Refused { .. }), "{address}");
            assert!(!error.to_string().contains("hunter2"), "{error}");
        }
    }
}

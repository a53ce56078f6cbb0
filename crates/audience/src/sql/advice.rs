//! Whether the user of a source can do more than it should: for `doctor`.

use sqlx::{PgConnection, Row as _};

use super::session::explain;
use crate::error::Error;

/// What the user of a source should not be able to do, as sentences. Empty is good.
pub(super) async fn ask(name: &str, connection: &mut PgConnection) -> Result<Vec<String>, Error> {
    let fail = |error| explain(name, &error, std::time::Duration::ZERO);
    let row = sqlx::query(
        "SELECT rolsuper,
                rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls,
                EXISTS (SELECT 1 FROM pg_catalog.pg_roles other
                         WHERE other.rolname IN ('pg_write_all_data', 'pg_read_server_files',
                               'pg_write_server_files', 'pg_execute_server_program',
                               'pg_signal_backend', 'pg_checkpoint')
                           AND pg_catalog.pg_has_role(current_user, other.oid, 'USAGE')),
                (SELECT count(*) FROM pg_catalog.pg_class c
                   JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                  WHERE c.relkind IN ('r', 'p', 'v', 'f')
                    AND n.nspname NOT IN ('pg_catalog', 'information_schema')
                    AND n.nspname NOT LIKE 'pg_toast%'
                    AND n.nspname NOT LIKE 'pg_temp%'
                    AND pg_catalog.has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE'))
           FROM pg_catalog.pg_roles WHERE rolname = current_user",
    )
    .fetch_one(connection)
    .await
    .map_err(fail)?;
    let is_super: bool = row.try_get(0).map_err(fail)?;
    let is_powerful: bool = row.try_get(1).map_err(fail)?;
    let is_member: bool = row.try_get(2).map_err(fail)?;
    let writable: i64 = row.try_get(3).map_err(fail)?;
    const OWN: &str = "Make a user of its own for Deskbridge, with SELECT on the views that are sent and nothing else.";
    let mut advice = Vec::new();
    if is_super {
        advice.push(format!("The database user of {name} is a superuser. {OWN}"));
        return Ok(advice);
    }
    if is_powerful || is_member {
        advice.push(format!(
            "The database user of {name} has rights over the whole server. {OWN}"
        ));
    }
    if writable > 0 {
        advice.push(format!(
            "The database user of {name} may write to {writable} tables. {OWN}"
        ));
    }
    Ok(advice)
}

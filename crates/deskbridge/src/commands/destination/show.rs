//! What people see of destinations.

use engine::Engine;
use engine::destinations::{draft_of, signed_in, terms};
use serde_json::{Value, json};
use store::credentials;
use store::destinations::{self, Destination};

use super::find;
use crate::output;

pub(super) async fn all(engine: &Engine, as_json: bool) -> anyhow::Result<()> {
    let mut reader = engine.store.read().await?;
    let all = destinations::list(&mut reader).await?;
    let credentials = credentials::list(&mut reader).await?;
    drop(reader);
    let credential_of = |destination: &Destination| {
        credentials
            .iter()
            .find(|credential| credential.id == destination.credential_id)
            .map(|credential| credential.name.clone())
            .unwrap_or_default()
    };
    if as_json {
        let lines = all
            .iter()
            .map(|destination| described(destination, &credential_of(destination)))
            .collect::<anyhow::Result<Vec<Value>>>()?;
        return output::json(&json!({ "destinations": lines }));
    }
    if all.is_empty() {
        output::note("There are no destinations yet. Add one with `deskbridge destination add`.");
        return Ok(());
    }
    let mut rows = Vec::new();
    for destination in &all {
        let rate = match terms(&destination.settings)?.users_per_second {
            0 => "no cap".to_owned(),
            rate => format!("{rate}/s"),
        };
        rows.push(vec![
            output::shown(&destination.name, 40),
            output::shown(&destination.account, 60),
            destination.environment.as_str().to_owned(),
            output::shown(&credential_of(destination), 40),
            rate,
            output::shown(&destination.description, 60),
        ]);
    }
    output::table(
        &[
            "NAME",
            "ACCOUNT",
            "ENVIRONMENT",
            "CREDENTIAL",
            "USERS",
            "DESCRIPTION",
        ],
        &rows,
    );
    Ok(())
}

fn described(destination: &Destination, credential: &str) -> anyhow::Result<Value> {
    let settings = terms(&destination.settings)?;
    Ok(json!({
        "id": destination.id,
        "name": destination.name,
        "account": destination.account,
        "url": destination.url,
        "environment": destination.environment.as_str(),
        "credential": credential,
        "description": destination.description,
        "admin_only": destination.admin_only,
        "allow_restricted": destination.allow_restricted,
        "users_per_second": settings.users_per_second,
        "allowed": settings.allowed,
        "one_by_one": settings.one_by_one,
    }))
}

pub(super) async fn test(engine: &Engine, name: &str, as_json: bool) -> anyhow::Result<()> {
    let found = find(engine, name).await?;
    let me = engine::profile_send::probe(engine, &draft_of(&found)).await?;
    if as_json {
        return output::json(&json!({
            "destination": found.name,
            "account": found.account,
            "user": me.id,
            "email": me.email,
            "role": me.role,
        }));
    }
    output::line(&format!(
        "Destination {}: {}.",
        found.name,
        signed_in(&found.account, &me)
    ));
    Ok(())
}

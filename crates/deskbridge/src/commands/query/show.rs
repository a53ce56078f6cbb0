//! What people see of queries.

use domain::profile::Column;
use engine::Engine;
use engine::profile_send::{self, Preview};
use serde_json::{Map, Value, json};
use store::credentials;
use store::queries::{self, Query};

use super::change::source_of;
use super::find;
use crate::output;

pub(super) async fn all(engine: &Engine, as_json: bool) -> anyhow::Result<()> {
    let mut reader = engine.store.read().await?;
    let all = queries::list(&mut reader).await?;
    let credentials = credentials::list(&mut reader).await?;
    drop(reader);
    let credential_of = |query: &Query| {
        let id = query.credential_id.as_ref()?;
        let found = credentials.iter().find(|credential| credential.id == *id)?;
        Some(found.name.clone())
    };
    if as_json {
        let lines = all
            .iter()
            .map(|query| described(query, credential_of(query).as_deref()))
            .collect::<anyhow::Result<Vec<Value>>>()?;
        return output::json(&json!({ "queries": lines }));
    }
    if all.is_empty() {
        output::note("There are no queries yet. Add one with `deskbridge query add`.");
        return Ok(());
    }
    let mut rows = Vec::new();
    for query in &all {
        rows.push(vec![
            output::shown(&query.name, 40),
            query.kind.as_str().to_owned(),
            output::shown(&source_of(query)?.title(), 50),
            if query.active { "active" } else { "draft" }.to_owned(),
            output::shown(&credential_of(query).unwrap_or_default(), 40),
            output::shown(&query.description, 60),
        ]);
    }
    output::table(
        &[
            "NAME",
            "KIND",
            "SOURCE",
            "STATE",
            "CREDENTIAL",
            "DESCRIPTION",
        ],
        &rows,
    );
    Ok(())
}

fn described(query: &Query, credential: Option<&str>) -> anyhow::Result<Value> {
    let columns: Option<Vec<Column>> = query
        .columns
        .as_deref()
        .map(serde_json::from_str)
        .transpose()?;
    let mut source = serde_json::to_value(source_of(query)?)?;
    if let Some(source) = source.as_object_mut() {
        // Named below by its name, which people know.
        source.remove("credential");
    }
    Ok(json!({
        "id": query.id,
        "name": query.name,
        "kind": query.kind.as_str(),
        "description": query.description,
        "credential": credential,
        "source": source,
        "active": query.active,
        "columns": columns,
    }))
}

pub(super) async fn preview(engine: &Engine, name: &str, as_json: bool) -> anyhow::Result<()> {
    let found = find(engine, name).await?;
    let seen = profile_send::preview(engine, &source_of(&found)?).await?;
    if as_json {
        return output::json(&for_programs(&found, &seen));
    }
    let headings: Vec<String> = std::iter::once("LINE".to_owned())
        .chain(
            seen.columns
                .iter()
                .map(|column| format!("{} ({})", output::shown(&column.name, 40), column.kind)),
        )
        .collect();
    let headings: Vec<&str> = headings.iter().map(String::as_str).collect();
    let rows: Vec<Vec<String>> = seen
        .rows
        .iter()
        .map(|row| {
            let cells = row.cells.iter();
            let shown = |cell: &Option<String>| output::shown(cell.as_deref().unwrap_or("-"), 40);
            std::iter::once(row.line.to_string())
                .chain(cells.map(shown))
                .collect()
        })
        .collect();
    output::table(&headings, &rows);
    if let Some(guess) = &seen.guess {
        output::note(&format!("warning: {}", output::shown(guess, 1_000)));
    }
    for (line, reason) in &seen.rejected {
        output::note(&format!("line {line}: {}", output::shown(reason, 500)));
    }
    output::note(&if seen.complete {
        format!("These are all {} rows.", seen.rows.len())
    } else {
        format!("These are the first {} rows.", seen.rows.len())
    });
    Ok(())
}

fn for_programs(query: &Query, seen: &Preview) -> Value {
    let rows: Vec<Value> = seen
        .rows
        .iter()
        .map(|row| {
            let names = seen.columns.iter().map(|column| column.name.clone());
            let cells: Map<String, Value> = names
                .zip(row.cells.iter().cloned().map(Value::from))
                .collect();
            json!({ "line": row.line, "cells": cells })
        })
        .collect();
    let rejected: Vec<Value> = seen
        .rejected
        .iter()
        .map(|(line, reason)| json!({ "line": line, "reason": reason }))
        .collect();
    json!({
        "query": query.name,
        "columns": seen.columns,
        "rows": rows,
        "rejected": rejected,
        "complete": seen.complete,
        "guess": seen.guess,
    })
}

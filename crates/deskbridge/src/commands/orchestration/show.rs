//! What people see of orchestrations.

use std::collections::HashMap;

use engine::Engine;
use engine::orchestrations::{draft_of, when};
use engine::profile_send::SendSettings;
use serde_json::{Value, json};
use store::orchestrations::{self, Orchestration};
use store::{destinations, queries};

use crate::output;

pub(super) async fn all(engine: &Engine, as_json: bool) -> anyhow::Result<()> {
    let mut reader = engine.store.read().await?;
    let all = orchestrations::list(&mut reader).await?;
    let queries = queries::list(&mut reader).await?.into_iter();
    let destinations = destinations::list(&mut reader).await?.into_iter();
    drop(reader);
    let names: HashMap<String, String> = queries
        .map(|query| (query.id, query.name))
        .chain(destinations.map(|destination| (destination.id, destination.name)))
        .chain(all.iter().map(|one| (one.id.clone(), one.name.clone())))
        .collect();
    let name = |id: &str| names.get(id).map_or("-", String::as_str);
    if as_json {
        let lines: Vec<Value> = all.iter().map(|one| described(one, &name)).collect();
        return output::json(&json!({ "orchestrations": lines }));
    }
    if all.is_empty() {
        output::note(
            "There are no orchestrations yet. Add one with `deskbridge orchestration add`.",
        );
        return Ok(());
    }
    let rows: Vec<Vec<String>> = all
        .iter()
        .map(|one| {
            vec![
                output::shown(&one.name, 40),
                output::shown(name(&one.query_id), 40),
                output::shown(name(&one.destination_id), 40),
                match &one.after_id {
                    Some(after) => format!("after {}", output::shown(name(after), 40)),
                    None => when(&draft_of(one)),
                },
                if one.active { "active" } else { "inactive" }.to_owned(),
                one.next_run_at
                    .map_or_else(|| "-".to_owned(), |at| at.to_string()),
            ]
        })
        .collect();
    output::table(
        &["NAME", "QUERY", "DESTINATION", "RUNS", "STATE", "NEXT"],
        &rows,
    );
    Ok(())
}

fn described<'a>(one: &'a Orchestration, name: &impl Fn(&'a str) -> &'a str) -> Value {
    let settings: Option<SendSettings> = serde_json::from_str(&one.settings).ok();
    json!({
        "id": one.id,
        "name": one.name,
        "description": one.description,
        "query": name(&one.query_id),
        "destination": name(&one.destination_id),
        "mode": one.mode.as_str(),
        "cron": one.cron,
        "time_zone": one.time_zone,
        "after": one.after_id.as_deref().map(name),
        "only_if_changed": one.only_if_changed,
        "active": one.active,
        "next_run_at": one.next_run_at.map(|at| at.to_string()),
        "settings": settings,
    })
}

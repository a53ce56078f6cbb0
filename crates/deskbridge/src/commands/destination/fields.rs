//! `destination fields`: which custom fields a source needs in Zendesk, created only on request.

use std::path::PathBuf;

use anyhow::anyhow;
use clap::Args;
use domain::profile::setup::Step;
use engine::Engine;
use engine::profile_send::{SendSettings, SourceSpec, plan_fields, set_up_fields};
use serde_json::{Value, json};

use crate::commands::form::FormFlags;
use crate::{map_file, output};

/// Arguments of `destination fields`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Which destination
    name: String,
    /// The file whose columns fill the fields
    file: PathBuf,
    /// The mapping of the send
    #[arg(long, value_name = "FILE")]
    map: Option<PathBuf>,
    #[command(flatten)]
    form: FormFlags,
    /// Creates what is missing
    #[arg(long)]
    apply: bool,
    /// Prints one JSON object
    #[arg(long)]
    json: bool,
}

/// Does it.
pub(crate) async fn run(engine: &Engine, arguments: Arguments) -> anyhow::Result<()> {
    let settings = match &arguments.map {
        Some(map) => map_file::read(map)?,
        None => SendSettings::default(),
    };
    let path = std::path::absolute(&arguments.file).map_err(|error| {
        anyhow!(
            "The path {} cannot be used: {error}.",
            arguments.file.display()
        )
    })?;
    let source = SourceSpec::File {
        path,
        anywhere: true,
        form: arguments.form.form()?,
    };
    let destination = super::find(engine, &arguments.name).await?;
    let steps = plan_fields(engine, &destination, &source, &settings).await?;
    if arguments.apply {
        set_up_fields(engine, &destination, &steps).await?;
    }
    if arguments.json {
        let steps: Vec<Value> = steps.iter().map(as_json).collect();
        return output::json(
            &json!({"destination": destination.name, "applied": arguments.apply, "steps": steps}),
        );
    }
    for step in &steps {
        output::line(&words(step));
    }
    output::line(match (steps.is_empty(), arguments.apply) {
        (true, _) => "Zendesk has every field that the file needs.",
        (false, true) => "Done. Zendesk has every field that the file needs.",
        (false, false) => "Nothing was changed. With --apply this is done in Zendesk.",
    });
    Ok(())
}

fn words(step: &Step) -> String {
    let options = |options: &[domain::profile::FieldOption]| {
        let values: Vec<&str> = options.iter().map(|option| option.value.as_str()).collect();
        values.join(", ")
    };
    match step {
        Step::Create(field) if field.options.is_empty() => {
            format!("create user_fields.{} ({})", field.key, field.kind)
        }
        Step::Create(field) => format!(
            "create user_fields.{} ({}: {})",
            field.key,
            field.kind,
            options(&field.options)
        ),
        Step::AddOptions { key, new, .. } => {
            format!("add options to user_fields.{key}: {}", options(new))
        }
        Step::Rename { key, better } => format!(
            "rename user_fields.{key}: Zendesk takes no such key. Map the column to user_fields.{better}"
        ),
    }
}

fn as_json(step: &Step) -> Value {
    match step {
        Step::Create(field) => json!({
            "step": "create",
            "key": field.key,
            "type": field.kind,
            "options": field.options,
        }),
        Step::AddOptions { key, new, .. } => {
            json!({"step": "add_options", "key": key, "options": new})
        }
        Step::Rename { key, better } => json!({"step": "rename", "key": key, "better": better}),
    }
}

//! The mapping of an orchestration over the API: which column fills what, by which rule, with the users that
//! the first rows would be.

use axum::Json as Answer;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use domain::profile::{Empty, Handling, RuleName};
use engine::orchestration_view::OrchestrationView;
use engine::orchestrations::{self, draft_of};
use engine::profile_send::{Mapped, MappedRow, SendSettings};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::access::Right;
use crate::api::answer;
use crate::api::body::{Json, check_match, etag};
use crate::api::queries::record::ColumnRecord;
use crate::api::{Caller, Operations};
use crate::app::App;
use crate::pages::orchestrations::find;
use crate::pages::orchestrations::lines::{Line, keep_hidden, lines_of, over};
use crate::pages::orchestrations::mapping::{MOST, look};
use crate::problem::{Problem, ProblemBody};

pub(super) fn operations(operations: Operations) -> Operations {
    operations
        .with(Right::SeeSends, routes!(read_mapping))
        .with(Right::EditSends, routes!(write_mapping))
        .with(Right::SeeSends, routes!(preview_mapping))
        .with(Right::EditSends, routes!(preview_another_mapping))
}

/// What fills a field.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum FilledFrom {
    /// The column of this name, exactly as the source writes it.
    Column,
    /// The same text for every row.
    Constant,
    /// A template over the columns of the row, such as `{{ first }} {{ last }}`.
    Template,
}

impl FilledFrom {
    const ALL: [(&'static str, Self); 3] = [
        ("column", Self::Column),
        ("constant", Self::Constant),
        ("template", Self::Template),
    ];

    fn parse(word: &str) -> Option<Self> {
        let known = Self::ALL.into_iter().find(|(known, _)| *known == word);
        known.map(|(_, from)| from)
    }

    fn word(self) -> &'static str {
        match self {
            Self::Column => "column",
            Self::Constant => "constant",
            Self::Template => "template",
        }
    }
}

/// One field of a user in Zendesk: what fills it, and by which rule.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MappedField {
    /// An attribute such as `email`, or `user_fields.` and the key of a custom field.
    target: String,
    /// What fills it; null for a field that is only given a rule.
    #[serde(default)]
    from: Option<FilledFrom>,
    /// The column's name, the text or the template.
    #[serde(default)]
    value: String,
    /// A rule in place of the usual one: `text`, `phone`, `us_state_2`, `decimal(10,2)`, `integer`, `date`,
    /// `email` or `checkbox`; null for the usual one.
    #[serde(default)]
    rule: Option<String>,
    /// What becomes of a bad value: `fix`, `drop_field`, `reject_row` or `fix_or_reject_row`.
    #[serde(default = "usual_handling")]
    handling: String,
    /// What an empty cell means: `leave` or `clear`.
    #[serde(default = "usual_empty")]
    empty: String,
    /// Whether a row without a value here is rejected.
    #[serde(default)]
    required: bool,
}

fn usual_handling() -> String {
    Handling::default().as_str().to_owned()
}

fn usual_empty() -> String {
    Empty::default().as_str().to_owned()
}

impl From<Line> for MappedField {
    fn from(line: Line) -> Self {
        Self {
            from: FilledFrom::parse(&line.origin),
            target: line.target,
            value: line.value,
            rule: Some(line.rule).filter(|rule| !rule.is_empty()),
            handling: line.handling,
            empty: line.empty,
            required: line.required,
        }
    }
}

impl MappedField {
    /// A line of the page's form.
    ///
    /// # Errors
    /// For words that are none.
    fn line(self, place: usize) -> Result<Line, Problem> {
        let wrong = |field: &str, sentence: &'static str| {
            Problem::invalid(format!("fields[{place}].{field}"), sentence)
        };
        let rule = self.rule.unwrap_or_default();
        if !rule.is_empty() && RuleName::parse(&rule).is_none() {
            return Err(wrong("rule", "Choose one of the rules."));
        }
        if Handling::parse(&self.handling).is_none() {
            return Err(wrong("handling", "Choose what becomes of a bad value."));
        }
        if Empty::parse(&self.empty).is_none() {
            return Err(wrong("empty", "Choose what an empty cell means."));
        }
        Ok(Line {
            target: self.target.trim().to_owned(),
            origin: self
                .from
                .map(FilledFrom::word)
                .unwrap_or_default()
                .to_owned(),
            value: self.value,
            rule,
            handling: self.handling,
            empty: self.empty,
            required: self.required,
        })
    }
}

/// Which column fills what, as a whole.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MappingRecord {
    /// Whether columns named like a field count beside those listed here. Without any listed they always do.
    #[serde(default)]
    by_name: bool,
    /// The fields that are filled or have a rule.
    #[schema(max_items = 500)]
    fields: Vec<MappedField>,
}

impl MappingRecord {
    /// What is stored, as the caller may see it: a constant may be somebody's.
    fn of(caller: &Caller, settings: &SendSettings) -> Self {
        let lines = caller.see(lines_of(settings));
        Self {
            by_name: settings.mapping.by_name,
            fields: lines.into_iter().map(MappedField::from).collect(),
        }
    }

    /// The settings with this mapping in place of theirs.
    fn over(self, caller: &Caller, settings: SendSettings) -> Result<SendSettings, Problem> {
        if self.fields.len() > MOST {
            let sentence = format!("A mapping has {MOST} fields at most.");
            return Err(Problem::invalid("fields", sentence));
        }
        let fields = self.fields.into_iter().enumerate();
        let lines: Result<Vec<Line>, _> = fields.map(|(place, field)| field.line(place)).collect();
        let mut lines = lines?;
        if caller.user.restrict_pii {
            keep_hidden(&mut lines, &lines_of(&settings));
        }
        Ok(over(settings, self.by_name, &lines)?)
    }
}

/// What is wrong with a field.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MappingProblem {
    /// Which field.
    field: String,
    /// What is wrong, with the nearest name.
    sentence: String,
}

/// A field of a user with its value.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UserValue {
    /// The attribute, or `user_fields.` and the key of a custom field.
    field: String,
    /// Its value.
    value: String,
}

/// A row as it would be sent.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UserPreview {
    /// Where it stands in the source.
    line: u64,
    /// The user that would be sent; empty if none would be.
    user: Vec<UserValue>,
    /// What was done to its values on the way.
    notes: Vec<String>,
    /// Why it would not be sent; null if it would be.
    rejected: Option<String>,
}

impl From<MappedRow> for UserPreview {
    fn from(row: MappedRow) -> Self {
        let user = row.user.into_iter();
        Self {
            line: row.line,
            user: user
                .map(|(field, value)| UserValue { field, value })
                .collect(),
            notes: row.notes,
            rejected: row.rejected,
        }
    }
}

/// What a mapping makes of the first rows.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MappingPreview {
    /// The columns of the source.
    columns: Vec<ColumnRecord>,
    /// The keys of the account's custom fields.
    custom_fields: Vec<String>,
    /// What keeps a send from beginning.
    problems: Vec<MappingProblem>,
    /// What is worth knowing.
    notices: Vec<String>,
    /// The first rows; none while there are problems.
    rows: Vec<UserPreview>,
}

impl From<Mapped> for MappingPreview {
    fn from(mapped: Mapped) -> Self {
        let problems = mapped.problems.into_iter();
        Self {
            columns: mapped.columns.into_iter().map(ColumnRecord::from).collect(),
            custom_fields: mapped.fields,
            problems: problems
                .map(|(field, sentence)| MappingProblem { field, sentence })
                .collect(),
            notices: mapped.notices,
            rows: mapped.rows.into_iter().map(UserPreview::from).collect(),
        }
    }
}

/// Read a mapping
#[utoipa::path(
    get, path = "/api/v1/orchestrations/{id}/mapping", tag = "Orchestrations",
    params(("id" = String, Path, description = "The orchestration's id.", min_length = 1, max_length = 64)),
    responses(
        (status = 200, description = "The mapping.", body = MappingRecord, headers(("ETag" = String, description = "Names this version of the mapping."))),
        (status = 404, description = "There is no such orchestration.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn read_mapping(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let view = find(&app, &caller.user, &id).await?;
    answer::record(&MappingRecord::of(&caller, &view.settings()))
}

/// Write a mapping
///
/// As a whole, in place of what is there.
#[utoipa::path(
    put, path = "/api/v1/orchestrations/{id}/mapping", tag = "Orchestrations", request_body = MappingRecord,
    params(
        ("id" = String, Path, description = "The orchestration's id.", min_length = 1, max_length = 64),
        ("If-Match" = String, Header, description = "The ETag of the mapping that you read."),
    ),
    responses(
        (status = 200, description = "The mapping as it is now.", body = MappingRecord, headers(("ETag" = String, description = "Names this version of the mapping."))),
        (status = 404, description = "There is no such orchestration.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 412, description = "Somebody changed the mapping since you read it.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn write_mapping(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json { value, .. }: Json<MappingRecord>,
) -> Result<Response, Problem> {
    let view = find(&app, &caller.user, &id).await?;
    let read = MappingRecord::of(&caller, &view.settings());
    check_match(&headers, &etag(&read)?)?;
    let settings = value.over(&caller, view.settings())?;
    let mut draft = draft_of(&view.orchestration);
    draft.settings =
        serde_json::to_string(&settings).map_err(|error| Problem::broken(error.to_string()))?;
    let (found, actor) = (&view.orchestration, &caller.user.email);
    orchestrations::edit(&app.engine, found, &draft, actor).await?;
    answer::record(&MappingRecord::of(&caller, &settings))
}

/// Preview a mapping
///
/// The users that the first rows would be by the mapping that is stored, made as a send makes them and
/// checked against the account's fields. Nothing is sent.
#[utoipa::path(
    get, path = "/api/v1/orchestrations/{id}/mapping/preview", tag = "Orchestrations",
    params(("id" = String, Path, description = "The orchestration's id.", min_length = 1, max_length = 64)),
    responses(
        (status = 200, description = "The users.", body = MappingPreview),
        (status = 404, description = "There is no such orchestration.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Its source or its account cannot be read.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn preview_mapping(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Answer<MappingPreview>, Problem> {
    let view = find(&app, &caller.user, &id).await?;
    previewed(&app, &caller, &view, &view.settings()).await
}

/// Preview another mapping
///
/// As the preview of the stored mapping, by the one that is sent. Nothing is stored.
#[utoipa::path(
    post, path = "/api/v1/orchestrations/{id}/mapping/preview", tag = "Orchestrations", request_body = MappingRecord,
    params(("id" = String, Path, description = "The orchestration's id.", min_length = 1, max_length = 64)),
    responses(
        (status = 200, description = "The users.", body = MappingPreview),
        (status = 404, description = "There is no such orchestration.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Its source or its account cannot be read.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn preview_another_mapping(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    Json { value, .. }: Json<MappingRecord>,
) -> Result<Answer<MappingPreview>, Problem> {
    let view = find(&app, &caller.user, &id).await?;
    let settings = value.over(&caller, view.settings())?;
    previewed(&app, &caller, &view, &settings).await
}

async fn previewed(
    app: &App,
    caller: &Caller,
    view: &OrchestrationView,
    settings: &SendSettings,
) -> Result<Answer<MappingPreview>, Problem> {
    let looking = look(app, &caller.user, view, settings);
    let mapped = Box::pin(looking).await?.map_err(Problem::conflict)?;
    Ok(Answer(mapped.into()))
}

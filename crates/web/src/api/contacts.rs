//! Contacts over the API: the customers a case or a ticket names.

#![expect(
    unused_qualifications,
    reason = "the macro that describes parameters writes them so"
)]

mod record;

use axum::Json as Answer;
use axum::extract::{Path, State};
use axum::http::header::{ETAG, LOCATION};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use engine::{actions, contact_view};
use serde::Deserialize;
use store::contacts::Contact;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

pub(crate) use record::ContactSummary;

use super::body::{Json, Query, check_match, etag, given, new_record, refused};
use super::page::{Page, Place};
use super::{Caller, Operations};
use crate::access::Right;
use crate::app::App;
use crate::pages::contacts::add;
use crate::pages::contacts::edit::{Entry, find, shown, wanted};
use crate::pages::contacts::form::Typed;
use crate::problem::Problem;
use record::ContactRecord;

pub(crate) fn operations(operations: Operations) -> Operations {
    operations
        .with(Right::SeeCases, routes!(list_contacts))
        .with(Right::EditCases, routes!(add_contact))
        .with(Right::SeeCases, routes!(read_contact))
        .with(Right::EditCases, routes!(edit_contact))
}

/// Which contacts.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ContactWish {
    /// Words of the name or the email address. Who sees personal data masked cannot look for it.
    #[param(max_length = 200)]
    q: Option<String>,
}

/// A new contact.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ContactNew {
    /// Their name in one line.
    #[schema(min_length = 1)]
    name: String,
    /// Their primary email address, which no other contact has.
    #[schema(max_length = 254)]
    email: Option<String>,
    /// Their telephone number.
    phone: Option<String>,
    /// The id of the account they belong to.
    account: Option<String>,
}

/// What is changed about a contact; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ContactChange {
    /// Their name in one line.
    #[schema(min_length = 1)]
    name: Option<String>,
    /// Their telephone number; null for none.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    phone: Option<Option<String>>,
    /// Their primary email address; null for none.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, max_length = 254)]
    email: Option<Option<String>>,
}

/// List contacts
///
/// Customers by name or email address, the one made last first.
#[utoipa::path(
    get, path = "/api/v1/contacts", tag = "Contacts", params(ContactWish, Place),
    responses(
        (status = 200, description = "A page of contacts.", body = Page<ContactSummary>),
        (status = 400, description = "The query cannot be read.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn list_contacts(
    State(app): State<App>,
    caller: Caller,
    Query(wish): Query<ContactWish>,
    Query(place): Query<Place>,
) -> Result<Answer<Page<ContactSummary>>, Problem> {
    let text = wish.q.unwrap_or_default();
    // Who may not see an email shall not find it out by asking letter by letter.
    if caller.user.restrict_pii && !text.trim().is_empty() {
        return Err(Problem::bad_query(
            "You see personal data masked, so contacts cannot be looked for by name or email. Leave `q` out.",
        ));
    }
    let limit = i64::try_from(place.limit()).unwrap_or(1);
    let page = contact_view::search(&app.engine, &text, place.after()?, limit).await?;
    let items = caller.see(page.contacts).into_iter();
    Ok(Answer(Page {
        items: items.map(ContactSummary::from).collect(),
        next: page.next,
    }))
}

/// Add a contact
///
/// The caller looks after them. They are nobody in Zendesk until a ticket of somebody with their email is
/// pulled, or a case of theirs is published.
#[utoipa::path(
    post, path = "/api/v1/contacts", tag = "Contacts", request_body = ContactNew,
    params(("Idempotency-Key" = Option<String>, Header, description = "A key of your own making: the same request under it makes no second contact.", max_length = 200)),
    responses(
        (status = 201, description = "The contact.", body = ContactRecord, headers(("ETag" = String, description = "Names this version of name, telephone and email."), ("Location" = String, description = "Where the contact is found."))),
        (status = 422, description = "A field cannot be as it was sent, or the email address is another contact's.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn add_contact(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    Json { value, bytes }: Json<ContactNew>,
) -> Result<Response, Problem> {
    let id = new_record(&app, &caller, &headers, "POST /api/v1/contacts", &bytes).await?;
    let id = id.unwrap_or_else(|| app.engine.new_id());
    let typed = Typed {
        name: value.name,
        phone: value.phone.unwrap_or_default(),
        email: value.email.unwrap_or_default(),
    };
    let new = add::wanted(&caller.user, &typed, value.account)?;
    let actor = &caller.user.email;
    let made = actions::create_contact_as(&app.engine, id, new, actor).await;
    let id = made.map_err(of_field)?;
    let answer = found(&app, &caller, &id, StatusCode::CREATED).await?;
    let place = format!("/api/v1/contacts/{id}");
    Ok(([(LOCATION, place)], answer).into_response())
}

/// Read a contact
///
/// How to reach them, whom in Zendesk they are, whether the two are in step, and what people did. Their
/// cases are listed by `/api/v1/cases?contact=`.
#[utoipa::path(
    get, path = "/api/v1/contacts/{id}", tag = "Contacts",
    params(("id" = String, Path, description = "The contact's id.", min_length = 1, max_length = 64)),
    responses(
        (status = 200, description = "The contact.", body = ContactRecord, headers(("ETag" = String, description = "Names this version of name, telephone and email."))),
        (status = 404, description = "There is no such contact.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn read_contact(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    found(&app, &caller, &id, StatusCode::OK).await
}

/// Change a contact
///
/// Changes name, telephone or primary email address. With two-way sync what changed goes to the end users
/// in Zendesk that the contact is.
#[utoipa::path(
    patch, path = "/api/v1/contacts/{id}", tag = "Contacts", request_body = ContactChange,
    params(
        ("id" = String, Path, description = "The contact's id.", min_length = 1, max_length = 64),
        ("If-Match" = String, Header, description = "The ETag of what you read."),
    ),
    responses(
        (status = 200, description = "The contact as they are now.", body = ContactRecord, headers(("ETag" = String, description = "Names this version of name, telephone and email."))),
        (status = 404, description = "There is no such contact.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The contact cannot be changed so.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
        (status = 412, description = "Somebody, or the sync, changed the contact since you read it.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A field cannot be as it was sent.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn edit_contact(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json { value, .. }: Json<ContactChange>,
) -> Result<Response, Problem> {
    let contact = find(&app, &id).await?;
    check_match(&headers, &version_of(&caller, &contact)?)?;
    let stored = shown(&caller.user, &contact);
    let typed = |wish: Option<Option<String>>, stored: &String| match wish {
        Some(wish) => wish.unwrap_or_default(),
        None => stored.clone(),
    };
    let entry = Entry {
        name: value.name.unwrap_or_else(|| stored.name.clone()),
        phone: typed(value.phone, &stored.phone),
        email: typed(value.email, &stored.email),
    };
    let edit = wanted(&stored, &entry).map_err(|wrongs| refused(&wrongs))?;
    let actor = &caller.user.email;
    let edited = actions::edit_contact_as_read(&app.engine, &contact, edit, actor).await;
    if edited.map_err(of_field)?.is_none() {
        return Err(Problem::stale());
    }
    found(&app, &caller, &contact.id, StatusCode::OK).await
}

/// What is wrong with a field, by its name in the body.
fn of_field(error: engine::Error) -> Problem {
    if let engine::Error::Field { field, sentence } = error {
        return Problem::invalid(field, sentence);
    }
    error.into()
}

/// What names this version of what can be edited about a contact, as the caller sees it.
fn version_of(caller: &Caller, contact: &Contact) -> Result<String, Problem> {
    let shown = shown(&caller.user, contact);
    etag(&(&contact.id, shown.name, shown.phone, shown.email))
}

/// The contact as they are now, with what names that version.
async fn found(
    app: &App,
    caller: &Caller,
    id: &str,
    status: StatusCode,
) -> Result<Response, Problem> {
    // The version is read first: a change in between is refused later rather than overwritten.
    let contact = find(app, id).await?;
    let view = contact_view::show(&app.engine, &contact.id).await?;
    let view = view.ok_or_else(|| Problem::missing("There is no such contact."))?;
    let owner = match &contact.owner_id {
        Some(owner) => store::users::find(&mut *app.engine.store.read().await?, owner).await?,
        None => None,
    };
    let version = version_of(caller, &contact)?;
    let record = ContactRecord::new(caller.see(view), caller.see(owner));
    Ok((status, [(ETAG, version)], Answer(record)).into_response())
}

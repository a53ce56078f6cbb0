//! `POST /queries/upload`, `POST /queries/{id}/upload`: a file from somebody's computer, kept as it comes
//! in, in pieces, so that memory does not grow with it.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use engine::queries::{self, QueryText, Uploaded, begin_upload};
use sha2::{Digest as _, Sha256};

use super::form::Entry;
use super::{add as new, edit, find};
use crate::app::App;
use crate::form::Wrongs;
use crate::multipart::{Parts, UNKNOWN};
use crate::page::html_with;
use crate::problem::Problem;
use crate::session::SignedIn;

/// The longest text of a field beside the file, in bytes.
const LONGEST: usize = 4_000;

/// What came with the form.
#[derive(Default)]
pub(crate) struct Sent {
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) file: Option<Uploaded>,
    /// What the file is called by its owner.
    pub(crate) called: String,
    /// By this the same file is known again.
    pub(crate) digest: Vec<u8>,
}

pub(crate) async fn add(
    State(app): State<App>,
    person: SignedIn,
    body: Parts,
) -> Result<Response, Problem> {
    let mut sent = Sent::default();
    let wrongs = match sent.read(&app, body).await {
        Err(error) => Wrongs::refusal(error)?,
        Ok(()) => match sent.file.take() {
            None => Wrongs::field("file", "Choose a file."),
            Some(file) => {
                match queries::add_upload(&app.engine, &sent.text(), file, &person.user.email).await
                {
                    Ok(made) => {
                        let address = format!("/queries/{}?done=added", made.id);
                        return Ok(Redirect::to(&address).into_response());
                    }
                    Err(error) => Wrongs::refusal(error)?,
                }
            }
        },
    };
    let entry = Entry {
        kind: "upload".to_owned(),
        name: sent.name,
        description: sent.description,
        ..Entry::default()
    };
    let page = new::page(&app, person, entry, wrongs).await?;
    html_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

pub(crate) async fn replace(
    State(app): State<App>,
    person: SignedIn,
    id: Path<String>,
    body: Parts,
) -> Result<Response, Problem> {
    let query = find(&app, &id).await?;
    let mut sent = Sent::default();
    let wrongs = match sent.read(&app, body).await {
        Err(error) => Wrongs::refusal(error)?,
        Ok(()) => match sent.file.take() {
            None => Wrongs::field("file", "Choose a file."),
            Some(file) => {
                let actor = &person.user.email;
                match queries::replace_upload(&app.engine, &query, file, actor).await {
                    Ok(becomes_draft) => return Ok(edit::saved(&query, becomes_draft)),
                    Err(error) => Wrongs::refusal(error)?,
                }
            }
        },
    };
    let entry = Entry::of(&app, &query)?;
    let page = edit::page(&app, person, &query, entry, wrongs).await?;
    html_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

impl Sent {
    /// What was said of the query: a file without another name keeps its own.
    pub(crate) fn text(&self) -> QueryText {
        QueryText {
            name: match self.name.trim() {
                "" => self.called.clone(),
                name => name.to_owned(),
            },
            description: self.description.clone(),
        }
    }

    /// Reads the fields in the order in which they come.
    pub(crate) async fn read(&mut self, app: &App, mut body: Parts) -> Result<(), engine::Error> {
        while let Some(mut part) = body.next().await? {
            let name = part.name().to_owned();
            if name == "file" {
                let called = part.file_name().to_owned();
                if called.is_empty() {
                    continue;
                }
                let mut upload = begin_upload(&app.engine, &called).await?;
                let mut hash = Sha256::new();
                while let Some(piece) = part.chunk().await? {
                    hash.update(&piece);
                    upload.write(&piece).await?;
                }
                self.digest = hash.finalize().to_vec();
                self.called = called;
                self.file = Some(upload.finish().await?);
                continue;
            }
            let text = part.text(LONGEST).await?;
            match name.as_str() {
                "name" => self.name = text,
                "description" => self.description = text,
                _ => return Err(engine::Error::Refused(UNKNOWN.to_owned())),
            }
        }
        Ok(())
    }
}

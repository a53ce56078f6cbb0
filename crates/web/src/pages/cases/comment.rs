//! `POST /cases/{number}/comments`: something is said on a case, with files or without.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};

use super::said::{CommentForm, Said};
use super::show::{Place, ShowPage};
use crate::app::App;
use crate::form::Wrongs;
use crate::page::html_with;
use crate::problem::Problem;
use crate::session::SignedIn;

pub(crate) async fn submit(
    State(app): State<App>,
    person: SignedIn,
    Path(number): Path<String>,
    form: CommentForm,
) -> Result<Response, Problem> {
    let case = super::find(&app, &number).await?;
    let mut said = Said::read(&app, form).await?;
    said.text = said.text.replace("\r\n", "\n");
    let text = said.text.clone();
    // A tick box: it is sent if it is ticked, whatever it says.
    let public = said.public.as_ref().is_some_and(|word| !word.is_empty());
    let wrongs = match said.refused.take() {
        Some(sentence) => Wrongs::field("file", format!("{sentence} {AGAIN}")),
        None => {
            let has_files = said.has_files();
            let author = person.user.clone();
            match said.add(&app, None, case.id, public, author).await? {
                Ok(_) => {
                    let place = format!("/cases/{}?done=said#comments", case.number);
                    return Ok(Redirect::to(&place).into_response());
                }
                Err(error) => {
                    let sentence = Wrongs::refusal(error)?.sentence();
                    let mut wrongs = Wrongs::field("text", sentence);
                    if has_files {
                        wrongs.add("file", AGAIN);
                    }
                    wrongs
                }
            }
        }
    };
    let page = ShowPage {
        wrongs,
        said: text,
        said_public: public,
        ..ShowPage::read(&app, person, &number, Place::default(), None).await?
    };
    html_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

/// A browser forgets which files were chosen, and nothing of them was kept here.
const AGAIN: &str = "Choose the files again: none was kept.";

//! `GET /attachments/{id}`: a file of a comment, to be saved. It is never shown in the page: what a
//! customer sent may be a page itself (security-and-operations.md 3).

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use axum::response::{IntoResponse as _, Response};
use engine::attachments::FileView;
use futures_util::stream::try_unfold;
use store::Store;

use super::find;
use crate::app::App;
use crate::problem::Problem;
use crate::session::SignedIn;

/// Whatever the file says it is, a browser is told nothing that it could act on.
const BYTES: &str = "application/octet-stream";

pub(crate) async fn show(
    State(app): State<App>,
    // Whoever may see cases may see their comments, private notes too, and so their files.
    person: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let (file, _) = find(&app, &id).await?;
    let file = person.see(file);
    if !file.is_here {
        return Err(Problem::missing(
            "This file is only in Zendesk as yet. It stands on the page of its case as soon as it was fetched, or with the reason why it could not be.",
        ));
    }
    whole(&app, file)
}

/// All of a file that is here, to be saved under its name.
///
/// # Errors
/// A defect, if its name fits into no header.
pub(crate) fn whole(app: &App, file: FileView) -> Result<Response, Problem> {
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static(BYTES)),
        (CONTENT_DISPOSITION, disposition(&file.name)?),
        (CONTENT_LENGTH, HeaderValue::from(file.size.unwrap_or(0))),
    ];
    let bytes = body(app.engine.store.clone(), file.id);
    Ok((headers, bytes).into_response())
}

/// The bytes, one piece in memory at a time. If one cannot be read the connection ends early, which the
/// browser tells by the length that was announced.
fn body(store: Store, id: String) -> Body {
    Body::from_stream(try_unfold((store, id, 0), next_piece))
}

type Place = (Store, String, i64);

async fn next_piece((store, id, seq): Place) -> store::Result<Option<(Vec<u8>, Place)>> {
    let piece = store::attachments::chunk(&mut *store.read().await?, &id, seq).await?;
    Ok(piece.map(|piece| (piece, (store, id, seq + 1))))
}

/// That the file is to be saved, and under which name: for old browsers in letters that cannot be
/// misread, and whole (RFC 6266).
fn disposition(name: &str) -> Result<HeaderValue, Problem> {
    let plain: String = name
        .chars()
        .map(|letter| match letter {
            '"' | '\\' | '%' | ';' => '_',
            letter if letter == ' ' || letter.is_ascii_graphic() => letter,
            _ => '_',
        })
        .collect();
    let mut whole = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            whole.push(char::from(byte));
        } else {
            whole.push_str(&format!("%{byte:02X}"));
        }
    }
    let text = format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{whole}");
    HeaderValue::from_str(&text).map_err(|error| Problem::broken(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_end_its_header_nor_say_that_the_file_is_to_be_shown() {
        let told = |name| disposition(name).unwrap().to_str().unwrap().to_owned();
        assert_eq!(
            told("a b.txt"),
            "attachment; filename=\"a b.txt\"; filename*=UTF-8''a%20b.txt"
        );
        assert_eq!(
            told("x\"; inline; y=\"\\.html"),
            "attachment; filename=\"x__ inline_ y=__.html\"; filename*=UTF-8''x%22%3B%20inline%3B%20y%3D%22%5C.html"
        );
        assert_eq!(
            told("雪.pdf"),
            "attachment; filename=\"_.pdf\"; filename*=UTF-8''%E9%9B%AA.pdf"
        );
        assert_eq!(
            told("a\r\nb"),
            "attachment; filename=\"a__b\"; filename*=UTF-8''a%0D%0Ab"
        );
    }
}

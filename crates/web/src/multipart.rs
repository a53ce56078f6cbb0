//! Forms with files (`multipart/form-data`): their parts come one after another and are read as they come,
//! so that memory does not grow with a file.

use axum::body::Bytes;
use axum::extract::multipart::{Field, Multipart, MultipartError};
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;

use crate::problem::Problem;

/// What a form is told whose parts are not those that are asked for.
pub(crate) const UNKNOWN: &str =
    "The form holds a field that is not asked for, or one of them twice.";

/// The parts of a form.
pub(crate) struct Parts(Multipart);

/// Why a form cannot be read on.
pub(crate) struct Unread {
    status: StatusCode,
    sentence: String,
}

impl<S: Send + Sync> FromRequest<S> for Parts {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let kind = request.headers().get(CONTENT_TYPE);
        let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let is_form = kind.split(';').next().unwrap_or_default().trim();
        if !is_form.eq_ignore_ascii_case("multipart/form-data") {
            return Err(Problem::unreadable(StatusCode::UNSUPPORTED_MEDIA_TYPE));
        }
        match Multipart::from_request(request, state).await {
            Ok(body) => Ok(Self(body)),
            Err(rejection) => Err(Problem::unreadable(rejection.status())),
        }
    }
}

impl Parts {
    /// The next part; none behind the last. What is left of the one before is passed over.
    ///
    /// # Errors
    /// [`Unread`] if the form is none, is larger than this route takes, or breaks off.
    pub(crate) async fn next(&mut self) -> Result<Option<Part<'_>>, Unread> {
        Ok(self.0.next_field().await?.map(Part))
    }
}

/// A part of a form: a field, or a file.
pub(crate) struct Part<'a>(Field<'a>);

impl Part<'_> {
    /// The field's name.
    pub(crate) fn name(&self) -> &str {
        self.0.name().unwrap_or_default()
    }

    /// What its owner calls the file, which may be anything; "" if no file was chosen.
    pub(crate) fn file_name(&self) -> &str {
        self.0.file_name().unwrap_or_default()
    }

    /// The next bytes; none at the part's end.
    ///
    /// # Errors
    /// As [`Parts::next`].
    pub(crate) async fn chunk(&mut self) -> Result<Option<Bytes>, Unread> {
        while let Some(piece) = self.0.chunk().await? {
            if !piece.is_empty() {
                return Ok(Some(piece));
            }
        }
        Ok(None)
    }

    /// A text of at most `longest` bytes.
    ///
    /// # Errors
    /// [`Unread`] if it is longer; as [`Parts::next`].
    pub(crate) async fn text(mut self, longest: usize) -> Result<String, Unread> {
        let mut text = Vec::new();
        while let Some(piece) = self.chunk().await? {
            text.extend_from_slice(&piece);
            if text.len() > longest {
                return Err(Unread {
                    status: StatusCode::PAYLOAD_TOO_LARGE,
                    sentence: format!("A text is longer than {longest} bytes. Shorten it."),
                });
            }
        }
        Ok(String::from_utf8_lossy(&text).into_owned())
    }
}

impl From<MultipartError> for Unread {
    fn from(error: MultipartError) -> Self {
        Self {
            status: error.status(),
            sentence: format!(
                "The file did not arrive whole ({}). Send it again.",
                error.body_text()
            ),
        }
    }
}

impl From<Unread> for engine::Error {
    fn from(unread: Unread) -> Self {
        Self::Refused(unread.sentence)
    }
}

impl From<Unread> for Problem {
    fn from(unread: Unread) -> Self {
        Self::unreadable(unread.status)
    }
}

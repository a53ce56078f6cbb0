//! Who calls: the owner of the token a request carries.

use axum::extract::{FromRequestParts, Request, State};
use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, HeaderValue, WWW_AUTHENTICATE};
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use engine::Engine;
use jiff::SignedDuration;
use secrecy::SecretString;
use store::api_tokens::{self, ApiToken};
use store::users::User;

use crate::access::{self, Right, Scope};
use crate::app::App;
use crate::mask::Mask;
use crate::problem::Problem;

/// How often the use of a token is noted at most, so that calls that read hardly ever write.
const NOTE_EVERY: SignedDuration = SignedDuration::from_mins(1);

/// Whoever calls. A handler that takes this stands behind [`guard`], which put them there.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) user: User,
    pub(crate) token: ApiToken,
}

impl Caller {
    /// Whether a scope of the token covers this right. What its owner's role allows is another question.
    pub(crate) fn covers(&self, right: Right) -> bool {
        let words = self.token.scopes.iter();
        let mut scopes = words.filter_map(|word| Scope::parse(word));
        scopes.any(|scope| scope.covers(right))
    }

    /// `view` as they may see it.
    pub(crate) fn see<T: Mask>(&self, mut view: T) -> T {
        if self.user.restrict_pii {
            view.mask();
        }
        view
    }
}

impl FromRequestParts<App> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Problem> {
        let caller = parts.extensions.get::<Self>().cloned();
        caller.ok_or_else(|| Problem::broken("an operation asks who calls on an open route"))
    }
}

/// Lets a call through to its handler if its token holds, one of its scopes covers the right that is
/// asked for, and its owner has it.
pub(crate) async fn guard(
    State((app, right)): State<(App, Right)>,
    mut request: Request,
    next: Next,
) -> Response {
    if right == Right::Open {
        return next.run(request).await;
    }
    match find(&app, request.headers()).await {
        Ok(Some(caller)) => {
            if !caller.covers(right) {
                return Problem::scope().into_response();
            }
            if !access::may(caller.user.role, right) {
                return Problem::refused(
                    "The role of the token's owner does not allow this, so nothing was changed.",
                )
                .into_response();
            }
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Ok(None) => {
            let mut response = Problem::no_token().into_response();
            let asks = HeaderValue::from_static("Bearer realm=\"deskbridge\"");
            response.headers_mut().insert(WWW_AUTHENTICATE, asks);
            response
        }
        Err(problem) => problem.into_response(),
    }
}

/// Whoever the token of a request belongs to, if it holds.
async fn find(app: &App, headers: &HeaderMap) -> Result<Option<Caller>, Problem> {
    let Some(token) = bearer(headers) else {
        return Ok(None);
    };
    let now = app.engine.now();
    let connection = &mut *app.engine.store.read().await?;
    let Some((token, user)) = api_tokens::find(connection, &token, now).await? else {
        return Ok(None);
    };
    let is_noted = token
        .used_at
        .is_some_and(|used| now.duration_since(used) < NOTE_EVERY);
    if !is_noted {
        tokio::spawn(note(app.engine.clone(), token.id.clone()));
    }
    Ok(Some(Caller { user, token }))
}

/// The token of a request.
fn bearer(headers: &HeaderMap) -> Option<SecretString> {
    let text = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = text.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| token.trim().to_owned().into())
}

/// Notes that a token is used. If that fails, the next call tries again.
async fn note(engine: Engine, token: String) {
    let noted = async {
        let mut tx = engine.store.begin().await?;
        api_tokens::touch(&mut tx, &token, engine.now()).await?;
        tx.commit().await
    };
    if let Err(error) = noted.await {
        tracing::debug!(%error, "the use of a token could not be noted");
    }
}

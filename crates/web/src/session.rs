//! Who is signed in: the session cookie, read and written.

use axum::extract::FromRequestParts;
use axum::http::header::{COOKIE, HeaderValue};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use axum::response::{IntoResponse as _, Redirect, Response};
use engine::Engine;
use jiff::SignedDuration;
use secrecy::{ExposeSecret as _, SecretString};
use store::users::{self, SESSION_LIFE, User};

use crate::app::App;
use crate::page::encode;
use crate::problem::Problem;

const NAME: &str = "deskbridge_session";

/// How often the use of a session is noted at most, so that reading pages hardly ever writes.
const NOTE_EVERY: SignedDuration = SignedDuration::from_mins(1);

/// Somebody who is signed in. A handler that takes this is never reached by anybody else: they are
/// sent to the login page, and from there back to where they wanted to go.
pub(crate) struct SignedIn {
    pub(crate) user: User,
}

impl FromRequestParts<App> for SignedIn {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        match find(app, &parts.headers).await {
            Ok(Some(user)) => Ok(Self { user }),
            Ok(None) => {
                // Only a page can be gone back to; a form that was sent is not sent again.
                let back = (parts.method == Method::GET)
                    .then(|| parts.uri.path_and_query().map(|place| place.as_str()))
                    .flatten();
                Err(Redirect::to(&login_address(back)).into_response())
            }
            Err(problem) => Err(problem.into_response()),
        }
    }
}

/// Who the cookie of a request belongs to, if their session is still open.
pub(crate) async fn find(app: &App, headers: &HeaderMap) -> Result<Option<User>, Problem> {
    let Some(token) = token(headers) else {
        return Ok(None);
    };
    let now = app.engine.now();
    let connection = &mut *app.engine.store.read().await?;
    let session = users::by_session(connection, token.expose_secret(), now).await?;
    Ok(session.map(|session| {
        if now.duration_since(session.seen_at) >= NOTE_EVERY {
            // The page does not wait for it: a pull may be writing just now.
            tokio::spawn(note(app.engine.clone(), token));
        }
        session.user
    }))
}

/// Notes that a session is used. If that fails, the next page tries again.
async fn note(engine: Engine, token: SecretString) {
    let noted = async {
        let mut tx = engine.store.begin().await?;
        users::touch_session(&mut tx, token.expose_secret(), engine.now()).await?;
        tx.commit().await
    };
    if let Err(error) = noted.await {
        tracing::debug!(%error, "the use of a session could not be noted");
    }
}

/// The session token of a request.
pub(crate) fn token(headers: &HeaderMap) -> Option<SecretString> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == NAME)
        .map(|(_, token)| token.to_owned().into())
}

/// The cookie that keeps `token` in the browser for as long as the session may live.
pub(crate) fn cookie(token: &SecretString, secure: bool) -> Option<HeaderValue> {
    let life = SESSION_LIFE.as_secs();
    write(token.expose_secret(), life, secure)
}

/// The cookie that makes the browser forget its session.
pub(crate) fn no_cookie(secure: bool) -> Option<HeaderValue> {
    write("", 0, secure)
}

fn write(token: &str, life: u64, secure: bool) -> Option<HeaderValue> {
    let secure = if secure { "; Secure" } else { "" };
    let text = format!("{NAME}={token}; HttpOnly; SameSite=Lax; Path=/; Max-Age={life}{secure}");
    let mut value = HeaderValue::from_str(&text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// The login page, which leads on to `back` afterwards.
fn login_address(back: Option<&str>) -> String {
    let back = back.filter(|back| *back != "/");
    match back.and_then(safe_address) {
        Some(back) => {
            format!("/login?next={}", encode(back, "/-_."))
        }
        None => "/login".to_owned(),
    }
}

/// An address to lead on to, if it is a page of ours: a path, and nothing that a browser could read
/// as another site.
pub(crate) fn safe_address(address: &str) -> Option<&str> {
    let is_path = address.starts_with('/')
        && !address.starts_with("//")
        && !address.contains('\\')
        && address.bytes().all(|byte| byte.is_ascii_graphic());
    is_path.then_some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_led_to_another_site_after_the_login() {
        assert_eq!(safe_address("/cases/5?x=1"), Some("/cases/5?x=1"));
        for bad in [
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "",
            "/a\nb",
            "/a b",
        ] {
            assert_eq!(safe_address(bad), None, "{bad:?}");
        }
        assert_eq!(login_address(Some("/cases?before=7&a=ü")), "/login");
        assert_eq!(
            login_address(Some("/cases?before=7")),
            "/login?next=/cases%3Fbefore%3D7"
        );
        assert_eq!(login_address(Some("/")), "/login");
    }

    #[test]
    fn the_token_is_found_among_other_cookies() {
        let mut headers = HeaderMap::new();
        headers.append(
            COOKIE,
            HeaderValue::from_static("a=b; deskbridge_session=abc"),
        );
        assert_eq!(token(&headers).unwrap().expose_secret(), "abc");
        assert!(token(&HeaderMap::new()).is_none());
    }

    #[test]
    fn the_cookie_is_out_of_reach_of_scripts_and_other_sites() {
        let text = |secure| {
            let cookie = cookie(&"abc".to_owned().into(), secure).unwrap();
            assert!(cookie.is_sensitive());
            cookie.to_str().unwrap().to_owned()
        };
        let plain = "deskbridge_session=abc; HttpOnly; SameSite=Lax; Path=/; Max-Age=604800";
        assert_eq!(text(false), plain);
        assert_eq!(text(true), format!("{plain}; Secure"));
    }
}

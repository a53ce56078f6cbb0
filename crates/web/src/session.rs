//! Who is signed in: the session cookie, read and written.

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header::{COOKIE, HeaderValue, USER_AGENT};
use axum::http::request::Parts;
use engine::Engine;
use jiff::SignedDuration;
use secrecy::{ExposeSecret as _, SecretString};
use store::sessions;
use store::users::User;

use crate::access::{self, Right};
use crate::app::App;
use crate::mask::Mask;
use crate::page::encode;
use crate::problem::Problem;

const NAME: &str = "deskbridge_session";

/// How often the use of a session is noted at most, so that reading pages hardly ever writes.
const NOTE_EVERY: SignedDuration = SignedDuration::from_mins(1);

/// Somebody who is signed in. A handler that takes this stands behind [`crate::access::guard`], which
/// put them there: it is never reached by anybody else.
#[derive(Debug, Clone)]
pub(crate) struct SignedIn {
    pub(crate) user: User,
    /// The id of their session: it opens nothing.
    pub(crate) session: String,
}

impl SignedIn {
    /// Whether they have a right.
    pub(crate) fn may(&self, right: Right) -> bool {
        access::may(self.user.role, right)
    }

    /// `view` as they may see it.
    pub(crate) fn see<T: Mask>(&self, mut view: T) -> T {
        if self.user.restrict_pii {
            view.mask();
        }
        view
    }
}

impl FromRequestParts<App> for SignedIn {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Problem> {
        let person = parts.extensions.get::<Self>().cloned();
        person.ok_or_else(|| Problem::broken("a handler asks who is signed in on an open route"))
    }
}

/// Who the cookie of a request belongs to, if their session is still open.
pub(crate) async fn find(app: &App, headers: &HeaderMap) -> Result<Option<SignedIn>, Problem> {
    let Some(token) = token(headers) else {
        return Ok(None);
    };
    let now = app.engine.now();
    let connection = &mut *app.engine.store.read().await?;
    let session = sessions::find(connection, token.expose_secret(), now).await?;
    Ok(session.map(|session| {
        if now.duration_since(session.seen_at) >= NOTE_EVERY {
            // The page does not wait for it: a pull may be writing just now.
            tokio::spawn(note(app.engine.clone(), token));
        }
        SignedIn {
            user: session.user,
            session: session.id,
        }
    }))
}

/// What the browser of a request says it is, as far as it fits into a list.
pub(crate) fn agent(headers: &HeaderMap) -> &str {
    let agent = headers.get(USER_AGENT).and_then(|text| text.to_str().ok());
    let agent = agent.unwrap_or_default();
    // A header that can be read as text is ASCII: no letter is cut in two.
    agent.get(..200).unwrap_or(agent)
}

/// Notes that a session is used. If that fails, the next page tries again.
async fn note(engine: Engine, token: SecretString) {
    let noted = async {
        let mut tx = engine.store.begin().await?;
        sessions::touch(&mut tx, token.expose_secret(), engine.now()).await?;
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
    let life = sessions::LIFE.as_secs();
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
pub(crate) fn login_address(back: Option<&str>) -> String {
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

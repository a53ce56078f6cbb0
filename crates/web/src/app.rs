//! The service: its routes, and what all of them share.

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRef};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use engine::Engine;
use engine::webhooks::Gate;
use tokio::sync::Semaphore;
use tower_http::csrf::CsrfLayer;

use crate::throttle::Throttle;
use crate::{headers, pages, problem};

/// The largest form that is read, in bytes.
const LARGEST_FORM: usize = 64 * 1024;

/// How many passwords are checked at once: each check takes 19 MiB and a core.
const CHECKS_AT_ONCE: usize = 2;

/// How the pages are reached, and what they say they are.
#[derive(Debug, Clone)]
pub struct Options {
    csrf: CsrfLayer,
    /// Whether browsers reach this installation over TLS.
    secure: bool,
    version: String,
}

/// The address at which browsers are said to reach this installation is none.
#[derive(Debug, thiserror::Error)]
#[error(
    "{address:?} is not the address of a site: {reason}. Write it as a browser shows it, without a path: https://desk.example.com."
)]
pub struct BadAddress {
    address: String,
    reason: String,
}

impl Options {
    /// `public_url` is the address at which browsers reach this installation, if that is another
    /// one than the socket's (a proxy in front): its pages may then send forms, and with `https://`
    /// the session cookie is sent over TLS only. `version` stands at the foot of each page.
    ///
    /// # Errors
    /// [`BadAddress`] if no browser would name the address like this.
    pub fn new(public_url: Option<&str>, version: &str) -> Result<Self, BadAddress> {
        let mut csrf = CsrfLayer::new();
        let mut secure = false;
        if let Some(url) = public_url {
            let url = url.trim_end_matches('/');
            csrf = csrf.add_trusted_origin(url).map_err(|error| BadAddress {
                address: url.to_owned(),
                reason: error.to_string(),
            })?;
            secure = url.starts_with("https://");
        }
        Ok(Self {
            csrf,
            secure,
            version: version.to_owned(),
        })
    }

    /// Whether browsers reach this installation over TLS.
    pub(crate) fn is_secure(&self) -> bool {
        self.secure
    }

    pub(crate) fn version(&self) -> &str {
        &self.version
    }
}

/// What every handler works with.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) engine: Engine,
    pub(crate) options: Arc<Options>,
    pub(crate) throttle: Arc<Throttle>,
    pub(crate) password_checks: Arc<Semaphore>,
    pub(crate) gate: Arc<Gate>,
}

impl FromRef<App> for Engine {
    fn from_ref(app: &App) -> Self {
        app.engine.clone()
    }
}

/// The whole service.
pub fn app(engine: Engine, options: Options) -> Router {
    let csrf = options.csrf.clone();
    let app = App {
        engine,
        options: Arc::new(options),
        throttle: Arc::new(Throttle::default()),
        password_checks: Arc::new(Semaphore::new(CHECKS_AT_ONCE)),
        gate: Arc::default(),
    };
    let pages = Router::new()
        .route("/", get(pages::home::show))
        .route(
            "/login",
            get(pages::login::form::show).post(pages::login::submit::submit),
        )
        .route("/logout", post(pages::logout::submit))
        .route("/integrations", get(pages::integrations::list::show))
        .route("/cases", get(pages::cases::list::show))
        .route("/cases/{number}", get(pages::cases::show::show))
        .route("/contacts/{id}", get(pages::contacts::show::show))
        .route("/users/{id}", get(pages::users::show::show))
        .route("/attachments/{id}", get(pages::attachments::download::show))
        .route("/assets/{name}", get(pages::assets::show))
        .fallback(pages::missing::show)
        .layer(DefaultBodyLimit::max(LARGEST_FORM))
        .layer(csrf)
        .layer(from_fn_with_state(app.clone(), problem::become_page));
    // Those who watch the process ask these: they answer in one plain word, never with a page.
    Router::new()
        .merge(pages)
        .route("/healthz", get(pages::health::show))
        .route("/readyz", get(pages::ready::show))
        // Who sends these signs each of them, so neither session nor origin is asked for.
        .route(
            "/hooks/zendesk/{integration}",
            post(pages::hooks::zendesk::receive),
        )
        .layer(from_fn_with_state(
            headers::Transport::from(&*app.options),
            headers::protect,
        ))
        .layer(from_fn(headers::forget))
        .with_state(app)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_address_of_a_site_is_taken() {
        let secure = |url| Options::new(Some(url), "1").map(|options| options.is_secure());
        assert!(secure("https://desk.example.com/").unwrap());
        assert!(!secure("http://127.0.0.1:8080").unwrap());
        for bad in ["desk.example.com", "https://a/b", "ftp://a", ""] {
            let sentence = secure(bad).unwrap_err().to_string();
            assert!(
                sentence.contains("Write it as a browser shows it"),
                "{sentence}"
            );
        }
        assert!(!Options::new(None, "1").unwrap().is_secure());
    }
}

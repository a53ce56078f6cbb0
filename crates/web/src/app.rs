//! The service: its routes, and what all of them share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRef};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use engine::Engine;
use engine::webhooks::Gate;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use tokio::sync::{Mutex, Semaphore};
use tower_http::csrf::CsrfLayer;

use crate::routes::Route;
use crate::throttle::Throttle;
use crate::{api, headers, pages, problem};

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
    /// Where browsers reach this installation, without a slash at its end.
    public_url: Option<String>,
    version: String,
    /// The hash of what opens the first set-up, if this process offers it.
    setup: Option<[u8; 32]>,
    /// Whether somebody is known to be there who can sign in.
    is_set_up: Arc<AtomicBool>,
    /// Held while the first administrator is made, so that a code makes one only.
    pub(crate) setup_turn: Arc<Mutex<()>>,
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
        let public_url = public_url.map(|url| url.trim_end_matches('/'));
        if let Some(url) = public_url {
            csrf = csrf.add_trusted_origin(url).map_err(|error| BadAddress {
                address: url.to_owned(),
                reason: error.to_string(),
            })?;
            secure = url.starts_with("https://");
        }
        Ok(Self {
            csrf,
            secure,
            public_url: public_url.map(str::to_owned),
            version: version.to_owned(),
            setup: None,
            is_set_up: Arc::default(),
            setup_turn: Arc::default(),
        })
    }

    /// Offers the first set-up to whoever has this code, as long as there is nobody.
    #[must_use]
    pub fn with_setup_code(mut self, code: &SecretString) -> Self {
        self.setup = Some(Sha256::digest(code.expose_secret()).into());
        self
    }

    /// Whether this is the code. Hashes are compared, so how long it takes tells nothing about it.
    pub(crate) fn is_setup_code(&self, code: &SecretString) -> bool {
        let hash: [u8; 32] = Sha256::digest(code.expose_secret()).into();
        self.setup.is_some_and(|wanted| wanted == hash)
    }

    /// Whether somebody is known to be there who can sign in.
    pub(crate) fn is_set_up(&self) -> bool {
        self.is_set_up.load(Ordering::Relaxed)
    }

    /// Notes that somebody is there: it is not looked for again.
    pub(crate) fn note_set_up(&self) {
        self.is_set_up.store(true, Ordering::Relaxed);
    }

    /// Whether browsers reach this installation over TLS.
    pub(crate) fn is_secure(&self) -> bool {
        self.secure
    }

    /// Where browsers reach this installation, if it was told.
    pub(crate) fn public_url(&self) -> Option<&str> {
        self.public_url.as_deref()
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

/// Every route of the service but those that only watch the process and those of webhooks, with what
/// it asks of whoever calls it.
pub fn routes() -> Vec<Route> {
    pages::routes().list()
}

/// Every operation of the API, with what it asks of whoever calls it.
pub fn operations() -> Vec<Route> {
    api::operations().list()
}

/// The OpenAPI document of the API, as text.
///
/// # Errors
/// Never in practice: only if the document cannot be written as JSON.
pub fn openapi() -> serde_json::Result<String> {
    api::document().to_pretty_json().map(|text| text + "\n")
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
    let pages = pages::routes()
        .build(&app)
        .fallback(pages::missing::show)
        .layer(DefaultBodyLimit::max(LARGEST_FORM))
        .layer(csrf)
        .layer(from_fn_with_state(app.clone(), problem::become_page));
    let operations = api::router(&app);
    // Those who watch the process ask these: they answer in one plain word, never with a page.
    Router::new()
        .merge(pages)
        .nest(api::PLACE, operations)
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

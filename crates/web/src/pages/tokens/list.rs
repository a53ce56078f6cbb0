//! `GET /tokens`: one's own tokens, and the form for a new one.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use jiff::Timestamp;
use store::api_tokens::{self, ApiToken};

use crate::access::Scope;
use crate::app::App;
use crate::form::Wrongs;
use crate::navigation::Nav;
use crate::page::{Done, Frame, html};
use crate::problem::Problem;
use crate::session::SignedIn;

/// How long a token may live, in days, as the form offers it.
pub(super) const LIVES: [i64; 4] = [7, 30, 90, 365];

/// The page, with the form as it was typed.
#[derive(Template)]
#[template(path = "tokens/list.html")]
pub(super) struct TokensPage {
    pub(super) frame: Frame,
    pub(super) tokens: Vec<ApiToken>,
    pub(super) now: Timestamp,
    pub(super) wrongs: Wrongs,
    pub(super) name: String,
    pub(super) scopes: Vec<String>,
    pub(super) days: i64,
    /// The token that was just made: it is shown this once.
    pub(super) made: Option<String>,
    pub(super) done: Option<&'static str>,
}

impl TokensPage {
    /// The page with an empty form.
    pub(super) async fn read(
        app: &App,
        person: SignedIn,
        done: Option<&'static str>,
    ) -> Result<Self, Problem> {
        let tokens = {
            let connection = &mut *app.engine.store.read().await?;
            api_tokens::of_user(connection, &person.user.id).await?
        };
        Ok(Self {
            frame: Frame::new(app, person, Nav::Tokens, "API tokens").await?,
            tokens,
            now: app.engine.now(),
            wrongs: Wrongs::default(),
            name: String::new(),
            scopes: Vec::new(),
            days: 90,
            made: None,
            done,
        })
    }

    /// The scopes there are, each with whether it is ticked.
    fn choices(&self) -> Vec<(Scope, bool)> {
        let ticked = |scope: &Scope| self.scopes.iter().any(|word| word == scope.as_str());
        Scope::ALL
            .into_iter()
            .map(|scope| (scope, ticked(&scope)))
            .collect()
    }
}

pub(crate) async fn show(
    State(app): State<App>,
    person: SignedIn,
    Query(done): Query<Done>,
) -> Result<Response, Problem> {
    let known = [(
        "ended",
        "The token has ended: what still uses it is refused from now on.",
    )];
    html(&TokensPage::read(&app, person, done.sentence(&known)).await?)
}

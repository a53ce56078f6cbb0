//! The list of all routes. A route says what it asks of whoever calls it, and nothing reaches a handler
//! but through this list: so whoever reads it knows who may do what, and the tests of roles are made
//! from it.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::handler::Handler;
use axum::http::Method;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodRouter, get, post};

use crate::access::{self, Right};
use crate::app::App;

/// A route as people and tests read it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Route {
    /// The method.
    pub method: Method,
    /// The path, with `{…}` where a value stands.
    pub path: &'static str,
    /// What it asks for.
    pub right: Right,
}

/// Routes being gathered.
#[derive(Default)]
pub(crate) struct Routes(Vec<(Route, MethodRouter<App>)>);

impl Routes {
    /// A page, or anything else that is only looked at.
    pub(crate) fn get<H, T>(self, path: &'static str, right: Right, handler: H) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        self.with(Method::GET, path, right, get(handler))
    }

    /// A deed.
    pub(crate) fn post<H, T>(self, path: &'static str, right: Right, handler: H) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        self.with(Method::POST, path, right, post(handler))
    }

    /// A deed that takes a file of at most `largest` bytes.
    pub(crate) fn upload<H, T>(
        self,
        path: &'static str,
        right: Right,
        largest: usize,
        handler: H,
    ) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        let limit = DefaultBodyLimit::max(largest);
        self.with(Method::POST, path, right, post(handler).layer(limit))
    }

    fn with(
        mut self,
        method: Method,
        path: &'static str,
        right: Right,
        handler: MethodRouter<App>,
    ) -> Self {
        let route = Route {
            method,
            path,
            right,
        };
        self.0.push((route, handler));
        self
    }

    /// The list.
    pub(crate) fn list(&self) -> Vec<Route> {
        self.0.iter().map(|(route, _)| route.clone()).collect()
    }

    /// The routes, each behind its guard.
    pub(crate) fn build(self, app: &App) -> Router<App> {
        self.0
            .into_iter()
            .fold(Router::new(), |router, (route, handler)| {
                let guard = from_fn_with_state((app.clone(), route.right), access::guard);
                router.route(route.path, handler.layer(guard))
            })
    }
}

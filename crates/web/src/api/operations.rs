//! The list of all operations, of which routes and document are made.

use std::collections::BTreeMap;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::Method;
use axum::middleware::from_fn_with_state;
use axum::routing::MethodRouter;
use utoipa::openapi::path::{Operation, PathItem, Paths};
use utoipa::openapi::schema::Schema;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{
    ComponentsBuilder, Content, InfoBuilder, OpenApi, OpenApiBuilder, Ref, RefOr, ResponseBuilder,
    SecurityRequirement,
};
use utoipa::{PartialSchema as _, ToSchema as _};

use super::caller;
use crate::access::{Right, Scope};
use crate::app::App;
use crate::problem::ProblemBody;
use crate::routes::Route;

/// Under this name the document tells how programs sign in.
const TOKEN: &str = "token";

/// The largest body that is read, in bytes.
const LARGEST_BODY: usize = 256 * 1024;

/// What `utoipa_axum::routes!` makes of a handler.
type Described = (Vec<(String, RefOr<Schema>)>, Paths, MethodRouter<App>);

/// Operations being gathered.
#[derive(Default)]
pub(crate) struct Operations {
    routes: Vec<(Route, MethodRouter<App>)>,
    paths: Paths,
    schemas: BTreeMap<String, RefOr<Schema>>,
}

impl Operations {
    /// One operation, as `routes!(handler)` describes it, and the right it asks for.
    pub(crate) fn with(mut self, right: Right, described: Described) -> Self {
        let (schemas, paths, handler) = described;
        self.schemas.extend(schemas);
        for (path, mut item) in paths.paths {
            // Leaked once a process: a route's path is as long-lived as the program.
            let known: &'static str = Box::leak(path.clone().into_boxed_str());
            for (method, operation) in methods(&mut item) {
                complete(operation, right);
                let route = Route {
                    method,
                    path: known,
                    right,
                };
                self.routes.push((route, handler.clone()));
            }
            match self.paths.paths.get_mut(&path) {
                Some(there) => there.merge_operations(item),
                None => {
                    self.paths.paths.insert(path, item);
                }
            }
        }
        self
    }

    /// The list.
    pub(crate) fn list(&self) -> Vec<Route> {
        self.routes.iter().map(|(route, _)| route.clone()).collect()
    }

    /// The routes, each behind its guard.
    pub(crate) fn build(self, app: &App) -> Router<App> {
        self.routes
            .into_iter()
            .fold(Router::new(), |router, (route, handler)| {
                let guard = from_fn_with_state((app.clone(), route.right), caller::guard);
                // The service is put under its place as a whole, so that what is no operation there is
                // refused as a call and not as a page.
                let path = route.path.strip_prefix(super::PLACE).unwrap_or(route.path);
                router.route(path, handler.layer(guard))
            })
            .layer(DefaultBodyLimit::max(LARGEST_BODY))
    }

    /// The document.
    pub(crate) fn document(self) -> OpenApi {
        let scopes: Vec<String> = Scope::ALL
            .iter()
            .map(|scope| format!("`{}`: {}", scope.as_str(), scope.explain()))
            .collect();
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some(format!(
                "A token from Settings, API tokens. What it may do is what its scopes name and its owner's role allows. Scopes: {}.",
                scopes.join("; ")
            )))
            .build();
        let components = ComponentsBuilder::new()
            .schemas_from_iter(self.schemas)
            .schema(ProblemBody::name(), ProblemBody::schema())
            .security_scheme(TOKEN, SecurityScheme::Http(scheme))
            .build();
        OpenApiBuilder::new()
            .info(
                InfoBuilder::new()
                    .title("Deskbridge")
                    .version("v1")
                    .description(Some(include_str!("description.md")))
                    .build(),
            )
            .paths(self.paths)
            .components(Some(components))
            .build()
    }
}

/// Adds what holds for every operation that asks for `right`: how to sign in, and how it fails.
fn complete(operation: &mut Operation, right: Right) {
    let failures: &[(&str, &str)] = match right {
        Right::Open => &[],
        Right::SignedIn
        | Right::SeeCases
        | Right::EditCases
        | Right::SeeIntegrations
        | Right::ManageIntegrations
        | Right::AddIntegrations
        | Right::SeeSends
        | Right::EditSends
        | Right::ManageDestinations
        | Right::ManageSettings
        | Right::ManageUsers => &[
            ("401", "There is no token, or it does not hold (any more)."),
            (
                "403",
                "The token's scopes, or its owner's role, do not allow this.",
            ),
        ],
    };
    if right != Right::Open {
        operation.security = Some(vec![SecurityRequirement::new(TOKEN, Vec::<String>::new())]);
    }
    let every = [(
        "default",
        "Anything else that went wrong, as the problem says.",
    )];
    for (status, description) in failures.iter().chain(&every) {
        let response = ResponseBuilder::new()
            .description(*description)
            .content(
                "application/problem+json",
                Content::new(Some(Ref::from_schema_name(ProblemBody::name()))),
            )
            .build();
        operation
            .responses
            .responses
            .entry((*status).to_owned())
            .or_insert(RefOr::T(response));
    }
}

/// The operations of a path, each with its method.
fn methods(item: &mut PathItem) -> Vec<(Method, &mut Operation)> {
    let all = [
        (Method::GET, item.get.as_mut()),
        (Method::PUT, item.put.as_mut()),
        (Method::POST, item.post.as_mut()),
        (Method::DELETE, item.delete.as_mut()),
        (Method::PATCH, item.patch.as_mut()),
    ];
    all.into_iter()
        .filter_map(|(method, operation)| Some((method, operation?)))
        .collect()
}

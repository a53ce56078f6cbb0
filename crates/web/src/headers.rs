//! Headers that every answer carries (security-and-operations.md 1, *CSRF / browser*).

use axum::extract::{Request, State};
use axum::http::HeaderName;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderValue, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};
use axum::middleware::Next;
use axum::response::Response;

use crate::app::Options;

/// Nothing but our own style sheet, scripts and pictures is loaded, no script stands in a page, scripts
/// ask nobody but us, forms go only to us, and nobody puts our pages into a frame.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; \
     img-src 'self' data:; form-action 'self'; \
     base-uri 'none'; object-src 'none'; frame-ancestors 'none'",
);

/// How browsers reach us.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Transport {
    /// Without TLS, as far as we know.
    Plain,
    /// Over TLS: the public address says so.
    Tls,
}

impl From<&Options> for Transport {
    fn from(options: &Options) -> Self {
        if options.is_secure() {
            Self::Tls
        } else {
            Self::Plain
        }
    }
}

/// Puts the headers on an answer.
pub(crate) async fn protect(
    State(transport): State<Transport>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, POLICY);
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    );
    match transport {
        Transport::Plain => {}
        Transport::Tls => {
            headers.insert(
                STRICT_TRANSPORT_SECURITY,
                HeaderValue::from_static("max-age=31536000"),
            );
        }
    }
    response
}

/// Keeps pages, which hold what customers wrote, out of every cache, unless an answer says
/// otherwise by itself (the style sheet does).
pub(crate) async fn forget(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response
        .headers_mut()
        .entry(CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

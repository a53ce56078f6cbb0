//! Answers on the wire: standard headers, and endings that break the connection.

use std::convert::Infallible;
use std::io;

use axum::body::{Body, Bytes};
use axum::http::header::{self, HeaderValue};
use axum::http::{Response, StatusCode};
use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::Ending;
use crate::answer::{Answer, WEBHOOK_JSON};

/// Makes the response. A body whose stream fails makes the server close the connection: at once for
/// a reset, after half of the bytes for a truncated one.
pub(super) fn make(answer: Answer, ending: Ending, now_ms: i64) -> Response<Body> {
    let length = answer.body.len();
    let body = match ending {
        Ending::Whole => Body::from(answer.body),
        Ending::Reset => Body::from_stream(stream::iter([Err::<Bytes, _>(broken())])),
        Ending::Truncated => {
            let half = Bytes::from(answer.body).slice(..length / 2);
            let first = stream::iter([Ok::<_, Infallible>(half)])
                .map(|half| half.map_err(|never| match never {}));
            // The half has to be flushed before the stream fails: give way once in between.
            let then = stream::once(async {
                tokio::task::yield_now().await;
                Err(broken())
            });
            Body::from_stream(first.chain(then))
        }
    };
    let mut response = Response::new(body);
    *response.status_mut() =
        StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    // Refusals and answers without a body are not kept (recorded).
    let cache = if answer.status >= 400 || answer.status == 204 {
        "no-cache"
    } else {
        "max-age=0, private, must-revalidate"
    };
    let headers = response.headers_mut();
    if (length > 0 || answer.content_type == WEBHOOK_JSON)
        && let Ok(content_type) = HeaderValue::from_str(&answer.content_type)
    {
        headers.insert(header::CONTENT_TYPE, content_type);
    }
    if ending == Ending::Truncated {
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    }
    for (name, value) in [
        (header::CACHE_CONTROL, cache),
        (header::X_FRAME_OPTIONS, "SAMEORIGIN"),
        (
            header::HeaderName::from_static("x-zendesk-api-version"),
            "v2",
        ),
        (
            header::HeaderName::from_static("x-zendesk-application-version"),
            "v20000",
        ),
        (header::HeaderName::from_static("x-zendesk-zorg"), "yes"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Ok(date) = HeaderValue::from_str(&http_date(now_ms)) {
        headers.insert(header::DATE, date);
    }
    for (name, value) in answer.headers {
        headers.insert(name, value);
    }
    response
}

/// `Date` says the simulator's time, not the machine's.
fn http_date(now_ms: i64) -> String {
    Timestamp::from_millisecond(now_ms)
        .unwrap_or(Timestamp::UNIX_EPOCH)
        .to_zoned(TimeZone::UTC)
        .strftime("%a, %d %b %Y %H:%M:%S GMT")
        .to_string()
}

fn broken() -> io::Error {
    io::Error::new(
        io::ErrorKind::ConnectionReset,
        "the simulator breaks this connection on request",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_date_is_written_as_http_wants_it() {
        assert_eq!(
            http_date(1_695_084_422_000),
            "Tue, 19 Sep 2023 00:47:02 GMT"
        );
    }
}

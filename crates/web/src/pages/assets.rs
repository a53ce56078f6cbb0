//! `GET /assets/{name}`: the style sheet, the scripts and the picture beside the title.

use axum::extract::Path;
use axum::http::HeaderMap;
use axum::http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use axum::response::{IntoResponse as _, Response};

use crate::assets;
use crate::problem::Problem;

/// Browsers keep the files for good: their addresses change with their content.
const FOR_GOOD: &str = "public, max-age=31536000, immutable";

pub(crate) async fn show(
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let asset = assets::find(&name).ok_or_else(|| Problem::missing("There is no such file."))?;
    let answer = [
        (CONTENT_TYPE, asset.kind),
        (CACHE_CONTROL, FOR_GOOD),
        (VARY, "accept-encoding"),
    ];
    if takes_gzip(&headers) && !asset.gzipped.is_empty() {
        let coding = [(CONTENT_ENCODING, "gzip")];
        return Ok((answer, coding, asset.gzipped.as_slice()).into_response());
    }
    Ok((answer, asset.text).into_response())
}

/// Whether whoever asks reads gzip (RFC 9110, 12.5.3).
fn takes_gzip(headers: &HeaderMap) -> bool {
    let all = headers.get_all(ACCEPT_ENCODING).iter();
    let mut codings = all
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    codings.any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let refused = weight
            .trim()
            .strip_prefix("q=")
            .is_some_and(|q| q.parse() == Ok(0.0));
        name.trim().eq_ignore_ascii_case("gzip") && !refused
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_sent_to_whoever_reads_it() {
        for (said, takes) in [
            ("gzip, deflate, br", true),
            ("br;q=1.0, GZIP;q=0.5", true),
            ("gzip;q=0", false),
            ("gzip; q=0.000", false),
            ("br", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_ENCODING, said.parse().unwrap());
            assert_eq!(takes_gzip(&headers), takes, "{said}");
        }
        assert!(!takes_gzip(&HeaderMap::new()));
    }
}

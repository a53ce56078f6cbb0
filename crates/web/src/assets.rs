//! What pages load, compiled in: the style sheet (a file for each part of the site), two scripts and one picture.

use std::io::Write as _;
use std::sync::LazyLock;

use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest as _, Sha256};

/// A file that pages load.
pub(crate) struct Asset {
    /// Its name, as in its address.
    pub(crate) name: &'static str,
    /// Its media type.
    pub(crate) kind: &'static str,
    /// What is in it.
    pub(crate) text: &'static str,
    /// The same, compressed: three quarters of what a first page weighs are these files. Pages themselves
    /// are not, since what is secret in them could be guessed from their length.
    pub(crate) gzipped: Vec<u8>,
    /// Where it is found. The address changes with the content, so that browsers may keep it for good.
    pub(crate) address: String,
}

static ASSETS: LazyLock<[Asset; 4]> = LazyLock::new(|| {
    const SCRIPT: &str = "text/javascript; charset=utf-8";
    [
        asset(
            "deskbridge.css",
            "text/css; charset=utf-8",
            concat!(
                include_str!("../assets/deskbridge.css"),
                include_str!("../assets/cases.css"),
                include_str!("../assets/integrations.css"),
                include_str!("../assets/credentials.css"),
                include_str!("../assets/sends.css"),
            ),
        ),
        asset("app.js", SCRIPT, include_str!("../assets/app.js")),
        // htmx 2.0.11, as its registry has it.
        asset("htmx.min.js", SCRIPT, include_str!("../assets/htmx.min.js")),
        asset(
            "mark.svg",
            "image/svg+xml",
            include_str!("../assets/mark.svg"),
        ),
    ]
});

fn asset(name: &'static str, kind: &'static str, text: &'static str) -> Asset {
    let hash = Sha256::digest(text.as_bytes());
    let short: String = hash
        .iter()
        .take(6)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    Asset {
        name,
        kind,
        text,
        gzipped: gzip(text),
        address: format!("/assets/{name}?v={short}"),
    }
}

/// Empty if it cannot be compressed, which writing into memory does not know.
fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    match encoder.write_all(text.as_bytes()) {
        Ok(()) => encoder.finish().unwrap_or_default(),
        Err(_) => Vec::new(),
    }
}

/// The file of this name.
pub(crate) fn find(name: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.name == name)
}

/// The address of the file of this name, empty if there is none.
pub(crate) fn address(name: &str) -> &'static str {
    find(name).map_or("", |asset| asset.address.as_str())
}

//! Log lines on standard error. Our own crates log neither secrets nor personal data; those of
//! others are kept at warnings, since what they would say further down is not in our hands.

use tracing_subscriber::EnvFilter;

use crate::failure::usage;
use crate::output;

const OURS: [&str; 8] = [
    "deskbridge",
    "engine",
    "web",
    "store",
    "zendesk",
    "simulator",
    "domain",
    "clock",
];

/// Switches logging on. `-v` shows what happens, `-vv` more, `-vvv` everything; else the value of
/// `DESKBRIDGE_LOG` counts, else that of the configuration.
///
/// # Errors
/// A usage error for a filter that cannot be read.
pub(crate) fn start(
    verbose: u8,
    environment: Option<&str>,
    configured: &str,
) -> anyhow::Result<()> {
    let level = match verbose {
        0 => None,
        1 => Some("info"),
        2 => Some("debug"),
        _ => Some("trace"),
    };
    let wanted = level.or(environment).unwrap_or(configured);
    let directives = if ["off", "error", "warn", "info", "debug", "trace"].contains(&wanted) {
        let ours: Vec<String> = OURS.iter().map(|name| format!("{name}={wanted}")).collect();
        let others = if matches!(wanted, "off" | "error") {
            wanted
        } else {
            "warn"
        };
        format!("{others},{}", ours.join(","))
    } else {
        wanted.to_owned()
    };
    let filter = EnvFilter::try_new(&directives).map_err(|error| {
        usage(format!(
            "The log setting {wanted:?} cannot be read ({error}). Use off, error, warn, info, debug or trace, or crate=level pairs with commas."
        ))
    })?;
    // A second start (only in tests) keeps the first.
    drop(
        tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(std::io::stderr)
            .with_ansi(output::is_watched())
            .try_init(),
    );
    Ok(())
}

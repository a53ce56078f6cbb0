//! The end of API tokens, in sight of everyone who uses one (zendesk-api.md 0, item 1).

use jiff::Timestamp;
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;

/// The day on which Zendesk stops all API tokens.
const LAST_DAY: Date = date(2027, 4, 30);

/// How long API tokens still work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenSunset {
    /// Whole days until 30 Apr 2027, UTC; 0 on that day and after it.
    pub days_left: u32,
    /// Whether that day has passed.
    pub stopped: bool,
    /// A sentence for a page.
    pub sentence: String,
}

/// Counts the days until Zendesk stops API tokens.
pub fn api_token_countdown(now: Timestamp) -> TokenSunset {
    let today = now.to_zoned(TimeZone::UTC).date();
    let days = today.until(LAST_DAY).map_or(0, |span| span.get_days());
    let sentence = match days {
        ..0 => "API tokens stopped on 30 Apr 2027. Switch to OAuth.".to_owned(),
        0 => "API tokens stop today, 30 Apr 2027. Switch to OAuth.".to_owned(),
        1 => "API tokens stop on 30 Apr 2027: 1 day left. Switch to OAuth.".to_owned(),
        days => format!("API tokens stop on 30 Apr 2027: {days} days left. Switch to OAuth."),
    };
    TokenSunset {
        days_left: u32::try_from(days).unwrap_or(0),
        stopped: days < 0,
        sentence,
    }
}

#[cfg(test)]
mod tests;

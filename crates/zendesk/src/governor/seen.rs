//! Reads what an answer says about limits, in the headers of every generation (zendesk-api.md 2).

use std::time::Duration;

use http::HeaderMap;
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;

use super::Bucket;
use crate::error::Refusal;
use crate::error::body::TOO_MANY_JOBS;

static DATE: DateTimeParser = DateTimeParser::new();

/// What one answer said about limits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RateSeen {
    /// Requests a minute that the account is allowed.
    pub limit: Option<u32>,
    /// Requests left in this minute.
    pub remaining: Option<u32>,
    /// Until the minute starts anew.
    pub resets_in: Option<Duration>,
    /// The endpoint limits that were named.
    pub named: Vec<NamedLimit>,
    /// How long to stay away: seconds, or an HTTP date.
    pub retry_after: Option<Duration>,
    /// The HTTP status; 429 also stands for a job too many that came as 422.
    pub status: u16,
    /// Which limiter refused, if the answer is a 429 and says so.
    pub limiter: Option<Bucket>,
    /// Whether a wait closes the whole account: the body is the account's form, nothing remains,
    /// the limiter is unknown, or Zendesk is unavailable (reliability.md 8).
    pub whole_account: bool,
    /// Whether it was the limit of the one record that the request was about. Then nothing is
    /// closed: who sent it puts that record off, and others go on.
    pub one_record: bool,
}

/// One `zendesk-ratelimit-<name>: total=100; remaining=99; resets=41`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedLimit {
    /// The name in the header.
    pub name: String,
    /// Requests allowed in a window.
    pub total: Option<u32>,
    /// Requests left.
    pub remaining: Option<u32>,
    /// Until the window starts anew.
    pub resets: Option<Duration>,
}

impl RateSeen {
    /// Reads one answer. `now` is used only for a `Retry-After` date without a `Date` beside it;
    /// the body only of a 429.
    pub fn read(headers: &HeaderMap, status: u16, body: &[u8], now: Timestamp) -> Self {
        let number = |names: &[&str]| names.iter().find_map(|name| number_in(headers, name));
        let mut seen = Self {
            limit: number(&["ratelimit-limit", "rate-limit", "x-rate-limit"]),
            remaining: number(&[
                "ratelimit-remaining",
                "rate-limit-remaining",
                "x-rate-limit-remaining",
            ]),
            resets_in: number(&["ratelimit-reset", "rate-limit-reset"]).map(seconds),
            named: headers.iter().filter_map(named_limit).collect(),
            retry_after: retry_after(headers, now),
            status,
            limiter: None,
            whole_account: false,
            one_record: false,
        };
        if status == 429 {
            seen.name_limiter(&Refusal::read(status, body));
        } else if status == 422
            && Refusal::read(status, body).code.as_deref() == Some(TOO_MANY_JOBS)
        {
            // A job too many is a limit under whichever status it comes.
            seen.status = 429;
            seen.limiter = Some(Bucket::Jobs);
        } else if status == 503 && seen.retry_after.is_some() {
            seen.whole_account = true;
        }
        seen
    }

    /// Which bucket the wait of this answer closes, if the request was sent on `asked`.
    pub(crate) fn closes(&self, asked: Bucket) -> Bucket {
        if asked == Bucket::Webhooks {
            // Nothing left there says nothing of the account.
            asked
        } else if self.whole_account {
            Bucket::Account
        } else {
            self.limiter.unwrap_or(asked)
        }
    }

    /// Says which limiter answered a 429. The account's form comes first, since an account-wide
    /// 429 may well name an endpoint limit in passing.
    fn name_limiter(&mut self, refusal: &Refusal) {
        let code = refusal.code.as_deref().unwrap_or_default();
        let text = refusal.message.as_deref().unwrap_or_default();
        if self.remaining == Some(0) || text.contains("allowed API requests per minute") {
            self.whole_account = true;
            return;
        }
        if code == TOO_MANY_JOBS || text.contains("currently queued or running") {
            self.limiter = Some(Bucket::Jobs);
            return;
        }
        if text.contains("updating a single unique user") {
            self.limiter = Some(Bucket::UserUpdates);
            return;
        }
        let mut spent = self.named.iter().filter(|limit| limit.remaining == Some(0));
        let of_record = |limit: &&NamedLimit| Bucket::of_record_limit(&limit.name).is_some();
        if let Some(spent) = spent.clone().find(|limit| !of_record(limit)) {
            // A name we do not know still says that it is not the account: the wait then closes
            // the bucket the request was sent on.
            self.limiter = Bucket::of_limit(&spent.name);
            return;
        }
        if let Some(spent) = spent.next() {
            self.limiter = Bucket::of_record_limit(&spent.name);
            self.one_record = true;
            return;
        }
        self.whole_account = code != "TooManyRequests";
    }
}

/// The `Date` of an answer.
pub(crate) fn date(headers: &HeaderMap) -> Option<Timestamp> {
    let text = headers.get(http::header::DATE)?.to_str().ok()?;
    DATE.parse_timestamp(text).ok()
}

fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers
        .get(http::header::RETRY_AFTER)?
        .to_str()
        .ok()?
        .trim();
    // A wait of nothing would turn into a storm of repeats.
    let least = Duration::from_secs(1);
    if let Ok(whole) = text.parse::<u64>() {
        return Some(Duration::from_secs(whole).max(least));
    }
    if let Ok(broken) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(broken.ceil())
            .ok()
            .map(|wait| wait.max(least));
    }
    let until = DATE.parse_timestamp(text).ok()?;
    let from = date(headers).unwrap_or(now);
    let wait = Duration::try_from(until.duration_since(from)).unwrap_or_default();
    Some(wait.max(least))
}

fn number_in(headers: &HeaderMap, name: &str) -> Option<u32> {
    leading_number(headers.get(name)?.to_str().ok()?)
}

/// `700`, and also `700, 700;w=60`.
fn leading_number(text: &str) -> Option<u32> {
    let text = text.trim();
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    text[..end].parse().ok()
}

fn named_limit((name, value): (&http::HeaderName, &http::HeaderValue)) -> Option<NamedLimit> {
    let name = name.as_str();
    let name = name
        .strip_prefix("zendesk-ratelimit-")
        .or_else(|| name.strip_prefix("zendesk-rate-limit-"))?;
    let mut limit = NamedLimit {
        name: name.to_owned(),
        total: None,
        remaining: None,
        resets: None,
    };
    for part in value.to_str().ok()?.split([';', ',']) {
        let Some((key, number)) = part.split_once('=') else {
            continue;
        };
        let number = leading_number(number);
        match key.trim() {
            "total" => limit.total = number,
            "remaining" => limit.remaining = number,
            "resets" => limit.resets = number.map(seconds),
            _ => {}
        }
    }
    Some(limit)
}

fn seconds(number: u32) -> Duration {
    Duration::from_secs(number.into())
}

#[cfg(test)]
mod tests;

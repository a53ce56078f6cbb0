//! Rate limits on the simulator's clock (zendesk-api.md 2).

use std::collections::HashMap;

use axum::http::header::{HeaderName, RETRY_AFTER};

use crate::answer::Answer;
use crate::call::Call;
use crate::config::{HeaderEra, Limits};

/// Which requests a limit counts together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Per {
    /// All of the account.
    Account,
    /// Those of one user on one ticket.
    CallerAndRecord,
    /// Those on one user record.
    UserRecord,
}

/// The form of a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refusal {
    /// JSON with error and description.
    Json(&'static str),
    /// Plain text.
    Text(&'static str),
}

struct Rule {
    /// The name in the header; not every limit has one.
    header: Option<&'static str>,
    /// Keeps windows apart.
    name: &'static str,
    total: u32,
    window_ms: i64,
    per: Per,
    refusal: Refusal,
    applies: fn(&str, &str) -> bool,
}

impl Rule {
    /// Which window a request counts on.
    fn key(&self, call: &Call) -> String {
        match self.per {
            Per::Account => self.name.to_owned(),
            Per::CallerAndRecord => {
                let record = call.places.first().map_or("", String::as_str);
                format!("{} {} {record}", self.name, call.caller_id())
            }
            Per::UserRecord => format!("{} {}", self.name, user_record(call)),
        }
    }
}

const MINUTE: i64 = 60_000;
const ACCOUNT: &str = "Number of allowed API requests per minute exceeded";
const PER_USER: &str = "You have exceeded the rate limit for updating a single unique user. user email:  id:  external_id: ";

fn writes_user(method: &str, route: &str) -> bool {
    (method == "PUT" && route == "users/{id}")
        || (method == "POST" && route == "users/create_or_update")
}

static RULES: &[Rule] = &[
    Rule {
        header: Some("incremental-exports"),
        name: "incremental-exports",
        total: 10,
        window_ms: MINUTE,
        per: Per::Account,
        refusal: Refusal::Json(
            "Number of allowed incremental export API requests per minute exceeded",
        ),
        applies: |_, route| route.starts_with("incremental/"),
    },
    Rule {
        header: Some("tickets-update"),
        name: "tickets-update",
        total: 100,
        window_ms: MINUTE,
        per: Per::Account,
        refusal: Refusal::Json("Number of allowed ticket update requests per minute exceeded"),
        applies: |method, route| method == "PUT" && route.starts_with("tickets/{id}"),
    },
    Rule {
        header: Some("per-ticket-updates"),
        name: "per-ticket-updates",
        total: 30,
        window_ms: 10 * MINUTE,
        per: Per::CallerAndRecord,
        refusal: Refusal::Json("Number of allowed updates to this ticket exceeded"),
        applies: |method, route| method == "PUT" && route.starts_with("tickets/{id}"),
    },
    Rule {
        header: Some("ticket-request-create-by-user-and-ip"),
        name: "ticket-create",
        total: 300,
        window_ms: MINUTE,
        per: Per::Account,
        refusal: Refusal::Json("Number of allowed ticket create requests per minute exceeded"),
        applies: |method, route| method == "POST" && route == "tickets",
    },
    Rule {
        header: Some("tickets-delete"),
        name: "tickets-delete",
        total: 400,
        window_ms: MINUTE,
        per: Per::Account,
        refusal: Refusal::Json(ACCOUNT),
        applies: |method, route| method == "DELETE" && route == "tickets/{id}",
    },
    Rule {
        header: None,
        name: "deleted-tickets",
        total: 10,
        window_ms: MINUTE,
        per: Per::Account,
        refusal: Refusal::Json(ACCOUNT),
        applies: |method, route| method == "GET" && route == "deleted_tickets",
    },
    Rule {
        header: None,
        name: "user-writes",
        total: 1,
        window_ms: 1_000,
        per: Per::Account,
        refusal: Refusal::Text("You have exceeded the rate limit for updating users."),
        applies: writes_user,
    },
    Rule {
        header: None,
        name: "user-writes-per-user",
        total: 5,
        window_ms: MINUTE,
        per: Per::UserRecord,
        refusal: Refusal::Text(PER_USER),
        applies: writes_user,
    },
];

#[derive(Debug, Clone, Copy)]
struct Window {
    began_ms: i64,
    used: u32,
}

/// Counts requests. Without limits it counts nothing.
#[derive(Debug)]
pub(crate) struct Limiter {
    limits: Limits,
    era: HeaderEra,
    windows: HashMap<String, Window>,
    /// From when until when a `Retry-After` of a limiter is open.
    closed: HashMap<String, (i64, i64)>,
    /// How long after a refusal a request may still come that was on its way.
    grace_ms: i64,
    /// Requests that came to a limiter while a `Retry-After` of it was open.
    pub(crate) too_early: u64,
}

/// What the limits say to a request.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    /// Headers for the answer, whatever it is.
    pub(crate) headers: Vec<(HeaderName, String)>,
    /// The refusal, if a limit is used up.
    pub(crate) refusal: Option<Answer>,
}

struct Count {
    refused: bool,
    remaining: u32,
    resets: i64,
}

impl Limiter {
    pub(crate) fn new(limits: Limits, era: HeaderEra, grace_ms: i64) -> Self {
        Self {
            limits,
            era,
            windows: HashMap::new(),
            closed: HashMap::new(),
            grace_ms,
            too_early: 0,
        }
    }

    /// Notes whether a request comes while a `Retry-After` of one of its limiters is open.
    pub(crate) fn arrives(&mut self, call: &Call, route: &str) {
        if self.closed.is_empty() {
            return;
        }
        let now_ms = call.now_ms;
        self.closed.retain(|_, (_, until)| *until > now_ms);
        let rules = RULES
            .iter()
            .filter(|rule| (rule.applies)(call.method.as_str(), route));
        let mut keys = rules
            .map(|rule| rule.key(call))
            .chain(["account".to_owned()]);
        let is_early = keys.any(|key| {
            self.closed
                .get(&key)
                .is_some_and(|(from, _)| *from <= now_ms)
        });
        self.too_early += u64::from(is_early);
    }

    fn close(&mut self, key: String, now_ms: i64, resets: i64) {
        let span = (now_ms + self.grace_ms, now_ms + resets * 1_000);
        self.closed.insert(key, span);
    }

    /// Counts a request and says whether it may pass. The account's counter goes down for requests
    /// that another limit refuses, too (recorded).
    pub(crate) fn count(&mut self, call: &Call, route: &str) -> Verdict {
        let Some(total) = self.limits.per_minute() else {
            return Verdict::default();
        };
        let mut verdict = Verdict::default();
        let account = self.take("account".to_owned(), total, MINUTE, call.now_ms);
        self.account_headers(&mut verdict, total, &account);
        if account.refused {
            self.close("account".to_owned(), call.now_ms, account.resets);
            verdict.refusal = Some(refuse(Refusal::Text(ACCOUNT), call, account.resets));
            return verdict;
        }
        for rule in RULES {
            if !(rule.applies)(call.method.as_str(), route) {
                continue;
            }
            let key = rule.key(call);
            let count = self.take(key.clone(), rule.total, rule.window_ms, call.now_ms);
            if let Some(name) = rule.header {
                self.endpoint_header(&mut verdict, name, rule.total, &count);
            }
            if count.refused {
                self.close(key, call.now_ms, count.resets);
                verdict.refusal = Some(refuse(rule.refusal, call, count.resets));
                return verdict;
            }
        }
        verdict
    }

    /// The header of the limit of open jobs, where limits apply.
    pub(crate) fn jobs_header(&self, most: usize, open: usize) -> Option<(HeaderName, String)> {
        let count = Count {
            refused: false,
            remaining: u32::try_from(most.saturating_sub(open)).unwrap_or(0),
            resets: 0,
        };
        let mut verdict = Verdict::default();
        let total = u32::try_from(most).unwrap_or(u32::MAX);
        self.endpoint_header(&mut verdict, "inflight-jobs", total, &count);
        verdict.headers.pop()
    }

    /// How many jobs may be open, if that is limited.
    pub(crate) fn most_jobs(&self, slots: Option<usize>) -> Option<usize> {
        slots.or_else(|| (self.limits != Limits::Off).then_some(MOST_JOBS))
    }

    fn take(&mut self, key: String, total: u32, window_ms: i64, now_ms: i64) -> Count {
        // Windows of single records pile up: old ones go once there are many.
        if self.windows.len() > 10_000 {
            self.windows
                .retain(|_, window| now_ms - window.began_ms < 10 * MINUTE);
        }
        let fresh = Window {
            began_ms: now_ms,
            used: 0,
        };
        let window = self.windows.entry(key).or_insert(fresh);
        if now_ms - window.began_ms >= window_ms {
            *window = fresh;
        }
        let refused = window.used >= total;
        if !refused {
            window.used += 1;
        }
        let left = window.began_ms + window_ms - now_ms;
        Count {
            refused,
            remaining: total - window.used,
            resets: (left + 999).div_euclid(1000).max(1),
        }
    }

    fn account_headers(&self, verdict: &mut Verdict, total: u32, count: &Count) {
        let mut push = |name: &'static str, value: String| {
            verdict.headers.push((HeaderName::from_static(name), value));
        };
        let (total, remaining) = (total.to_string(), count.remaining.to_string());
        if self.era != HeaderEra::None {
            push("x-rate-limit", total.clone());
            push("x-rate-limit-remaining", remaining.clone());
        }
        match self.era {
            HeaderEra::Classic | HeaderEra::None => {}
            HeaderEra::Late2023 => {
                push("rate-limit", total);
                push("rate-limit-remaining", remaining);
                push("rate-limit-reset", count.resets.to_string());
            }
            HeaderEra::Current => {
                push("ratelimit-limit", total);
                push("ratelimit-remaining", remaining);
                push("ratelimit-reset", count.resets.to_string());
            }
        }
    }

    fn endpoint_header(&self, verdict: &mut Verdict, name: &str, total: u32, count: &Count) {
        let prefix = match self.era {
            HeaderEra::Classic | HeaderEra::None => return,
            HeaderEra::Late2023 => "zendesk-rate-limit-",
            HeaderEra::Current => "zendesk-ratelimit-",
        };
        let value = format!(
            "total={total}; remaining={}; resets={}",
            count.remaining, count.resets
        );
        if let Ok(name) = HeaderName::from_bytes(format!("{prefix}{name}").as_bytes()) {
            verdict.headers.push((name, value));
        }
    }
}

/// How many background jobs may be queued or at work (zendesk-api.md 2).
pub(crate) const MOST_JOBS: usize = 30;

fn refuse(refusal: Refusal, call: &Call, resets: i64) -> Answer {
    let json = |description| Answer::error(429, "APIRateLimitExceeded", description);
    let answer = match refusal {
        Refusal::Json(description) => json(description),
        Refusal::Text(text) if call.switches.limits_say_json => json(text),
        Refusal::Text(text) => Answer::text(429, text),
    };
    answer.with_header(RETRY_AFTER, &resets.to_string())
}

/// What tells the user record of a write: its id, or the email or external id of an upsert.
fn user_record(call: &Call) -> String {
    if let Some(id) = call.places.first() {
        return id.clone();
    }
    let Ok(user) = call.object("user") else {
        return String::new();
    };
    ["email", "external_id", "id"]
        .iter()
        .find_map(|key| user.get(*key))
        .map(|value| value.to_string().to_lowercase())
        .unwrap_or_default()
}

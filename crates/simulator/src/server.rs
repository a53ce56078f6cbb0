//! The server: sockets, the way of a request through faults, sign-in, limits and routes.

mod reply;
mod running;
mod way;
mod witness;

pub use running::{Simulator, StartError, start};
pub(crate) use way::finish;
use way::{Late, go};

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use axum::body::to_bytes;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::request::Parts;
use axum::http::{Method, header};
use axum::response::Response;

use crate::account::Account;
use crate::account::webhook::{Open, Parcel};
use crate::answer::{Answer, WEBHOOK_JSON};
use crate::auth::Tokens;
use crate::call::Call;
use crate::clock::{self, Hands};
use crate::config::{Config, Switches};
use crate::courier;
use crate::fault::{Armed, FaultDesk, FaultKind};
use crate::idempotency::Replays;
use crate::limit::Limiter;
use crate::routes::{self, Route, control};

/// The largest request body read, in bytes.
const LARGEST_BODY: usize = 32 * 1024 * 1024;

/// Everything behind the sockets.
#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) config: Config,
    pub(crate) hands: Hands,
    account: RwLock<Account>,
    desk: Mutex<Desk>,
    /// How many parcels of webhooks are open.
    pub(crate) open: Arc<Open>,
    /// Requests whose clients are gone, to be carried out when their time has come.
    late: Mutex<Vec<Late>>,
    /// Scheme and address of the host that keeps contents of files.
    pub(crate) content_host: String,
}

/// What changes with every request.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) faults: FaultDesk,
    pub(crate) tokens: Tokens,
    pub(crate) requests: BTreeMap<String, u64>,
    /// As they stand; tests move them.
    pub(crate) switches: Switches,
    /// How long jobs take, in milliseconds.
    pub(crate) job_ms: i64,
    /// How many may be open at a time, whatever the limits say.
    pub(crate) job_slots: Option<usize>,
    /// A webhook's parcel that waits to be overtaken.
    pub(crate) held: Option<Parcel>,
    pub(crate) limiter: Limiter,
    replays: Replays,
}

impl Core {
    pub(crate) fn new(
        config: Config,
        hands: Hands,
        account: Account,
        open: Arc<Open>,
        content_host: String,
    ) -> Self {
        let mut faults = FaultDesk::default();
        for fault in &config.faults {
            faults.add(fault.clone());
        }
        let desk = Desk {
            faults,
            tokens: Tokens::new(config.seed),
            requests: BTreeMap::new(),
            switches: config.switches,
            job_ms: i64::try_from(config.job.as_millis()).unwrap_or(i64::MAX / 4),
            job_slots: config.job_slots,
            held: None,
            limiter: Limiter::new(config.limits, config.headers, grace_ms(&config)),
            replays: Replays::default(),
        };
        Self {
            config,
            hands,
            account: RwLock::new(account),
            desk: Mutex::new(desk),
            open,
            late: Mutex::new(Vec::new()),
            content_host,
        }
    }

    /// Moves all switches.
    pub(crate) fn set_switches(&self, switches: Switches) {
        self.desk().switches = switches;
        self.account_mut().switches = switches;
    }

    /// Counts a request, and takes the faults that happen to it.
    pub(crate) fn note(&self, method: &Method, route: &str) -> Vec<Armed> {
        let now_ms = self.hands.now_ms();
        let grace_ms = self.latency_ms() + grace_ms(&self.config);
        let mut desk = self.desk();
        *desk
            .requests
            .entry(format!("{method} {route}"))
            .or_insert(0) += 1;
        desk.faults.take(method.as_str(), route, now_ms, grace_ms)
    }

    /// How long an answer takes, on a clock that runs.
    fn latency_ms(&self) -> i64 {
        if self.config.still_clock {
            0
        } else {
            i64::try_from(self.config.latency.as_millis()).unwrap_or(i64::MAX / 4)
        }
    }

    pub(crate) fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The account, brought up to the clock's time.
    pub(crate) fn account(&self) -> RwLockReadGuard<'_, Account> {
        let now_ms = self.hands.now_ms();
        let account = self.account.read().unwrap_or_else(PoisonError::into_inner);
        if !account.is_due(now_ms) {
            return account;
        }
        drop(account);
        drop(self.account_mut());
        self.account.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The account, brought up to the clock's time, to be changed.
    pub(crate) fn account_mut(&self) -> RwLockWriteGuard<'_, Account> {
        let mut account = self.account.write().unwrap_or_else(PoisonError::into_inner);
        let now_ms = self.hands.now_ms();
        account.settle(now_ms);
        routes::finish_jobs(&mut account, now_ms);
        account
    }
}

/// How long after a refusal a request may still arrive that was sent before it was read. A clock that
/// stands says nothing of that, so there it is nothing.
fn grace_ms(config: &Config) -> i64 {
    if config.still_clock { 0 } else { 100 }
}

/// How the connection is to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// As it should.
    Whole,
    /// Without any answer.
    Reset,
    /// In the middle of the body.
    Truncated,
}

/// Answers one request.
pub(crate) async fn handle(
    State(core): State<Arc<Core>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let largest = LARGEST_BODY.max(core.config.largest_upload.saturating_add(1));
    let body = match to_bytes(body, largest).await {
        Ok(body) => body.to_vec(),
        Err(_) => {
            let answer = Answer::text(413, "Request entity too large");
            return reply::make(answer, Ending::Whole, core.hands.now_ms());
        }
    };
    core.catch_up();
    let path = parts.uri.path().to_owned();
    let path = match &core.config.path_prefix {
        Some(prefix) => path
            .strip_prefix(prefix.as_str())
            .unwrap_or(&path)
            .to_owned(),
        None => path,
    };
    if let Some(action) = path.strip_prefix("/_control/") {
        let answer = control::answer(&core, peer, &parts, action, &body);
        return reply::make(answer, Ending::Whole, core.hands.now_ms());
    }
    let mut call = read_call(&core, &parts, &path, body);
    let found = find(&call, &path);
    let route = found
        .as_ref()
        .map_or("unknown", |(target, _)| target.pattern());
    if makes_ticket(&call.method, route) {
        call.key = core.desk().replays.begin(&call);
    }
    let _at_work = AtWork {
        core: &core,
        key: call.key.clone(),
    };
    let armed = core.note(&call.method, route);
    core.desk().limiter.arrives(&call, route);
    clock::wait(core.config.latency).await;
    for one in &armed {
        if let FaultKind::Slow { by } = one.fault.kind {
            clock::wait(by).await;
        }
    }
    call.now_ms = core.hands.now_ms();
    let witnessed = witness::begin(&call, route);
    let (mut answer, ending) = go(&core, &mut call, found, &armed);
    if let Some(errand) = answer.errand.take() {
        answer = courier::test(&core, &errand).await.of_type(WEBHOOK_JSON);
    }
    witness::end(witnessed, &answer, !armed.is_empty());
    let date_ms = call.now_ms + 1000 * call.switches.date_ahead;
    reply::make(answer, ending, date_ms)
}

/// Gives an idempotency key free when its request ends, also when its client goes away before.
struct AtWork<'a> {
    core: &'a Core,
    key: Option<String>,
}

impl Drop for AtWork<'_> {
    fn drop(&mut self) {
        if let Some(key) = &self.key {
            self.core.desk().replays.end(key);
        }
    }
}

fn makes_ticket(method: &Method, route: &str) -> bool {
    method == Method::POST && route == "tickets"
}

/// What a path leads to.
#[derive(Clone, Copy)]
enum Target {
    /// A route of the API.
    Api(&'static Route),
    /// The token endpoint.
    Tokens,
    /// The page where an administrator consents.
    Consent,
    /// The way to the content of a file.
    Content,
}

impl Target {
    fn pattern(self) -> &'static str {
        match self {
            Self::Api(route) => route.pattern,
            Self::Tokens => "oauth/tokens",
            Self::Consent => "oauth/authorizations/new",
            Self::Content => "attachments/token",
        }
    }
}

fn find(call: &Call, path: &str) -> Option<(Target, Vec<String>)> {
    if call.method == Method::POST && path == "/oauth/tokens" {
        return Some((Target::Tokens, Vec::new()));
    }
    if call.method == Method::GET && path == "/oauth/authorizations/new" {
        return Some((Target::Consent, Vec::new()));
    }
    if call.method == Method::GET
        && let Some(key) = path.strip_prefix("/attachments/token/")
    {
        let key = key.trim_end_matches('/').to_owned();
        return Some((Target::Content, vec![key]));
    }
    path.strip_prefix("/api/v2/")?;
    routes::find(call.method.as_str(), &call.path)
        .map(|(route, places)| (Target::Api(route), places))
}

fn read_call(core: &Core, parts: &Parts, path: &str, body: Vec<u8>) -> Call {
    let below = path.strip_prefix("/api/v2/").unwrap_or(path);
    let below = below.trim_end_matches('/');
    let bare = below.strip_suffix(".json");
    let scheme = if core.config.tls.is_some() {
        "https"
    } else {
        "http"
    };
    let host = parts
        .headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or("localhost");
    let prefix = core.config.path_prefix.as_deref().unwrap_or_default();
    let query = parts.uri.query().unwrap_or_default();
    let (switches, job_ms) = {
        let desk = core.desk();
        (desk.switches, desk.job_ms)
    };
    Call {
        method: parts.method.clone(),
        path: bare.unwrap_or(below).to_owned(),
        suffix: bare.is_some(),
        places: Vec::new(),
        query: url::form_urlencoded::parse(query.as_bytes())
            .map(|(key, value)| (key.into_owned(), value.into_owned()))
            .collect(),
        headers: parts.headers.clone(),
        body,
        base: format!("{scheme}://{host}{prefix}"),
        now_ms: core.hands.now_ms(),
        caller: None,
        switches,
        job_ms,
        fate: None,
        key: None,
    }
}

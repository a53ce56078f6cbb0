//! The server: sockets, the way of a request through faults, sign-in, limits and routes.

mod reply;
mod running;

pub use running::{Simulator, StartError, start};

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
use crate::answer::{Answer, Outcome};
use crate::auth::{self, Tokens};
use crate::call::Call;
use crate::clock::{self, Hands};
use crate::config::Config;
use crate::courier;
use crate::fault::{self, Armed, FaultDesk, FaultKind};
use crate::idempotency::Replays;
use crate::limit::Limiter;
use crate::routes::{self, Access, Act, Route, control, oauth};

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
}

/// What changes with every request.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) faults: FaultDesk,
    pub(crate) tokens: Tokens,
    pub(crate) requests: BTreeMap<String, u64>,
    /// A webhook's parcel that waits to be overtaken.
    pub(crate) held: Option<Parcel>,
    limiter: Limiter,
    replays: Replays,
}

impl Core {
    pub(crate) fn new(config: Config, hands: Hands, account: Account, open: Arc<Open>) -> Self {
        let mut faults = FaultDesk::default();
        for fault in &config.faults {
            faults.add(fault.clone());
        }
        let desk = Desk {
            faults,
            tokens: Tokens::new(config.seed),
            requests: BTreeMap::new(),
            held: None,
            limiter: Limiter::new(config.limits, config.headers),
            replays: Replays::default(),
        };
        Self {
            config,
            hands,
            account: RwLock::new(account),
            desk: Mutex::new(desk),
            open,
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
    let body = match to_bytes(body, LARGEST_BODY).await {
        Ok(body) => body.to_vec(),
        Err(_) => {
            let answer = Answer::text(413, "Request entity too large");
            return reply::make(answer, Ending::Whole, core.hands.now_ms());
        }
    };
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
    let armed = {
        let mut desk = core.desk();
        let counted = format!("{} {route}", call.method);
        *desk.requests.entry(counted).or_insert(0) += 1;
        if makes_ticket(&call.method, route) {
            call.key = desk.replays.begin(&call);
        }
        desk.faults.take(call.method.as_str(), route)
    };
    let _at_work = AtWork {
        core: &core,
        key: call.key.clone(),
    };
    clock::wait(core.config.latency).await;
    for one in &armed {
        if let FaultKind::Slow { by } = one.fault.kind {
            clock::wait(by).await;
        }
    }
    call.now_ms = core.hands.now_ms();
    let (mut answer, ending) = go(&core, &mut call, found, &armed);
    if let Some(errand) = answer.errand.take() {
        answer = courier::test(&core, &errand).await;
    }
    reply::make(answer, ending, call.now_ms)
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
}

impl Target {
    fn pattern(self) -> &'static str {
        match self {
            Self::Api(route) => route.pattern,
            Self::Tokens => "oauth/tokens",
        }
    }
}

fn find(call: &Call, path: &str) -> Option<(Target, Vec<String>)> {
    if call.method == Method::POST && path == "/oauth/tokens" {
        return Some((Target::Tokens, Vec::new()));
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
        switches: core.config.switches,
        job_ms: i64::try_from(core.config.job.as_millis()).unwrap_or(i64::MAX / 4),
        key: None,
    }
}

/// The way of a request: faults that refuse, then the answer, then faults that damage it.
fn go(
    core: &Core,
    call: &mut Call,
    found: Option<(Target, Vec<String>)>,
    armed: &[Armed],
) -> (Answer, Ending) {
    let has = |kind: &FaultKind| armed.iter().any(|one| one.fault.kind == *kind);
    if has(&FaultKind::ResetBefore) {
        return (Answer::empty(200), Ending::Reset);
    }
    let has_cursor = ["cursor", "page[after]", "page[before]"]
        .iter()
        .any(|name| call.query(name).is_some());
    for one in armed {
        if let Some(refusal) = fault::refusal(&one.fault.kind, has_cursor) {
            return (refusal, Ending::Whole);
        }
        if matches!(one.fault.kind, FaultKind::RefuseCursor { .. }) {
            core.desk().faults.give_back(one.number);
        }
    }
    let (mut answer, headers) = match found {
        None => (Answer::invalid_endpoint(), Vec::new()),
        Some((Target::Tokens, _)) => {
            let account = core.account();
            let mut desk = core.desk();
            let answer = oauth::grant(&core.config.oauth, &account, &mut desk.tokens, call);
            (answer.unwrap_or_else(|refusal| refusal), Vec::new())
        }
        Some((Target::Api(route), places)) => {
            call.places = places;
            respond(core, call, route, has(&FaultKind::AnonymousMe))
        }
    };
    if answer.status < 300 {
        for one in armed {
            spoil(core, one, &mut answer);
        }
    }
    for (name, value) in headers {
        answer = answer.with_header(name, &value);
    }
    let ending = if has(&FaultKind::ResetAfter) {
        Ending::Reset
    } else if has(&FaultKind::Truncate) {
        Ending::Truncated
    } else {
        Ending::Whole
    };
    (answer, ending)
}

fn spoil(core: &Core, one: &Armed, answer: &mut Answer) {
    let happened = if one.fault.kind == FaultKind::RepeatPage {
        let mut page = answer.clone();
        let endless = fault::make_endless(&mut page);
        if endless {
            answer.body = core.desk().faults.repeated(one.number, page.body);
        }
        endless
    } else {
        fault::damage(&one.fault, answer)
    };
    if !happened {
        core.desk().faults.give_back(one.number);
    }
}

type Headers = Vec<(header::HeaderName, String)>;

/// Sign-in, limits, access, and the route itself.
fn respond(core: &Core, call: &mut Call, route: &Route, anonymous: bool) -> (Answer, Headers) {
    let at_me = route.pattern == "users/me";
    {
        let account = core.account();
        let desk = core.desk();
        if anonymous && at_me {
            call.caller = None;
        } else if desk.faults.revoked() {
            return (Answer::unauthenticated(), Vec::new());
        } else {
            let signed = auth::sign_in(
                &core.config,
                &account,
                &desk.tokens,
                &call.headers,
                call.now_ms,
                at_me,
            );
            match signed {
                Ok(caller) => call.caller = caller,
                Err(refusal) => return (refusal, Vec::new()),
            }
        }
    }
    let verdict = core.desk().limiter.count(call, route.pattern);
    let mut headers = verdict.headers;
    if let Some(refusal) = verdict.refusal {
        return (refusal, headers);
    }
    let answer = admit(call, route)
        .and_then(|()| carry_out(core, call, route, &mut headers))
        .unwrap_or_else(|refusal| refusal);
    (answer, headers)
}

fn admit(call: &Call, route: &Route) -> Result<(), Answer> {
    let Some(caller) = &call.caller else {
        return match route.access {
            Access::Anyone => Ok(()),
            Access::Staff | Access::Admin => Err(Answer::unauthenticated()),
        };
    };
    if route.access == Access::Admin && !caller.admin {
        return Err(Answer::forbidden());
    }
    auth::check_scopes(caller, route.method, route.pattern)
}

fn carry_out(core: &Core, call: &Call, route: &Route, headers: &mut Headers) -> Outcome {
    let act = match route.act {
        Act::Read(act) => return act(&core.account(), call),
        Act::Write(act) => act,
    };
    if makes_ticket(&call.method, route.pattern) {
        core.desk()
            .replays
            .refuse_second(call, call.key.as_deref())?;
        // The account stays locked from look-up to note, so that two equal requests make one ticket.
        let mut account = core.account_mut();
        if let Some(replayed) = core.desk().replays.look_up(call)? {
            return Ok(replayed);
        }
        let outcome = act(&mut account, call);
        return core.desk().replays.note(call, outcome);
    }
    let mut account = core.account_mut();
    let before = account.open_jobs();
    if routes::makes_job(route) {
        let desk = core.desk();
        if desk.limiter.caps_jobs() && before.len() >= crate::limit::MOST_JOBS {
            headers.extend(desk.limiter.jobs_header(before.len()));
            return Err(routes::too_many_jobs(route, &before));
        }
    }
    let outcome = act(&mut account, call);
    if routes::makes_job(route) {
        let open = account.open_jobs().len();
        headers.extend(core.desk().limiter.jobs_header(open));
    }
    outcome
}

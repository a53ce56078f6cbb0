//! The way of a request: faults that refuse, sign-in, limits, the route itself, faults that damage.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use axum::http::header;
use axum::response::Response;

use super::{Core, Ending, Target, makes_ticket, reply};
use crate::answer::{Answer, JSON, Outcome, WEBHOOK_JSON};
use crate::auth;
use crate::call::Call;
use crate::fault::{self, Armed, FaultKind};
use crate::routes::{self, Access, Act, Route, attachments, oauth};

/// A request that is carried out after its client has gone (reliability.md 1, F03).
#[derive(Debug)]
pub(super) struct Late {
    due_ms: i64,
    call: Call,
    route: &'static Route,
}

impl Core {
    /// Carries out the late requests whose time has come, in the order of their times.
    pub(crate) fn catch_up(&self) {
        loop {
            let now_ms = self.hands.now_ms();
            let next = {
                let mut late = self.late.lock().unwrap_or_else(PoisonError::into_inner);
                let place = late
                    .iter()
                    .enumerate()
                    .filter(|(_, one)| one.due_ms <= now_ms)
                    .min_by_key(|(place, one)| (one.due_ms, *place))
                    .map(|(place, _)| place);
                place.map(|place| late.remove(place))
            };
            let Some(mut next) = next else { return };
            next.call.now_ms = now_ms;
            let (answer, _) = respond(self, &mut next.call, next.route, false);
            tracing::debug!(status = answer.status, "a late request was carried out");
        }
    }

    /// Keeps a request for later. A clock that runs brings it up by itself; one that stands does
    /// when it is moved.
    fn put_off(self: &Arc<Self>, call: Call, route: &'static Route, by: Duration) {
        let due_ms = self
            .hands
            .now_ms()
            .saturating_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX / 4));
        let late = Late {
            due_ms,
            call,
            route,
        };
        self.late
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(late);
        if !self.config.still_clock {
            let core = self.clone();
            tokio::spawn(async move {
                core.hands.reach(due_ms).await;
                core.catch_up();
            });
        }
    }
}

/// What faults make of an answer of the host that keeps contents, which knows no accounts.
pub(crate) fn finish(core: &Core, answer: Answer, armed: &[Armed]) -> Response {
    let (answer, ending) = before(core, armed, false).unwrap_or_else(|| {
        let mut answer = answer;
        let ending = after(core, armed, &mut answer);
        (answer, ending)
    });
    reply::make(answer, ending, core.hands.now_ms())
}

/// Faults that keep a request from being carried out.
fn before(core: &Core, armed: &[Armed], has_cursor: bool) -> Option<(Answer, Ending)> {
    if armed
        .iter()
        .any(|one| one.fault.kind == FaultKind::ResetBefore)
    {
        return Some((Answer::empty(200), Ending::Reset));
    }
    for one in armed {
        if let Some(refusal) = fault::refusal(&one.fault.kind, has_cursor) {
            return Some((refusal, Ending::Whole));
        }
        if matches!(one.fault.kind, FaultKind::RefuseCursor { .. }) {
            core.desk().faults.give_back(one.number);
        }
    }
    None
}

/// Faults that damage an answer, or the connection it goes by.
fn after(core: &Core, armed: &[Armed], answer: &mut Answer) -> Ending {
    if answer.status < 300 {
        for one in armed {
            spoil(core, one, answer);
        }
    }
    let has = |kind: &FaultKind| armed.iter().any(|one| one.fault.kind == *kind);
    if has(&FaultKind::ResetAfter) {
        Ending::Reset
    } else if has(&FaultKind::Truncate) {
        Ending::Truncated
    } else {
        Ending::Whole
    }
}

/// The whole way.
pub(super) fn go(
    core: &Arc<Core>,
    call: &mut Call,
    found: Option<(Target, Vec<String>)>,
    armed: &[Armed],
) -> (Answer, Ending) {
    let has_cursor = ["cursor", "page[after]", "page[before]"]
        .iter()
        .any(|name| call.query(name).is_some());
    if let Some(refused) = before(core, armed, has_cursor) {
        return refused;
    }
    let (mut answer, headers) = match found {
        None => (Answer::invalid_endpoint(), Vec::new()),
        Some((Target::Tokens, _)) => {
            let account = core.account();
            let mut desk = core.desk();
            let answer = oauth::grant(&core.config.oauth, &account, &mut desk.tokens, call);
            (answer.unwrap_or_else(|refusal| refusal), Vec::new())
        }
        Some((Target::Consent, _)) => {
            let mut desk = core.desk();
            let answer = oauth::authorise(&core.config.oauth, &mut desk.tokens, call);
            (answer.unwrap_or_else(|refusal| refusal), Vec::new())
        }
        Some((Target::Content, places)) => (lead(core, call, &places), Vec::new()),
        Some((Target::Api(route), places)) => {
            call.places = places;
            for one in armed {
                if let FaultKind::Late { by } = one.fault.kind {
                    core.put_off(call.clone(), route, by);
                    return (Answer::empty(200), Ending::Reset);
                }
            }
            for one in armed {
                if let FaultKind::Job(fate) = one.fault.kind {
                    if routes::makes_job(route) && call.fate.is_none() {
                        call.fate = Some(fate);
                    } else {
                        core.desk().faults.give_back(one.number);
                    }
                }
            }
            let has = |kind: &FaultKind| armed.iter().any(|one| one.fault.kind == *kind);
            let route = if has(&FaultKind::OkWithoutEffect) {
                without_effect(call, route)
            } else {
                route
            };
            respond(core, call, route, has(&FaultKind::AnonymousMe))
        }
    };
    let ending = after(core, armed, &mut answer);
    for (name, value) in headers {
        answer = answer.with_header(name, &value);
    }
    (answer, ending)
}

/// The route that shows what a PUT would have changed; the same route for all others.
fn without_effect(call: &Call, route: &'static Route) -> &'static Route {
    if call.method != axum::http::Method::PUT {
        return route;
    }
    routes::find("GET", &call.path).map_or(route, |(shows, _)| shows)
}

/// The way to the content of a file: open to everybody who has its address, or to those signed in.
fn lead(core: &Core, call: &mut Call, places: &[String]) -> Answer {
    let account = core.account();
    call.caller = auth::sign_in(
        &core.config,
        &account,
        &core.desk().tokens,
        &call.headers,
        call.now_ms,
        false,
    )
    .unwrap_or_default();
    let key = places.first().map(String::as_str).unwrap_or_default();
    attachments::lead(&account, call, key, &core.content_host).unwrap_or_else(|refusal| refusal)
}

fn spoil(core: &Core, one: &Armed, answer: &mut Answer) {
    let happened = if one.fault.kind == FaultKind::OkWithoutEffect {
        fault::leave_out_audit(answer)
    } else if one.fault.kind == FaultKind::RepeatPage {
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
    let answer = if route.pattern.starts_with("webhooks") && answer.content_type == JSON {
        answer.of_type(WEBHOOK_JSON)
    } else {
        answer
    };
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
    if !routes::makes_job(route) {
        return act(&mut account, call);
    }
    let most = {
        let desk = core.desk();
        desk.limiter.most_jobs(desk.job_slots)
    };
    let header = |open: usize| {
        let most = most?;
        core.desk().limiter.jobs_header(most, open)
    };
    let before = account.jobs.count_open();
    if most.is_some_and(|most| before >= most) {
        headers.extend(header(before));
        let status = if call.switches.too_many_jobs_is_422 {
            422
        } else {
            429
        };
        return Err(routes::too_many_jobs(
            route,
            &account.jobs.open_ids(),
            status,
        ));
    }
    let outcome = act(&mut account, call);
    headers.extend(header(account.jobs.count_open()));
    outcome
}

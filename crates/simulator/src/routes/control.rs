//! The control route: another process moves the clock, arms faults and edits the account.

use std::net::SocketAddr;

use axum::http::request::Parts;

use crate::answer::Answer;
use crate::server::Core;

/// Answers `/_control/{action}`.
pub(crate) fn answer(
    _core: &Core,
    _peer: SocketAddr,
    _parts: &Parts,
    _action: &str,
    _body: &[u8],
) -> Answer {
    Answer::invalid_endpoint()
}

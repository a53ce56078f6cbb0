//! What the simulator does, over real sockets.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed unwrap is a failed test"
)]

#[path = "behaviour/endpoint.rs"]
mod endpoint;
#[path = "behaviour/rig.rs"]
mod rig;

#[path = "behaviour/data.rs"]
mod data;
#[path = "behaviour/exports.rs"]
mod exports;
#[path = "behaviour/lists.rs"]
mod lists;
#[path = "behaviour/recordings.rs"]
mod recordings;
#[path = "behaviour/sign_in.rs"]
mod sign_in;

#[path = "behaviour/attachments.rs"]
mod attachments;
#[path = "behaviour/comments.rs"]
mod comments;
#[path = "behaviour/control.rs"]
mod control;
#[path = "behaviour/faults.rs"]
mod faults;
#[path = "behaviour/jobs.rs"]
mod jobs;
#[path = "behaviour/limits.rs"]
mod limits;
#[path = "behaviour/oauth.rs"]
mod oauth;
#[path = "behaviour/outcomes.rs"]
mod outcomes;
#[path = "behaviour/replies.rs"]
mod replies;
#[path = "behaviour/rules.rs"]
mod rules;
#[path = "behaviour/sends.rs"]
mod sends;
#[path = "behaviour/serving.rs"]
mod serving;
#[path = "behaviour/switches.rs"]
mod switches;
#[path = "behaviour/ticket_writes.rs"]
mod ticket_writes;
#[path = "behaviour/two_way.rs"]
mod two_way;
#[path = "behaviour/user_events.rs"]
mod user_events;
#[path = "behaviour/user_fields.rs"]
mod user_fields;
#[path = "behaviour/user_writes.rs"]
mod user_writes;
#[path = "behaviour/webhook_faults.rs"]
mod webhook_faults;
#[path = "behaviour/webhooks.rs"]
mod webhooks;

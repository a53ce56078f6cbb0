//! Zendesk's API as types and calls: sign-in, limits, retries, exports, jobs, writes, webhooks,
//! attachments.
//!
//! [`Client`] is the way in. It knows one account ([`Address`]), signs in ([`SignIn`]), asks a
//! [`Governor`] before every request, reads every answer's rate headers, repeats what may be
//! repeated (nothing that changes something is), and hands back our own records beside the raw
//! JSON of each ([`Record`]). Everything that can go wrong is one [`Error`], which says whether to
//! try later, never, or after a fix.
//!
//! This crate opens connections; it stores nothing, and takes its clock from its caller.

pub mod address;
pub mod attachments;
mod calls;
mod client;
mod drafts;
pub mod error;
pub mod governor;
mod http;
pub mod records;
pub mod sign_in;
pub mod webhooks;

pub use address::{Address, AddressError, AddressPolicy};
pub use attachments::{Downloaded, FileContent};
pub use calls::attachments::Upload;
pub use calls::exports::{CursorPage, EventPage, Position};
pub use calls::fields::ProfileField;
pub use calls::jobs::{JobRow, JobState, JobStatus};
pub use calls::me::Me;
pub use calls::profiles::Upserted;
pub use calls::staff::StaffMember;
pub use calls::ticket_writes::{Created, Updated};
pub use calls::user_writes::Identity;
pub use calls::webhooks::Webhook;
pub use client::{Asker, Client, Exchanged, Options, Question, Verb};
pub use drafts::{
    MAX_COMMENT_BYTES, NewComment, NewTicket, NewUser, Requester, TicketChange, UserChange,
    comment_html,
};
pub use error::{ConflictKind, Detail, Error, Fix, ForbiddenWhy, Refusal, Trouble, When};
pub use governor::{
    Asking, Bucket, Budget, Governor, LocalGovernor, NamedLimit, RateSeen, Urgency,
};
pub use records::{
    AttachmentMeta, BadRecord, FieldEvent, Record, Reference, TicketEvent, attachments_of,
    reread_ticket,
};
pub use sign_in::{
    KeeperError, MemoryKeeper, SignIn, TokenKeeper, TokenLock, TokenSunset, Tokens,
    api_token_countdown,
};

//! A Zendesk to test against, with its own clock, limits, jobs and faults on request.
//!
//! It holds one account in memory, made from a seed, and answers the routes, bodies, headers and
//! status codes that the notes on Zendesk's API describe, in the forms that were recorded. It shares
//! no code with the client, so that a misreading of the API cannot hide in both. `docs/simulator.md`
//! lists every route, fault and control call, and how it differs from Zendesk.
//!
//! ```
//! # async fn example() -> Result<(), simulator::StartError> {
//! let simulator = simulator::start(simulator::Config::default()).await?;
//! let open = simulator.read(|account| account.tickets().count());
//! assert_eq!(open, 100);
//! simulator.stop().await;
//! # Ok(())
//! # }
//! ```

mod account;
mod answer;
mod auth;
mod call;
mod clock;
mod config;
mod content;
mod courier;
mod data;
mod fault;
mod idempotency;
mod limit;
mod markup;
mod placeholder;
mod routes;
mod server;
mod text;
mod wire;
mod word;

pub use account::audit::{Attachment, Audit, Change, Comment, Creation, Detail, Event, Rule};
pub use account::job::{Job, JobFate, JobState};
pub use account::reference::{Brand, CustomStatus, Group, Organization, TicketField, UserField};
pub use account::tally::Sends;
pub use account::ticket::{CustomValue, NewComment, NewFile, NewTicket, Ticket, TicketChange};
pub use account::trigger::{Action, Condition, Trigger};
pub use account::user::{NewUser, User, UserChange};
pub use account::webhook::{Attempt, Delivery, Invocation, Subject};
pub use account::{Account, EditError};
pub use config::{
    AnonymousMe, Config, FailedRows, HeaderEra, Limits, OAuthClient, Switches, TlsFiles, TwoMatches,
};
pub use fault::{BodyForm, Fault, FaultError, FaultKind, Record, Trouble};
pub use routes::routes;
pub use server::{Simulator, StartError, start};
pub use text::Text;
pub use word::{Channel, Kind, Priority, Role, Status};

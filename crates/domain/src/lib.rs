//! What is true: records, mapping, identity, merge, plan. No async, no I/O, no clock, no random.
//!
//! The records ([`ticket`], [`comment`], [`person`], [`case`]) are what the other rooms hand to each
//! other. [`mapping`] and [`identity`] translate a value of one side into the other's words,
//! [`merge`] decides one field, [`plan`] decides a whole ticket or person, and [`refusal`] says in a
//! sentence what could not be decided. What goes to Zendesk waits in an [`outbox`], whose operations
//! are carried out by the protocol of [`push`]; [`desk`] is one case with all of that, and what each
//! transaction does to it. Nothing here can fail from outside: every function is total.
//!
//! The three sides have fixed names everywhere: `zendesk`, `crm`, `agreed`.

mod word;

pub mod case;
pub mod comment;
pub mod desk;
pub mod external_id;
pub mod guard;
pub mod identity;
pub mod mapping;
pub mod merge;
pub mod network;
pub mod outbox;
pub mod person;
pub mod plan;
pub mod profile;
pub mod push;
pub mod refusal;
pub mod ticket;
pub mod value;

//! The pages over real sockets, on a real store: SQLite, and PostgreSQL where there is a server.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a failed unwrap is a failed test, and a skipped one says so"
)]

mod alert_channels;
mod api;
mod api_cases;
mod api_credentials;
mod api_customers;
mod api_integration_webhooks;
mod api_integrations;
mod api_queries;
mod api_sends;
mod api_settling;
mod api_visibility;
mod attachments;
mod audit;
mod browser;
mod case_deeds;
mod case_search;
mod cases;
mod checks;
mod comment_files;
mod conflicts;
mod credentials;
mod customers;
mod destinations;
mod fetching;
mod file_desk;
mod home;
mod hooks;
mod house;
mod integration_webhooks;
mod integrations;
mod login;
mod masking;
mod oauth;
mod orchestration_forms;
mod outgoing_webhooks;
mod protection;
mod records;
mod roles;
mod runs;
mod security;
mod sends;
mod settling;
mod setup;
mod staff;

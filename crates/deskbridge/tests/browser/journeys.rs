//! What people come for, from the first click to the last, in a real browser, against `deskbridge serve`
//! and a Zendesk that are processes of their own. One file a journey.

mod cases;
mod checks;
mod conflict;
mod connections;
mod failed_workflow;
mod first_sync;
mod send_profiles;
mod sending;
mod signing_in;
mod webhook;

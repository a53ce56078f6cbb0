//! The simulator held to the real Zendesk, by evidence from outside: recorded exchanges, Zendesk's
//! own OpenAPI document, and clients that other people wrote. See docs/simulator.md, *Held to*.
//!
//! Never shipped. `cargo xtask fidelity` runs it and prints its tables; its tests run it too.

pub mod client;
pub mod clients;
pub mod difference;
pub mod evidence;
pub mod openapi;
pub mod plant;
pub mod planted;
pub mod recording;
pub mod recordings;
pub mod review;
pub mod scene;
pub mod stage;
pub mod table;

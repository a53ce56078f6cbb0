//! The pages over real sockets, on a real store: SQLite, and PostgreSQL where there is a server.

mod browser;
mod cases;
mod house;
mod integrations;
mod login;
mod protection;
mod records;

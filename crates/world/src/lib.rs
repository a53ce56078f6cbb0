//! The test world: simulator, store, clock and seed, on SQLite and PostgreSQL.

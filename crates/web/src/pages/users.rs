//! Users: the staff a case or a ticket names.

pub(crate) mod show;

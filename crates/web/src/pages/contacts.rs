//! Contacts: the customers a case or a ticket names.

pub(crate) mod show;

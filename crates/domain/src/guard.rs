//! The safety devices of the sync, by name, so that each can be shown to carry weight.
//!
//! The product always runs with [`Guards::ALL`]. The rehearsal switches one off at a time and must
//! then find a violation (reliability.md 3, T4).

use crate::word::words;

words! {
    /// The names of the devices, as the rehearsal's command line takes them.
    pub enum Guard {
        /// Our operation's id in the audit's metadata, looked for before anything is sent again.
        Marker = "marker",
        /// `safe_update` with the stamp of the ticket as read.
        SafeUpdate = "safe-update",
        /// What was read within the second of the ticket's last change is read again.
        SameSecond = "same-second",
        /// What is agreed comes from the operation's own audit events, not from the ticket's
        /// present value.
        Agreed = "agreed",
        /// A stream's position is kept with the rows it covers.
        AtomicImport = "atomic-import",
        /// One worker at a time has an operation, and only the one with the latest token writes.
        Lease = "lease",
        /// An older state of a record never overwrites a newer one.
        Version = "version",
    }
}

/// Which devices are on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guards {
    /// [`Guard::Marker`].
    pub marker: bool,
    /// [`Guard::SafeUpdate`].
    pub safe_update: bool,
    /// [`Guard::SameSecond`].
    pub same_second: bool,
    /// [`Guard::Agreed`].
    pub agreed: bool,
    /// [`Guard::AtomicImport`].
    pub atomic_import: bool,
    /// [`Guard::Lease`].
    pub lease: bool,
    /// [`Guard::Version`].
    pub version: bool,
}

impl Guards {
    /// All of them: how the product runs.
    pub const ALL: Self = Self {
        marker: true,
        safe_update: true,
        same_second: true,
        agreed: true,
        atomic_import: true,
        lease: true,
        version: true,
    };

    /// All but one, for the rehearsal only.
    pub const fn without(guard: Guard) -> Self {
        let mut guards = Self::ALL;
        match guard {
            Guard::Marker => guards.marker = false,
            Guard::SafeUpdate => guards.safe_update = false,
            Guard::SameSecond => guards.same_second = false,
            Guard::Agreed => guards.agreed = false,
            Guard::AtomicImport => guards.atomic_import = false,
            Guard::Lease => guards.lease = false,
            Guard::Version => guards.version = false,
        }
        guards
    }
}

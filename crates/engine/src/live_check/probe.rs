//! What is looked at, what Deskbridge relies on, and in which order.

mod account;
mod bulk;
mod export;
mod note;
mod update;

use super::leftover::{Known, set_up};
use super::report::{Cleaned, Finding, Verdict};
use super::stage::{Halt, Stage};

/// One thing that is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Probe {
    SignIn,
    Stranger,
    Records,
    IdempotencyKey,
    SafeUpdate,
    SameSecond,
    SameValue,
    Marker,
    Placeholders,
    Triggers,
    MetadataSize,
    UnknownUpload,
    Clocks,
    BulkRows,
    RecentStart,
    MarkerInEvents,
    DeletedTicket,
    DeletedUser,
    OurClock,
}

/// What a probe saw.
#[derive(Debug)]
pub(super) struct Seen {
    code: String,
    seen: String,
    verdict: Verdict,
    meaning: String,
}

impl Seen {
    fn new(
        verdict: Verdict,
        code: impl Into<String>,
        seen: impl Into<String>,
        meaning: impl Into<String>,
    ) -> Self {
        Self {
            code: code.into(),
            seen: seen.into(),
            verdict,
            meaning: meaning.into(),
        }
    }

    fn fine(code: impl Into<String>, seen: impl Into<String>) -> Self {
        Self::new(Verdict::Fine, code, seen, "Deskbridge works with it.")
    }

    fn tell(code: impl Into<String>, seen: impl Into<String>, meaning: &str) -> Self {
        Self::new(Verdict::Tell, code, seen, meaning)
    }
}

impl Probe {
    /// All of them, in the order in which they are asked.
    pub(super) const ALL: [Self; 19] = [
        Self::SignIn,
        Self::Stranger,
        Self::Records,
        Self::IdempotencyKey,
        Self::SafeUpdate,
        Self::SameSecond,
        Self::SameValue,
        Self::Marker,
        Self::Placeholders,
        Self::Triggers,
        Self::MetadataSize,
        Self::UnknownUpload,
        Self::Clocks,
        Self::BulkRows,
        Self::RecentStart,
        Self::MarkerInEvents,
        Self::DeletedTicket,
        Self::DeletedUser,
        Self::OurClock,
    ];

    /// The word it has in the report.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in",
            Self::Stranger => "stranger",
            Self::Records => "throw_away_records",
            Self::IdempotencyKey => "idempotency_key",
            Self::SafeUpdate => "safe_update",
            Self::SameSecond => "same_second",
            Self::SameValue => "same_value",
            Self::Marker => "marker_in_audits",
            Self::Placeholders => "placeholders",
            Self::Triggers => "triggers",
            Self::MetadataSize => "metadata_size",
            Self::UnknownUpload => "unknown_upload",
            Self::Clocks => "clocks_of_zendesk",
            Self::BulkRows => "bulk_rows",
            Self::RecentStart => "recent_start",
            Self::MarkerInEvents => "marker_in_events",
            Self::DeletedTicket => "deleted_ticket",
            Self::DeletedUser => "deleted_user",
            Self::OurClock => "our_clock",
        }
    }

    /// What it looks at, for people.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::SignIn => "sign-in",
            Self::Stranger => "a stranger's sign-in",
            Self::Records => "throw-away user and ticket",
            Self::IdempotencyKey => "idempotency key",
            Self::SafeUpdate => "two safe updates at once",
            Self::SameSecond => "two updates in a second",
            Self::SameValue => "an update that changes nothing",
            Self::Marker => "marker in audits",
            Self::Placeholders => "placeholders in comments",
            Self::Triggers => "audits of triggers",
            Self::MetadataSize => "size of metadata",
            Self::UnknownUpload => "unknown upload token",
            Self::Clocks => "Zendesk's clocks",
            Self::BulkRows => "rows of a bulk job",
            Self::RecentStart => "export of the last minute",
            Self::MarkerInEvents => "marker in ticket events",
            Self::DeletedTicket => "a deleted ticket",
            Self::DeletedUser => "a deleted user",
            Self::OurClock => "this machine's clock",
        }
    }

    /// What Deskbridge relies on, or is ready for.
    fn expected(self) -> &'static str {
        match self {
            Self::SignIn => "an administrator",
            Self::Stranger => "401, or 200 with a null id",
            Self::Records => "both can be made",
            Self::IdempotencyKey => "the same key brings the same ticket, marked as a hit",
            Self::SafeUpdate => "one passes, the other is 409",
            Self::SameSecond => "updated_at has whole seconds",
            Self::SameValue => "no event, the same updated_at",
            Self::Marker => "there as soon as the update is answered",
            Self::Placeholders => "braces written as numbers stay text",
            Self::Triggers => "in the update's own audit, or in one of their own",
            Self::MetadataSize => "512 bytes at least",
            Self::UnknownUpload => "refused, or passed over",
            Self::Clocks => "Date and updated_at agree to two seconds",
            Self::BulkRows => {
                "every row tells by id, external id or position which it is; or bulk import is off"
            }
            Self::RecentStart => "answered, or 400",
            Self::MarkerInEvents => "there after a minute at the latest",
            Self::DeletedTicket => "404",
            Self::DeletedUser => "inactive, without its external id",
            Self::OurClock => "less than five seconds off",
        }
    }

    /// Whether nothing else can be asked without it.
    pub(super) fn is_needed_by_all(self) -> bool {
        matches!(self, Self::SignIn | Self::Records)
    }

    /// Asks Zendesk.
    ///
    /// # Errors
    /// Why it could not be found out.
    pub(super) async fn ask(
        self,
        stage: &mut Stage,
        known: &mut Known,
        cleaned: &mut Cleaned,
    ) -> Result<Seen, Halt> {
        match self {
            Self::SignIn => account::sign_in(stage).await,
            Self::Stranger => account::stranger(stage).await,
            Self::Records => {
                Box::pin(set_up(stage, known, cleaned)).await?;
                Ok(Seen::fine("made", "They were made."))
            }
            Self::IdempotencyKey => update::idempotency_key(stage, known).await,
            Self::SafeUpdate => Box::pin(update::safe_update(stage, known)).await,
            Self::SameSecond => Box::pin(update::same_second(stage, known)).await,
            Self::SameValue => update::same_value(stage, known).await,
            Self::Marker => Box::pin(note::marker(stage, known)).await,
            Self::Placeholders => note::placeholders(known),
            Self::Triggers => note::triggers(known),
            Self::MetadataSize => note::metadata_size(stage, known).await,
            Self::UnknownUpload => note::unknown_upload(stage, known).await,
            Self::Clocks => account::clocks(stage),
            Self::BulkRows => Box::pin(bulk::rows(stage, known)).await,
            Self::RecentStart => export::recent_start(stage).await,
            Self::MarkerInEvents => Box::pin(export::marker(stage, known)).await,
            Self::DeletedTicket => account::deleted_ticket(stage, known, cleaned).await,
            Self::DeletedUser => account::deleted_user(stage, known, cleaned).await,
            Self::OurClock => account::our_clock(stage),
        }
    }

    /// What was seen, as it is reported.
    pub(super) fn finding(self, seen: Seen) -> Finding {
        Finding {
            probe: self.name(),
            title: self.title(),
            expected: self.expected(),
            code: seen.code,
            seen: seen.seen,
            verdict: seen.verdict,
            meaning: seen.meaning,
        }
    }

    /// That it was not found out, and why.
    pub(super) fn not_found_out(self, why: &str) -> Finding {
        let meaning = "Unknown. Run the check again.";
        self.finding(Seen::new(Verdict::NotFoundOut, "", why, meaning))
    }
}

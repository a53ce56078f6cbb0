//! How many rows a run may have: too few mean a source filled only in part, too many a doubled one
//! (profile-send.md 3, step 3). The brake on leavers is [`super::leaver::brakes`].

use serde::{Deserialize, Serialize};

/// The thresholds of an orchestration; what is not set guards nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RowGuard {
    /// Fewer rows are worth a warning.
    pub warn_below: Option<u64>,
    /// More rows are worth a warning.
    pub warn_above: Option<u64>,
    /// Fewer rows stop the run before anything is sent.
    pub fail_below: Option<u64>,
    /// More rows stop the run before anything is sent.
    pub fail_above: Option<u64>,
}

/// What the guard says of a number of rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Guarded {
    /// Nothing.
    Fine,
    /// The run goes on, and says this.
    Warn(String),
    /// The run stops as [`super::action::Trouble::RowGuard`], for this reason.
    Fail(String),
}

impl RowGuard {
    /// What the guard says of so many rows.
    pub fn judge(&self, rows: u64) -> Guarded {
        let breach = |below: Option<u64>, above: Option<u64>| match (below, above) {
            (Some(least), _) if rows < least => Some(("fewer", least)),
            (_, Some(most)) if rows > most => Some(("more", most)),
            (Some(_) | None, Some(_) | None) => None,
        };
        let say = |(word, limit): (&str, u64), what: &str| {
            format!(
                "The source has {rows} rows, {word} than the {limit} of the guard. {what} Review the \
                 source, or change the guard."
            )
        };
        match (
            breach(self.fail_below, self.fail_above),
            breach(self.warn_below, self.warn_above),
        ) {
            (Some(breach), _) => Guarded::Fail(say(breach, "Nothing was sent.")),
            (None, Some(breach)) => Guarded::Warn(say(breach, "They are sent all the same.")),
            (None, None) => Guarded::Fine,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GUARD: RowGuard = RowGuard {
        warn_below: Some(100),
        warn_above: Some(1_000),
        fail_below: Some(10),
        fail_above: Some(10_000),
    };

    #[test]
    fn an_empty_source_fails_the_guard_and_a_short_one_warns() {
        assert!(matches!(GUARD.judge(0), Guarded::Fail(_)));
        assert!(matches!(GUARD.judge(10), Guarded::Warn(_)));
        assert_eq!(GUARD.judge(100), Guarded::Fine);
        assert_eq!(GUARD.judge(1_000), Guarded::Fine);
        assert!(matches!(GUARD.judge(1_001), Guarded::Warn(_)));
        assert!(matches!(GUARD.judge(10_001), Guarded::Fail(_)));
    }

    #[test]
    fn a_guard_without_thresholds_lets_all_pass() {
        assert_eq!(RowGuard::default().judge(0), Guarded::Fine);
        assert_eq!(RowGuard::default().judge(u64::MAX), Guarded::Fine);
    }
}

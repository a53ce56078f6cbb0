//! When an orchestration runs by itself, as it is typed.

use clap::{Args, ValueEnum};
use store::orchestrations::{Mode, OrchestrationDraft};

use crate::failure::usage;

/// The flags; what is not given stays.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct TimingFlags {
    /// What makes it run; --cron and --after say so too
    #[arg(long, value_enum)]
    mode: Option<ModeWord>,
    /// When: minute, hour, day, month, day of the week, such as '0 6 * * *'
    #[arg(long, value_name = "CRON", conflicts_with = "after")]
    cron: Option<String>,
    /// By which clock, such as Europe/Berlin (UTC unless said)
    #[arg(long, value_name = "ZONE", conflicts_with = "after")]
    time_zone: Option<String>,
    /// After which other orchestration, each time that one was completed
    #[arg(long, value_name = "ORCHESTRATION")]
    pub(super) after: Option<String>,
    /// By itself it runs only if the source has changed; =false takes it back
    #[arg(long, value_name = "true|false", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    only_if_changed: Option<bool>,
}

/// What makes an orchestration run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ModeWord {
    /// A person
    Manual,
    /// A clock
    Cron,
    /// Another one that was completed
    After,
}

impl TimingFlags {
    /// Whether any of them was given.
    pub(super) fn are_given(&self) -> bool {
        self.mode.is_some()
            || self.cron.is_some()
            || self.time_zone.is_some()
            || self.after.is_some()
            || self.only_if_changed.is_some()
    }

    /// Puts what was given over what the draft has. `after_id` is the id of the one that --after names.
    ///
    /// # Errors
    /// A usage error that says what is missing or cannot be read.
    pub(super) fn lay_over(
        &self,
        draft: &mut OrchestrationDraft,
        after_id: Option<String>,
    ) -> anyhow::Result<()> {
        let mode = match (self.mode, &self.cron, &self.after) {
            (Some(ModeWord::Manual), None, None) => Mode::Manual,
            (Some(ModeWord::Cron) | None, Some(_), None) => Mode::Cron,
            (Some(ModeWord::After) | None, None, Some(_)) => Mode::After,
            (Some(ModeWord::Cron), None, None) if draft.cron.is_some() => Mode::Cron,
            (Some(ModeWord::Cron), None, _) => {
                return Err(usage(
                    "--mode cron needs --cron, such as --cron '0 6 * * *'.",
                ));
            }
            (Some(ModeWord::After), None, None) if draft.after_id.is_some() => Mode::After,
            (Some(ModeWord::After), _, None) => {
                return Err(usage("--mode after needs --after ORCHESTRATION."));
            }
            (None, None, None) => draft.mode,
            (Some(_) | None, _, _) => {
                return Err(usage(
                    "--mode says something else than --cron or --after. Leave --mode out.",
                ));
            }
        };
        draft.mode = mode;
        draft.only_if_changed = self.only_if_changed.unwrap_or(draft.only_if_changed);
        match mode {
            Mode::Manual => {
                (draft.cron, draft.time_zone, draft.after_id) = (None, None, None);
            }
            Mode::Cron => {
                draft.after_id = None;
                if let Some(cron) = &self.cron {
                    draft.cron = Some(checked_cron(cron)?);
                }
                if let Some(zone) = &self.time_zone {
                    draft.time_zone = Some(checked_zone(zone)?);
                }
                draft.time_zone.get_or_insert_with(|| "UTC".to_owned());
            }
            Mode::After => {
                (draft.cron, draft.time_zone) = (None, None);
                if after_id.is_some() {
                    draft.after_id = after_id;
                }
            }
        }
        if self.time_zone.is_some() && mode != Mode::Cron {
            return Err(usage("--time-zone is for --cron."));
        }
        Ok(())
    }
}

/// Five fields of a cron line, by their form; blanks between them become one.
fn checked_cron(text: &str) -> anyhow::Result<String> {
    let fields: Vec<&str> = text.split_whitespace().collect();
    let is_field = |field: &&str| {
        field
            .chars()
            .all(|sign| sign.is_ascii_alphanumeric() || "*,/-#?".contains(sign))
    };
    if fields.len() == 5 && fields.iter().all(is_field) {
        return Ok(fields.join(" "));
    }
    Err(usage(format!(
        "--cron: {text:?} is no such time. Write five fields, minute, hour, day, month and day of the week: '0 6 * * *' is every day at six, '*/30 8-18 * * 1-5' every half hour of a working day."
    )))
}

/// A time zone by its name: looked up where there is a database of them, else judged by its form.
fn checked_zone(name: &str) -> anyhow::Result<String> {
    let name = name.trim();
    let has_form = !name.is_empty()
        && name
            .chars()
            .all(|sign| sign.is_ascii_alphanumeric() || "/_+-".contains(sign));
    let zones = jiff::tz::db();
    if has_form && (zones.is_definitively_empty() || zones.get(name).is_ok()) {
        return Ok(name.to_owned());
    }
    Err(usage(format!(
        "--time-zone: there is no time zone {name:?}. Write it as Europe/Berlin or America/New_York."
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft() -> OrchestrationDraft {
        OrchestrationDraft {
            name: "o".to_owned(),
            description: String::new(),
            query_id: String::new(),
            destination_id: String::new(),
            settings: String::new(),
            mode: Mode::Manual,
            cron: None,
            time_zone: None,
            after_id: None,
            only_if_changed: false,
        }
    }

    fn said(flags: &TimingFlags) -> String {
        let error = flags.lay_over(&mut draft(), None).unwrap_err();
        error.to_string()
    }

    #[test]
    fn a_cron_line_makes_it_run_by_the_clock_of_a_zone() {
        let mut draft = draft();
        let flags = TimingFlags {
            cron: Some(" 0  6 * * * ".to_owned()),
            ..TimingFlags::default()
        };
        flags.lay_over(&mut draft, None).unwrap();
        assert_eq!(draft.mode, Mode::Cron);
        assert_eq!(draft.cron.as_deref(), Some("0 6 * * *"));
        assert_eq!(draft.time_zone.as_deref(), Some("UTC"));
        let zone = TimingFlags {
            time_zone: Some("Europe/Berlin".to_owned()),
            ..TimingFlags::default()
        };
        zone.lay_over(&mut draft, None).unwrap();
        assert_eq!(draft.time_zone.as_deref(), Some("Europe/Berlin"));
        let manual = TimingFlags {
            mode: Some(ModeWord::Manual),
            ..TimingFlags::default()
        };
        manual.lay_over(&mut draft, None).unwrap();
        assert_eq!((draft.cron, draft.time_zone), (None, None));
    }

    #[test]
    fn after_another_leaves_no_clock() {
        let mut draft = draft();
        draft.cron = Some("0 6 * * *".to_owned());
        let flags = TimingFlags {
            after: Some("nightly".to_owned()),
            ..TimingFlags::default()
        };
        flags.lay_over(&mut draft, Some("id".to_owned())).unwrap();
        assert_eq!(draft.mode, Mode::After);
        assert_eq!(draft.after_id.as_deref(), Some("id"));
        assert_eq!(draft.cron, None);
    }

    #[test]
    fn what_cannot_be_a_time_is_refused_with_what_to_write() {
        for wrong in ["", "0 6 * *", "0 6 * * * *", "sechs Uhr früh am Tag"] {
            let flags = TimingFlags {
                cron: Some(wrong.to_owned()),
                ..TimingFlags::default()
            };
            assert!(said(&flags).contains("'0 6 * * *'"), "{wrong}");
        }
        let flags = TimingFlags {
            cron: Some("0 6 * * *".to_owned()),
            time_zone: Some("Berlin, Germany".to_owned()),
            ..TimingFlags::default()
        };
        assert!(said(&flags).contains("Europe/Berlin"));
    }

    #[test]
    fn a_mode_without_what_it_needs_is_refused() {
        let mode = |mode| TimingFlags {
            mode: Some(mode),
            ..TimingFlags::default()
        };
        assert!(said(&mode(ModeWord::Cron)).contains("--cron"));
        assert!(said(&mode(ModeWord::After)).contains("--after"));
        let both = TimingFlags {
            cron: Some("0 6 * * *".to_owned()),
            ..mode(ModeWord::Manual)
        };
        assert!(said(&both).contains("Leave --mode out"));
    }
}

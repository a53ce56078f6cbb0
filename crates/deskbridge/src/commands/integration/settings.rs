//! The settings of an integration as flags (ticket-sync.md 2).

use std::time::Duration;

use clap::{Args, ValueEnum};
use domain::identity::Unassigned;
use domain::merge::Priority;
use store::integrations::{ContactPolicy, EmailMatch, Settings};

use crate::failure::usage;
use crate::sign_in::SignInFlags;

/// Flags of `add` and `edit`.
#[derive(Debug, Args)]
pub(crate) struct SettingsFlags {
    #[command(flatten)]
    pub(super) sign_in: SignInFlags,
    /// A stored credential, in place of sign-in details of its own
    #[arg(long, value_name = "NAME", conflicts_with_all = ["api_email", "api_token_env", "oauth_client_id", "oauth_client_secret_env"])]
    pub(super) credential: Option<String>,
    /// The Zendesk user who gets tickets whose assignee is unknown there; '' for none
    #[arg(long, value_name = "EMAIL")]
    default_user_email: Option<String>,
    /// The user here who manages it and stands in for unknown staff (default: the only administrator)
    #[arg(long, value_name = "EMAIL")]
    pub(super) owner: Option<String>,
    /// Sends case edits to Zendesk as well
    #[arg(long, conflicts_with = "one_way")]
    two_way: bool,
    /// Only Zendesk's changes reach cases (the default)
    #[arg(long)]
    one_way: bool,
    /// Who wins when both sides changed one field, with two-way on (default: remote)
    #[arg(long, value_enum)]
    priority: Option<PriorityWord>,
    /// How often to pull: 60s to 24h (default: 60s)
    #[arg(long, value_name = "TIME", value_parser = parse_interval)]
    interval: Option<Duration>,
    /// Which of Zendesk's end users become contacts (default: ticket-people)
    #[arg(long, value_enum)]
    contacts: Option<ContactsWord>,
    /// What a ticket without assignee does to its case (default: leave)
    #[arg(long, value_enum)]
    unassigned: Option<UnassignedWord>,
    /// Which addresses of a contact are compared (default: primary)
    #[arg(long, value_enum)]
    match_emails: Option<EmailsWord>,
    /// The share of the account's API budget to use, in percent (default: 50)
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(i64).range(1..=100))]
    budget_share: Option<i64>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum PriorityWord {
    /// Zendesk's value wins
    Remote,
    /// The case's value wins
    Local,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ContactsWord {
    /// Those who requested or submitted a ticket
    TicketPeople,
    /// Every end user of the account
    All,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum UnassignedWord {
    /// The case stays unassigned
    Leave,
    /// The integration's owner gets it
    Owner,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum EmailsWord {
    /// The primary address only
    Primary,
    /// The primary address, else a secondary one
    PrimaryThenSecondary,
}

impl SettingsFlags {
    /// # Errors
    /// A usage error if a new integration gets no way to sign in, or half of one.
    pub(super) fn check_sign_in_is_given(&self) -> anyhow::Result<()> {
        if self.credential.is_some() {
            return Ok(());
        }
        if self.sign_in.are_given() {
            return self.sign_in.complete().map(drop);
        }
        Err(usage(
            "Sign-in details are missing. Give --oauth-client-id ID and --oauth-client-secret-env VARIABLE, or --api-email EMAIL and --api-token-env VARIABLE, or --credential NAME.",
        ))
    }

    /// Puts what was given over `settings`; credential and owner are the caller's, who can look
    /// them up.
    pub(super) fn lay_over(&self, settings: &mut Settings) {
        if let Some(email) = &self.default_user_email {
            settings.default_email =
                Some(email.trim().to_owned()).filter(|email| !email.is_empty());
        }
        if self.two_way {
            settings.two_way = true;
        }
        if self.one_way {
            settings.two_way = false;
        }
        if let Some(priority) = self.priority {
            settings.priority = match priority {
                PriorityWord::Remote => Priority::Remote,
                PriorityWord::Local => Priority::Local,
            };
        }
        if let Some(interval) = self.interval {
            settings.interval = interval;
        }
        if let Some(contacts) = self.contacts {
            settings.contacts = match contacts {
                ContactsWord::TicketPeople => ContactPolicy::TicketPeople,
                ContactsWord::All => ContactPolicy::All,
            };
        }
        if let Some(unassigned) = self.unassigned {
            settings.unassigned = match unassigned {
                UnassignedWord::Leave => Unassigned::Leave,
                UnassignedWord::Owner => Unassigned::Owner,
            };
        }
        if let Some(emails) = self.match_emails {
            settings.email_match = match emails {
                EmailsWord::Primary => EmailMatch::Primary,
                EmailsWord::PrimaryThenSecondary => EmailMatch::PrimaryThenSecondary,
            };
        }
        if let Some(share) = self.budget_share {
            settings.budget_share = share;
        }
    }
}

/// `90`, `90s`, `5m`, `2h`: whole numbers only. The range is the engine's to check.
fn parse_interval(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let seconds = match &text[digits.len()..] {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => 0,
    };
    match digits.parse::<u64>() {
        Ok(number) if seconds > 0 => Ok(Duration::from_secs(number.saturating_mul(seconds))),
        _ => Err("write a whole number with s, m or h after it: 60s, 5m, 24h".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_read_with_and_without_a_unit() {
        let seconds = |text| parse_interval(text).map(|interval| interval.as_secs());
        assert_eq!(seconds("90"), Ok(90));
        assert_eq!(seconds("60s"), Ok(60));
        assert_eq!(seconds("5m"), Ok(300));
        assert_eq!(seconds("24h"), Ok(86_400));
        assert!(seconds("5 days").is_err());
        assert!(seconds("-1").is_err());
        assert!(seconds("").is_err());
    }
}

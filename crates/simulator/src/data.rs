//! Believable data, the same for the same seed: a shop's help desk over the last year.

pub(crate) mod dice;
pub(crate) mod phrase;

mod conversation;
mod name;
mod people;
mod reference;

use crate::account::{Account, Ceilings};
use crate::config::Config;
use dice::Dice;

/// Fills an empty account: reference lists, organizations, users, then tickets with their audits.
///
/// Nothing in it is younger than an hour before `now` (Unix seconds).
pub(crate) fn generate(config: &Config, now: i64) -> Account {
    let mut dice = Dice::new(config.seed);
    let mut account = Account::new(now);
    account.ceilings = Ceilings {
        comments: config.most_comments,
        upload: config.largest_upload,
    };
    reference::fill(&mut account);
    let people = people::fill(&mut account, &mut dice, config.users);
    conversation::fill(&mut account, &mut dice, config, &people);
    for trigger in &config.triggers {
        account.add_trigger(trigger.clone());
    }
    account.switches = config.switches;
    account.close_solved_after(config.close_solved_after);
    account
}

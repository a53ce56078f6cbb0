//! Guards, and what they say: nothing is sent before all of them have passed.

use domain::profile::action::Trouble;
use domain::profile::guard::Guarded;
use domain::profile::key::SameKey;
use domain::profile::leaver::{OnLeave, brakes};
use domain::profile::{Problem, ProblemCode, RowState};

use super::Send;
use super::halt::Halt;
use super::link::Compared;

/// Judges the number of rows and of leavers (profile-send.md 3, step 3).
pub(super) async fn guard(send: &mut Send<'_>, compared: &Compared) -> Result<(), Halt> {
    let open = compared.fates.open();
    send.tally.add(RowState::Pending, open);
    send.counts.leavers = compared.leavers.len();
    send.keep().await?;
    if !send.approved.rows {
        match send.settings.guard.judge(send.tally.read) {
            Guarded::Fine => {}
            Guarded::Warn(sentence) => {
                send.counts.warnings.insert(sentence);
            }
            Guarded::Fail(sentence) => return Err(Halt::Trouble(Trouble::RowGuard, sentence)),
        }
        if send.settings.same_key == SameKey::Error && compared.same_key > 0 {
            let sentence = format!(
                "{} rows have the key of another row, and the settings make that an error. Nothing was sent. Mend the source, let the last row of a key win, or approve once, which leaves all rows of these keys out.",
                compared.same_key
            );
            return Err(Halt::Trouble(Trouble::RowGuard, sentence));
        }
    }
    let acts = send.settings.on_leave != OnLeave::Keep && send.settings.first.is_none();
    let (leavers, known) = (compared.leavers.len(), compared.known);
    let is_approved = send
        .approved
        .leavers_up_to
        .is_some_and(|most| leavers <= most);
    if acts && !is_approved && brakes(leavers, known, send.settings.leavers_per_mille) {
        let sentence = format!(
            "{leavers} of {known} customers are no longer in the source, more than the {} % that may leave in one run. Nothing was sent. Look at the source: a file that is short or empty looks the same.",
            tenths(send.settings.leavers_per_mille)
        );
        return Err(Halt::Trouble(Trouble::LeaverBrake, sentence));
    }
    Ok(())
}

/// Thousandths as percent: 100 is 10, 125 is 12.5.
fn tenths(per_mille: u64) -> String {
    match per_mille % 10 {
        0 => (per_mille / 10).to_string(),
        rest => format!("{}.{rest}", per_mille / 10),
    }
}

/// What keeps a run from beginning, as one trouble: what Zendesk lacks, or what the source does.
pub(super) fn problems(problems: &[Problem]) -> Halt {
    let stopping = || problems.iter().filter(|problem| problem.code.stops());
    let is_about_source = stopping().any(|problem| problem.code == ProblemCode::UnknownColumn);
    let trouble = if is_about_source {
        Trouble::SourceChanged
    } else {
        Trouble::UnknownFields
    };
    let sentences: Vec<&str> = stopping()
        .map(|problem| problem.sentence.as_str())
        .collect();
    Halt::Trouble(trouble, sentences.join(" "))
}

/// Rows that lead to two users wait for a person, once everything else is done.
pub(super) fn ask_about_conflicts(send: &Send<'_>) -> Result<(), Halt> {
    match send.tally.conflict + send.two_users {
        0 => Ok(()),
        rows => Err(Halt::Trouble(
            Trouble::IdentityConflicts,
            format!(
                "{rows} rows lead to more than one user in Zendesk and were not sent; all others were. Decide about each row, then resolve."
            ),
        )),
    }
}

//! Guards, and what they say: nothing is sent before all of them have passed.

use domain::profile::action::Trouble;
use domain::profile::guard::Guarded;
use domain::profile::key::SameKey;
use domain::profile::leaver::{OnLeave, brakes};
use domain::profile::{Column, Problem, ProblemCode, RowState};

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
                "{} the key of another row, and the settings make that an error. Nothing was sent. Mend the source, let the last row of a key win, or approve once, which leaves all rows of these keys out.",
                match compared.same_key {
                    1 => "1 row has".to_owned(),
                    several => format!("{several} rows have"),
                }
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

/// What keeps a run from beginning, as one trouble: what Zendesk lacks, or what the source does. Where
/// nothing says who a row is, a person sees which `columns` the source was read with.
pub(super) fn problems(problems: &[Problem], columns: &[Column]) -> Halt {
    let stopping = || problems.iter().filter(|problem| problem.code.stops());
    let trouble = if stopping().any(|problem| problem.code == ProblemCode::UnknownColumn) {
        Trouble::SourceChanged
    } else if stopping().all(|problem| problem.code == ProblemCode::ForbiddenAttribute) {
        Trouble::PowerfulColumns
    } else {
        Trouble::UnknownFields
    };
    let mut sentences: Vec<String> = stopping().map(|problem| problem.sentence.clone()).collect();
    let is_about_who = |problem: &Problem| {
        matches!(
            problem.code,
            ProblemCode::MissingName | ProblemCode::MissingIdentity
        )
    };
    if stopping().any(is_about_who) {
        sentences.push(found(columns));
    }
    Halt::Trouble(trouble, sentences.join(" "))
}

/// The first columns of the source, by name: a first line that is a row, or that is parted by something
/// else than was found, is seen at once.
fn found(columns: &[Column]) -> String {
    const MOST: usize = 5;
    let names: Vec<String> = columns
        .iter()
        .take(MOST)
        .map(|column| format!("“{}”", column.name.chars().take(40).collect::<String>()))
        .collect();
    let names = names.join(", ");
    match columns.len() {
        1 => format!(
            "The source has one column, {names}. If these are several, name what stands between them, its delimiter."
        ),
        all if all > MOST => format!("The source has {all} columns, the first of them {names}."),
        all => format!("The source has {all} columns: {names}."),
    }
}

/// Rows that lead to two users wait for a person, once everything else is done.
pub(super) fn ask_about_conflicts(send: &Send<'_>) -> Result<(), Halt> {
    match send.tally.conflict + send.two_users {
        0 => Ok(()),
        1 => Err(Halt::Trouble(
            Trouble::IdentityConflicts,
            "1 row leads to more than one user in Zendesk and was not sent; all others were. Decide about it, then resolve.".to_owned(),
        )),
        rows => Err(Halt::Trouble(
            Trouble::IdentityConflicts,
            format!(
                "{rows} rows lead to more than one user in Zendesk and were not sent; all others were. Decide about each row, then resolve."
            ),
        )),
    }
}

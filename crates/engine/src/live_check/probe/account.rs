//! Sign-in, clocks, and what deleting leaves.

use zendesk::Asker;

use super::Seen;
use crate::live_check::leftover::Known;
use crate::live_check::report::{Cleaned, Verdict};
use crate::live_check::stage::{Ask, Halt, Stage};

/// The most that this machine's clock may be off, in seconds (as in `doctor`).
const MOST_SKEW: i64 = 5;
/// The most that `Date` may be later than `updated_at`, in seconds: an answer is finished a little after
/// what it tells of.
const MOST_LAG: i64 = 1;

pub(super) async fn sign_in(stage: &mut Stage) -> Result<Seen, Halt> {
    let answer = stage.send(Ask::get("users/me")).await?;
    let answer = answer.good("the sign-in")?;
    if answer.id_of("user").is_none() {
        return Err(Halt::Odd(
            "Zendesk answers as to a stranger, so the credential is wrong or has ended. Run `deskbridge doctor`."
                .to_owned(),
        ));
    }
    match answer.json["user"]["role"].as_str() {
        Some("admin") => Ok(Seen::fine("admin", "The user is an administrator.")),
        // Somebody else may be able to make what he cannot delete.
        role => Err(Halt::Odd(format!(
            "The user has the role {}, and only an administrator can surely delete what the check makes. Nothing was made. Use the credential of an administrator.",
            role.unwrap_or("(none)")
        ))),
    }
}

/// Who is told what at `users/me` (zendesk-api.md 0.2). The address that is tried is nobody's.
pub(super) async fn stranger(stage: &mut Stage) -> Result<Seen, Halt> {
    let mut said = Vec::new();
    for (who, asker) in [
        ("nobody", Asker::Nobody),
        ("wrong_token", Asker::WrongToken),
    ] {
        let mut ask = Ask::get("users/me");
        ask.asker = asker;
        let answer = stage.send(ask).await?;
        let user = &answer.json["user"];
        said.push(match answer.status {
            401 => format!("{who}_401"),
            200 if user.is_object() && user["id"].is_null() => format!("{who}_null"),
            200 => format!("{who}_signed_in"),
            status => format!("{who}_{status}"),
        });
    }
    let code = said.join("_");
    let seen = format!("No credentials and a wrong token: {}.", said.join(", "));
    let known = |word: &String| word.ends_with("_401") || word.ends_with("_null");
    Ok(if said.iter().all(known) {
        Seen::fine(code, seen)
    } else {
        let meaning = "Deskbridge may take a wrong credential for a good one, or the reverse.";
        Seen::tell(code, seen, meaning)
    })
}

/// Whether `Date` and `updated_at` come from one clock, from all changes so far (reliability.md 5, step 5).
pub(super) fn clocks(stage: &Stage) -> Result<Seen, Halt> {
    let lags = stage
        .moments
        .iter()
        .map(|moment| moment.date.as_second() - moment.updated.as_second());
    let (Some(least), Some(most)) = (lags.clone().min(), lags.max()) else {
        return Err(Halt::Odd("No change was answered.".to_owned()));
    };
    let count = stage.moments.len();
    let seen = format!("In {count} changes Date was {least} to {most} seconds after updated_at.");
    let meaning = "A change within the second of ours could be missed: Deskbridge waits by Date until the second of updated_at is past.";
    Ok(if least < 0 {
        Seen::tell("date_behind", seen, meaning)
    } else if least > MOST_LAG {
        Seen::tell("date_ahead", seen, meaning)
    } else {
        Seen::fine("one_clock", seen)
    })
}

/// This machine's clock against Zendesk's, as narrow as all answers allow.
pub(super) fn our_clock(stage: &Stage) -> Result<Seen, Halt> {
    // Theirs is cut to the second and was said at some moment between request and answer.
    let least = stage
        .clocks
        .iter()
        .map(|(_, date, answered)| date.as_millisecond() - answered.as_millisecond());
    let most = stage
        .clocks
        .iter()
        .map(|(sent, date, _)| date.as_millisecond() + 1000 - sent.as_millisecond());
    let (Some(least), Some(most)) = (least.max(), most.min()) else {
        return Err(Halt::Odd("No answer named a time.".to_owned()));
    };
    let skew = (least.max(-most).max(0) + 999) / 1000;
    let seen = match skew {
        0 => "No difference can be seen.".to_owned(),
        skew => format!("It is off by about {skew} seconds."),
    };
    Ok(if skew < MOST_SKEW {
        Seen::fine("agrees", seen)
    } else {
        Seen::new(
            Verdict::Setting,
            "off",
            seen,
            "Switch on time synchronisation, for example systemd-timesyncd.",
        )
    })
}

/// Deletes the throw-away ticket and looks at it (zendesk-api.md 3.7: a 404, which nothing confirms).
pub(super) async fn deleted_ticket(
    stage: &mut Stage,
    known: &mut Known,
    cleaned: &mut Cleaned,
) -> Result<Seen, Halt> {
    let ticket = known.ticket()?;
    let path = format!("tickets/{ticket}");
    let answer = stage.send(Ask::delete(&path)).await?;
    answer.good("to delete the throw-away ticket")?;
    known.tickets.remove(&ticket);
    cleaned.tickets += 1;
    let answer = stage.send(Ask::get(&path)).await?;
    let status = &answer.json["ticket"]["status"];
    Ok(match answer.status {
        404 | 410 => Seen::fine(
            answer.status.to_string(),
            format!("It is {} {}.", answer.status, answer.code()),
        ),
        200 if status == "deleted" => Seen::tell(
            "shown_as_deleted",
            "It is still answered, with the status deleted.",
            "Deskbridge learns of deletions from exports and from 404; this is a third way.",
        ),
        other => Seen::tell(
            format!("status_{other}"),
            format!("It is answered with {other}."),
            "Deskbridge may take a deleted ticket for a living one.",
        ),
    })
}

/// Deletes the throw-away user (zendesk-api.md 3.4).
pub(super) async fn deleted_user(
    stage: &mut Stage,
    known: &mut Known,
    cleaned: &mut Cleaned,
) -> Result<Seen, Halt> {
    let user = known.user.ok_or(Halt::NotBegun)?;
    let path = format!("users/{user}");
    let answer = stage.send(Ask::delete(&path)).await?;
    let answer = answer.good("to delete the throw-away user")?;
    known.users.remove(&user);
    cleaned.users += 1;
    let user = &answer.json["user"];
    let (inactive, nameless) = (user["active"] == false, user["external_id"].is_null());
    Ok(if inactive && nameless {
        Seen::fine("inactive", "It is inactive and has lost its external id.")
    } else {
        Seen::tell(
            format!("active_{}_external_id_{}", !inactive, !nameless),
            "The answer shows it as active, or with its external id.",
            "Deskbridge counts a user as gone, and its external id as free, by these two.",
        )
    })
}

//! The throw-away records: made, found again, deleted (and nobody else's).

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use zendesk::Bucket;

use super::report::{Cleaned, LeftBehind};
use super::stage::{Answer, Ask, Halt, Stage};
use super::{EXTERNAL_ID, TAG, TITLE};

/// The external ids of users that this check may have made: the throw-away user, and two rows of the bulk job
/// that Zendesk should refuse.
pub(super) const USERS: [&str; 3] = [
    EXTERNAL_ID,
    "deskbridge-live-check-row-1",
    "deskbridge-live-check-row-2",
];
/// Waits before a request of cleaning up is repeated.
const PAUSES: [Duration; 2] = [Duration::from_secs(2), Duration::from_secs(6)];

/// What is known of the throw-away records.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// The throw-away user.
    pub(super) user: Option<i64>,
    /// The throw-away ticket.
    pub(super) ticket: Option<i64>,
    /// All tickets that were made and not deleted yet.
    pub(super) tickets: BTreeSet<i64>,
    /// All users that were made and not deleted yet.
    pub(super) users: BTreeSet<i64>,
    /// The body that made the ticket.
    pub(super) creation: String,
    /// `updated_at` of the ticket as last answered.
    pub(super) stamp: String,
    /// Its subject.
    pub(super) subject: String,
    /// When the ticket was made, on the clock of Zendesk's records, in Unix seconds.
    pub(super) made: i64,
    /// The marker of the note that is looked for.
    pub(super) op: String,
    /// When that note was written, on the same clock, in Unix seconds.
    pub(super) noted: i64,
    /// The audits of the ticket as last read.
    pub(super) audits: Vec<Value>,
}

impl Known {
    /// The throw-away ticket.
    ///
    /// # Errors
    /// [`Halt::NotBegun`] without one.
    pub(super) fn ticket(&self) -> Result<i64, Halt> {
        self.ticket.ok_or(Halt::NotBegun)
    }

    /// When the ticket was last changed, on the clock of Zendesk's records.
    pub(super) fn stamped(&self) -> Option<Timestamp> {
        self.stamp.parse().ok()
    }

    /// Takes note of what an answer with a ticket says of it.
    pub(super) fn read(&mut self, answer: &Answer) {
        let ticket = &answer.json["ticket"];
        if let Some(stamp) = ticket["updated_at"].as_str() {
            stamp.clone_into(&mut self.stamp);
        }
        if let Some(subject) = ticket["subject"].as_str() {
            subject.clone_into(&mut self.subject);
        }
    }
}

/// Makes the user and the ticket, after what an earlier check left is gone.
///
/// # Errors
/// As [`Stage::send`], and [`Halt::Odd`] if Zendesk refuses.
pub(super) async fn set_up(
    stage: &mut Stage,
    known: &mut Known,
    cleaned: &mut Cleaned,
) -> Result<(), Halt> {
    let found = find(stage).await?;
    for (kind, id) in found.all() {
        delete(stage, kind, id).await?.map_err(Halt::Odd)?;
        cleaned.earlier += 1;
    }
    let user = json!({"user": {
        "name": TITLE,
        "role": "end-user",
        "external_id": EXTERNAL_ID,
        "skip_verify_email": true,
    }});
    let body = user.to_string();
    let made = stage.send(Ask::post("users", &body).on(Bucket::UserUpdates));
    let made = made.await?.good("the throw-away user")?;
    let user = made.id_of("user");
    let user = user.ok_or_else(|| Halt::Odd("The new user has no id.".to_owned()))?;
    known.user = Some(user);
    known.users.insert(user);
    let run = stage.run().to_owned();
    let ticket = json!({"ticket": {
        "subject": format!("{TITLE} {run}"),
        "comment": {"body": "Deskbridge checks how this account behaves. It deletes this ticket itself.", "public": false},
        "requester_id": user,
        "external_id": EXTERNAL_ID,
        "tags": [TAG, format!("{TAG}_{run}")],
        "metadata": {"deskbridge_op": stage.op(0)},
    }});
    known.creation = ticket.to_string();
    let answer = create_again(stage, known, &known.creation.clone()).await?;
    let answer = answer.good("the throw-away ticket")?;
    known.ticket = answer.id_of("ticket");
    known.read(&answer);
    known.made = known.stamped().unwrap_or_else(|| stage.now()).as_second();
    known.ticket().map(drop)
}

/// Sends the creation of the ticket with the check's own idempotency key, for the first time or again.
///
/// # Errors
/// As [`Stage::send`].
pub(super) async fn create_again(
    stage: &mut Stage,
    known: &mut Known,
    body: &str,
) -> Result<Answer, Halt> {
    let key = format!("deskbridge-live-check-{}", stage.run());
    let mut ask = Ask::post("tickets", body).on(Bucket::TicketCreates);
    ask.key = Some(&key);
    let answer = stage.send(ask).await?;
    if let Some(id) = answer.id_of("ticket") {
        known.tickets.insert(id);
    }
    Ok(answer)
}

#[derive(Debug, Default)]
struct Found {
    tickets: BTreeSet<i64>,
    users: BTreeSet<i64>,
}

impl Found {
    /// Tickets first: a user whose ticket is not closed cannot be deleted.
    fn all(&self) -> Vec<(&'static str, i64)> {
        let tickets = self.tickets.iter().map(|id| ("ticket", *id));
        let users = self.users.iter().map(|id| ("user", *id));
        tickets.chain(users).collect()
    }
}

/// All records that a check has made and nobody has deleted: by their external ids, and only those that
/// look like it in everything else as well.
async fn find(stage: &mut Stage) -> Result<Found, Halt> {
    let path = format!("tickets?external_id={EXTERNAL_ID}");
    let tickets = persist(stage, Ask::get(&path).on(Bucket::TicketLists)).await?;
    let tickets = tickets.good("the list of throw-away tickets")?;
    let path = format!("users/show_many?external_ids={}", USERS.join(","));
    let users = persist(stage, Ask::get(&path)).await?;
    let users = users.good("the list of throw-away users")?;
    Ok(Found {
        tickets: ids(&tickets.json["tickets"], is_our_ticket),
        users: ids(&users.json["users"], is_our_user),
    })
}

fn ids(rows: &Value, is_ours: fn(&Value) -> bool) -> BTreeSet<i64> {
    let rows = rows.as_array().into_iter().flatten();
    rows.filter(|row| is_ours(row))
        .filter_map(|row| row["id"].as_i64())
        .collect()
}

fn is_our_ticket(row: &Value) -> bool {
    let has_tag = row["tags"]
        .as_array()
        .is_some_and(|tags| tags.iter().any(|tag| tag == TAG));
    let has_title = row["subject"]
        .as_str()
        .is_some_and(|subject| subject.starts_with(TITLE));
    row["external_id"] == EXTERNAL_ID && row["status"] != "deleted" && (has_tag || has_title)
}

fn is_our_user(row: &Value) -> bool {
    let has_id = row["external_id"].as_str().is_some_and(|id| {
        let known = USERS.iter();
        known.clone().any(|known| known.eq_ignore_ascii_case(id))
    });
    has_id && row["name"] == TITLE && row["role"] == "end-user" && row["active"] != false
}

/// Sends a request of cleaning up, again if there was no answer: it does the same once or twice.
async fn persist(stage: &mut Stage, ask: Ask<'_>) -> Result<Answer, Halt> {
    let mut pauses = PAUSES.iter();
    loop {
        let got = stage.send(ask).await;
        let again = match &got {
            Err(Halt::Zendesk(error)) => is_without_answer(error),
            Err(Halt::Broken(_)) => true,
            Ok(_) | Err(Halt::Stopped | Halt::Spent | Halt::NotBegun | Halt::Odd(_)) => false,
        };
        match pauses.next() {
            Some(pause) if again => stage.wait(*pause).await?,
            Some(_) | None => return got,
        }
    }
}

fn is_without_answer(error: &zendesk::Error) -> bool {
    matches!(error, zendesk::Error::Unavailable { .. }) || error.is_outcome_unknown()
}

/// Deletes a record; one that is gone already is as good. The inner error is Zendesk's refusal.
async fn delete(
    stage: &mut Stage,
    kind: &'static str,
    id: i64,
) -> Result<Result<(), String>, Halt> {
    let path = format!("{kind}s/{id}");
    let answer = persist(stage, Ask::delete(&path)).await?;
    Ok(match answer.status {
        200..300 | 404 | 410 => Ok(()),
        status => Err(format!(
            "Zendesk refused to delete the {kind} {id}: {status} {}. Delete it by hand.",
            answer.code()
        )),
    })
}

/// Deletes all that is left and says how many tickets and users of this check are gone, and what is not.
pub(super) async fn sweep_up(
    stage: &mut Stage,
    known: &mut Known,
    cleaned: Cleaned,
) -> (usize, usize, Vec<LeftBehind>) {
    let (mut tickets, mut users) = (cleaned.tickets, cleaned.users);
    let mut left = Vec::new();
    // Not all that was made is known: an answer may have been lost.
    let mut all = match find(stage).await {
        Ok(found) => found,
        Err(halt) => {
            let why = stage.sentence(&halt);
            left.push(LeftBehind {
                kind: "record",
                id: None,
                why: format!(
                    "Whether anything else was left could not be looked up: {why} Run the check again, which begins with that."
                ),
            });
            Found::default()
        }
    };
    all.tickets.append(&mut known.tickets);
    all.users.append(&mut known.users);
    for (kind, id) in all.all() {
        let why = match delete(stage, kind, id).await {
            Ok(Ok(())) if kind == "ticket" => {
                tickets += 1;
                continue;
            }
            Ok(Ok(())) => {
                users += 1;
                continue;
            }
            Ok(Err(why)) => why,
            Err(halt) => format!(
                "{} Run the check again, which deletes it, or delete it by hand.",
                stage.sentence(&halt)
            ),
        };
        left.push(LeftBehind {
            kind,
            id: Some(id),
            why,
        });
    }
    (tickets, users, left)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_looks_like_ours_in_everything_is_deleted() {
        let ticket = |external: &str, subject: &str, tag: &str| json!({"id": 1, "external_id": external, "subject": subject, "tags": [tag], "status": "new"});
        let rows = json!([
            ticket(EXTERNAL_ID, "Lamp", TAG),
            ticket(EXTERNAL_ID, TITLE, "vip"),
        ]);
        assert_eq!(ids(&rows, is_our_ticket), BTreeSet::from([1]));
        for strange in [
            ticket(EXTERNAL_ID, "Lamp", "vip"),
            ticket("deskbridge-live-check-2", TITLE, TAG),
            json!({"id": 1, "external_id": EXTERNAL_ID, "subject": TITLE, "status": "deleted"}),
        ] {
            assert!(!is_our_ticket(&strange), "{strange}");
        }
        let user = |name: &str, role: &str| json!({"id": 2, "external_id": USERS[1], "name": name, "role": role, "active": true});
        assert!(is_our_user(&user(TITLE, "end-user")));
        assert!(!is_our_user(&user(TITLE, "agent")));
        assert!(!is_our_user(&user("Ann", "end-user")));
    }
}

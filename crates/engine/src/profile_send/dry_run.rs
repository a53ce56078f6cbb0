//! A dry run: what a send would do, read from live Zendesk, and nothing written (profile-send.md 3).

use domain::profile::RowState;
use domain::profile::diff::{Change, Effect, compare as compare_row};
use domain::profile::key::{Found, Landing, key_of, land};
use serde_json::Value;
use store::workflow_rows::WorkflowRow;

use super::Send;
use super::confirm::Seen;
use super::feed::Feed;
use super::halt::Halt;
use super::link::Compared;
use super::parcel::Sent;
use super::preflight::Estimate;
use super::read::Reading;

/// Of so many rows it is kept what would change; the others are only counted.
const SHOWN: u64 = 1_000;
/// So many emails are searched for one by one: those of rows whose external id nobody has.
const SEARCHES: u64 = 500;

/// Compares every row that the ledger does not settle with the users it would land on.
pub(super) async fn compare(
    send: &mut Send<'_>,
    reading: Reading,
    compared: Compared,
) -> Result<(), Halt> {
    let mut feed = Feed::open(send, reading, compared.fates).await?;
    let (mut shown, mut searched) = (0, 0);
    while let Some(rows) = feed.next(send).await? {
        let users = send.users_of(&rows.iter().collect::<Vec<_>>()).await?;
        let by_external_id = super::confirm::by(&users, "external_id");
        let by_email = super::confirm::by(&users, "email");
        let mut told = Vec::new();
        for row in &rows {
            let mut by_id = None;
            let mut by_mail = None;
            if let Some(id) = &row.external_id {
                by_id = by_external_id.get(&key_of(id)).copied();
            }
            let found;
            if let Some(email) = &row.email {
                by_mail = by_email.get(&key_of(email)).copied();
                if by_mail.is_none() && by_id.is_none() && row.external_id.is_some() {
                    searched += 1;
                    if searched <= SEARCHES {
                        found = send.user_with_email(email).await?;
                        by_mail = found.as_ref();
                    }
                }
            }
            let (state, sentence, id) = judge(row, by_id, by_mail);
            send.tally.take(RowState::Pending, 1);
            send.tally.add(state, 1);
            if shown < SHOWN && state != RowState::Unchanged {
                shown += 1;
                told.push(tell(row, state, sentence, id));
            }
        }
        send.tell(&told).await?;
        send.keep().await?;
        send.heed_stop().await?;
    }
    if searched > SEARCHES {
        send.counts.warnings.insert(format!(
            "{} emails were not looked up in Zendesk, since that takes a request each: some of the rows counted as created may change a user who has the email.",
            searched - SEARCHES
        ));
    }
    let users = send.tally.created + send.tally.updated;
    send.counts.estimate = Some(Estimate::of(users, &send.terms, send.settings.one_by_one));
    Ok(())
}

/// What would become of a row.
fn judge(
    row: &Sent,
    by_external_id: Option<&Seen>,
    by_email: Option<&Seen>,
) -> (RowState, String, Option<i64>) {
    let landing = land(
        row.ids(),
        by_external_id.and_then(Seen::found).as_ref(),
        by_email.and_then(Seen::found).as_ref(),
    );
    if let (Some(state), Some(sentence)) = (landing.state(), landing.sentence()) {
        let id = match landing {
            Landing::Staff(id) | Landing::On(id) => Some(id),
            Landing::Two { by_external_id, .. } => Some(by_external_id),
            Landing::OtherId { by_email } => Some(by_email),
            Landing::New => None,
        };
        return (state, sentence, id);
    }
    let user = match landing {
        Landing::On(_) => by_external_id.or(by_email),
        Landing::New | Landing::Staff(_) | Landing::Two { .. } | Landing::OtherId { .. } => None,
    };
    let compared = compare_row(user.map(|seen| &seen.raw), &[], row.json.get().as_bytes());
    let state = compared.state();
    let changes = match &compared {
        domain::profile::diff::Compared::Create(changes)
        | domain::profile::diff::Compared::Update(changes) => changes.as_slice(),
        domain::profile::diff::Compared::Unchanged => &[],
    };
    let words: Vec<String> = changes.iter().map(words).collect();
    (state, words.join("; "), user.and_then(Seen::id))
}

/// `phone: "+15035550100" → "+15035550199"`.
fn words(change: &Change) -> String {
    let shown = |value: &Value| {
        if value.is_null() {
            "nothing".to_owned()
        } else {
            value.to_string()
        }
    };
    let (before, after) = (shown(&change.before), shown(&change.after));
    match change.effect {
        Effect::Set => format!("{}: {before} → {after}", change.field),
        Effect::AddsAddress => format!(
            "{}: {before}, and {after} as a further address",
            change.field
        ),
    }
}

fn tell(row: &Sent, state: RowState, sentence: String, id: Option<i64>) -> WorkflowRow {
    let line = row.line.cast_signed();
    WorkflowRow {
        row: line,
        line,
        state,
        code: None,
        field: None,
        sentence: Some(sentence),
        key: Some(row.key_text.clone()),
        zendesk_id: id,
        other_id: None,
        choice: None,
        cells: Some(super::settings::write(&row.cells)),
    }
}

impl Seen {
    fn id(&self) -> Option<i64> {
        self.raw.get("id")?.as_i64()
    }

    /// As landing reads a user.
    fn found(&self) -> Option<Found> {
        let text = |key: &str| self.raw.get(key).and_then(Value::as_str).map(str::to_owned);
        Some(Found {
            id: self.id()?,
            external_id: text("external_id"),
            active: self
                .raw
                .get("active")
                .and_then(Value::as_bool)
                .unwrap_or(true),
            staff: matches!(text("role").as_deref(), Some("agent" | "admin")),
        })
    }
}

impl Send<'_> {
    /// The user who has this email, primary or not, as a search finds it.
    async fn user_with_email(&mut self, email: &str) -> Result<Option<Seen>, Halt> {
        let found = self
            .patiently(|client| async move { client.users_with_email(email).await })
            .await?;
        Ok(found.into_iter().find_map(Seen::of))
    }
}

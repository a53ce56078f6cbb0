//! Preflight: who we are in Zendesk, which fields there are, who its staff are, how long it will take
//! (profile-send.md 3, step 1).

use domain::profile::UserField;
use domain::profile::action::Trouble;
use domain::profile::job::MOST_USERS;
use domain::profile::staff::StaffShield;
use futures_util::TryStreamExt as _;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::future::Future;
use std::time::Duration;
use store::destinations::DestinationDraft;
use zendesk::{Client, Me};

use super::Send;
use super::halt::{Halt, passes_by_itself};
use super::settings::DestinationSettings;
use crate::engine::Engine;
use crate::error::{Error, Result};

/// The wait between two tries while Zendesk is away, doubled at each further one.
const PAUSE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_secs(120);

/// What a send will take, before it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Estimate {
    /// Users to be sent.
    pub users: u64,
    /// Requests that carry them.
    pub requests: u64,
    /// Seconds at the destination's rate.
    pub seconds: u64,
}

impl Estimate {
    /// What so many users take at the rate of a destination.
    pub fn of(users: u64, terms: &DestinationSettings, one_by_one: bool) -> Self {
        let requests = match one_by_one {
            true => users,
            false => users.div_ceil(MOST_USERS as u64),
        };
        let rate = match (one_by_one, u64::from(terms.users_per_second)) {
            (true, _) => 1,
            // Without a cap of ours the slots are the cap: 30 jobs of ten seconds.
            (false, 0) => 300,
            (false, rate) => rate,
        };
        Self {
            users,
            requests,
            seconds: users.div_ceil(rate),
        }
    }
}

/// Signs in to the account of a destination and looks who we are there. Stores nothing.
///
/// # Errors
/// Why the account cannot be sent to.
pub async fn probe(engine: &Engine, draft: &DestinationDraft) -> Result<Me> {
    let client = crate::connection::connect_account(
        engine,
        &draft.url,
        &draft.credential_id,
        DestinationSettings::default().budget_share,
        &format!("destination {}", draft.name),
    )
    .await?;
    who(&client).await.map_err(Error::for_asker)
}

/// Who we are in an account, if that is somebody who may manage users. The kind of an error is kept.
///
/// # Errors
/// Why the account cannot be sent to.
pub(crate) async fn who(client: &Client) -> Result<Me> {
    let me = client.me().await?;
    match refuse(&me) {
        Some(sentence) => Err(Error::Refused(sentence)),
        None => Ok(me),
    }
}

/// Why this user may not manage users, if so.
fn refuse(me: &Me) -> Option<String> {
    let role = me.role.as_deref().unwrap_or("unknown");
    let is_staff = matches!(role, "admin" | "agent");
    (!is_staff).then(|| {
        format!(
            "Signed in to {} as a user with the role {role}, who may not manage users. Use the credential of an administrator.",
            me.subdomain
        )
    })
}

/// Looks around in the account before anything is read. Returns whom no row may touch.
pub(super) async fn look(send: &mut Send<'_>) -> Result<StaffShield, Halt> {
    let me = send
        .patiently(|client| async move { client.me().await })
        .await?;
    if let Some(sentence) = refuse(&me) {
        return Err(Halt::Trouble(Trouble::Authorization, sentence));
    }
    send.fields = send
        .patiently(|client| async move { client.profile_fields().await })
        .await?
        .into_iter()
        .filter_map(|field| field.field)
        .collect::<std::sync::Arc<[UserField]>>();
    let staff = send
        .patiently(|client| async move { client.staff().try_collect::<Vec<_>>().await })
        .await?;
    send.staff = staff.iter().map(|member| member.id).collect();
    let mut shield = StaffShield::new();
    for member in &staff {
        let emails = member.emails.iter().map(String::as_str);
        shield.add(member.id, member.external_id.as_deref(), emails);
    }
    Ok(shield)
}

impl Send<'_> {
    /// Asks Zendesk, and goes on asking while it is away or busy: nobody has to act then. It becomes a
    /// failure only past the deadline.
    pub(super) async fn patiently<T, F>(&mut self, ask: impl Fn(Client) -> F) -> Result<T, Halt>
    where
        F: Future<Output = std::result::Result<T, zendesk::Error>>,
    {
        let client = self.client.clone();
        let begun = self.engine.now();
        let mut pause = PAUSE;
        loop {
            let error = match ask(client.clone()).await {
                Ok(answer) => {
                    self.waits = None;
                    return Ok(answer);
                }
                Err(error) if passes_by_itself(&error) => error,
                Err(error) => return Err(error.into()),
            };
            if is_past(begun, self.engine.now(), self.settings.deadline_hours) {
                let hours = self.settings.deadline_hours;
                let sentence =
                    format!("Waiting for Zendesk took longer than {hours} hours. {error}");
                return Err(Halt::Trouble(Trouble::Deadline, sentence));
            }
            self.waits = Some(error.to_string());
            self.keep().await?;
            self.heed_stop().await?;
            self.engine.clock.sleep(pause).await;
            pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
        }
    }
}

/// Whether something that began then has lasted so many hours.
pub(super) fn is_past(begun: Timestamp, now: Timestamp, hours: u64) -> bool {
    let seconds = i64::try_from(hours.saturating_mul(3_600)).unwrap_or(i64::MAX);
    now.duration_since(begun).as_secs() >= seconds
}

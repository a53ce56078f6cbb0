//! What could not be confirmed about Zendesk while this was built, found out on a real account, with a
//! person's consent: `deskbridge doctor --live`.
//!
//! Everything happens on one throw-away user and one throw-away ticket (and what a probe makes of them by
//! accident), told from all others by an external id that only this check uses. They are deleted at the end,
//! also when a probe fails or somebody asks to stop; what a killed process left is found by the same external
//! id and deleted by the next check. Requests go through the account's governor, as the least pressing there
//! are beside the sweep's, and are bounded: [`MOST_REQUESTS`] in all.

mod leftover;
mod probe;
mod report;
mod shape;
mod stage;

use std::time::Duration;

use store::destinations::Destination;
use store::integrations::Integration;
use store::leases;
use tokio::sync::watch;
use zendesk::{Client, Urgency};

use crate::connection;
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::profile_send::DestinationSettings;
use leftover::{Known, sweep_up};
use probe::Probe;
use stage::{Halt, Stage};

pub use report::{Cleaned, ExchangeRow, Finding, LeftBehind, Outcome, Report, SCHEMA, Verdict};

/// The most requests of one check, those of cleaning up included.
pub const MOST_REQUESTS: usize = 40;
/// Those of them that are kept for cleaning up.
const FOR_CLEANING: usize = 5;
/// No check takes longer, so a lease that is older belongs to none.
const LEASE: Duration = Duration::from_secs(20 * 60);
/// The longest that one request waits for the account's limits.
const LONGEST_WAIT: Duration = Duration::from_secs(90);

/// Begins the subject of the throw-away ticket and is the name of the throw-away user.
pub const TITLE: &str = "Deskbridge live check (throw-away)";
/// The external id of both. It is the same in every check, so that the next one finds what a killed one left.
pub const EXTERNAL_ID: &str = "deskbridge-live-check";
/// On the throw-away ticket; a second tag names the check.
pub const TAG: &str = "deskbridge_live_check";

/// A request to stop, from whoever holds the other end.
pub type Stop = watch::Receiver<bool>;

/// An account that is to be looked at.
#[derive(Debug)]
pub struct Target {
    account: String,
    client: Client,
}

impl Target {
    /// The account of an integration.
    ///
    /// # Errors
    /// What is wrong with its address or credential.
    pub async fn integration(engine: &Engine, integration: &Integration) -> Result<Self> {
        let client = connection::connect(engine, &integration.settings).await?;
        Ok(Self::new(&client))
    }

    /// The account of a destination.
    ///
    /// # Errors
    /// What is wrong with its address or credential.
    pub async fn destination(engine: &Engine, destination: &Destination) -> Result<Self> {
        let settings: DestinationSettings =
            serde_json::from_str(&destination.settings).unwrap_or_default();
        let share = settings.budget_share;
        let client = connection::connect_destination(engine, destination, share).await?;
        Ok(Self::new(&client))
    }

    fn new(client: &Client) -> Self {
        Self {
            account: connection::account_of(client.address()),
            // The sweep's share would be used up by a quarter of this.
            client: client.with(Urgency::Profiles).impatient(LONGEST_WAIT),
        }
    }

    /// The account's subdomain.
    pub fn account(&self) -> &str {
        &self.account
    }

    /// What the check would do there, for the person who is to agree to it.
    pub fn intention(&self) -> String {
        let account = &self.account;
        let most = MOST_REQUESTS;
        format!(
            "In the Zendesk account {account} this would create one user ({TITLE}, an end user without an email \
address, so that nothing can be mailed to it) and one ticket of that user (private notes only, tag {TAG}), both with the \
external id {EXTERNAL_ID}; change that ticket about a dozen times and send one bulk job that updates that user and holds \
two rows that must fail; and delete both at the end, with whatever an earlier check left. Zendesk lists a deleted ticket \
under Deleted tickets for 30 days. At most {most} requests within the limits of the account, in about two minutes. No \
other ticket or user is changed. The account's own triggers, automations and webhooks take the ticket for a real one: \
those on new or changed tickets may fire, and may notify agents or other systems. An integration of Deskbridge that \
reads this account may show the ticket as a case for a short while."
        )
    }
}

/// How a check is to go.
#[derive(Debug, Clone)]
pub struct Options {
    /// Turns true when somebody asks to stop; then only cleaning up is left to do.
    pub stop: Stop,
    /// Whether the report may name the account.
    pub names_account: bool,
}

/// Does the check. `told` hears what is looked at next.
///
/// # Errors
/// Nothing was begun: somebody else is at it, or the database refuses. What Zendesk does is in the report.
pub async fn run(
    engine: &Engine,
    target: &Target,
    options: Options,
    told: &(dyn Fn(&str) + Send + Sync),
) -> Result<Report> {
    let name = format!("live-check/{}", target.account);
    let holder = &engine.settings.holder;
    leases::free_abandoned(&engine.store, &*engine.is_gone).await?;
    let lease = leases::take(&engine.store, &name, holder, engine.now(), LEASE).await?;
    let Some(lease) = lease else {
        return Err(Error::Refused(format!(
            "Another live check of the account {} is under way. Wait until it has ended; one that was killed on another machine is forgotten after {} minutes.",
            target.account,
            LEASE.as_secs() / 60
        )));
    };
    let report = Box::pin(look(engine, target, options, told)).await;
    let mut tx = engine.store.begin().await?;
    leases::give_back(&mut tx, &lease).await?;
    tx.commit().await?;
    Ok(report)
}

async fn look(
    engine: &Engine,
    target: &Target,
    options: Options,
    told: &(dyn Fn(&str) + Send + Sync),
) -> Report {
    let began = engine.now();
    let mut stage = Stage::new(engine, target, options.stop);
    let mut known = Known::default();
    let mut cleaned = Cleaned::default();
    let mut left = Vec::new();
    let mut findings = Vec::new();
    let mut halted = false;
    for probe in Probe::ALL {
        let seen = if halted {
            Err(Halt::NotBegun)
        } else {
            told(probe.title());
            stage.at(probe.name());
            Box::pin(probe.ask(&mut stage, &mut known, &mut cleaned)).await
        };
        let finding = match seen {
            Ok(seen) => probe.finding(seen),
            Err(halt) => {
                halted |= halt.ends_all() || probe.is_needed_by_all();
                probe.not_found_out(&stage.sentence(&halt))
            }
        };
        findings.push(finding);
    }
    if stage.has_written() {
        told("cleaning up");
        stage.clean_up();
        (cleaned.tickets, cleaned.users, left) =
            Box::pin(sweep_up(&mut stage, &mut known, cleaned)).await;
    }
    stage.into_report(report::Ends {
        began,
        ended: engine.now(),
        account: options.names_account.then(|| target.account.clone()),
        findings,
        cleaned,
        left,
    })
}

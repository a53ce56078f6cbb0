//! What a page of tickets comes to, gathered row by row and written in few statements.

use domain::desk::{self, Desk};
use domain::outbox::Operation;
use domain::plan::{NewCase, plan_new};
use domain::refusal::Warning;
use domain::ticket::Ticket;
use store::cases::{self, Case};
use store::conflicts::{self, Conflict};
use store::history::{self, Event};
use store::links::{self, Link};
use store::{counters, outbox, waiting};

use crate::case_sync::pull::{Page, Pull};
use crate::case_sync::{hints, users};
use crate::desk::{By, Setting, conflicts_of, event_of};
use crate::error::Result;
use crate::outgoing_webhooks::{EventKind, Happening, tell};

/// Who asks for an operation that a merge led to.
const BY_SYNC: &str = "sync";

/// What a page of tickets comes to, row by row, before it is written.
#[derive(Default)]
pub(super) struct Written {
    new: Vec<(i64, NewCase)>,
    cases: Vec<Case>,
    links: Vec<Link>,
    conflicts: Vec<Conflict>,
    events: Vec<Event>,
    /// What other systems can be told.
    told: Vec<Happening>,
    /// What is to be sent, or is not to be any more.
    operations: Vec<Operation>,
    /// Tickets that an operation is busy with.
    pub(super) look_again: Vec<i64>,
    /// Tickets that are to be looked at at once.
    pub(super) look_at: Vec<i64>,
    /// Who is waited for, or what: `(user, ticket)`.
    pub(super) waiting: Vec<(i64, i64)>,
}

impl Written {
    /// Notes the case of a ticket that has none, if it is worth one.
    pub(super) fn meet(&mut self, setting: &Setting, ticket: &Ticket) {
        if let Some(case) = plan_new(setting.facts(ticket)) {
            self.wait(ticket.id, &case.warnings);
            self.new.push((ticket.id, case));
        }
    }

    /// Notes whom a ticket waits for.
    pub(super) fn wait(&mut self, ticket: i64, warnings: &[Warning]) {
        let missing = warnings.iter().filter_map(Warning::missing_user);
        self.waiting.extend(missing.map(|user| (user, ticket)));
    }

    /// Notes what a decision changed about a case.
    pub(super) fn change(
        &mut self,
        pull: &Pull<'_>,
        page: &mut Page,
        (mut case, mut link): (Case, Link),
        desk: Desk,
        outcome: &desk::Written,
    ) {
        for warning in &outcome.warnings {
            page.warn(warning.sentence());
        }
        let ticket = Some(link.remote_id);
        let fought = conflicts_of(pull.engine, &desk, ticket, outcome, pull.mode());
        page.counters.conflicts += u64::try_from(fought.len()).unwrap_or(0);
        let side = "zendesk";
        let updated = Happening::case_updated(&case, ticket, side, &outcome.changes);
        self.told.extend(updated);
        let recorded = fought.iter().map(Happening::conflict_recorded);
        self.told.extend(recorded);
        self.conflicts.extend(fought);
        let by = By {
            side,
            actor: "pull",
            run: pull.run_id(),
        };
        self.events.extend(event_of(&case, ticket, outcome, &by));
        self.put_back(&desk, outcome);
        if outcome.link
            && let Some(at_desk) = desk.link
        {
            link.agreed = at_desk.agreed;
            self.links.push(link);
        }
        if !outcome.changes.is_empty() {
            page.counters.cases.updated += 1;
            case.fields = desk.fields;
            case.updated_at = page.now;
            self.cases.push(case);
        }
    }

    /// Notes which operations a decision touched, such as those that a restored ticket takes up again.
    pub(super) fn put_back(&mut self, desk: &Desk, outcome: &desk::Written) {
        let touched = desk
            .operations
            .iter()
            .filter(|operation| outcome.operations.contains(&operation.op_id));
        self.operations.extend(touched.cloned());
    }
}

/// Writes it all.
pub(super) async fn write(pull: &Pull<'_>, page: &mut Page, mut written: Written) -> Result<()> {
    let integration = &pull.integration.id;
    let mut number = match written.new.len() {
        0 => 0,
        count => counters::take(&mut page.tx, "case", count).await?,
    };
    for (remote_id, new) in written.new {
        for warning in &new.warnings {
            page.warn(warning.sentence());
        }
        page.counters.cases.created += 1;
        let id = pull.engine.new_id();
        written.links.push(Link {
            remote_id,
            case_id: id.clone(),
            open: true,
            agreed: new.agreed,
        });
        let case = Case {
            id,
            number,
            fields: new.fields,
            source: new.source,
            owner_id: new.owner,
            reported_at: users::or_now(new.reported_at, page),
            created_by_run: pull.run_id().map(str::to_owned),
            created_at: page.now,
            updated_at: page.now,
            version: 1,
            deleted_at: None,
        };
        let made = EventKind::CaseCreated;
        let told = Happening::of_case(made, &case, Some(remote_id), "zendesk");
        written.told.push(told);
        written.cases.push(case);
        number += 1;
    }
    written.waiting.sort_unstable();
    written.waiting.dedup();
    waiting::note(&mut page.tx, integration, &written.waiting).await?;
    cases::put(&mut page.tx, &written.cases).await?;
    links::put(&mut page.tx, integration, &written.links, page.now).await?;
    conflicts::record(
        &mut page.tx,
        integration,
        pull.run_id(),
        &written.conflicts,
        page.now,
    )
    .await?;
    outbox::put(
        &mut page.tx,
        integration,
        BY_SYNC,
        &written.operations,
        page.now,
    )
    .await?;
    for ticket in written.look_again {
        hints::look_again(&mut page.tx, integration, ticket, page.now).await?;
    }
    hints::look_now(&mut page.tx, integration, &written.look_at, page.now).await?;
    tell(pull.engine, &mut page.tx, &written.told, page.now).await?;
    Ok(history::append(&mut page.tx, &written.events, page.now).await?)
}

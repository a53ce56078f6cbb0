//! A case asks for a ticket: its first one, or one that follows a closed one (ticket-sync.md 5).

use domain::desk::DeskComment;
use domain::merge::Mode;
use domain::outbox::Operation;
use domain::ticket::Life;
use store::comments::{self, CaseComment};
use store::integrations::{self, Integration};
use store::{desks, tickets, users};

use super::{Deed, Open};
use crate::engine::Engine;
use crate::error::{Error, Result};

/// What became of the wish for a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// In which integration, by name.
    pub integration: String,
    /// Whether somebody had asked before: asking twice is asking once.
    pub already: bool,
}

/// Asks for a ticket for a case that has none. Its description becomes the first, public comment, on
/// the case too; its other comments follow with their visibility.
///
/// # Errors
/// [`Error::Refused`] if the case has a ticket, if no active two-way integration exists, or if there
/// are several and none is named.
pub async fn publish(
    engine: &Engine,
    case: &str,
    integration: Option<&str>,
    actor: &str,
) -> Result<Asked> {
    let mut open = Open::case(engine, case).await?;
    if let Some(link) = &open.held.desk.link {
        return Err(Error::Refused(format!(
            "Case {} has a ticket already, number {}. Edit the case; its ticket follows.",
            open.held.case.number, link.ticket
        )));
    }
    let integration = match open.integration.take() {
        // It is being published already, there and nowhere else.
        Some(chosen) => chosen,
        None => choose(&mut open, integration).await?,
    };
    let name = integration.settings.name.clone();
    open.integration = Some(integration);
    describe(engine, &mut open, actor).await?;
    let (asked, _) = open
        .decide(engine, actor, |desk, room, written| {
            let asked = desk.publish(room, written);
            let integration = name.clone();
            (asked, asked.then_some(Deed::AskedForTicket { integration }))
        })
        .await?;
    Ok(Asked {
        integration: name,
        already: !asked,
    })
}

/// Asks for a ticket that follows the case's closed one. What was parked because that one is closed
/// goes to the new one.
///
/// # Errors
/// [`Error::Refused`] if the case has no ticket, or its integration does not sync both ways.
pub async fn follow_up(engine: &Engine, case: &str, actor: &str) -> Result<Asked> {
    let mut open = Open::case(engine, case).await?;
    let Some(link) = open.held.desk.link.clone() else {
        return Err(Error::Refused(format!(
            "Case {} has no ticket that another one could follow. Publish it instead.",
            open.held.case.number
        )));
    };
    let integration = open.integration.as_ref().filter(|found| sends(found));
    let Some(name) = integration.map(|found| found.settings.name.clone()) else {
        return Err(Error::Refused(
            "The case's integration is inactive or syncs one way only, so nothing is sent. Activate it and switch two-way sync on first.".to_owned(),
        ));
    };
    let ticket = tickets::of_case(&mut open.tx, &open.held.case.id).await?;
    if ticket.is_none_or(|ticket| ticket.state != tickets::state_word(Life::Closed)) {
        return Err(Error::Refused(format!(
            "Ticket {} is not closed, so it takes changes itself; Zendesk lets only closed tickets be followed.",
            link.ticket
        )));
    }
    describe(engine, &mut open, actor).await?;
    let (asked, _) = open
        .decide(engine, actor, |desk, room, written| {
            let asked = desk.follow_up(room, written);
            let deed = Deed::AskedForFollowUp {
                integration: name.clone(),
                ticket: link.ticket,
            };
            (asked, asked.then_some(deed))
        })
        .await?;
    Ok(Asked {
        integration: name,
        already: !asked,
    })
}

/// The integrations that a case could be published to, by name: those that are active and sync both ways,
/// if it has no ticket and none is being made (ticket-sync.md 5).
///
/// # Errors
/// As the database says.
pub async fn able_to_publish(engine: &Engine, case: &str) -> Result<Vec<Integration>> {
    let connection = &mut *engine.store.read().await?;
    let held = desks::read(connection, case).await?;
    let free = held.is_some_and(|held| {
        let desk = &held.desk;
        let makes = |operation: &Operation| operation.kind.makes_ticket();
        !desk.deleted && desk.link.is_none() && !desk.operations.iter().any(makes)
    });
    if !free {
        return Ok(Vec::new());
    }
    let mut able = integrations::list(connection).await?;
    able.retain(sends);
    able.sort_by(|one, other| one.settings.name.cmp(&other.settings.name));
    Ok(able)
}

fn sends(integration: &Integration) -> bool {
    integration.active && integration.settings.mode() != Mode::OneWay
}

/// The integration a case is published to: the one that is named, else the only one there is.
async fn choose(open: &mut Open, named: Option<&str>) -> Result<Integration> {
    let all = integrations::list(&mut open.tx).await?;
    let mut able: Vec<Integration> = all.into_iter().filter(sends).collect();
    if let Some(named) = named {
        able.retain(|found| found.settings.name == named || found.id == named);
        return able.pop().ok_or_else(|| {
            Error::Refused(format!(
                "There is no active two-way integration {named:?}. `deskbridge integration list` shows them; activate it and switch two-way sync on."
            ))
        });
    }
    let names: Vec<&str> = able
        .iter()
        .map(|found| found.settings.name.as_str())
        .collect();
    match names.as_slice() {
        [_] => {}
        [] => {
            return Err(Error::Refused(
                "No active integration syncs both ways, so there is nowhere to publish to. Switch it on: `deskbridge integration edit NAME --two-way`.".to_owned(),
            ));
        }
        several => {
            return Err(Error::Refused(format!(
                "Several integrations could take the case ({}). Name one with --to.",
                several.join(", ")
            )));
        }
    }
    able.pop()
        .ok_or_else(|| Error::Refused("The integration is gone.".to_owned()))
}

/// Sees to it that the case's description is a comment too, public, as it will be in Zendesk: by the
/// contact if there is one, else by whoever asks.
async fn describe(engine: &Engine, open: &mut Open, actor: &str) -> Result<()> {
    let desk = &mut open.held.desk;
    if desk.comments.iter().any(|comment| comment.is_description) {
        return Ok(());
    }
    let now = engine.now();
    let id = engine.new_id();
    let case = &open.held.case;
    let text = match case.fields.description.trim() {
        "" => case.fields.subject.clone(),
        _ => case.fields.description.clone(),
    };
    let contact_id = case.fields.contact.clone();
    let user_id = match contact_id {
        Some(_) => None,
        None => users::by_email(&mut open.tx, actor)
            .await?
            .map(|user| user.id),
    };
    let comment = CaseComment {
        id: id.clone(),
        case_id: case.id.clone(),
        message: text,
        public: true,
        is_description: true,
        contact_id,
        user_id,
        created_at: case.reported_at,
    };
    comments::put(&mut open.tx, &[comment], now).await?;
    desk.comments.insert(
        0,
        DeskComment {
            id,
            public: true,
            is_description: true,
            remote: None,
        },
    );
    Ok(())
}

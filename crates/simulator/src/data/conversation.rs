//! Tickets of the last year with their comments: asked, answered, waited for, solved.

use std::borrow::Cow;

use serde_json::json;

use super::dice::Dice;
use super::people::People;
use super::phrase::{self, Part, SCENARIO_COUNT};
use crate::account::audit::{Audit, Change, Comment, Creation, Detail, Event};
use crate::account::ticket::Ticket;
use crate::account::{Account, STEP};
use crate::config::Config;
use crate::text::Text;
use crate::word::{Channel, Kind, Priority, Status};

const DAY: i64 = 86_400;

/// Makes the tickets of `config`, oldest first, and then gives every audit its id in order of time.
pub(crate) fn fill(account: &mut Account, dice: &mut Dice, config: &Config, people: &People) {
    let now = account.now();
    let (first, last) = (now - 365 * DAY, now - 7_200);
    let mut crowd = Crowd {
        people,
        known: 0,
        problems: Vec::new(),
        closed: Vec::new(),
    };
    let mut tickets = Vec::with_capacity(usize::try_from(config.tickets).unwrap_or(0));
    let mut audits = Vec::new();
    for number in 0..config.tickets {
        let slot = |place: u64| {
            let share = i128::from(last - first) * i128::from(place) / i128::from(config.tickets);
            first + i64::try_from(share).unwrap_or(0)
        };
        let created_at = slot(number) + dice.span(slot(number + 1) - slot(number));
        let draft = crowd.draft(
            account,
            dice,
            number,
            created_at,
            config.comments_per_ticket,
        );
        audits.extend(draft.audits.into_iter().map(Box::new));
        tickets.push(Box::new(draft.ticket));
    }
    for id in &crowd.problems {
        if let Some(ticket) = tickets.get_mut(place_of(*id)) {
            ticket.has_incidents = true;
        }
    }
    let follow_ups: Vec<(i64, i64)> = tickets
        .iter()
        .filter_map(|ticket| ticket.followup_source_id.map(|source| (source, ticket.id)))
        .collect();
    for (source, follow_up) in follow_ups {
        if let Some(ticket) = tickets.get_mut(place_of(source)) {
            ticket.followup_ids.push(follow_up);
        }
    }
    // Stable: audits of one ticket in one second keep their order.
    audits.sort_by_key(|audit| audit.created_at);
    for mut audit in audits {
        let created = matches!(audit.events.get(1), Some(Event::Created(_)));
        audit.id = account.take_id(audit.events.len() + if created { 12 } else { 0 });
        if let Some(ticket) = tickets.get_mut(place_of(audit.ticket_id)) {
            ticket.audits.reserve_exact(1);
            ticket.audits.push(audit.id);
        }
        account.insert_audit(audit);
    }
    for ticket in tickets {
        account.insert_ticket(ticket);
    }
}

fn place_of(ticket_id: i64) -> usize {
    usize::try_from(ticket_id - 1).unwrap_or(usize::MAX)
}

struct Draft {
    ticket: Ticket,
    audits: Vec<Audit>,
}

struct Crowd<'a> {
    people: &'a People,
    /// How many customers exist by the time of the ticket at hand.
    known: usize,
    problems: Vec<i64>,
    closed: Vec<i64>,
}

impl Crowd<'_> {
    fn requester(&mut self, dice: &mut Dice, at: i64) -> i64 {
        while self
            .people
            .customers
            .get(self.known)
            .is_some_and(|(_, made)| *made <= at)
        {
            self.known += 1;
        }
        if self.known == 0 {
            return self.agent(dice);
        }
        self.people.customers[dice.index(self.known)].0
    }

    fn agent(&self, dice: &mut Dice) -> i64 {
        dice.pick(&self.people.agents).copied().unwrap_or_default()
    }

    fn draft(
        &mut self,
        account: &Account,
        dice: &mut Dice,
        number: u64,
        created_at: i64,
        comments: u32,
    ) -> Draft {
        let id = i64::try_from(number).unwrap_or(i64::MAX - 1) + 1;
        let scenario = dice.index(SCENARIO_COUNT);
        let outline = phrase::scenario_at(scenario);
        let scenario = u8::try_from(scenario).unwrap_or(0);
        let draw = dice.draw() as u32;
        let channel = match dice.below(100) {
            0..46 => Channel::Email,
            46..76 => Channel::Web,
            76..90 => Channel::Api,
            _ => Channel::Phone,
        };
        let age = account.now() - created_at;
        let status = draw_status(dice, age);
        let requester_id = self.requester(dice, created_at);
        let agent = self.agent(dice);
        let assignee_id = match status {
            Status::New => None,
            Status::Open => (!dice.chance(15)).then_some(agent),
            Status::Pending | Status::Hold | Status::Solved | Status::Closed | Status::Deleted => {
                Some(agent)
            }
        };
        // On the phone, and now and then on the web, an agent writes the ticket for the customer.
        let by_agent = status != Status::New
            && (channel == Channel::Phone || (channel == Channel::Web && dice.chance(10)));
        let submitter_id = if by_agent { agent } else { requester_id };
        let mut kind = outline.kind;
        let mut problem_id = None;
        if kind == Some(Kind::Problem) {
            if self.problems.is_empty() || dice.chance(20) {
                self.problems.push(id);
            } else {
                kind = Some(Kind::Incident);
            }
        }
        if kind == Some(Kind::Incident) && dice.chance(20) {
            let recent = self.problems.len().saturating_sub(5);
            problem_id = dice.pick(&self.problems[recent..]).copied();
        }
        if dice.chance(8) {
            kind = None;
            problem_id = None;
        }
        let group_id = match assignee_id.and_then(|agent| account.user(agent)) {
            Some(agent) => agent.default_group_id,
            None => account.groups.get(outline.group).map(|group| group.id),
        };
        let followup_source_id = if dice.below(150) == 0 {
            let recent = self.closed.len().saturating_sub(40);
            dice.pick(&self.closed[recent..]).copied()
        } else {
            None
        };
        let subject = Text::drawn(scenario, Part::Subject, 0, draw);
        let priority = match dice.below(100) {
            0..30 => None,
            30..42 => Some(Priority::Low),
            42..80 => Some(Priority::Normal),
            80..94 => Some(Priority::High),
            _ => Some(Priority::Urgent),
        };
        let organization_id = account
            .user(requester_id)
            .and_then(|user| user.organization_id);
        let brand_id = match account.brands.get(usize::from(dice.chance(8))) {
            Some(brand) => brand.id,
            None => account.default_brand(),
        };
        if status == Status::Closed {
            self.closed.push(id);
        }
        let mut ticket = Ticket {
            id,
            external_id: dice.chance(3).then(|| format!("shop-{draw}").into()),
            channel,
            followup_source_id,
            followup_ids: Vec::new(),
            created_at,
            updated_at: created_at,
            generated_timestamp: created_at,
            kind,
            subject: Some(subject.clone()),
            priority,
            status,
            recipient: (channel == Channel::Email).then(|| "support@kontor.example".into()),
            requester_id,
            submitter_id,
            assignee_id,
            organization_id,
            group_id,
            collaborator_ids: Vec::new(),
            problem_id,
            has_incidents: false,
            is_public: true,
            due_at: (kind == Some(Kind::Task)).then_some(created_at + 7 * DAY),
            tags: outline.tags.iter().map(|tag| Cow::Borrowed(*tag)).collect(),
            custom_fields: draw_custom_fields(account, dice, draw),
            custom_status_id: account.custom_status_for(status),
            brand_id,
            audits: Vec::new(),
            deleted_at: None,
            scrubbed: false,
            status_before_deletion: None,
        };
        if dice.chance(5) && self.known > 0 {
            let other = self.people.customers[dice.index(self.known)].0;
            if other != requester_id {
                ticket.collaborator_ids.push(other);
            }
        }
        let talk = Talk {
            scenario,
            draw,
            agent,
            answers: status != Status::New,
        };
        let audits = talk.audits(account, dice, &mut ticket, &subject, comments.max(1));
        // Now and then the system has touched a ticket since (zendesk-api.md 3.9).
        if dice.chance(2) {
            let room = account.now() - 3_600 - ticket.updated_at;
            ticket.generated_timestamp += dice.span(room.clamp(0, 10 * DAY));
        }
        Draft { ticket, audits }
    }
}

struct Talk {
    scenario: u8,
    draw: u32,
    agent: i64,
    /// Whether an agent has answered at all.
    answers: bool,
}

impl Talk {
    /// The ticket's audits, one per comment; the last one sets the final status. One closed ticket
    /// in ten has an audit of the automation that closed it as well.
    fn audits(
        &self,
        account: &Account,
        dice: &mut Dice,
        ticket: &mut Ticket,
        subject: &Text,
        comments: u32,
    ) -> Vec<Audit> {
        let last = account.now() - 3_600;
        let life = (1_800 + dice.span(6 * DAY))
            .min(last - ticket.created_at)
            .max(0);
        let automation = ticket.status == Status::Closed
            && dice.chance(10)
            && ticket.created_at + life + 4 * DAY <= last;
        let settled = if automation {
            Status::Solved
        } else {
            ticket.status
        };
        let first_status = match (comments, ticket.assignee_id) {
            (1, _) => settled,
            (_, _) if !self.answers => Status::New,
            (_, Some(_)) => Status::Open,
            (_, None) => Status::New,
        };
        let mut audits = Vec::with_capacity(comments as usize + 1);
        let mut status = first_status;
        for turn in 0..comments {
            let at = ticket.created_at + life * i64::from(turn) / i64::from(comments.max(2) - 1);
            let ends = turn + 1 == comments;
            let (author, part, public) = self.turn(dice, ticket, turn, ends);
            let body = Text::drawn(
                self.scenario,
                part,
                u8::try_from(turn % 200).unwrap_or(0),
                self.draw,
            );
            let changes = ends && status != settled;
            let mut events = Vec::with_capacity(1 + usize::from(turn == 0) + usize::from(changes));
            events.push(Event::Comment(Comment {
                author_id: author,
                body,
                html: None,
                public,
                flagged: false,
                attachments: Vec::new(),
            }));
            if turn == 0 {
                events.push(Event::Created(Box::new(Creation {
                    subject: Some(subject.clone()),
                    requester_id: ticket.requester_id,
                    priority: ticket.priority,
                    kind: ticket.kind,
                    status,
                    assignee_id: ticket.assignee_id,
                    group_id: ticket.group_id,
                    organization_id: ticket.organization_id,
                    brand_id: ticket.brand_id,
                    custom_status_id: account.custom_status_for(status),
                })));
            }
            if changes {
                events.push(status_change(status, settled));
                status = settled;
            }
            let channel = if turn == 0 || author == ticket.requester_id {
                ticket.channel
            } else {
                Channel::Web
            };
            ticket.updated_at = at;
            audits.push(audit(ticket.id, at, author, channel, events));
        }
        if automation {
            let at = ticket.updated_at + 4 * DAY;
            let events = vec![status_change(Status::Solved, Status::Closed)];
            ticket.updated_at = at;
            audits.push(audit(ticket.id, at, self.agent, Channel::Rule, events));
        }
        ticket.generated_timestamp = ticket.updated_at;
        audits
    }

    /// Who speaks, what, and whether the customer hears it.
    fn turn(&self, dice: &mut Dice, ticket: &Ticket, turn: u32, ends: bool) -> (i64, Part, bool) {
        let solved = matches!(ticket.status, Status::Solved | Status::Closed);
        if turn == 0 {
            (ticket.submitter_id, Part::Opening, true)
        } else if !self.answers {
            (ticket.requester_id, Part::More, true)
        } else if ends && solved {
            (self.agent, Part::Closing, true)
        } else if turn % 2 == 1 && dice.chance(20) {
            (self.agent, Part::Note, false)
        } else if turn % 2 == 1 {
            (self.agent, Part::Answer, true)
        } else {
            (ticket.requester_id, Part::More, true)
        }
    }
}

fn audit(ticket_id: i64, at: i64, author_id: i64, channel: Channel, events: Vec<Event>) -> Audit {
    Audit {
        id: STEP,
        ticket_id,
        created_at: at,
        author_id,
        channel,
        events,
        custom: None,
        rule: None,
    }
}

fn status_change(from: Status, to: Status) -> Event {
    Event::Changed(Box::new(Change {
        field: Cow::Borrowed("status"),
        value: Detail::Word(to.as_str()),
        previous: Detail::Word(from.as_str()),
        rule: None,
    }))
}

fn draw_status(dice: &mut Dice, age: i64) -> Status {
    let draw = dice.below(100);
    if age > 40 * DAY {
        match draw {
            0..84 => Status::Closed,
            84..92 => Status::Solved,
            92..95 => Status::Open,
            95..98 => Status::Hold,
            _ => Status::Pending,
        }
    } else if age > 3 * DAY {
        match draw {
            0..25 => Status::Closed,
            25..60 => Status::Solved,
            60..78 => Status::Pending,
            78..90 => Status::Open,
            90..96 => Status::Hold,
            _ => Status::New,
        }
    } else {
        match draw {
            0..30 => Status::New,
            30..65 => Status::Open,
            65..80 => Status::Pending,
            80..84 => Status::Hold,
            _ => Status::Solved,
        }
    }
}

fn draw_custom_fields(
    account: &Account,
    dice: &mut Dice,
    draw: u32,
) -> Vec<(i64, serde_json::Value)> {
    if !dice.chance(40) {
        return Vec::new();
    }
    let mut values: Vec<_> = account
        .ticket_fields
        .iter()
        .filter(|field| field.removable)
        .filter_map(|field| match field.kind {
            "text" => Some((field.id, json!(format!("{}", 100_000 + draw % 900_000)))),
            "tagger" => dice
                .pick(&field.options)
                .map(|(_, _, tag)| (field.id, json!(tag))),
            _ => None,
        })
        .collect();
    values.shrink_to_fit();
    values
}

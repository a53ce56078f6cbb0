//! The people of every schedule: few, fixed, and one of each awkward kind.

use domain::case::CaseField;
use domain::identity::{IdentityRules, People, Person, Unassigned};
use domain::mapping::Maps;
use domain::person::Role;
use domain::push::Requester;
use domain::value::Value;

use crate::swarm::Swarm;

/// Zendesk's agents that a person there may assign a ticket to. 19 arrives late.
pub const AGENTS: [i64; 3] = [11, 12, 19];
/// Zendesk's end users that a person there may make the requester.
pub const CUSTOMERS: [i64; 2] = [21, 22];
/// Our users. Nobody in Zendesk is `u3`.
pub const USERS: [&str; 3] = ["u1", "u2", "u3"];
/// Our contacts. Zendesk has not met `c3` until a ticket is made for them.
pub const CONTACTS: [&str; 3] = ["c1", "c2", "c3"];
/// The Zendesk user that `c3` becomes.
pub const NEW_CUSTOMER: i64 = 31;
/// Who may stand in for a user that Zendesk does not know.
pub const DEFAULT_AGENT: i64 = 11;

/// Everybody, as known before and after the latecomers have arrived.
#[derive(Debug)]
pub struct Cast {
    before: People,
    after: People,
    /// What status and priority words mean: the defaults.
    pub maps: Maps,
}

impl Default for Cast {
    fn default() -> Self {
        let agent = |id: i64, user: &str| Person {
            zendesk_id: id,
            role: Some(Role::Agent),
            user: Some(user.to_owned()),
            ..Person::default()
        };
        let customer = |id: i64, contact: &str| Person {
            zendesk_id: id,
            role: Some(Role::EndUser),
            contact: Some(contact.to_owned()),
            ..Person::default()
        };
        let mut before = People::default();
        before.insert(agent(11, "u1"));
        before.insert(agent(12, "u2"));
        before.insert(customer(21, "c1"));
        before.insert(customer(22, "c2"));
        let mut after = before.clone();
        after.insert(agent(19, "u4"));
        after.insert(customer(NEW_CUSTOMER, "c3"));
        Self {
            before,
            after,
            maps: Maps::default(),
        }
    }
}

impl Cast {
    /// Who is known.
    pub const fn people(&self, arrived: bool) -> &People {
        if arrived { &self.after } else { &self.before }
    }

    /// Who stands in for whom.
    pub fn rules(&self, default_user: Option<i64>, unassigned: Unassigned) -> IdentityRules {
        IdentityRules {
            owner: Some("u1".to_owned()),
            unassigned,
            default_user,
        }
    }

    /// Who a ticket for a case with this contact is for.
    pub fn requester(&self, contact: &Value, arrived: bool) -> Option<Requester> {
        match contact.as_deref() {
            Some("c1") => Some(Requester::Known(21)),
            Some("c2") => Some(Requester::Known(22)),
            Some("c3") if arrived => Some(Requester::Known(NEW_CUSTOMER)),
            Some("c3") => Some(Requester::Inline {
                name: "Carla".to_owned(),
                email: None,
            }),
            Some(_) | None => None,
        }
    }
}

/// Whether a case's value and a ticket's raw value say the same, by a table of our own: the rehearsal
/// does not ask the code it rehearses whether it is right.
pub fn says_the_same(field: CaseField, crm: &Value, zendesk: &Value, swarm: &Swarm) -> bool {
    let (crm, zendesk) = (crm.as_deref(), zendesk.as_deref());
    match field {
        CaseField::Subject => crm == zendesk,
        // Never sent; a case may have another one.
        CaseField::Description => true,
        CaseField::Status => matches!(
            (crm, zendesk),
            (Some("open"), Some("new" | "open" | "hold"))
                | (Some("in_progress"), Some("pending"))
                | (Some("resolved"), Some("solved"))
                | (Some("closed"), Some("solved" | "closed"))
                | (_, Some("deleted"))
        ),
        CaseField::Priority => matches!(
            (crm, zendesk),
            (Some("low"), Some("low"))
                | (Some("normal"), Some("normal"))
                | (Some("high"), Some("high" | "urgent"))
                | (_, None)
        ),
        CaseField::AssignedTo => match (crm, zendesk) {
            (None, None) => true,
            (Some("u1"), Some("11")) | (Some("u2"), Some("12")) | (Some("u4"), Some("19")) => true,
            (Some("u3"), Some(id)) => swarm
                .default_user
                .is_some_and(|user| user.to_string() == id),
            // Unassigned here: the default user took over what was solved.
            (None, Some("11")) => swarm.default_user == Some(DEFAULT_AGENT),
            // Unassigned there: the owner, by the setting.
            (Some("u1"), None) => swarm.unassigned == Unassigned::Owner,
            _ => false,
        },
        CaseField::Contact => matches!(
            (crm, zendesk),
            (None, _)
                | (Some("c1"), Some("21"))
                | (Some("c2"), Some("22"))
                | (Some("c3"), Some("31"))
        ),
    }
}

/// Whether what says the same does so only because one side has no word for the other's: then the two
/// may also be the trace of an edit that was never sent, and what is agreed on must have the case's value.
pub fn is_lossy(field: CaseField, crm: &Value, zendesk: &Value) -> bool {
    match field {
        CaseField::Priority => zendesk.is_none(),
        CaseField::AssignedTo => crm.is_none() && zendesk.is_some(),
        CaseField::Subject | CaseField::Description | CaseField::Status | CaseField::Contact => {
            false
        }
    }
}

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
/// A second Zendesk user of `c1`, whom a person there may merge the first one into.
pub const SECOND_CUSTOMER: i64 = 23;
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
    /// By whether the latecomers are known, and by who is known to have been merged away.
    people: Vec<((bool, Option<i64>), People)>,
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
        before.insert(customer(SECOND_CUSTOMER, "c1"));
        let mut after = before.clone();
        after.insert(agent(19, "u4"));
        after.insert(customer(NEW_CUSTOMER, "c3"));
        let mut people = Vec::new();
        for (arrived, known) in [(false, before), (true, after)] {
            for gone in [None, Some(CUSTOMERS[0]), Some(CUSTOMERS[1])] {
                let mut known = known.clone();
                if let Some(person) = gone.and_then(|gone| known.0.get_mut(&gone)) {
                    person.gone = true;
                }
                people.push(((arrived, gone), known));
            }
        }
        Self {
            people,
            maps: Maps::default(),
        }
    }
}

impl Cast {
    /// Who is known, and of whom it is known that they were merged away.
    pub fn people(&self, arrived: bool, gone: Option<i64>) -> &People {
        let known = self.people.iter().find(|(of, _)| *of == (arrived, gone));
        &known.unwrap_or(&self.people[0]).1
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
    pub fn requester(
        &self,
        contact: &Value,
        arrived: bool,
        gone: Option<i64>,
    ) -> Option<Requester> {
        // Whoever was merged into somebody else is found by the email, which went along.
        let by_email = |email: &str| Requester::Inline {
            name: "Carla".to_owned(),
            email: Some(email.to_owned()),
        };
        match contact.as_deref() {
            Some("c1") if gone == Some(21) => Some(Requester::Known(SECOND_CUSTOMER)),
            Some("c1") => Some(Requester::Known(21)),
            Some("c2") if gone == Some(22) => Some(by_email("c2")),
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

/// The contact that an end user of Zendesk is here.
pub fn contact_of(user: i64) -> Option<&'static str> {
    match user {
        21 | SECOND_CUSTOMER => Some("c1"),
        22 => Some("c2"),
        NEW_CUSTOMER => Some("c3"),
        _ => None,
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
        CaseField::Contact => {
            let is_theirs = |id: &str| {
                matches!(
                    (crm, id),
                    (None, _) | (Some("c1"), "21" | "23") | (Some("c2"), "22") | (Some("c3"), "31")
                )
            };
            // Whoever was merged away is the same person as the one who stayed.
            let was = swarm
                .merged
                .filter(|(_, kept)| Some(kept.to_string().as_str()) == zendesk);
            zendesk.map_or(crm.is_none(), is_theirs)
                || was.is_some_and(|(gone, _)| is_theirs(&gone.to_string()))
        }
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

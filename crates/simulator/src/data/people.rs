//! People and companies: names from several countries, some in their own letters.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

use serde_json::json;

use super::dice::Dice;
use super::name::{BRANCHES, COMPANIES, Person};
use crate::account::Account;
use crate::account::reference::Organization;
use crate::account::user::User;
use crate::word::Role;

const DAY: i64 = 86_400;

/// Who there is, for the tickets: ids in order of creation, and when each was made.
#[derive(Debug)]
pub(crate) struct People {
    /// Staff; the first is the administrator. Made before the first ticket.
    pub(crate) agents: Vec<i64>,
    /// Customers with the time they were made, oldest first.
    pub(crate) customers: Vec<(i64, i64)>,
}

/// Makes organizations and users, `count` users in all (at least the three of the staff).
pub(crate) fn fill(account: &mut Account, dice: &mut Dice, count: u64) -> People {
    let organizations = fill_organizations(account, dice, (count / 20).clamp(1, 200));
    let staff = (count / 100).max(3);
    let groups: Vec<i64> = account.groups.iter().map(|group| group.id).collect();
    let now = account.now();
    let mut emails = HashSet::new();
    let mut people = People {
        agents: Vec::new(),
        customers: Vec::new(),
    };
    for number in 0..staff {
        let created_at = now - 700 * DAY + i64::try_from(number).unwrap_or(0) * 60;
        let (name, email, role) = if number == 0 {
            (
                "Mara Lindqvist".to_owned(),
                "agent@example.com".to_owned(),
                Role::Admin,
            )
        } else {
            let person = Person::draw(dice, 0);
            let email = unique(&mut emails, &person.slug, "example.com");
            (person.name, email, Role::Agent)
        };
        let group = groups.get(usize::try_from(number).unwrap_or(0) % groups.len().max(1));
        let id = account.take_id(0);
        account.insert_user(User {
            role,
            verified: true,
            default_group_id: group.copied(),
            ..blank(id, name, Some(email), created_at)
        });
        people.agents.push(id);
    }
    let customers = count.saturating_sub(staff);
    let (loyalty_status, orders_total): (Arc<str>, Arc<str>) =
        ("loyalty_status".into(), "orders_total".into());
    for number in 0..customers {
        let created_at = customer_made_at(now, number, customers, dice);
        let person = Person::draw(dice, number);
        let company = organizations.get(dice.index(organizations.len() * 2));
        let domain = company.map_or("example.org", |(_, domain)| domain);
        let email = (!dice.chance(2)).then(|| unique(&mut emails, &person.slug, domain));
        let id = account.take_id(0);
        let last = now - 3_600;
        let updated_at = created_at + dice.span((last - created_at).min(90 * DAY));
        let mut user = User {
            organization_id: company.map(|(id, _)| *id),
            verified: dice.chance(70),
            updated_at,
            ..blank(id, person.name, email, created_at)
        };
        if dice.chance(60) {
            user.phone =
                Some(format!("+{}{:09}", person.dialling_code, dice.below(1_000_000_000)).into());
        }
        if dice.chance(25) {
            user.external_id = Some(format!("crm-{number}").into());
        }
        if dice.chance(30) {
            let level = dice.pick(&["loyalty_bronze", "loyalty_silver", "loyalty_gold"]);
            user.fields = vec![
                (loyalty_status.clone(), json!(level)),
                (orders_total.clone(), json!(1 + dice.below(40))),
            ];
            user.tags.extend(level.map(|level| Cow::Borrowed(*level)));
        }
        account.insert_user(user);
        people.customers.push((id, created_at));
    }
    people
}

/// Six in ten customers are older than the first ticket; the others come during the year.
fn customer_made_at(now: i64, number: u64, customers: u64, dice: &mut Dice) -> i64 {
    let (first, year) = (now - 690 * DAY, now - 366 * DAY);
    let older = (customers * 6).div_ceil(10).max(1);
    let (from, span, place, of) = if number < older {
        (first, year - first, number, older)
    } else {
        (year, 365 * DAY, number - older, (customers - older).max(1))
    };
    let part = |place: u64| {
        let share = i128::from(span) * i128::from(place) / i128::from(of);
        i64::try_from(share).unwrap_or(0)
    };
    let (start, end) = (part(place), part(place + 1));
    from + start + dice.span(end - start)
}

fn blank(id: i64, name: String, email: Option<String>, created_at: i64) -> User {
    User {
        id,
        name: name.into(),
        email: email.map(Into::into),
        more_emails: Vec::new(),
        known_emails: Vec::new(),
        created_at,
        updated_at: created_at,
        phone: None,
        organization_id: None,
        role: Role::EndUser,
        verified: false,
        external_id: None,
        tags: Vec::new(),
        alias: None,
        active: true,
        suspended: false,
        details: None,
        notes: None,
        locale: (1, "en-US"),
        time_zone: "Europe/Brussels",
        default_group_id: None,
        fields: Vec::new(),
        permanently_deleted: false,
        merged_into: None,
    }
}

fn fill_organizations(account: &mut Account, dice: &mut Dice, count: u64) -> Vec<(i64, String)> {
    let now = account.now();
    let mut made = Vec::new();
    for number in 0..count {
        let place = usize::try_from(number).unwrap_or(0);
        let first = COMPANIES[place % COMPANIES.len()];
        let second = BRANCHES[(place / COMPANIES.len() + place) % BRANCHES.len()];
        let round = place / (COMPANIES.len() * BRANCHES.len());
        let name = match round {
            0 => format!("{first} {second}"),
            round => format!("{first} {second} {}", round + 1),
        };
        let domain = format!("{}-{number}.example", ascii(first));
        let created_at = now - 710 * DAY + dice.span(300 * DAY);
        let id = account.take_id(0);
        account.insert_organization(Organization {
            id,
            name,
            external_id: None,
            domain_names: vec![domain.clone()],
            details: None,
            notes: None,
            tags: Vec::new(),
            created_at,
            updated_at: created_at + dice.span(60 * DAY),
            deleted_at: None,
        });
        made.push((id, domain));
    }
    made
}

fn unique(taken: &mut HashSet<String>, slug: &str, domain: &str) -> String {
    let mut email = format!("{slug}@{domain}");
    let mut number = 2;
    while !taken.insert(email.clone()) {
        email = format!("{slug}{number}@{domain}");
        number += 1;
    }
    email
}

fn ascii(name: &str) -> String {
    name.chars()
        .filter(char::is_ascii_alphanumeric)
        .collect::<String>()
        .to_lowercase()
}

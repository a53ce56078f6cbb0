//! Users: who am I, list, show, search.

use std::ops::Bound;

use super::listing::{Key, Listing, Part};
use crate::account::Account;
use crate::account::user::User;
use crate::answer::{Answer, Outcome};
use crate::call::Call;
use crate::wire::user::{UserForm, UserView};
use crate::wire::{Object, write_json};
use crate::word::Role;

/// The most ids in one `show_many`.
pub(super) const MOST_IDS: usize = 100;

pub(super) fn view<'a>(account: &'a Account, user: &'a User, call: &'a Call) -> UserView<'a> {
    UserView {
        account,
        user,
        base: &call.base,
        form: UserForm::Plain,
    }
}

fn writer<'a>(account: &'a Account, call: &'a Call) -> impl Fn(i64, &mut Vec<u8>) + 'a {
    move |id, out| {
        if let Some(user) = account.user(id) {
            write_json(out, &view(account, user, call));
        }
    }
}

/// `GET users/me`: 200 for anybody the server let through; without a caller the id is null
/// (zendesk-api.md 0.2).
pub(super) fn me(account: &Account, call: &Call) -> Outcome {
    let user = call
        .caller
        .as_ref()
        .and_then(|caller| account.user(caller.user_id));
    let object = match user {
        Some(user) => Object::new().with(
            "user",
            &UserView {
                form: UserForm::Me,
                ..view(account, user, call)
            },
        ),
        None => Object::new().with_raw(
            "user",
            br#"{"id":null,"url":null,"name":"Anonymous user","email":"invalid@example.com","created_at":null,"updated_at":null,"time_zone":"Europe/Brussels","iana_time_zone":"Europe/Brussels","phone":null,"shared_phone_number":null,"photo":null,"locale_id":1,"locale":"en-US","organization_id":null,"role":"end-user","verified":false,"authenticity_token":"simulated"}"#,
        ),
    };
    Ok(Answer::ok(object))
}

/// `GET users`
pub(super) fn list(account: &Account, call: &Call) -> Outcome {
    let roles: Vec<Role> = call
        .query
        .iter()
        .filter(|(key, _)| key == "role" || key == "role[]")
        .filter_map(|(_, word)| Role::parse(word))
        .collect();
    let external_id = call.query("external_id");
    if roles.is_empty() && external_id.is_none() {
        return by_id(account).answer(call, "users", writer(account, call));
    }
    let rows = account
        .users()
        .filter(|user| user.active && (roles.is_empty() || roles.contains(&user.role)))
        .filter(|user| external_id.is_none_or(|id| user.external_id.as_deref() == Some(id)))
        .map(|user| user.id);
    Listing::by_id(rows).answer(call, "users", writer(account, call))
}

/// All active users in order of their ids, without going through those before the page.
fn by_id(account: &Account) -> Listing<'_> {
    let row = |user: &User| (vec![Part::Number(user.id)], user.id);
    let number = |key: &Key| match key.first() {
        Some(Part::Number(id)) => *id,
        _ => i64::MIN,
    };
    Listing {
        order: "id".to_owned(),
        count: account.users().filter(|user| user.active).count(),
        after: Box::new(move |place| {
            let from = place.map_or(Bound::Unbounded, |key| Bound::Excluded(number(key)));
            let users = account.users_in((from, Bound::Unbounded));
            Box::new(users.filter(|user| user.active).map(row))
        }),
        before: Box::new(move |key| {
            let users = account.users_in((Bound::Unbounded, Bound::Excluded(number(key))));
            Box::new(users.rev().filter(|user| user.active).map(row))
        }),
        beside: None,
    }
}

/// `GET users/{id}`: deleted users too, inactive.
pub(super) fn show(account: &Account, call: &Call) -> Outcome {
    let user = account
        .user(call.id(0)?)
        .filter(|user| user.active || !call.switches.gone_users_are_unknown)
        .ok_or_else(Answer::record_not_found)?;
    Ok(Answer::ok(
        Object::new().with("user", &view(account, user, call)),
    ))
}

/// `GET users/show_many`: missing ones are left out.
pub(super) fn show_many(account: &Account, call: &Call) -> Outcome {
    let found: Vec<i64> = match (call.query("ids"), call.query("external_ids")) {
        (Some(ids), _) => {
            // In order of their ids, whatever the order they were asked for in (recorded).
            let mut ids = read_ids(ids)?;
            ids.sort_unstable();
            ids.retain(|id| account.user(*id).is_some_and(|user| user.active));
            ids
        }
        (None, Some(ids)) => {
            let ids: Vec<&str> = ids.split(',').map(str::trim).collect();
            check_count(ids.len())?;
            ids.into_iter()
                .filter_map(|id| account.user_by_external_id(id))
                .map(|user| user.id)
                .collect()
        }
        (None, None) => return Err(Answer::text(400, "Required parameter missing: ids")),
    };
    whole(found, "users", writer(account, call))
}

/// The ids of a `show_many`.
pub(super) fn read_ids(text: &str) -> Result<Vec<i64>, Answer> {
    let ids: Vec<i64> = text
        .split(',')
        .filter_map(|id| id.trim().parse().ok())
        .collect();
    check_count(ids.len())?;
    Ok(ids)
}

fn check_count(count: usize) -> Result<(), Answer> {
    if count <= MOST_IDS {
        return Ok(());
    }
    let body = Object::new()
        .with("error", "TooManyValues")
        .with(
            "description",
            "Parameter  cannot specify more than 100 values",
        )
        .with("max_count", &MOST_IDS);
    Err(body.into_answer(400))
}

/// A list that is never split: `show_many` and the like, with the keys of a list by offset.
pub(super) fn whole(ids: Vec<i64>, name: &str, write: impl Fn(i64, &mut Vec<u8>)) -> Outcome {
    let none: Option<&str> = None;
    let count = ids.len();
    Ok(Answer::ok(
        Object::new()
            .with_rows(name, ids, write)
            .with("next_page", &none)
            .with("previous_page", &none)
            .with("count", &count),
    ))
}

/// `GET users/search`: by text in email and name, or by external id; by offset only.
pub(super) fn search(account: &Account, call: &Call) -> Outcome {
    let rows: Vec<i64> = match (call.query("external_id"), call.query("query")) {
        (Some(external_id), _) => account
            .user_by_external_id(external_id)
            .map(|user| user.id)
            .into_iter()
            .collect(),
        (None, Some(query)) => {
            let wanted = query.trim();
            let wanted = wanted.strip_prefix("email:").unwrap_or(wanted);
            let wanted = wanted.trim_matches('"').to_lowercase();
            account
                .users()
                .filter(|user| user.active && !wanted.is_empty() && mentions(user, &wanted))
                .map(|user| user.id)
                .collect()
        }
        (None, None) => Vec::new(),
    };
    Listing::by_id(rows.into_iter()).by_offset(call, "users", writer(account, call))
}

fn mentions(user: &User, wanted: &str) -> bool {
    user.email
        .iter()
        .chain(&user.more_emails)
        .any(|email| email.contains(wanted))
        || user.name.to_lowercase().contains(wanted)
}

//! Fields, groups, brands, custom statuses, organizations.

use super::listing::{Listing, Part, fold};
use super::users::{read_ids, whole};
use crate::account::Account;
use crate::answer::{Answer, Outcome};
use crate::call::Call;
use crate::wire::reference::{
    BrandView, CustomStatusView, GroupView, OrganizationView, TicketFieldView, UserFieldView,
};
use crate::wire::{Object, write_json};

/// `GET user_fields`
pub(super) fn user_fields(account: &Account, call: &Call) -> Outcome {
    let fields = &account.user_fields;
    Listing::by_id(fields.iter().map(|field| field.id)).answer(call, "user_fields", |id, out| {
        if let Some(place) = fields.iter().position(|field| field.id == id) {
            write_json(out, &UserFieldView::new(&fields[place], place, &call.base));
        }
    })
}

/// `GET organization_fields`: the account has none.
pub(super) fn organization_fields(_: &Account, call: &Call) -> Outcome {
    Listing::by_id(std::iter::empty()).answer(call, "organization_fields", |_, _| {})
}

/// `GET ticket_fields`
pub(super) fn ticket_fields(account: &Account, call: &Call) -> Outcome {
    let fields = &account.ticket_fields;
    Listing::by_id(fields.iter().map(|field| field.id)).answer(call, "ticket_fields", |id, out| {
        if let Some(place) = fields.iter().position(|field| field.id == id) {
            let view = TicketFieldView::new(&fields[place], place + 1, &call.base);
            write_json(out, &view);
        }
    })
}

/// `GET ticket_fields/{id}`
pub(super) fn ticket_field(account: &Account, call: &Call) -> Outcome {
    let id = call.id(0)?;
    let fields = &account.ticket_fields;
    let place = fields
        .iter()
        .position(|field| field.id == id)
        .ok_or_else(Answer::record_not_found)?;
    let view = TicketFieldView::new(&fields[place], place + 1, &call.base);
    Ok(Answer::ok(Object::new().with("ticket_field", &view)))
}

/// `GET groups`: in order of their names.
pub(super) fn groups(account: &Account, call: &Call) -> Outcome {
    let mut rows: Vec<_> = account
        .groups
        .iter()
        .map(|group| {
            let key = vec![Part::Text(group.name.clone()), Part::Number(group.id)];
            (key, group.id)
        })
        .collect();
    rows.sort_by_cached_key(|(key, _)| fold(key));
    Listing::of("name,id", rows, false).answer(call, "groups", |id, out| {
        if let Some(group) = account.groups.iter().find(|group| group.id == id) {
            write_json(out, &GroupView::new(group, &call.base));
        }
    })
}

/// `GET groups/{id}`
pub(super) fn group(account: &Account, call: &Call) -> Outcome {
    let id = call.id(0)?;
    let group = account
        .groups
        .iter()
        .find(|group| group.id == id)
        .ok_or_else(Answer::record_not_found)?;
    Ok(Answer::ok(
        Object::new().with("group", &GroupView::new(group, &call.base)),
    ))
}

/// `GET brands`
pub(super) fn brands(account: &Account, call: &Call) -> Outcome {
    Listing::by_id(account.brands.iter().map(|brand| brand.id)).answer(call, "brands", |id, out| {
        if let Some(brand) = account.brands.iter().find(|brand| brand.id == id) {
            let view = BrandView::new(brand, &call.base, account.ticket_form_id);
            write_json(out, &view);
        }
    })
}

/// `GET brands/{id}`
pub(super) fn brand(account: &Account, call: &Call) -> Outcome {
    let id = call.id(0)?;
    let brand = account
        .brands
        .iter()
        .find(|brand| brand.id == id)
        .ok_or_else(Answer::record_not_found)?;
    let view = BrandView::new(brand, &call.base, account.ticket_form_id);
    Ok(Answer::ok(Object::new().with("brand", &view)))
}

/// `GET custom_statuses`: never split (zendesk-api.md 3.1).
pub(super) fn custom_statuses(account: &Account, call: &Call) -> Outcome {
    let categories: Option<Vec<&str>> = call
        .query("status_categories")
        .map(|words| words.split(',').map(str::trim).collect());
    let rows = account
        .custom_statuses
        .iter()
        .filter(|one| {
            categories
                .as_ref()
                .is_none_or(|words| words.contains(&one.category.as_str()))
        })
        .map(|one| CustomStatusView::new(one, &call.base));
    Ok(Answer::ok(Object::new().with_list("custom_statuses", rows)))
}

/// `GET custom_statuses/{id}`
pub(super) fn custom_status(account: &Account, call: &Call) -> Outcome {
    let id = call.id(0)?;
    let one = account
        .custom_statuses
        .iter()
        .find(|one| one.id == id)
        .ok_or_else(Answer::record_not_found)?;
    let view = CustomStatusView::new(one, &call.base);
    Ok(Answer::ok(Object::new().with("custom_status", &view)))
}

fn write_organization<'a>(account: &'a Account, call: &'a Call) -> impl Fn(i64, &mut Vec<u8>) + 'a {
    move |id, out| {
        if let Some(one) = account.organization(id) {
            write_json(out, &OrganizationView::new(one, &call.base, false));
        }
    }
}

/// `GET organizations`
pub(super) fn organizations(account: &Account, call: &Call) -> Outcome {
    let rows = account
        .organizations()
        .filter(|one| one.deleted_at.is_none())
        .map(|one| one.id);
    Listing::by_id(rows).answer(call, "organizations", write_organization(account, call))
}

/// `GET organizations/show_many`
pub(super) fn organizations_named(account: &Account, call: &Call) -> Outcome {
    let found = match (call.query("ids"), call.query("external_ids")) {
        (Some(ids), _) => read_ids(ids)?,
        (None, Some(ids)) => {
            let ids: Vec<String> = ids.split(',').map(crate::account::fold).collect();
            account
                .organizations()
                .filter(|one| {
                    one.external_id
                        .as_deref()
                        .is_some_and(|id| ids.contains(&crate::account::fold(id)))
                })
                .map(|one| one.id)
                .collect()
        }
        (None, None) => return Err(Answer::text(400, "Required parameter missing: ids")),
    };
    let found = found
        .into_iter()
        .filter(|id| {
            account
                .organization(*id)
                .is_some_and(|one| one.deleted_at.is_none())
        })
        .collect();
    whole(found, "organizations", write_organization(account, call))
}

/// `GET organizations/{id}`
pub(super) fn organization(account: &Account, call: &Call) -> Outcome {
    let one = account
        .organization(call.id(0)?)
        .filter(|one| one.deleted_at.is_none())
        .ok_or_else(Answer::record_not_found)?;
    let view = OrganizationView::new(one, &call.base, false);
    Ok(Answer::ok(Object::new().with("organization", &view)))
}

//! Groups, brands, custom statuses, ticket fields and user fields of the simulated account.

use crate::account::Account;
use crate::account::reference::{Brand, CustomStatus, Group, TicketField, UserField};
use crate::word::Status;

/// Fills the lists; they were made two years before the account's time.
pub(crate) fn fill(account: &mut Account) {
    let made = account.now() - 730 * 86_400;
    account.ticket_form_id = account.take_id(0);
    for (place, (name, subdomain)) in [
        ("Kontor & Co.", "kontor"),
        ("Kontor Outlet", "kontor-outlet"),
    ]
    .into_iter()
    .enumerate()
    {
        let id = account.take_id(0);
        account.brands.push(Brand {
            id,
            name: name.to_owned(),
            subdomain: subdomain.to_owned(),
            default: place == 0,
            created_at: made,
        });
    }
    for (place, (name, description)) in [
        ("Orders and delivery", "Where is it, when does it come"),
        ("Returns and billing", "Returns, refunds, invoices"),
        ("Shop and accounts", "Sign-in, checkout, faults"),
    ]
    .into_iter()
    .enumerate()
    {
        let id = account.take_id(0);
        account.groups.push(Group {
            id,
            name: name.to_owned(),
            description: description.to_owned(),
            default: place == 0,
            created_at: made,
            updated_at: made,
        });
    }
    for (category, agent, end_user, default) in [
        (Status::New, "New", "Open", true),
        (Status::Open, "Open", "Open", true),
        (Status::Open, "Waiting for the warehouse", "Open", false),
        (Status::Pending, "Pending", "Awaiting your reply", true),
        (Status::Hold, "On-hold", "Open", true),
        (Status::Solved, "Solved", "Solved", true),
    ] {
        let id = account.take_id(0);
        account.custom_statuses.push(CustomStatus {
            id,
            category,
            agent_label: agent.to_owned(),
            end_user_label: end_user.to_owned(),
            description: String::new(),
            default,
            created_at: made,
        });
    }
    fill_ticket_fields(account, made);
    fill_user_fields(account, made);
}

fn fill_ticket_fields(account: &mut Account, made: i64) {
    for (kind, title, removable) in [
        ("subject", "Subject", false),
        ("description", "Description", false),
        ("status", "Status", false),
        ("tickettype", "Type", false),
        ("priority", "Priority", false),
        ("group", "Group", false),
        ("assignee", "Assignee", false),
        ("text", "Order number", true),
        ("tagger", "Reason", true),
        ("checkbox", "Called back", true),
    ] {
        let id = account.take_id(0);
        let mut options = Vec::new();
        if kind == "tagger" {
            for (name, tag) in [
                ("Delivery", "reason_delivery"),
                ("Return", "reason_return"),
                ("Account", "reason_account"),
                ("Other", "reason_other"),
            ] {
                options.push((account.take_id(0), name.to_owned(), tag.to_owned()));
            }
        }
        account.ticket_fields.push(TicketField {
            id,
            kind,
            title: title.to_owned(),
            required: false,
            removable,
            options,
            created_at: made,
        });
    }
}

fn fill_user_fields(account: &mut Account, made: i64) {
    let date = r"\A([0-9]{4})-(1[0-2]|0[1-9])-(3[01]|[12][0-9]|0[1-9])\z";
    for (kind, key, title, pattern, tag) in [
        ("text", "customer_number", "Customer number", None, None),
        ("dropdown", "loyalty_status", "Loyalty status", None, None),
        ("integer", "orders_total", "Orders in total", None, None),
        ("decimal", "lifetime_value", "Lifetime value", None, None),
        ("date", "last_order_on", "Last order on", Some(date), None),
        (
            "checkbox",
            "newsletter",
            "Newsletter",
            None,
            Some("newsletter"),
        ),
        ("textarea", "preferences", "Preferences", None, None),
        (
            "regexp",
            "vat_number",
            "VAT number",
            Some(r"\A[A-Z]{2}[0-9A-Z]{2,12}\z"),
            None,
        ),
    ] {
        let id = account.take_id(0);
        let mut options = Vec::new();
        if kind == "dropdown" {
            for name in ["Bronze", "Silver", "Gold"] {
                let tag = format!("loyalty_{}", name.to_lowercase());
                options.push((account.take_id(0), name.to_owned(), tag));
            }
        }
        account.user_fields.push(UserField {
            id,
            kind,
            key: key.into(),
            title: title.to_owned(),
            description: String::new(),
            pattern: pattern.map(str::to_owned),
            tag: tag.map(str::to_owned),
            options,
            created_at: made,
        });
    }
}

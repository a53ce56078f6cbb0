//! Organizations, groups, brands, custom statuses and fields as JSON.

use serde::Serialize;

use super::{Empty, Stamp, Url};
use crate::account::reference::{Brand, CustomStatus, Group, Organization, TicketField, UserField};

/// An organization as answers carry it.
#[derive(Serialize)]
pub(crate) struct OrganizationView<'a> {
    url: Url<'a>,
    id: i64,
    name: &'a str,
    shared_tickets: bool,
    shared_comments: bool,
    external_id: Option<&'a str>,
    created_at: Stamp,
    updated_at: Stamp,
    domain_names: &'a [String],
    details: Option<&'a str>,
    notes: Option<&'a str>,
    group_id: Option<i64>,
    tags: &'a [String],
    organization_fields: Empty,
    /// Only in exports, which also show deleted ones (recorded).
    #[serde(skip_serializing_if = "Option::is_none")]
    deleted_at: Option<Option<Stamp>>,
}

impl<'a> OrganizationView<'a> {
    pub(crate) fn new(one: &'a Organization, base: &'a str, export: bool) -> Self {
        Self {
            url: Url {
                base,
                kind: "organizations",
                id: one.id,
            },
            id: one.id,
            name: &one.name,
            shared_tickets: false,
            shared_comments: false,
            external_id: one.external_id.as_deref(),
            created_at: Stamp(one.created_at),
            updated_at: Stamp(one.updated_at),
            domain_names: &one.domain_names,
            details: one.details.as_deref(),
            notes: one.notes.as_deref(),
            group_id: None,
            tags: &one.tags,
            organization_fields: Empty,
            deleted_at: export.then(|| one.deleted_at.map(Stamp)),
        }
    }
}

/// A group as answers carry it.
#[derive(Serialize)]
pub(crate) struct GroupView<'a> {
    url: Url<'a>,
    id: i64,
    is_public: bool,
    name: &'a str,
    description: &'a str,
    default: bool,
    deleted: bool,
    created_at: Stamp,
    updated_at: Stamp,
}

impl<'a> GroupView<'a> {
    pub(crate) fn new(one: &'a Group, base: &'a str) -> Self {
        Self {
            url: Url {
                base,
                kind: "groups",
                id: one.id,
            },
            id: one.id,
            is_public: true,
            name: &one.name,
            description: &one.description,
            default: one.default,
            deleted: false,
            created_at: Stamp(one.created_at),
            updated_at: Stamp(one.updated_at),
        }
    }
}

/// A brand as answers carry it.
#[derive(Serialize)]
pub(crate) struct BrandView<'a> {
    url: Url<'a>,
    id: i64,
    name: &'a str,
    brand_url: String,
    subdomain: &'a str,
    host_mapping: Option<&'a str>,
    has_help_center: bool,
    help_center_state: &'static str,
    active: bool,
    default: bool,
    is_deleted: bool,
    logo: Option<&'a str>,
    ticket_form_ids: [i64; 1],
    signature_template: &'static str,
    created_at: Stamp,
    updated_at: Stamp,
}

impl<'a> BrandView<'a> {
    pub(crate) fn new(one: &'a Brand, base: &'a str, form_id: i64) -> Self {
        Self {
            url: Url {
                base,
                kind: "brands",
                id: one.id,
            },
            id: one.id,
            name: &one.name,
            brand_url: format!("https://{}.example", one.subdomain),
            subdomain: &one.subdomain,
            host_mapping: None,
            has_help_center: false,
            help_center_state: "disabled",
            active: true,
            default: one.default,
            is_deleted: false,
            logo: None,
            ticket_form_ids: [form_id],
            signature_template: "{{agent.signature}}",
            created_at: Stamp(one.created_at),
            updated_at: Stamp(one.created_at),
        }
    }
}

/// A custom status as answers carry it.
#[derive(Serialize)]
pub(crate) struct CustomStatusView<'a> {
    url: Url<'a>,
    id: i64,
    status_category: &'static str,
    agent_label: &'a str,
    raw_agent_label: &'a str,
    end_user_label: &'a str,
    raw_end_user_label: &'a str,
    description: &'a str,
    raw_description: &'a str,
    end_user_description: &'a str,
    raw_end_user_description: &'a str,
    active: bool,
    default: bool,
    created_at: Stamp,
    updated_at: Stamp,
}

impl<'a> CustomStatusView<'a> {
    pub(crate) fn new(one: &'a CustomStatus, base: &'a str) -> Self {
        Self {
            url: Url {
                base,
                kind: "custom_statuses",
                id: one.id,
            },
            id: one.id,
            status_category: one.category.as_str(),
            agent_label: &one.agent_label,
            raw_agent_label: &one.agent_label,
            end_user_label: &one.end_user_label,
            raw_end_user_label: &one.end_user_label,
            description: &one.description,
            raw_description: &one.description,
            end_user_description: &one.description,
            raw_end_user_description: &one.description,
            active: true,
            default: one.default,
            created_at: Stamp(one.created_at),
            updated_at: Stamp(one.created_at),
        }
    }
}

#[derive(Serialize)]
struct OptionView<'a> {
    id: i64,
    name: &'a str,
    raw_name: &'a str,
    value: &'a str,
}

fn options(options: &[(i64, String, String)]) -> Option<Vec<OptionView<'_>>> {
    (!options.is_empty()).then(|| {
        options
            .iter()
            .map(|(id, name, value)| OptionView {
                id: *id,
                name,
                raw_name: name,
                value,
            })
            .collect()
    })
}

/// A ticket field as answers carry it.
#[derive(Serialize)]
pub(crate) struct TicketFieldView<'a> {
    url: Url<'a>,
    id: i64,
    #[serde(rename = "type")]
    kind: &'static str,
    title: &'a str,
    raw_title: &'a str,
    description: &'a str,
    raw_description: &'a str,
    position: usize,
    active: bool,
    required: bool,
    collapsed_for_agents: bool,
    regexp_for_validation: Option<&'a str>,
    title_in_portal: &'a str,
    raw_title_in_portal: &'a str,
    visible_in_portal: bool,
    editable_in_portal: bool,
    required_in_portal: bool,
    tag: Option<&'a str>,
    created_at: Stamp,
    updated_at: Stamp,
    removable: bool,
    agent_description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    system_field_options: Option<Vec<SystemOption>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    custom_field_options: Option<Vec<OptionView<'a>>>,
}

#[derive(Serialize)]
struct SystemOption {
    name: &'static str,
    value: &'static str,
}

impl<'a> TicketFieldView<'a> {
    pub(crate) fn new(one: &'a TicketField, position: usize, base: &'a str) -> Self {
        let words: &[(&str, &str)] = match one.kind {
            "status" => &[
                ("Open", "open"),
                ("Pending", "pending"),
                ("On-hold", "hold"),
                ("Solved", "solved"),
            ],
            "priority" => &[
                ("Low", "low"),
                ("Normal", "normal"),
                ("High", "high"),
                ("Urgent", "urgent"),
            ],
            "tickettype" => &[
                ("Question", "question"),
                ("Incident", "incident"),
                ("Problem", "problem"),
                ("Task", "task"),
            ],
            _ => &[],
        };
        let portal = matches!(one.kind, "subject" | "description");
        Self {
            url: Url {
                base,
                kind: "ticket_fields",
                id: one.id,
            },
            id: one.id,
            kind: one.kind,
            title: &one.title,
            raw_title: &one.title,
            description: "",
            raw_description: "",
            position,
            active: true,
            required: one.required,
            collapsed_for_agents: false,
            regexp_for_validation: None,
            title_in_portal: &one.title,
            raw_title_in_portal: &one.title,
            visible_in_portal: portal,
            editable_in_portal: portal,
            required_in_portal: portal,
            tag: None,
            created_at: Stamp(one.created_at),
            updated_at: Stamp(one.created_at),
            removable: one.removable,
            agent_description: None,
            system_field_options: (!words.is_empty()).then(|| {
                words
                    .iter()
                    .map(|(name, value)| SystemOption { name, value })
                    .collect()
            }),
            custom_field_options: options(&one.options),
        }
    }
}

/// A user field as answers carry it.
#[derive(Serialize)]
pub(crate) struct UserFieldView<'a> {
    url: Url<'a>,
    id: i64,
    #[serde(rename = "type")]
    kind: &'static str,
    key: &'a str,
    title: &'a str,
    description: &'a str,
    raw_title: &'a str,
    raw_description: &'a str,
    position: usize,
    active: bool,
    system: bool,
    regexp_for_validation: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tag: Option<&'a str>,
    created_at: Stamp,
    updated_at: Stamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    custom_field_options: Option<Vec<OptionView<'a>>>,
}

impl<'a> UserFieldView<'a> {
    pub(crate) fn new(one: &'a UserField, position: usize, base: &'a str) -> Self {
        Self {
            url: Url {
                base,
                kind: "user_fields",
                id: one.id,
            },
            id: one.id,
            kind: one.kind,
            key: &one.key,
            title: &one.title,
            description: &one.description,
            raw_title: &one.title,
            raw_description: &one.description,
            position,
            active: true,
            system: false,
            regexp_for_validation: one.pattern.as_deref(),
            tag: one.tag.as_deref(),
            created_at: Stamp(one.created_at),
            updated_at: Stamp(one.created_at),
            custom_field_options: options(&one.options),
        }
    }
}

//! The audit log: who changed which setting.

mod download;
mod list;

use serde::Deserialize;
use store::audit::{Entry, EntryFilter};

use crate::access::Right;
use crate::mask::{self, Mask};
use crate::page::encode;
use crate::routes::Routes;

pub(crate) fn routes(routes: Routes) -> Routes {
    routes.get("/audit", Right::ManageSettings, list::show).get(
        "/audit.csv",
        Right::ManageSettings,
        download::show,
    )
}

/// What is looked for, as an address says it.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
struct Wish {
    actor: String,
    action: String,
    subject: String,
    /// The entry after which the page begins.
    before: Option<String>,
}

impl Wish {
    fn filter(&self) -> EntryFilter {
        let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        EntryFilter {
            actor: given(&self.actor),
            action: given(&self.action),
            subject: given(&self.subject),
        }
    }

    fn is_filtered(&self) -> bool {
        self.filter() != EntryFilter::default()
    }

    /// The filters as a part of an address, beginning with what stands before more of it.
    fn query(&self) -> String {
        let filter = self.filter();
        let given = [
            ("actor", filter.actor),
            ("action", filter.action),
            ("subject", filter.subject),
        ];
        given
            .into_iter()
            .filter_map(|(name, value)| Some(format!("{name}={}&", encode(&value?, "-_."))))
            .collect()
    }
}

impl Mask for Entry {
    fn mask(&mut self) {
        self.actor = mask::text(&self.actor).into_owned();
        // A contact's or a case's name may be a customer's.
        self.subject = if is_about_people(&self.action) {
            mask::value(&self.subject)
        } else {
            mask::text(&self.subject).into_owned()
        };
        self.detail = if is_about_people(&self.action) {
            mask::value(&self.detail)
        } else {
            mask::text(&self.detail).into_owned()
        };
    }
}

/// Whether the subject of such an action is a customer, or what a customer wrote.
fn is_about_people(action: &str) -> bool {
    let noun = action.split('.').next().unwrap_or_default();
    matches!(
        noun,
        "contact" | "account" | "case" | "attachment" | "conflict" | "parked"
    )
}

//! One conflict with everything that is known of it: also who did what, as far as the case's history
//! tells.

use jiff::Timestamp;
use serde::Serialize;
use store::conflicts::{self, Recorded, Subject};
use store::history::{self, Entry};

use super::{ConflictView, tell};
use crate::actions::Deed;
use crate::engine::Engine;
use crate::error::Result;

/// A conflict with who did what.
#[derive(Debug, Serialize)]
pub struct ConflictDetail {
    /// The conflict.
    #[serde(flatten)]
    pub conflict: ConflictView,
    /// Who had changed the field here, and when; none where the history does not tell (any more). Who
    /// changed it in Zendesk stands in Zendesk's own events of the ticket.
    pub changed_here: Option<Did>,
    /// Which part of the sync met it and settled it by the rule.
    pub settled: Option<Did>,
    /// Who gave the case the value that lost, if somebody did.
    pub restored: Option<Did>,
}

/// Who did something, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Did {
    /// A person, or a part of the sync.
    pub actor: String,
    /// In which run, if in one.
    pub run: Option<String>,
    /// When.
    pub at: Timestamp,
}

impl Did {
    fn of(entry: &Entry) -> Self {
        Self {
            actor: entry.actor.clone(),
            run: entry.run_id.clone(),
            at: entry.at,
        }
    }
}

/// The conflict with this id.
///
/// # Errors
/// As the store says.
pub async fn show(engine: &Engine, conflict: &str) -> Result<Option<ConflictDetail>> {
    let connection = &mut *engine.store.read().await?;
    let Some(found) = conflicts::find(connection, conflict).await? else {
        return Ok(None);
    };
    let entries = match &found.subject {
        Subject::Case(case) => history::of_case(connection, case).await?,
        // Contacts have no history.
        Subject::Contact(_) => Vec::new(),
    };
    let (changed_here, settled, restored) = people(&found, &entries);
    let told = tell(connection, vec![found]).await?.pop();
    Ok(told.map(|conflict| ConflictDetail {
        conflict,
        changed_here,
        settled,
        restored,
    }))
}

/// Who changed it here, who settled it, who restored it.
fn people(found: &Recorded, entries: &[Entry]) -> (Option<Did>, Option<Did>, Option<Did>) {
    let (mut changed, mut settled, mut restored) = (None, None, None);
    for entry in entries {
        let body = entry.body.as_deref().unwrap_or_default();
        let body: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
        let names = |list: &str, key: Option<&str>| {
            body[list].as_array().into_iter().flatten().any(|item| {
                let word = key.map_or(item, |key| &item[key]);
                word.as_str() == Some(found.field.as_str())
            })
        };
        let deed = serde_json::from_value::<Deed>(body["deed"].clone());
        if let Ok(Deed::ConflictRestored { conflict, .. }) = deed
            && conflict == found.id
        {
            restored = Some(Did::of(entry));
        }
        if entry.at == found.at && names("conflicts", None) {
            settled = Some(Did::of(entry));
        } else if entry.at <= found.at && settled.is_none() && entry.side == "crm" {
            let did = names("changes", Some("field")).then(|| Did::of(entry));
            changed = did.or(changed);
        }
    }
    (changed, settled, restored)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(seq: i64, second: i64, side: &str, actor: &str, body: &str) -> Entry {
        Entry {
            seq,
            at: Timestamp::from_second(second).unwrap(),
            side: side.to_owned(),
            actor: actor.to_owned(),
            run_id: None,
            body: Some(body.to_owned()),
        }
    }

    #[test]
    fn the_last_edit_before_the_conflict_is_whose_value_it_was() {
        let edit =
            r#"{"changes":[{"field":"status","from":"open","to":"resolved"}],"conflicts":[]}"#;
        let other = r#"{"changes":[{"field":"subject","from":"a","to":"b"}],"conflicts":[]}"#;
        let met = r#"{"changes":[{"field":"status","from":"resolved","to":"open"}],"conflicts":["status"]}"#;
        let back =
            r#"{"deed":{"did":"conflict_restored","conflict":"c","field":"status"},"changes":[]}"#;
        let entries = [
            entry(1, 1, "crm", "old@example.com", edit),
            entry(2, 2, "crm", "ada@example.com", edit),
            entry(3, 3, "crm", "bob@example.com", other),
            entry(4, 4, "zendesk", "pull", met),
            entry(5, 5, "crm", "eve@example.com", edit),
            entry(6, 6, "crm", "mia@example.com", back),
        ];
        let found = Recorded {
            id: "c".to_owned(),
            integration_id: "i".to_owned(),
            subject: Subject::Case("x".to_owned()),
            case_number: Some(3),
            remote_id: 7,
            field: "status".to_owned(),
            agreed: None,
            crm: None,
            zendesk: None,
            winner: "zendesk".to_owned(),
            rule: "remote wins".to_owned(),
            run_id: None,
            at: Timestamp::from_second(4).unwrap(),
            restored_at: None,
        };
        let (changed, settled, restored) = people(&found, &entries);
        assert_eq!(changed.unwrap().actor, "ada@example.com");
        assert_eq!(settled.unwrap().actor, "pull");
        assert_eq!(restored.unwrap().actor, "mia@example.com");
        let (changed, settled, restored) = people(&found, &[]);
        assert_eq!((changed, settled, restored), (None, None, None));
    }
}

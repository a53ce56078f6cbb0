use rstest::rstest;

use super::*;
use crate::case::{CaseField, CaseFields, CasePriority, CaseSource, CaseStatus};
use crate::comment::TicketComment;

fn pair(crm: &str, zendesk: Option<&str>) -> Pair {
    Pair::new(Some(crm.to_owned()), zendesk.map(str::to_owned))
}

#[test]
fn what_is_agreed_is_stored_as_one_object_of_pairs() {
    let mut agreed = Agreed::default();
    agreed.put(CaseField::Status, pair("closed", Some("solved")));
    agreed.put(CaseField::AssignedTo, pair("u1", None));
    let json = r#"{"status":{"crm":"closed","zendesk":"solved"},"assigned_to":{"crm":"u1","zendesk":null}}"#;
    assert_eq!(serde_json::to_string(&agreed).unwrap(), json);
    assert!(serde_json::from_str::<Agreed<CaseField>>(json).unwrap() == agreed);
}

#[rstest]
#[case::an_unknown_field(r#"{"colour":{"crm":"a","zendesk":"a"}}"#)]
#[case::an_unknown_half(r#"{"status":{"crm":"a","zendesk":"a","both":"a"}}"#)]
fn what_is_agreed_is_refused_with(#[case] json: &str) {
    assert!(serde_json::from_str::<Agreed<CaseField>>(json).is_err());
}

#[test]
fn putting_the_same_pair_again_changes_nothing() {
    let mut agreed = Agreed::default();
    assert!(agreed.put(CaseField::Subject, pair("a", Some("a"))));
    assert!(!agreed.put(CaseField::Subject, pair("a", Some("a"))));
    assert!(agreed.put(CaseField::Subject, pair("a", None)));
    assert!(agreed.get(CaseField::Status).is_none());
}

#[test]
fn debug_of_values_tells_lengths_only() {
    let mut agreed = Agreed::default();
    agreed.put(CaseField::Subject, pair("Printer", None));
    assert_eq!(
        format!("{agreed:?}"),
        "{Subject: Pair { crm: 7 bytes, zendesk: nothing }}"
    );
}

#[test]
fn debug_of_a_case_and_a_comment_tells_no_text() {
    let case = CaseFields {
        subject: "Printer on fire".to_owned(),
        description: "Call Ivo".to_owned(),
        status: CaseStatus::Open,
        priority: CasePriority::Normal,
        assigned_to: None,
        contact: None,
        closed_at: None,
    };
    let comment = TicketComment {
        id: 9,
        body: "Call Ivo".to_owned(),
        attachments: vec!["ivo.pdf".to_owned()],
        ..TicketComment::default()
    };
    let told = format!("{case:?} {comment:?}");
    for secret in ["Printer", "Ivo", "ivo"] {
        assert!(!told.contains(secret), "{told}");
    }
    assert!(
        told.contains("description: 8 bytes") && told.contains("id: 9"),
        "{told}"
    );
}

#[test]
fn every_case_word_reads_back_as_itself_and_has_a_label() {
    for status in CaseStatus::ALL {
        assert_eq!(CaseStatus::parse(status.as_str()), Some(*status));
    }
    for priority in CasePriority::ALL {
        assert_eq!(CasePriority::parse(priority.as_str()), Some(*priority));
    }
    for source in CaseSource::ALL {
        assert_eq!(CaseSource::parse(source.as_str()), Some(*source));
    }
    for field in CaseField::ALL {
        assert_eq!(CaseField::parse(field.as_str()), Some(*field));
        assert_eq!(
            serde_json::to_string(field).unwrap(),
            format!("\"{field}\"")
        );
    }
    let labels: Vec<_> = CaseStatus::ALL
        .iter()
        .map(|status| status.label())
        .collect();
    assert_eq!(labels, ["Open", "In progress", "Resolved", "Closed"]);
}

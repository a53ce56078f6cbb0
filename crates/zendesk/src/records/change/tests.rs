use serde_json::value::RawValue;

use super::*;

fn changes(json: &str) -> Vec<(String, Option<String>, Option<String>)> {
    let raw: &RawValue = serde_json::from_str(json).unwrap();
    let changes = changes_of(raw).into_iter();
    changes
        .map(|change| (change.field, change.previous, change.value))
        .collect()
}

fn change(
    field: &str,
    previous: Option<&str>,
    value: Option<&str>,
) -> (String, Option<String>, Option<String>) {
    let owned = |text: Option<&str>| text.map(str::to_owned);
    (field.to_owned(), owned(previous), owned(value))
}

#[test]
fn an_audits_change_names_field_value_and_previous_value() {
    assert_eq!(
        changes(
            r#"{"id":1,"type":"Change","field_name":"status","value":"solved","previous_value":"open"}"#
        ),
        [change("status", Some("open"), Some("solved"))]
    );
}

#[test]
fn ids_become_text_and_null_becomes_none_however_they_were_written() {
    assert_eq!(
        changes(r#"{"id":1,"type":"Create","field_name":"requester_id","value":20014192}"#),
        [change("requester_id", None, Some("20014192"))]
    );
    assert_eq!(
        changes(
            r#"{"id":1,"type":"Change","field_name":"assignee_id","value":null,"previous_value":"7"}"#
        ),
        [change("assignee_id", Some("7"), None)]
    );
    assert_eq!(
        changes(
            r#"{"id":1,"type":"Change","field_name":"tags","value":["a","b"],"previous_value":[]}"#
        ),
        [change("tags", Some("[]"), Some(r#"["a","b"]"#))]
    );
}

#[test]
fn an_exports_change_has_the_field_itself_as_a_key() {
    assert_eq!(
        changes(
            r#"{"id":1,"via":"Web form","via_reference_id":null,"status":"open","event_type":"Change","previous_value":"new"}"#
        ),
        [change("status", Some("new"), Some("open"))]
    );
    assert_eq!(
        changes(
            r#"{"id":1,"via":"API","type":"incident","event_type":"Change","previous_value":null}"#
        ),
        [change("type", None, Some("incident"))]
    );
    assert_eq!(
        changes(r#"{"id":1,"via":"API","event_type":"Change","360001":"x","previous_value":"y"}"#),
        [change("360001", Some("y"), Some("x"))]
    );
}

#[test]
fn a_subject_with_escapes_is_read_as_text() {
    assert_eq!(
        changes(
            r#"{"type":"Change","field_name":"subject","value":"Zo\u00eb \"x\"","previous_value":""}"#
        ),
        [change("subject", Some(""), Some("Zoë \"x\""))]
    );
}

use super::*;

const EVENT: &str = r#"{
  "account_id": "15520178",
  "detail": { "id": "4016", "status": "OPEN", "organization_id": "0", "external_id": "" },
  "event": { "current": "OPEN", "previous": "NEW" },
  "id": "2b24ef10-19d3-4740-93cf-8f98ec4776c0",
  "subject": "zen:ticket:4016",
  "time": "2026-11-22T12:00:00.123456789Z",
  "type": "zen:event-type:ticket.status_changed",
  "zendesk_event_version": "2022-11-06"
}"#;

#[test]
fn an_event_names_its_ticket_by_a_text() {
    let event = parse_event(EVENT.as_bytes()).unwrap();
    assert_eq!(event.subject, Subject::Ticket(4016));
    assert_eq!(event.kind, "ticket.status_changed");
    assert_eq!(
        event.id.as_deref(),
        Some("2b24ef10-19d3-4740-93cf-8f98ec4776c0")
    );
    assert_eq!(event.time.unwrap().as_second(), 1_795_348_800);
}

#[test]
fn an_event_about_a_user_names_the_user() {
    let event = br#"{"id":"e","type":"zen:event-type:user.deleted","subject":"zen:user:6166541393166","detail":{"id":"6166541393166"},"event":{}}"#;
    assert_eq!(
        parse_event(event).unwrap().subject,
        Subject::User(6_166_541_393_166)
    );
}

#[test]
fn without_a_subject_the_detail_says_which_ticket() {
    let event = br#"{"id":"e","type":"zen:event-type:ticket.created","detail":{"id":"7"}}"#;
    assert_eq!(parse_event(event).unwrap().subject, Subject::Ticket(7));
    let number = br#"{"id":"e","type":"zen:event-type:ticket.created","detail":{"id":7}}"#;
    assert_eq!(parse_event(number).unwrap().subject, Subject::Ticket(7));
}

#[test]
fn an_event_about_something_else_is_kept_apart() {
    let event = br#"{"id":"e","type":"zen:event-type:organization.created","subject":"zen:organization:7","detail":{"id":"7"}}"#;
    let subject = parse_event(event).unwrap().subject;
    assert_eq!(subject, Subject::Other("zen:organization:7".into()));
}

#[test]
fn a_triggers_own_body_may_be_as_short_as_a_number() {
    for body in [
        r#"{"ticket_id": 123}"#,
        r#"{"ticket_id": "123"}"#,
        "123",
        "\"123\"",
        " 123\n",
    ] {
        let event = parse_event(body.as_bytes()).unwrap();
        assert_eq!(event.subject, Subject::Ticket(123), "{body}");
        assert_eq!((event.id, event.kind.as_str()), (None, ""), "{body}");
    }
}

#[test]
fn what_names_no_record_is_refused_without_repeating_it() {
    let deep = "[".repeat(5_000);
    let bodies = [
        "",
        "{}",
        "[]",
        "null",
        "\"\"",
        "0",
        "-5",
        "1.5",
        "\"secret\"",
        "<html>",
        "{\"ticket_id\":\"secret\"}",
        "{\"ticket_id\":0}",
        r#"{"type":"zen:event-type:ticket.created","detail":{"id":"0"}}"#,
        r#"{"ticket_id":"{{ticket.id}}"}"#,
        deep.as_str(),
    ];
    for body in bodies {
        let error = parse_event(body.as_bytes()).unwrap_err();
        assert!(!error.to_string().contains("secret"), "{error}");
    }
    assert!(parse_event(&[0xff, 0xfe]).is_err());
}

#[test]
fn fields_that_nobody_expected_do_no_harm() {
    let event = br#"{"id":7,"type":"zen:event-type:ticket.created","subject":"zen:ticket:7","detail":null,"time":[1],"event":"x"}"#;
    let event = parse_event(event).unwrap();
    assert_eq!((event.subject, event.time), (Subject::Ticket(7), None));
}

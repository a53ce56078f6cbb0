use rstest::rstest;

use super::*;
use crate::records::read_page;

#[rstest]
#[case(Position::Start(0), "start:0")]
#[case(Position::Start(1_695_052_663), "start:1695052663")]
#[case(Position::Cursor("MTY5NTA1MjY2My4wfHwyOHw=".into()), "cursor:MTY5NTA1MjY2My4wfHwyOHw=")]
#[case(Position::Cursor("a:b".into()), "cursor:a:b")]
fn a_position_survives_being_stored(#[case] position: Position, #[case] text: &str) {
    assert_eq!(position.to_string(), text);
    assert_eq!(text.parse(), Ok(position));
}

#[rstest]
#[case("")]
#[case("0")]
#[case("start:")]
#[case("start:soon")]
#[case("cursor:")]
#[case("page:2")]
fn other_texts_are_no_position(#[case] text: &str) {
    assert_eq!(Position::parse(text), None);
}

#[test]
fn the_cursor_is_also_found_in_the_address_of_the_next_page() {
    let body = br#"{"users":[],"after_url":"https://x.zendesk.com/api/v2/incremental/users/cursor.json?cursor=abc%3D&per_page=1"}"#;
    let page = read_page("x", "users", body).unwrap();
    assert_eq!(after_cursor(&page).as_deref(), Some("abc="));
}

/// What one time-based page says: its end, and whether the stream ends.
fn end_of(body: &str) -> Result<(Option<i64>, bool), Error> {
    let page = read_page("x", "ticket_events", body.as_bytes()).unwrap();
    time_end("x", &page, "ticket_events", 100)
}

#[test]
fn a_time_based_page_says_where_to_go_on() {
    let body = r#"{"ticket_events":[{}],"end_time":101,"end_of_stream":false}"#;
    assert_eq!(end_of(body).unwrap(), (Some(101), false));
    let body = r#"{"ticket_events":[{}],"end_time":100,"end_of_stream":true}"#;
    assert_eq!(end_of(body).unwrap(), (Some(100), true));
    let body = r#"{"ticket_events":[],"end_time":null,"end_of_stream":true}"#;
    assert_eq!(end_of(body).unwrap(), (None, true));
}

#[test]
fn an_old_answer_ends_by_holding_less_than_a_full_page() {
    assert_eq!(
        end_of(r#"{"ticket_events":[{}],"count":1,"end_time":101}"#).unwrap(),
        (Some(101), true)
    );
    let full = format!(
        r#"{{"ticket_events":[{}],"end_time":101}}"#,
        vec!["{}"; 1000].join(",")
    );
    assert_eq!(end_of(&full).unwrap(), (Some(101), false));
}

#[test]
fn a_time_based_export_that_stands_still_is_an_error() {
    for end in ["100", "99", "null"] {
        let body = format!(r#"{{"ticket_events":[{{}}],"end_time":{end},"end_of_stream":false}}"#);
        assert!(matches!(end_of(&body), Err(Error::Endless { .. })), "{end}");
    }
}

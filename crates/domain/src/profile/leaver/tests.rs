use super::*;

fn leaver() -> Leaver {
    Leaver {
        key_kind: KeyKind::ExternalId,
        key: "1".to_owned(),
        name: "K".to_owned(),
        zendesk_id: Some(7),
        tags: Tags::from(["ours".to_owned(), "vip".to_owned()]),
        fields: vec!["tier".to_owned(), "ltv".to_owned()],
    }
}

fn text(farewell: Farewell) -> String {
    match farewell {
        Farewell::Send(json) => String::from_utf8(json).expect("JSON is text"),
        Farewell::Nothing | Farewell::ReadTags | Farewell::Delete(_) => format!("{farewell:?}"),
    }
}

#[test]
fn by_default_a_leaver_is_left_alone() {
    assert_eq!(farewell(&leaver(), OnLeave::default()), Farewell::Nothing);
}

#[test]
fn clearing_fields_names_only_those_we_filled() {
    assert_eq!(
        text(farewell(&leaver(), OnLeave::ClearFields)),
        r#"{"external_id":"1","name":"K","user_fields":{"ltv":null,"tier":null}}"#
    );
}

#[test]
fn suspending_says_nothing_but_that() {
    assert_eq!(
        text(farewell(&leaver(), OnLeave::Suspend)),
        r#"{"external_id":"1","name":"K","suspended":true}"#
    );
}

#[test]
fn removing_our_tags_keeps_those_of_others() {
    assert_eq!(farewell(&leaver(), OnLeave::RemoveTags), Farewell::ReadTags);
    let current = Tags::from(["ours".to_owned(), "theirs".to_owned()]);
    let json = farewell_tags(&leaver(), &current).expect("one of ours is there");
    assert_eq!(
        String::from_utf8_lossy(&json),
        r#"{"external_id":"1","name":"K","tags":["theirs"]}"#
    );
}

#[test]
fn nothing_is_sent_where_none_of_our_tags_is_left() {
    assert_eq!(
        farewell_tags(&leaver(), &Tags::from(["theirs".to_owned()])),
        None
    );
}

#[test]
fn a_leaver_who_never_arrived_is_not_created_to_be_removed() {
    let never = Leaver {
        zendesk_id: None,
        ..leaver()
    };
    for policy in OnLeave::ALL {
        assert_eq!(farewell(&never, *policy), Farewell::Nothing, "{policy}");
    }
}

#[test]
fn an_empty_source_is_stopped_by_the_brake() {
    assert!(brakes(1_000, 1_000, LEAVERS_PER_MILLE));
    assert!(brakes(101, 1_000, LEAVERS_PER_MILLE));
    assert!(!brakes(100, 1_000, LEAVERS_PER_MILLE));
    assert!(!brakes(0, 0, LEAVERS_PER_MILLE));
    assert!(brakes(u64::MAX, u64::MAX, 999));
}

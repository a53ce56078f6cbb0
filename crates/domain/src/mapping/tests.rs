use rstest::rstest;

use super::*;

/// A translation in words, so that a failed test can be read.
fn told(translation: &Translation) -> String {
    match translation {
        Translation::To(value) => format!("to {}", value.as_deref().unwrap_or("nothing")),
        Translation::Keep => "keep".to_owned(),
        Translation::Unknown(word) => format!("unknown {word}"),
    }
}

#[rstest]
#[case::a_new_ticket_is_an_open_case(Some("new"), "to open")]
#[case::an_open_ticket_is_an_open_case(Some("open"), "to open")]
#[case::a_pending_ticket_is_a_case_in_progress(Some("pending"), "to in_progress")]
#[case::a_ticket_on_hold_is_an_open_case(Some("hold"), "to open")]
#[case::a_solved_ticket_is_a_closed_case(Some("solved"), "to closed")]
#[case::a_closed_ticket_is_a_closed_case(Some("closed"), "to closed")]
#[case::a_deleted_ticket_says_nothing_about_the_case(Some("deleted"), "keep")]
#[case::a_ticket_without_a_status_says_nothing_about_the_case(None, "keep")]
#[case::an_unknown_status_is_no_case_status(Some("snoozed"), "unknown snoozed")]
fn every_ticket_status_has_its_case_status(#[case] raw: Option<&str>, #[case] expected: &str) {
    assert_eq!(told(&status_to_case(raw, &Maps::default())), expected);
}

#[rstest]
#[case::an_open_case_is_an_open_ticket_and_never_a_new_one(CaseStatus::Open, "to open")]
#[case::a_case_in_progress_is_a_pending_ticket(CaseStatus::InProgress, "to pending")]
#[case::a_resolved_case_is_a_solved_ticket(CaseStatus::Resolved, "to solved")]
#[case::a_closed_case_is_a_solved_ticket_and_never_a_closed_one(CaseStatus::Closed, "to solved")]
fn every_case_status_has_its_ticket_status(#[case] status: CaseStatus, #[case] expected: &str) {
    assert_eq!(told(&status_to_ticket(status, &Maps::default())), expected);
}

#[rstest]
#[case::low_is_low(Some("low"), "to low")]
#[case::normal_is_normal(Some("normal"), "to normal")]
#[case::high_is_high(Some("high"), "to high")]
#[case::urgent_is_high(Some("urgent"), "to high")]
#[case::no_priority_leaves_the_case_as_it_is(None, "keep")]
#[case::a_blank_priority_is_no_priority(Some(""), "keep")]
#[case::an_unknown_priority_is_no_case_priority(Some("blocker"), "unknown blocker")]
fn every_ticket_priority_has_its_case_priority(#[case] raw: Option<&str>, #[case] expected: &str) {
    assert_eq!(told(&priority_to_case(raw, &Maps::default())), expected);
}

#[rstest]
#[case::low_is_low(CasePriority::Low, "to low")]
#[case::normal_is_normal(CasePriority::Normal, "to normal")]
#[case::high_is_high_and_never_urgent(CasePriority::High, "to high")]
fn every_case_priority_has_its_ticket_priority(
    #[case] priority: CasePriority,
    #[case] expected: &str,
) {
    assert_eq!(
        told(&priority_to_ticket(priority, &Maps::default())),
        expected
    );
}

#[rstest]
#[case::a_subject_is_taken_as_it_is(Some(" Printer on fire 🔥 "), "to  Printer on fire 🔥 ")]
#[case::no_subject_is_said_on_the_case(None, "to (no subject)")]
#[case::an_empty_subject_is_no_subject(Some(""), "to (no subject)")]
#[case::a_blank_subject_is_no_subject(Some(" \t"), "to (no subject)")]
fn a_ticket_subject_becomes_the_case_subject(#[case] raw: Option<&str>, #[case] expected: &str) {
    assert_eq!(told(&subject_to_case(raw)), expected);
}

#[rstest]
#[case::a_subject_is_sent_as_it_is("مرحبا", "to مرحبا")]
#[case::the_stand_in_for_no_subject_is_never_written_back("(no subject)", "keep")]
#[case::a_blank_subject_is_never_written_back("  ", "keep")]
fn a_case_subject_becomes_the_ticket_subject(#[case] subject: &str, #[case] expected: &str) {
    assert_eq!(told(&subject_to_ticket(subject)), expected);
}

#[test]
fn a_subject_of_ten_thousand_characters_stays_whole() {
    let long = "ß".repeat(10_000);
    assert_eq!(told(&subject_to_case(Some(&long))), format!("to {long}"));
}

#[rstest]
#[case::mail(Some("email"), CaseSource::Email)]
#[case::a_call(Some("voice"), CaseSource::Phone)]
#[case::a_web_form(Some("web"), CaseSource::Web)]
#[case::a_widget_on_a_web_page(Some("web_widget"), CaseSource::Web)]
#[case::the_api(Some("api"), CaseSource::Other)]
#[case::a_chat(Some("chat"), CaseSource::Other)]
#[case::a_channel_not_known_yet(Some("telepathy"), CaseSource::Other)]
#[case::no_channel(None, CaseSource::Other)]
fn the_channel_tells_the_source(#[case] channel: Option<&str>, #[case] expected: CaseSource) {
    assert_eq!(source_from_channel(channel), expected);
}

#[test]
fn a_map_that_names_only_what_differs_keeps_the_rest_of_the_default() {
    let maps: Maps = serde_json::from_str(
        r#"{"status":{"from_zendesk":{"hold":"in_progress","other":{"snoozed":"in_progress"}}}}"#,
    )
    .unwrap();
    assert_eq!(told(&status_to_case(Some("hold"), &maps)), "to in_progress");
    assert_eq!(
        told(&status_to_case(Some("snoozed"), &maps)),
        "to in_progress"
    );
    assert_eq!(told(&status_to_case(Some("solved"), &maps)), "to closed");
    assert_eq!(maps.priority, PriorityMap::default());
}

#[rstest]
#[case::an_unknown_ticket_status(r#"{"status":{"from_zendesk":{"opne":"open"}}}"#)]
#[case::an_unknown_case_status(r#"{"status":{"from_zendesk":{"open":"opne"}}}"#)]
#[case::an_unknown_map(r#"{"urgency":{}}"#)]
#[case::new_which_cannot_be_written(r#"{"status":{"to_zendesk":{"open":"new"}}}"#)]
#[case::closed_which_would_be_final(r#"{"status":{"to_zendesk":{"closed":"closed"}}}"#)]
#[case::an_unknown_priority(r#"{"priority":{"to_zendesk":{"high":"blocker"}}}"#)]
fn a_map_with_a_wrong_word_is_refused(#[case] json: &str) {
    assert!(serde_json::from_str::<Maps>(json).is_err());
}

#[test]
fn maps_survive_being_stored() {
    let mut maps = Maps::default();
    maps.priority.from_zendesk.urgent = CasePriority::Normal;
    maps.status.to_zendesk.closed = WritableStatus::Pending;
    let stored = serde_json::to_string(&maps).unwrap();
    assert_eq!(serde_json::from_str::<Maps>(&stored).unwrap(), maps);
}

#[test]
fn debug_of_a_translation_does_not_tell_the_value() {
    let told = format!(
        "{:?} {:?}",
        Translation::text("Ivo"),
        Translation::Unknown("Berg".into())
    );
    assert_eq!(told, "To(3 bytes) Unknown(4 bytes)");
}

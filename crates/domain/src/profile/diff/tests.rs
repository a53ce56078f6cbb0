use serde_json::json;

use super::*;

fn fields(compared: &Compared) -> Vec<&str> {
    match compared {
        Compared::Create(changes) | Compared::Update(changes) => {
            changes.iter().map(|change| change.field.as_str()).collect()
        }
        Compared::Unchanged => vec!["unchanged"],
    }
}

fn compare_field(before: &Value, after: &Value) -> Compared {
    let user = json!({"id": 1, "user_fields": {"f": before}});
    let profile = json!({"user_fields": {"f": after}}).to_string();
    compare(Some(&user), &[], profile.as_bytes())
}

#[test]
fn before_and_after_are_shown_per_field() {
    let user = json!({"id": 1, "name": "Kim", "phone": null, "user_fields": {"tier": "silver"}});
    let profile = br#"{"name":"Kim","phone":"+15035550100","user_fields":{"tier":"gold"}}"#;
    let compared = compare(Some(&user), &[], profile);
    let Compared::Update(changes) = &compared else {
        panic!("{compared:?}")
    };
    assert_eq!(fields(&compared), ["phone", "user_fields.tier"]);
    assert_eq!(changes[1].before, json!("silver"));
    assert_eq!(changes[1].after, json!("gold"));
}

#[test]
fn values_are_compared_as_zendesk_stores_them() {
    for (before, after) in [
        (json!("2020-08-19T00:00:00+00:00"), json!("2020-08-19")),
        (json!("745"), json!(745)),
        (json!(1234.5), json!(1234.50)),
        (json!(false), json!(null)),
        (json!(""), json!(null)),
        (json!(null), json!(false)),
        (json!(["fr", "es"]), json!(["es", "fr"])),
    ] {
        assert_eq!(
            compare_field(&before, &after),
            Compared::Unchanged,
            "{before} and {after}"
        );
    }
    for (before, after) in [
        (json!("2020-08-19T00:00:00+00:00"), json!("2020-08-18")),
        (json!("gold"), json!("Gold")),
        (json!(true), json!(false)),
        (json!(null), json!(0)),
        (json!(["es"]), json!(["es", "fr"])),
        (json!("x"), json!(null)),
    ] {
        assert_eq!(
            fields(&compare_field(&before, &after)),
            ["user_fields.f"],
            "{before} and {after}"
        );
    }
}

#[test]
fn an_email_that_the_user_has_already_changes_nothing() {
    let user = json!({"id": 1, "email": "first@example.com"});
    let profile = br#"{"email":"Second@example.com"}"#;
    assert_eq!(
        compare(
            Some(&user),
            &["first@example.com", "second@example.com"],
            profile
        ),
        Compared::Unchanged
    );
    let Compared::Update(changes) = compare(Some(&user), &["first@example.com"], profile) else {
        panic!("a new address is a change")
    };
    assert_eq!(changes[0].effect, Effect::AddsAddress);
}

#[test]
fn tags_of_others_are_no_difference() {
    let user = json!({"id": 1, "tags": ["ours", "theirs"]});
    assert_eq!(
        compare(Some(&user), &[], br#"{"tags":["ours"]}"#),
        Compared::Unchanged
    );
    assert_eq!(
        fields(&compare(Some(&user), &[], br#"{"tags":["new"]}"#)),
        ["tags"]
    );
}

#[test]
fn what_zendesk_never_shows_is_not_compared() {
    let user = json!({"id": 1});
    assert_eq!(
        compare(
            Some(&user),
            &[],
            br#"{"skip_verify_email":true,"password":"x"}"#
        ),
        Compared::Unchanged
    );
}

#[test]
fn a_read_back_confirms_only_the_whole_profile() {
    let profile = br#"{"external_id":"A","name":"Kim"}"#;
    let there = json!({"id": 5, "external_id": "a", "name": "Kim"});
    assert_eq!(
        read_back(Some(&there), &[], profile, false),
        ReadBack::Confirmed {
            state: RowState::Created,
            zendesk_id: 5
        }
    );
    let half = json!({"id": 5, "external_id": "a", "name": "Old"});
    assert_eq!(
        read_back(Some(&half), &[], profile, true),
        ReadBack::SendAgain
    );
    assert_eq!(read_back(None, &[], profile, true), ReadBack::SendAgain);
}

#[test]
fn a_change_is_not_shown_in_a_log() {
    let change = Change {
        field: "email".to_owned(),
        before: Value::Null,
        after: json!("kim@example.com"),
        effect: Effect::Set,
    };
    assert!(!format!("{change:?}").contains("kim"));
}

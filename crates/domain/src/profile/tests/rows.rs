use super::*;

fn people() -> Setting {
    Setting::of(&["external_id", "email", "name", "phone"])
}

#[test]
fn a_row_needs_a_name() {
    for name in [None, Some(""), Some("  "), Some("\u{0}")] {
        assert_eq!(
            people().check(&[Some("1"), None, name, None]),
            Err((RowCode::MissingName, "name".to_owned()))
        );
    }
}

#[test]
fn a_row_needs_an_email_or_an_external_id() {
    assert_eq!(
        people().check(&[None, Some(" "), Some("Kim"), Some("+15035550100")]),
        Err((RowCode::MissingIdentity, "email|external_id".to_owned()))
    );
    for (external_id, email) in [(Some("1"), None), (None, Some("kim@example.com"))] {
        assert!(
            people()
                .check(&[external_id, email, Some("Kim"), None])
                .is_ok()
        );
    }
}

#[test]
fn a_bad_email_without_an_external_id_is_named_as_the_reason() {
    assert_eq!(
        people().check(&[None, Some("badmail"), Some("Kim"), None]),
        Err((RowCode::BadEmail, "email".to_owned()))
    );
}

#[test]
fn a_bad_optional_value_costs_the_field_and_not_the_customer() {
    let (json, notes) = people()
        .check(&[Some("1"), Some("badmail"), Some("Kim"), Some("call me")])
        .expect("the row goes on");
    assert_eq!(json, r#"{"external_id":"1","name":"Kim","verified":true}"#);
    assert_eq!(notes, ["email bad_email", "phone bad_phone"]);
}

#[test]
fn a_bad_external_id_rejects_the_row_rather_than_make_it_another_customer() {
    let wide = "x".repeat(256);
    assert_eq!(
        people().check(&[Some(&wide), Some("kim@example.com"), Some("Kim"), None]),
        Err((RowCode::TooLong, "external_id".to_owned()))
    );
}

#[test]
fn a_repair_is_reported() {
    let (_, notes) = people()
        .check(&[Some("1"), None, Some("Kim"), Some("(503) 555-0100")])
        .expect("ready");
    assert_eq!(notes, ["phone fixed"]);
}

#[test]
fn each_handling_does_what_it_says() {
    let phone = |handling| One::of("phone").handling(handling);
    let good = ("+15035550100", r#""+15035550100""#);
    phone(Handling::Fix).assert(&[good, ("503 555 0100", good.1), ("no", "bad_phone")]);
    phone(Handling::Drop).assert(&[good, ("503 555 0100", "needs_repair"), ("no", "bad_phone")]);
    phone(Handling::Reject).assert(&[
        good,
        ("503 555 0100", "rejected needs_repair"),
        ("no", "rejected bad_phone"),
    ]);
    phone(Handling::FixOrReject).assert(&[
        good,
        ("503 555 0100", good.1),
        ("no", "rejected bad_phone"),
    ]);
}

#[test]
fn an_empty_cell_leaves_alone_unless_it_is_to_clear() {
    let row = [Some("1"), Some("Kim"), Some(" ")];
    let leave = Setting::of(&["external_id", "name", "phone"]);
    assert_eq!(
        leave.check(&row).expect("ready").0,
        r#"{"external_id":"1","name":"Kim","verified":true}"#
    );
    let clear = leave.with_rule(
        "phone",
        ColumnRule {
            empty: Empty::Clear,
            ..ColumnRule::default()
        },
    );
    let json = r#"{"external_id":"1","name":"Kim","phone":null,"verified":true}"#;
    assert_eq!(clear.check(&row).expect("ready").0, json);
    assert_eq!(
        clear
            .check(&[Some("1"), Some("Kim"), None])
            .expect("ready")
            .0,
        json
    );
    // A bad value is not an empty one: it clears nothing.
    assert!(
        !clear
            .check(&[Some("1"), Some("Kim"), Some("x")])
            .expect("ready")
            .0
            .contains("phone")
    );
}

#[test]
fn tags_are_wiped_only_where_clearing_is_asked_for() {
    let setting = Setting::of(&["external_id", "name", "tags"]);
    let row = [Some("1"), Some("Kim"), Some("")];
    assert!(!setting.check(&row).expect("ready").0.contains("tags"));
    let clear = setting.with_rule(
        "tags",
        ColumnRule {
            empty: Empty::Clear,
            ..ColumnRule::default()
        },
    );
    assert!(clear.check(&row).expect("ready").0.contains(r#""tags":[]"#));
}

#[test]
fn a_required_value_rejects_the_row_that_lacks_it() {
    let required = ColumnRule {
        required: true,
        ..ColumnRule::default()
    };
    let setting = Setting::of(&["external_id", "name", "phone"]).with_rule("phone", required);
    let row = |phone| [Some("1"), Some("Kim"), Some(phone)];
    assert_eq!(
        setting.check(&row("")),
        Err((RowCode::MissingRequired, "phone".to_owned()))
    );
    assert_eq!(
        setting.check(&row("no")),
        Err((RowCode::BadPhone, "phone".to_owned()))
    );
    assert!(setting.check(&row("+15035550100")).is_ok());
}

#[test]
fn nobody_gets_a_verification_mail_unless_that_is_set() {
    let mut setting = Setting::of(&["external_id", "name"]);
    let row = [Some("1"), Some("Kim")];
    assert!(
        setting
            .check(&row)
            .expect("ready")
            .0
            .contains(r#""verified":true"#)
    );
    setting.rules.verification = Verification::NoMail;
    let json = setting.check(&row).expect("ready").0;
    assert!(json.contains(r#""skip_verify_email":true"#) && !json.contains("verified\":"));
    setting.rules.verification = Verification::Mail;
    assert!(!setting.check(&row).expect("ready").0.contains("verif"));
}

#[test]
fn a_column_that_says_unverified_causes_no_mail() {
    let setting = Setting::of(&["external_id", "name", "verified"]);
    let (json, _) = setting
        .check(&[Some("1"), Some("Kim"), Some("no")])
        .expect("ready");
    assert_eq!(
        json,
        r#"{"external_id":"1","name":"Kim","verified":false,"skip_verify_email":true}"#
    );
}

#[test]
fn an_external_id_from_a_floating_column_is_a_whole_number() {
    let mut setting = Setting::of(&["external_id", "name"]);
    setting.columns[0].kind = ColumnKind::Float;
    assert!(
        setting
            .check(&[Some("12345.0"), Some("Kim")])
            .expect("ready")
            .0
            .contains(r#""external_id":"12345""#)
    );
}

#[test]
fn keys_have_a_fixed_order_whatever_the_order_of_columns() {
    let one = Setting::of(&[
        "user_fields.b",
        "tags",
        "name",
        "user_fields.a",
        "external_id",
    ]);
    let other = Setting::of(&[
        "external_id",
        "user_fields.a",
        "user_fields.b",
        "name",
        "tags",
    ]);
    let fields = |setting: Setting| {
        setting
            .with_field(UserField::new("a", FieldType::Text))
            .with_field(UserField::new("b", FieldType::Text))
    };
    let json = fields(one)
        .check(&[Some("2"), Some("x"), Some("Kim"), Some("1"), Some("id")])
        .expect("ready")
        .0;
    assert_eq!(
        json,
        r#"{"external_id":"id","name":"Kim","verified":true,"tags":["x"],"user_fields":{"a":"1","b":"2"}}"#
    );
    assert_eq!(
        fields(other)
            .check(&[Some("id"), Some("1"), Some("2"), Some("Kim"), Some("x")])
            .expect("ready")
            .0,
        json
    );
}

#[test]
fn the_first_field_may_be_left_out_without_breaking_the_object() {
    let setting = Setting::of(&["name", "external_id", "user_fields.a", "user_fields.b"])
        .with_field(UserField::new("a", FieldType::Integer))
        .with_field(UserField::new("b", FieldType::Text));
    for (a, b) in [("no", "x"), ("1", ""), ("no", ""), ("1", "x")] {
        let (json, _) = setting
            .check(&[Some("Kim"), Some("1"), Some(a), Some(b)])
            .expect("ready");
        let _: serde_json::Value = serde_json::from_str(&json).expect("whole JSON");
        assert_eq!(json.contains("user_fields"), a == "1" || b == "x", "{json}");
    }
}

#[test]
fn a_profile_is_used_again_without_a_trace_of_the_last_row() {
    let checker = people().plan().expect("a plan");
    let mut profile = Profile::new();
    let full = [
        Some("9"),
        Some("kim@example.com"),
        Some("Kim"),
        Some("call me"),
    ];
    assert_eq!(checker.check(&full, &mut profile), Verdict::Ready);
    let hash = profile.hash();
    let other = [None, Some("LEE@example.com"), Some("Lee"), None];
    assert_eq!(checker.check(&other, &mut profile), Verdict::Ready);
    assert_eq!(profile.external_id(), None);
    assert_eq!(profile.key(), "lee@example.com");
    assert_eq!(profile.key_kind(), key::KeyKind::Email);
    assert_eq!(profile.email(), Some("LEE@example.com"));
    assert!(profile.notes().is_empty());
    assert_ne!(profile.hash(), hash);
    assert_eq!(checker.check(&full, &mut profile), Verdict::Ready);
    assert_eq!(profile.hash(), hash);
}

#[test]
fn a_row_that_is_too_large_is_rejected() {
    let mut setting = Setting::of(&["name", "external_id"]);
    for place in 0..6 {
        let key = format!("f{place}");
        setting
            .columns
            .push(Column::new(format!("user_fields.{key}"), ColumnKind::Text));
        setting = setting.with_field(UserField::new(key, FieldType::Textarea));
    }
    let long = "x".repeat(60_000);
    let mut row = vec![Some("Kim"), Some("1")];
    row.extend(std::iter::repeat_n(Some(long.as_str()), 6));
    assert!(matches!(setting.check(&row), Err((RowCode::TooLarge, _))));
}

#[test]
fn a_rejection_says_column_and_what_to_do_and_never_the_value() {
    let setting = Setting::of(&["id", "Mobile"])
        .with_entry("external_id", Origin::Column("id".to_owned()))
        .with_entry("name", Origin::Constant("Kim".to_owned()))
        .with_entry("phone", Origin::Column("Mobile".to_owned()))
        .with_rule(
            "phone",
            ColumnRule {
                handling: Handling::Reject,
                ..ColumnRule::default()
            },
        );
    let checker = setting.plan().expect("a plan");
    let mut profile = Profile::new();
    let Verdict::Rejected(rejection) = checker.check(&[Some("1"), Some("secret")], &mut profile)
    else {
        panic!("a bad phone")
    };
    assert_eq!(rejection.column, Some("Mobile"));
    assert_eq!(
        rejection.sentence(),
        "phone, from the column “Mobile”, is not a telephone number. Write it with its country code, \
         such as +15035550100."
    );
}

#[test]
fn every_code_says_what_to_do() {
    for code in RowCode::ALL {
        let advice = code.advice();
        assert!(
            advice.ends_with('.') && advice.matches(". ").count() >= 1,
            "{code}: {advice}"
        );
    }
}

#[test]
fn a_profile_shows_no_personal_data_in_a_log() {
    let checker = people().plan().expect("a plan");
    let mut profile = Profile::new();
    let row = [
        Some("id-77"),
        Some("kim@example.com"),
        Some("Kim Lee"),
        None,
    ];
    assert_eq!(checker.check(&row, &mut profile), Verdict::Ready);
    let shown = format!("{profile:?}");
    assert!(!shown.contains("Kim"), "{shown}");
    assert!(
        !shown.contains("id-77") && !shown.contains("example"),
        "{shown}"
    );
}

#[test]
fn the_outcomes_add_up_to_the_rows_read() {
    let mut tally = Tally {
        read: 9,
        ..Tally::default()
    };
    for state in RowState::ALL {
        tally.add(*state, 1);
    }
    assert_eq!(tally.accounted(), 9);
    assert!(!tally.is_complete(), "two rows are not finished");
    tally.pending = 0;
    tally.unknown = 0;
    assert!(!tally.is_complete(), "two rows are missing");
    tally.read = 7;
    assert!(tally.is_complete());
    assert_eq!(
        serde_json::to_string(&tally).expect("JSON"),
        r#"{"read":7,"created":1,"updated":1,"unchanged":1,"rejected":1,"failed":1,"conflict":1,"skipped":1}"#
    );
}

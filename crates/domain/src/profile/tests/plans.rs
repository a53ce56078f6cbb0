use super::*;

#[test]
fn columns_that_carry_zendesks_names_need_no_mapping() {
    let setting = Setting::of(&[" External_ID", "NAME", "User_Fields.Tier"])
        .with_field(UserField::new("tier", FieldType::Text));
    assert_eq!(
        setting
            .check(&[Some("1"), Some("Kim"), Some("gold")])
            .expect("ready")
            .0,
        r#"{"external_id":"1","name":"Kim","verified":true,"user_fields":{"tier":"gold"}}"#
    );
}

#[test]
fn a_mapping_renames_sets_constants_and_fills_templates() {
    let setting = Setting::of(&["id", "first", "last"])
        .with_entry("external_id", Origin::Column("id".to_owned()))
        .with_entry(
            "name",
            Origin::Template("{{ first }} {{ last }}".to_owned()),
        )
        .with_entry("tags", Origin::Constant("From CRM".to_owned()));
    assert_eq!(
        setting
            .check(&[Some("1"), Some(" Kim "), Some("Lee")])
            .expect("ready")
            .0,
        r#"{"external_id":"1","name":"Kim Lee","verified":true,"tags":["crm","from"]}"#
    );
}

#[test]
fn with_a_mapping_only_what_it_names_is_sent() {
    let mut setting = Setting::of(&["id", "name", "notes"])
        .with_entry("external_id", Origin::Column("id".to_owned()))
        .with_entry("name", Origin::Column("name".to_owned()));
    let row = [Some("1"), Some("Kim"), Some("private")];
    assert!(!setting.check(&row).expect("ready").0.contains("private"));
    let notices = setting.plan().expect("a plan").notices().to_vec();
    assert_eq!(notices[0].code, ProblemCode::UnusedColumn);
    assert_eq!(notices[0].field, "notes");
    setting.mapping.by_name = true;
    assert!(setting.check(&row).expect("ready").0.contains("private"));
}

#[test]
fn a_column_that_stands_for_nothing_is_reported_and_never_sent() {
    let setting = Setting::of(&["name", "external_id", "id", "phne"]);
    let checker = setting.plan().expect("a plan");
    let notices: Vec<_> = checker
        .notices()
        .iter()
        .map(|one| one.field.as_str())
        .collect();
    assert_eq!(notices, ["id", "phne"]);
    assert!(
        checker.notices()[1]
            .sentence
            .contains("Did you mean phone?")
    );
    assert_eq!(checker.targets().count(), 3);
}

#[test]
fn a_source_without_name_or_identity_is_refused_before_the_run() {
    assert_eq!(
        Setting::of(&["phone"]).problems(),
        [
            (ProblemCode::MissingName, "name".to_owned()),
            (ProblemCode::MissingIdentity, "email|external_id".to_owned()),
        ]
    );
}

#[test]
fn an_unknown_field_is_refused_with_the_nearest_name() {
    let setting = Setting::of(&["name", "email", "user_fields.loyalty_teir"])
        .with_field(UserField::new("loyalty_tier", FieldType::Text))
        .with_field(UserField::new("churn", FieldType::Decimal));
    let problems = setting.plan().expect_err("unknown");
    assert_eq!(problems[0].code, ProblemCode::UnknownUserField);
    assert_eq!(problems[0].field, "user_fields.loyalty_teir");
    assert!(
        problems[0]
            .sentence
            .contains("Did you mean user_fields.loyalty_tier?"),
        "{}",
        problems[0].sentence
    );
}

#[test]
fn a_powerful_attribute_is_refused_unless_the_destination_allows_it() {
    for attribute in Attribute::ALL.iter().filter(|one| one.is_powerful()) {
        let mut setting = Setting::of(&["name", "email", attribute.as_str()]);
        assert_eq!(
            setting.problems(),
            [(ProblemCode::ForbiddenAttribute, attribute.to_string())]
        );
        setting.rules.allowed.insert(*attribute);
        assert_eq!(setting.problems(), []);
    }
}

#[test]
fn a_constant_or_template_is_no_way_around_the_permission() {
    for origin in [
        Origin::Constant("admin".to_owned()),
        Origin::Template("admin".to_owned()),
    ] {
        let mut setting = Setting::of(&["name", "email"]).with_entry("role", origin);
        setting.mapping.by_name = true;
        assert_eq!(
            setting.problems(),
            [(ProblemCode::ForbiddenAttribute, "role".to_owned())]
        );
    }
}

#[test]
fn the_powerful_attributes_are_those_of_the_specification_at_least() {
    for name in [
        "role",
        "suspended",
        "organization_id",
        "custom_role_id",
        "restricted_agent",
        "password",
    ] {
        assert!(
            Attribute::parse(name).expect("an attribute").is_powerful(),
            "{name}"
        );
    }
}

#[test]
fn two_columns_for_one_attribute_are_refused() {
    assert_eq!(
        Setting::of(&["name", "email", "email"]).problems(),
        [(ProblemCode::DoubledColumn, "email".to_owned())]
    );
    assert_eq!(
        Setting::of(&["name", "email", "Email"]).problems(),
        [(ProblemCode::DoubledColumn, "email".to_owned())]
    );
    let mut mapped = Setting::of(&["name", "email", "Email"])
        .with_entry("email", Origin::Column("Email".to_owned()));
    mapped.mapping.by_name = true;
    assert_eq!(mapped.problems(), []);
}

#[test]
fn a_mapping_to_a_missing_column_is_refused_with_the_nearest_name() {
    let setting = Setting::of(&["full_name", "email"])
        .with_entry("name", Origin::Column("fullname".to_owned()))
        .with_entry("email", Origin::Column("email".to_owned()));
    let problems = setting.plan().expect_err("missing");
    let problem = problems
        .iter()
        .find(|problem| problem.code == ProblemCode::UnknownColumn)
        .expect("the problem");
    assert!(
        problem.sentence.contains("Did you mean “full_name”?"),
        "{}",
        problem.sentence
    );
}

#[test]
fn a_constant_that_breaks_its_rule_is_refused_once_and_not_in_every_row() {
    let mut setting =
        Setting::of(&["name", "email"]).with_entry("phone", Origin::Constant("call me".to_owned()));
    setting.mapping.by_name = true;
    assert_eq!(
        setting.problems(),
        [(ProblemCode::BadConstant, "phone".to_owned())]
    );
}

#[test]
fn a_rule_that_does_not_fit_its_type_is_refused() {
    let rule = |rule| ColumnRule {
        rule: Some(rule),
        ..ColumnRule::default()
    };
    let field = |name| {
        Setting::of(&["name", "email", "user_fields.f"])
            .with_field(UserField::new("f", FieldType::Integer))
            .with_rule("user_fields.f", rule(name))
            .problems()
    };
    assert_eq!(
        field(RuleName::Decimal),
        [(ProblemCode::RuleDoesNotFit, "user_fields.f".to_owned())]
    );
    assert_eq!(field(RuleName::Integer), []);
    assert_eq!(
        Setting::of(&["name", "email"])
            .with_rule("email", rule(RuleName::Text))
            .problems(),
        [(ProblemCode::RuleDoesNotFit, "email".to_owned())]
    );
}

#[test]
fn only_what_zendesk_can_clear_can_be_cleared() {
    let clear = ColumnRule {
        empty: Empty::Clear,
        ..ColumnRule::default()
    };
    for name in ["name", "email"] {
        assert_eq!(
            Setting::of(&["name", "email"])
                .with_rule(name, clear.clone())
                .problems(),
            [(ProblemCode::CannotClear, name.to_owned())]
        );
    }
}

#[test]
fn a_required_attribute_that_nothing_fills_is_refused() {
    let required = ColumnRule {
        required: true,
        ..ColumnRule::default()
    };
    assert_eq!(
        Setting::of(&["name", "email"])
            .with_rule("phone", required)
            .problems(),
        [(ProblemCode::MissingRequired, "phone".to_owned())]
    );
}

#[test]
fn an_unknown_region_is_refused() {
    let mut setting = Setting::of(&["name", "email"]);
    setting.rules.region = "Utopia".to_owned();
    assert_eq!(
        setting.problems(),
        [(ProblemCode::UnknownRegion, "phone".to_owned())]
    );
}

#[test]
fn a_pattern_only_zendesk_understands_is_said_and_not_checked() {
    let mut field = UserField::new("f", FieldType::Regexp);
    field.pattern = Some(r"\A(?!x)\w+\z".to_owned());
    let one = One::field(field);
    let checker = one.setting.plan().expect("a plan");
    assert_eq!(checker.notices()[0].code, ProblemCode::UncheckedPattern);
    one.assert(&[("xyz", r#""xyz""#)]);
}

#[test]
fn a_deactivated_field_is_worth_a_word() {
    let mut field = UserField::new("f", FieldType::Text);
    field.active = false;
    let checker = One::field(field).setting.plan().expect("a plan");
    assert_eq!(checker.notices()[0].code, ProblemCode::InactiveField);
}

#[test]
fn a_hostile_column_name_can_neither_break_a_line_nor_fill_the_log() {
    let name = format!("a\n\u{1b}[31m{}", "x".repeat(5_000));
    let setting = Setting::of(&["name", "email", &name]);
    let checker = setting.plan().expect("a plan");
    let sentence = &checker.notices()[0].sentence;
    assert!(
        sentence.len() < 600 && !sentence.chars().any(char::is_control),
        "{sentence}"
    );
}

#[test]
fn ten_thousand_columns_are_planned_without_fuss() {
    let names: Vec<String> = (0..10_000).map(|place| format!("column {place}")).collect();
    let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
    names.extend(["name", "email"]);
    let checker = Setting::of(&names).plan().expect("a plan");
    assert_eq!(checker.notices().len(), 10_000);
}

#[test]
fn mappings_and_rules_are_stored_as_people_write_them() {
    let json = r#"{"name":{"template":"{{ first }}"},"user_fields.tier":{"constant":"gold"}}"#;
    let entries: std::collections::BTreeMap<Target, Origin> =
        serde_json::from_str(json).expect("a mapping");
    assert_eq!(serde_json::to_string(&entries).expect("JSON"), json);
    let rules: Rules = serde_json::from_str(
        r#"{"columns":{"phone":{"handling":"reject_row","empty":"clear"}},"allowed":["role"]}"#,
    )
    .expect("rules");
    assert!(rules.allowed.contains(&Attribute::Role));
    assert!(serde_json::from_str::<Rules>(r#"{"columns":{"fax":{}}}"#).is_err());
}

#[test]
fn a_plan_is_another_once_mapping_rules_or_fields_change() {
    let setting = |title: &str| {
        let field = |key: &str| UserField {
            title: title.to_owned(),
            ..UserField::new(key, FieldType::Text)
        };
        Setting::of(&["name", "email"])
            .with_field(field("a"))
            .with_field(field("b"))
    };
    let fingerprint = |setting: &Setting| setting.plan().expect("a plan").fingerprint();
    let one = setting("x");
    let mut turned = setting("x");
    turned.fields.reverse();
    assert_eq!(fingerprint(&one), fingerprint(&turned));
    assert_ne!(fingerprint(&one), fingerprint(&setting("y")));
    let mut ruled = setting("x");
    ruled.rules.region = "CA".to_owned();
    assert_ne!(fingerprint(&one), fingerprint(&ruled));
}

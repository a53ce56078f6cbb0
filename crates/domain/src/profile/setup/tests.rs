use super::*;

fn guess(kind: ColumnKind, values: &[&str]) -> FieldType {
    guess_type(&Sample {
        key: "k",
        kind,
        values,
    })
}

#[test]
fn a_typed_source_says_the_type_itself() {
    for (kind, wanted) in [
        (ColumnKind::Integer, FieldType::Integer),
        (ColumnKind::Decimal, FieldType::Decimal),
        (ColumnKind::Float, FieldType::Decimal),
        (ColumnKind::Boolean, FieldType::Checkbox),
        (ColumnKind::Date, FieldType::Date),
        (ColumnKind::List, FieldType::Multiselect),
        (ColumnKind::Time, FieldType::Text),
    ] {
        assert_eq!(guess(kind, &[]), wanted, "{kind}");
    }
}

#[test]
fn text_is_guessed_from_its_values() {
    let text = |values: &[&str]| guess(ColumnKind::Text, values);
    assert_eq!(text(&["2026-01-31", "", "2026-02-01"]), FieldType::Date);
    assert_eq!(text(&["12", "7"]), FieldType::Integer);
    assert_eq!(text(&["12.50", "7"]), FieldType::Decimal);
    assert_eq!(text(&["yes", "no"]), FieldType::Checkbox);
    assert_eq!(text(&["1", "0"]), FieldType::Integer);
    assert_eq!(text(&[]), FieldType::Text);
    assert_eq!(text(&["two\nlines"]), FieldType::Textarea);
    assert_eq!(text(&["x".repeat(300).as_str()]), FieldType::Textarea);
}

#[test]
fn codes_that_look_like_numbers_stay_text() {
    assert_eq!(
        guess(ColumnKind::Text, &["02134", "97201"]),
        FieldType::Text
    );
    assert_eq!(
        guess(ColumnKind::Text, &["5035550100", "5035550101"]),
        FieldType::Text
    );
    assert_eq!(guess(ColumnKind::Text, &["20260131"]), FieldType::Integer);
}

#[test]
fn a_few_words_again_and_again_become_a_dropdown() {
    let values: Vec<&str> = ["Gold", "gold ", "Silver plus"]
        .into_iter()
        .cycle()
        .take(30)
        .collect();
    let steps = plan(
        &[Sample {
            key: "loyalty_tier",
            kind: ColumnKind::Text,
            values: &values,
        }],
        &[],
    );
    let wanted = UserField {
        title: "Loyalty tier".to_owned(),
        ..UserField::new("loyalty_tier", FieldType::Dropdown)
    }
    .with_options([("Gold", "gold"), ("Silver plus", "silver_plus")]);
    assert_eq!(steps, [Step::Create(wanted)]);
}

#[test]
fn missing_options_are_added_to_all_the_old_ones() {
    let field = UserField::new("tier", FieldType::Dropdown).with_options([("Gold", "gold")]);
    let sample = Sample {
        key: "tier",
        kind: ColumnKind::Text,
        values: &["GOLD", "Silver"],
    };
    let steps = plan(&[sample], std::slice::from_ref(&field));
    let silver = FieldOption {
        name: "Silver".to_owned(),
        value: "silver".to_owned(),
    };
    assert_eq!(
        steps,
        [Step::AddOptions {
            key: "tier".to_owned(),
            new: vec![silver.clone()],
            all: vec![field.options[0].clone(), silver],
        }]
    );
}

#[test]
fn a_plan_carried_out_leaves_nothing_to_do() {
    let sample = Sample {
        key: "tier",
        kind: ColumnKind::List,
        values: &[r#"["Gold","Silver"]"#, r#"["Bronze"]"#],
    };
    let steps = plan(&[sample], &[]);
    let [Step::Create(field)] = steps.as_slice() else {
        panic!("{steps:?}")
    };
    assert_eq!(plan(&[sample], std::slice::from_ref(field)), []);
}

#[test]
fn a_key_that_zendesk_refuses_gets_a_better_one() {
    let better = |key| {
        plan(
            &[Sample {
                key,
                kind: ColumnKind::Text,
                values: &[],
            }],
            &[],
        )
    };
    assert_eq!(
        better("next best-action"),
        [Step::Rename {
            key: "next best-action".to_owned(),
            better: "next_best_action".to_owned()
        }]
    );
    assert_eq!(
        better("2026"),
        [Step::Rename {
            key: "2026".to_owned(),
            better: "field_2026".to_owned()
        }]
    );
}

use std::sync::LazyLock;

use proptest::prelude::*;

use super::normal::{Form, Norm, Options};
use super::*;

/// A checker over every kind of rule.
static CHECKER: LazyLock<Checker> = LazyLock::new(|| {
    let mut setting = Setting::of(&[
        "external_id",
        "email",
        "name",
        "phone",
        "notes",
        "tags",
        "verified",
    ]);
    for kind in FieldType::ALL {
        setting = setting.with_field(
            UserField::new(kind.as_str(), *kind).with_options([("Gold", "gold"), ("Silver", "s")]),
        );
        setting
            .columns
            .push(Column::new(format!("user_fields.{kind}"), ColumnKind::Text));
    }
    setting = setting.with_field(UserField::new("state", FieldType::Text));
    setting
        .columns
        .push(Column::new("user_fields.state", ColumnKind::Text));
    setting
        .plan()
        .unwrap_or_else(|problems| panic!("{problems:?}"))
});

const COLUMNS: usize = 18;

#[test]
fn a_checker_is_shared_by_threads() {
    const fn shared<T: Send + Sync>() {}
    shared::<Checker>();
    // All columns, and that nobody is mailed.
    assert_eq!(CHECKER.targets().count(), COLUMNS + 1);
}

/// Every rule.
fn norms() -> Vec<Norm> {
    let options = [FieldOption {
        name: "Gold".to_owned(),
        value: "gold".to_owned(),
    }];
    vec![
        Norm::Line,
        Norm::Text,
        Norm::ExternalId { from_float: true },
        Norm::Email,
        Norm::Phone(rlibphonenumber::enums::Region::US),
        Norm::State,
        Norm::Decimal(Form::Bare),
        Norm::Decimal(Form::Text),
        Norm::Integer(Form::Bare),
        Norm::Date,
        Norm::Checkbox(Form::Bare),
        Norm::Choice(Box::new(Options::new(&options))),
        Norm::Lookup,
        Norm::Word(&["end-user"]),
    ]
}

/// Texts that come near to what rules look for, and any other.
fn cell() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[-+(). 0-9x]{0,20}",
        "[-+]?[0-9,]{1,12}\\.?[0-9]{0,6}(e-?[0-9]{1,3})?",
        "[0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2}([T ][0-9:.]{1,12}(Z|[+-][0-9:]{2,5})?)?",
        "[a-z.\"]{0,10}@[a-z.-]{0,12}",
        "[A-Za-z.]{1,14}",
        "\\[(\"[a-z ]{0,4}\",?){0,3}\\]?",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_row_makes_a_check_panic_and_every_profile_is_json(
        cells in proptest::collection::vec(proptest::option::of(cell()), 0..COLUMNS + 3)
    ) {
        let mut profile = Profile::new();
        if CHECKER.check(&cells, &mut profile) == Verdict::Ready {
            let json: serde_json::Value = serde_json::from_slice(profile.json()).expect("JSON");
            prop_assert!(json["name"].is_string());
            prop_assert!(!profile.key().is_empty());
        }
        for note in profile.notes() {
            prop_assert!(!CHECKER.sentence(*note).is_empty());
        }
    }

    #[test]
    fn the_same_row_is_always_the_same_bytes(
        cells in proptest::collection::vec(proptest::option::of(cell()), COLUMNS),
        other in proptest::collection::vec(proptest::option::of(cell()), COLUMNS)
    ) {
        let mut used = Profile::new();
        CHECKER.check(&other, &mut used);
        let mut fresh = Profile::new();
        prop_assert_eq!(CHECKER.check(&cells, &mut used), CHECKER.check(&cells, &mut fresh));
        prop_assert_eq!(used.json(), fresh.json());
        prop_assert_eq!(used.hash(), fresh.hash());
        prop_assert_eq!(used.notes(), fresh.notes());
    }

    #[test]
    fn normalising_twice_is_normalising_once(value in cell()) {
        let (mut once, mut twice) = (String::new(), String::new());
        for norm in norms() {
            let value = value.trim();
            if !value.is_empty() && norm.apply(value, &mut once).is_ok() {
                let repaired = norm.apply(&once, &mut twice);
                prop_assert_eq!(repaired, Ok(false), "{} of {:?}", norm.word(), once);
                prop_assert_eq!(&once, &twice, "{}", norm.word());
            }
        }
        let tags = tag::normalise([value.as_str()]);
        prop_assert_eq!(tag::normalise(tags.iter().map(String::as_str)), tags);
    }

    #[test]
    fn a_decimal_is_the_exact_value_rounded(digits in 0_i64..=10_i64.pow(15), places in 0_u32..8, negative: bool) {
        let scale = 10_i64.pow(places);
        let sign = if negative { "-" } else { "" };
        let text = format!("{sign}{}.{:0width$}", digits / scale, digits % scale, width = places as usize);
        let text = if places == 0 { format!("{sign}{digits}") } else { text };
        // Half away from zero, in hundredths.
        let wanted = if places <= 2 {
            digits * 10_i64.pow(2 - places)
        } else {
            let cut = 10_i64.pow(places - 2);
            (digits + cut / 2) / cut
        };
        let mut out = String::new();
        match Norm::Decimal(Form::Text).apply(&text, &mut out) {
            Ok(_) => {
                let sign = if negative && wanted != 0 { "-" } else { "" };
                prop_assert_eq!(out, format!("{sign}{}.{:02}", wanted / 100, wanted % 100));
            }
            Err(code) => {
                prop_assert_eq!(code, RowCode::DecimalTooLarge);
                prop_assert!(wanted > 9_999_999_999, "{}", text);
            }
        }
    }

    #[test]
    fn a_north_american_number_is_what_the_library_makes_of_it(area in 200_u32..1000, rest in 2_000_000_u32..10_000_000) {
        use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat, enums::Region};
        let digits = format!("{area}{rest}");
        let mut out = String::new();
        let norm = Norm::Phone(Region::US);
        prop_assert!(norm.apply(&digits, &mut out).is_ok());
        let number = PHONE_NUMBER_UTIL.parse(&digits, Some(Region::US)).expect("a number");
        let wanted = PHONE_NUMBER_UTIL.format(&number, PhoneNumberFormat::E164);
        prop_assert_eq!(out.as_str(), wanted.as_ref());
    }
}

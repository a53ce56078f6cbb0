use super::*;

fn field(kind: FieldType) -> One {
    One::field(UserField::new("f", kind))
}

#[test]
fn a_phone_becomes_e164() {
    One::of("phone").assert(&[
        ("(503) 555-0100", r#""+15035550100""#),
        ("503.555.0100", r#""+15035550100""#),
        ("1 503 555 0100", r#""+15035550100""#),
        ("+1 503-555-0100", r#""+15035550100""#),
        ("+15035550100", r#""+15035550100""#),
        ("+44 20 7946 0018", r#""+442079460018""#),
        ("+49 (0)30 901820", r#""+4930901820""#),
        ("503-555-0100 x12", r#""+15035550100""#),
        ("1-800-FLOWERS", r#""+18003569377""#),
    ]);
}

#[test]
fn what_is_no_phone_is_left_out() {
    One::of("phone").assert(&[
        ("call me", "bad_phone"),
        ("555-0100", "bad_phone"),
        ("0000000000", "bad_phone"),
        ("12345", "bad_phone"),
        ("+1 503 555 010", "bad_phone"),
        ("+999 12345678", "bad_phone"),
        ("503555010012345", "bad_phone"),
        ("+", "bad_phone"),
    ]);
}

#[test]
fn a_phone_without_country_code_is_of_the_default_region() {
    let mut one = One::of("phone");
    one.setting.rules.region = "gb".to_owned();
    one.assert(&[
        ("020 7946 0018", r#""+442079460018""#),
        ("(503) 555-0100", "bad_phone"),
        ("+1 503 555 0100", r#""+15035550100""#),
    ]);
}

#[test]
fn a_state_becomes_two_uppercase_letters() {
    One::field(UserField::new("state", FieldType::Text)).assert(&[
        (" or ", r#""OR""#),
        ("OR", r#""OR""#),
        ("Oregon", r#""OR""#),
        ("new   york", r#""NY""#),
        ("N.Y.", r#""NY""#),
        ("british columbia", r#""BC""#),
        ("QUÉBEC", r#""QC""#),
        ("D.C.", r#""DC""#),
        ("Bavaria", "bad_state"),
        ("ZZ", "bad_state"),
        ("O", "bad_state"),
        ("Oregon USA", "bad_state"),
    ]);
}

#[test]
fn a_key_that_ends_in_state_holds_a_state_unless_told_otherwise() {
    let home = One::field(UserField::new("home_state", FieldType::Text));
    home.assert(&[("ontario", r#""ON""#)]);
    let order = One::field(UserField::new("order_state", FieldType::Text));
    order.assert(&[("shipped", "bad_state")]);
    order
        .rule(ColumnRule {
            rule: Some(RuleName::Text),
            ..ColumnRule::default()
        })
        .assert(&[("shipped", r#""shipped""#)]);
    One::field(UserField::new("estate", FieldType::Text)).assert(&[("large", r#""large""#)]);
}

#[test]
fn a_decimal_is_rounded_half_away_from_zero_to_two_places() {
    field(FieldType::Decimal).assert(&[
        ("1234.5678", "1234.57"),
        ("0.005", "0.01"),
        ("-0.005", "-0.01"),
        ("2.675", "2.68"),
        ("0.00499999999999999999999999999999999999", "0"),
        ("1.0", "1"),
        ("-0", "0"),
        (".5", "0.5"),
        ("5.", "5"),
        ("1,234.50", "1234.5"),
        ("1,234,567", "1234567"),
        ("1e3", "1000"),
        ("1.5E-1", "0.15"),
        ("0012", "12"),
        ("99999999.99", "99999999.99"),
        ("99999999.994", "99999999.99"),
    ]);
}

#[test]
fn a_decimal_of_more_than_eight_whole_digits_is_an_error() {
    field(FieldType::Decimal).assert(&[
        ("100000000", "decimal_too_large"),
        ("99999999.995", "decimal_too_large"),
        ("-123456789.01", "decimal_too_large"),
        ("1e21", "decimal_too_large"),
    ]);
}

#[test]
fn what_is_no_number_is_left_out() {
    field(FieldType::Decimal).assert(&[
        ("1,234", "bad_decimal"),
        ("1.234,50", "bad_decimal"),
        ("12,34.5", "bad_decimal"),
        ("$12.50", "bad_decimal"),
        ("twelve", "bad_decimal"),
        ("NaN", "bad_decimal"),
        ("inf", "bad_decimal"),
        ("1e", "bad_decimal"),
        ("1e99999999999", "bad_decimal"),
        (".", "bad_decimal"),
        ("--1", "bad_decimal"),
        ("1 2", "bad_decimal"),
        ("١٢", "bad_decimal"),
    ]);
}

#[test]
fn a_floating_column_has_two_places_in_a_text_field_too() {
    field(FieldType::Text).kind(ColumnKind::Float).assert(&[
        ("1234.5", r#""1234.50""#),
        ("1e-7", r#""0.00""#),
        ("NaN", "bad_decimal"),
    ]);
    field(FieldType::Text).assert(&[("1234.5", r#""1234.5""#)]);
}

#[test]
fn an_integer_is_a_whole_number_of_64_bits() {
    field(FieldType::Integer).assert(&[
        ("42", "42"),
        ("-7", "-7"),
        ("007", "7"),
        ("42.0", "42"),
        ("1e3", "1000"),
        ("9223372036854775807", "9223372036854775807"),
        ("9223372036854775808", "bad_integer"),
        ("42.5", "bad_integer"),
        ("0.05", "bad_integer"),
        ("many", "bad_integer"),
        ("1e400", "bad_integer"),
    ]);
}

#[test]
fn a_date_becomes_iso() {
    field(FieldType::Date).assert(&[
        ("2026-11-22", r#""2026-11-22""#),
        ("2024-02-29", r#""2024-02-29""#),
        ("2026-1-5", r#""2026-01-05""#),
        ("2026/11/22", r#""2026-11-22""#),
        ("20261122", r#""2026-11-22""#),
        ("2026-11-22T23:30:00Z", r#""2026-11-22""#),
        ("2026-11-22T23:30:00-05:00", r#""2026-11-22""#),
        ("2026-11-22 10:00:00", r#""2026-11-22""#),
        ("2026-11-22 10:00:00.123 UTC", r#""2026-11-22""#),
    ]);
}

#[test]
fn a_day_that_the_calendar_lacks_or_nobody_can_tell_is_left_out() {
    field(FieldType::Date).assert(&[
        ("2026-02-29", "bad_date"),
        ("2026-13-01", "bad_date"),
        ("0000-01-01", "bad_date"),
        ("03/04/2026", "bad_date"),
        ("22.11.2026", "bad_date"),
        ("26-11-22", "bad_date"),
        ("2026-11-22T25:00:00Z", "bad_date"),
        ("2026-11-22 soon", "bad_date"),
        ("2026-11", "bad_date"),
        ("yesterday", "bad_date"),
        ("1732233600", "bad_date"),
    ]);
}

#[test]
fn a_checkbox_takes_the_words_people_use() {
    field(FieldType::Checkbox).assert(&[
        ("true", "true"),
        ("Yes", "true"),
        ("1", "true"),
        ("ON", "true"),
        ("false", "false"),
        ("n", "false"),
        ("0", "false"),
        ("maybe", "bad_checkbox"),
        ("2", "bad_checkbox"),
    ]);
}

#[test]
fn a_dropdown_takes_a_value_or_a_name() {
    let tier = UserField::new("f", FieldType::Dropdown).with_options([
        ("Gold", "tier_gold"),
        ("Silver", "gold"),
        ("Red", "red"),
        ("RED", "dark_red"),
    ]);
    One::field(tier).assert(&[
        ("tier_gold", r#""tier_gold""#),
        ("Tier_Gold", r#""tier_gold""#),
        // The value of one option is the name of another: the value goes first.
        ("gold", r#""gold""#),
        ("Gold", r#""tier_gold""#),
        ("silver", r#""gold""#),
        ("RED", r#""dark_red""#),
        ("platinum", "bad_option"),
    ]);
}

#[test]
fn a_multiselect_takes_several_options_each_once() {
    let languages = UserField::new("f", FieldType::Multiselect).with_options([
        ("Spanish", "es"),
        ("French", "fr"),
        ("Chinese, simplified", "zh"),
    ]);
    One::field(languages).assert(&[
        (r#"["fr","es","fr"]"#, r#"["es","fr"]"#),
        ("French, spanish", r#"["es","fr"]"#),
        ("fr;es", r#"["es","fr"]"#),
        ("Chinese, simplified", r#"["zh"]"#),
        ("es, klingon", r#"["es"]"#),
        ("klingon", "bad_option"),
        (r#"["es""#, "bad_option"),
        (r#"[["es"]]"#, "bad_option"),
        ("[]", "left alone"),
    ]);
}

#[test]
fn a_multiselect_with_an_unknown_option_is_strict_where_repairs_are_forbidden() {
    let languages = UserField::new("f", FieldType::Multiselect).with_options([("Spanish", "es")]);
    One::field(languages)
        .handling(Handling::Drop)
        .assert(&[("es", r#"["es"]"#), ("es, klingon", "needs_repair")]);
}

#[test]
fn a_pattern_is_that_of_the_field() {
    let mut code = UserField::new("f", FieldType::Regexp);
    code.pattern = Some(r"\A[A-Z]{2}-\d+\z".to_owned());
    One::field(code).assert(&[("AB-12", r#""AB-12""#), ("ab-12", "bad_pattern")]);
}

#[test]
fn a_lookup_is_the_id_of_a_record() {
    field(FieldType::Lookup).assert(&[
        ("6164094806938", "6164094806938"),
        ("-1", "bad_lookup"),
        ("acme", "bad_lookup"),
    ]);
}

#[test]
fn an_email_keeps_its_syntax() {
    One::of("email").assert(&[
        ("kim@example.com", r#""kim@example.com""#),
        (
            " Kim.Lee+tag@sub.example.co.uk ",
            r#""Kim.Lee+tag@sub.example.co.uk""#,
        ),
        ("badmail", "bad_email"),
        ("error@example.com_", "bad_email"),
        ("kim@localhost", "bad_email"),
        ("kim lee@example.com", "bad_email"),
        ("kim@@example.com", "bad_email"),
        ("a@example.com, b@example.com", "bad_email"),
        ("Kim <kim@example.com>", "bad_email"),
        ("\"kim lee\"@example.com", "bad_email"),
        ("@example.com", "bad_email"),
        ("kim@", "bad_email"),
    ]);
    assert_eq!(
        One::of("email").becomes(&format!("{}@example.com", "x".repeat(300))),
        "bad_email"
    );
}

#[test]
fn tags_are_what_zendesk_would_store() {
    One::of("tags").assert(&[
        ("VIP, Gold Member", r#"["gold","member","vip"]"#),
        (r#"["b","a","b"]"#, r#"["a","b"]"#),
        ("_x_", r#"["_x_"]"#),
        ("!", "bad_tags"),
        (",", "bad_tags"),
        (r#"[""]"#, "bad_tags"),
        (r#"{"a":1}"#, r#"["a:1"]"#),
    ]);
}

#[test]
fn control_characters_never_reach_zendesk() {
    field(FieldType::Text).assert(&[
        ("one\ntwo\u{0}\u{1b}[31m", r#""one two[31m""#),
        ("\u{0}", "bad_text"),
        ("\u{85}", "left alone"),
    ]);
    field(FieldType::Textarea).assert(&[("one\ntwo\u{0}", r#""one\ntwo""#)]);
}

#[test]
fn a_value_that_is_too_long_is_refused_and_never_cut() {
    let long = "x".repeat(MOST_VALUE_BYTES + 1);
    assert_eq!(field(FieldType::Textarea).becomes(&long), "too_long");
}

#[test]
fn the_role_is_one_of_zendesks_words() {
    let mut one = One::of("role");
    one.setting.rules.allowed.insert(Attribute::Role);
    one.assert(&[("End-User", r#""end-user""#), ("king", "bad_word")]);
}

#[test]
fn an_organisation_goes_by_its_name() {
    let mut one = One::of("organization");
    one.setting.rules.allowed.insert(Attribute::Organization);
    one.assert(&[("Acme", r#"{"name":"Acme"}"#)]);
}

use super::*;

/// What a template makes of a row with the columns `first` and `Last Name`.
fn render(template: &str) -> Result<String, RowCode> {
    let setting = Setting::of(&["external_id", "first", "Last Name"])
        .with_entry("external_id", Origin::Column("external_id".to_owned()))
        .with_entry("name", Origin::Template(template.to_owned()));
    let checker = setting
        .plan()
        .unwrap_or_else(|problems| panic!("{problems:?}"));
    let mut profile = Profile::new();
    match checker.check(&[Some("1"), Some("kim"), None], &mut profile) {
        Verdict::Ready => Ok(profile.name().to_owned()),
        Verdict::Rejected(rejection) => Err(profile
            .notes()
            .iter()
            .find_map(|note| match note.done {
                Done::Dropped(code) => Some(code),
                Done::Fixed => None,
            })
            .unwrap_or(rejection.code)),
    }
}

fn refused(template: &str) -> ProblemCode {
    Setting::of(&["name", "email"])
        .with_entry("email", Origin::Column("email".to_owned()))
        .with_entry("name", Origin::Template(template.to_owned()))
        .problems()
        .first()
        .map(|(code, _)| *code)
        .unwrap_or_else(|| panic!("{template} is taken"))
}

#[test]
fn a_template_puts_columns_together() {
    assert_eq!(render("Dr. {{ first }}").as_deref(), Ok("Dr. kim"));
    assert_eq!(render("{{ first|title }}").as_deref(), Ok("Kim"));
    assert_eq!(
        render("{{ first|upper }} {{ row['Last Name'] }}").as_deref(),
        Ok("KIM")
    );
    assert_eq!(
        render("{{ row['Last Name']|default('Unknown') }}").as_deref(),
        Ok("Unknown")
    );
    assert_eq!(
        render("{% if first %}{{ first|first|upper }}.{% else %}?{% endif %}").as_deref(),
        Ok("K.")
    );
}

#[test]
fn a_template_of_nothing_is_an_empty_cell() {
    assert_eq!(render("{{ row['Last Name'] }}"), Err(RowCode::MissingName));
}

#[test]
fn a_template_cannot_use_what_the_source_lacks() {
    assert_eq!(refused("{{ nickname }}"), ProblemCode::UnknownColumn);
    assert_eq!(refused("{{ row['Nick'] }}"), ProblemCode::BadTemplate);
    assert_eq!(refused("{{ name|nosuchfilter }}"), ProblemCode::BadTemplate);
}

#[test]
fn a_template_can_do_nothing_but_write() {
    for template in [
        "{% for a in name %}{{ a }}{% endfor %}",
        "{% set a = name ~ name %}{{ a }}",
        "{% include 'x' %}",
        "{%- macro m() %}{% endmacro %}",
        "{{ name * 1000000000 }}",
        "{{ [name] * 9 }}",
        "{{ name",
        "{{ name|nosuchfilter(",
        "{{ range(1000000000) }}",
    ] {
        let code = refused(template);
        assert!(
            matches!(code, ProblemCode::BadTemplate | ProblemCode::UnknownColumn),
            "{template}: {code}"
        );
    }
    assert_eq!(refused(&"x".repeat(5_000)), ProblemCode::BadTemplate);
}

#[test]
fn the_longest_templates_stay_within_their_steps() {
    let long = "{{ first }}".repeat(370);
    assert!(render(&long).is_ok());
    let deep = format!("{{{{ first{} }}}}", "|upper".repeat(650));
    assert_eq!(render(&deep).as_deref(), Ok("KIM"));
}

#[test]
fn a_huge_cell_in_a_template_costs_the_field_and_not_the_memory() {
    let setting = Setting::of(&["external_id", "name", "big"])
        .with_entry("phone", Origin::Template("{{ big }}{{ big }}".to_owned()));
    let mut setting = setting;
    setting.mapping.by_name = true;
    let big = "1".repeat(100_000);
    let (_, notes) = setting
        .check(&[Some("1"), Some("Kim"), Some(&big)])
        .expect("the row goes on");
    assert_eq!(notes, ["phone bad_template"]);
}

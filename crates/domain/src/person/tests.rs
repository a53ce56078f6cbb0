use rstest::rstest;

use super::*;

/// A name from its five parts, in the order they are written.
fn name(parts: [&str; 5]) -> PersonName {
    let [prefix, first, middle, last, suffix] =
        parts.map(|part| (!part.is_empty()).then(|| part.to_owned()));
    PersonName {
        prefix,
        first,
        middle,
        last,
        suffix,
    }
}

/// The parts again, so that a failed test can be read.
fn parts(name: &PersonName) -> [String; 5] {
    [
        &name.prefix,
        &name.first,
        &name.middle,
        &name.last,
        &name.suffix,
    ]
    .map(|part| part.clone().unwrap_or_default())
}

#[rstest]
#[case::c01_all_five_parts("Mr. Ivo K. Berg Jr.", ["Mr.", "Ivo", "K.", "Berg", "Jr."])]
#[case::c02_tabs_cut_like_blanks("Mr\tIvo\tK.\tBerg\tJr", ["Mr", "Ivo", "K.", "Berg", "Jr"])]
#[case::c03_unknown_affixes_are_plain_words("Hon. Ivo K. Berg Esqq.", ["", "Hon.", "Ivo", "K. Berg Esqq.", ""])]
#[case::c04_a_prefix_without_a_suffix("Dr Ivo K. Berg", ["Dr", "Ivo", "K.", "Berg", ""])]
#[case::c05_a_suffix_without_a_prefix("Ivo K. Berg Jnr.", ["", "Ivo", "K.", "Berg", "Jnr."])]
#[case::c06_three_words_have_a_middle_name("Ivo K. Berg", ["", "Ivo", "K.", "Berg", ""])]
#[case::c07_after_a_prefix_two_words_are_first_and_last("Mr Ivo Jr", ["Mr", "Ivo", "", "Jr", ""])]
#[case::c08_two_words_are_first_and_last("Ivo Berg", ["", "Ivo", "", "Berg", ""])]
#[case::c09_two_words_are_never_affixes("Mr Jr", ["", "Mr", "", "Jr", ""])]
#[case::c10_blanks_around_do_not_matter("  Ivo K. Berg   ", ["", "Ivo", "K.", "Berg", ""])]
#[case::c11_one_word_is_first_and_last("  Ivo   ", ["", "Ivo", "", "Ivo", ""])]
#[case::c12_a_degree_is_a_suffix("Ivo Berg PhD", ["", "Ivo", "", "Berg", "PhD"])]
#[case::c13_affixes_are_compared_exactly("mr Ivo Berg", ["", "mr", "Ivo", "Berg", ""])]
#[case::c14_six_words_hide_the_suffix("Dr. Ivo K. L. Berg Jr.", ["Dr.", "Ivo", "K.", "L. Berg Jr.", ""])]
#[case::c15_particles_go_where_they_fall("Ivo van der Berg", ["", "Ivo", "van", "der Berg", ""])]
#[case::new_lines_cut_like_blanks("Ivo\nBerg", ["", "Ivo", "", "Berg", ""])]
#[case::letters_beyond_ascii_stay_whole("Żaneta Łęcka-Ōta", ["", "Żaneta", "", "Łęcka-Ōta", ""])]
#[case::two_dots_are_not_one("Mr.. Ivo Berg", ["", "Mr..", "Ivo", "Berg", ""])]
fn a_name_is_taken_apart(#[case] text: &str, #[case] expected: [&str; 5]) {
    let parsed = PersonName::parse(text).unwrap();
    assert_eq!(parts(&parsed), expected);
    assert!(parsed == name(expected));
}

#[rstest]
#[case::empty("")]
#[case::blanks("   ")]
#[case::a_tab_and_a_new_line("\t\n")]
fn a_blank_name_is_no_name(#[case] text: &str) {
    assert!(PersonName::parse(text).is_none());
}

#[rstest]
#[case::all_parts("Mr. Ivo K. Berg Jr.", "Mr. Ivo K. Berg Jr.")]
#[case::one_word_is_said_once("Ivo", "Ivo")]
#[case::blanks_become_single(" Ivo \t van  der   Berg ", "Ivo van der Berg")]
#[case::long_names_keep_every_word("Dr. Ivo K. L.  Berg Jr.", "Dr. Ivo K. L. Berg Jr.")]
fn a_name_reads_in_one_line_as_it_was_written(#[case] text: &str, #[case] expected: &str) {
    assert_eq!(PersonName::parse(text).unwrap().full(), expected);
}

#[rstest]
#[case::erased_by_zendesk("Permanently Deleted User")]
#[case::scrubbed("SCRUBBED")]
#[case::blank("  ")]
#[case::empty("")]
fn what_a_deletion_leaves_behind_is_nobodys_name(#[case] text: &str) {
    assert!(is_placeholder_name(text));
}

#[rstest]
#[case("Ivo Berg")]
#[case("Anna Scrubbed-Smith")]
#[case("X")]
fn a_persons_name_is_not_taken_for_a_placeholder(#[case] text: &str) {
    assert!(!is_placeholder_name(text));
}

#[test]
fn emails_compare_without_blanks_and_letter_case() {
    assert_eq!(email_key(" Ada@Example.COM "), "ada@example.com");
}

#[rstest]
#[case("end-user", Some(Role::EndUser), false)]
#[case("agent", Some(Role::Agent), true)]
#[case("admin", Some(Role::Admin), true)]
#[case("owner", None, false)]
#[case("Admin", None, false)]
fn only_agents_and_administrators_are_staff(
    #[case] word: &str,
    #[case] role: Option<Role>,
    #[case] staff: bool,
) {
    let user = ZendeskUser {
        role: Some(word.to_owned()),
        ..ZendeskUser::default()
    };
    assert_eq!(user.known_role(), role);
    assert_eq!(user.known_role().is_some_and(Role::is_staff), staff);
}

#[test]
fn debug_of_a_person_tells_no_name_no_email_and_no_telephone() {
    let user = ZendeskUser {
        id: 7,
        name: Some("Ivo Berg".to_owned()),
        email: Some("ivo@cust.test".to_owned()),
        phone: Some("+49 30 123".to_owned()),
        external_id: Some("ivo-external".to_owned()),
        ..ZendeskUser::default()
    };
    let name = PersonName::parse("Ivo Berg").unwrap();
    let told = format!("{user:?} {name:?}");
    for secret in ["Ivo", "Berg", "cust.test", "+49", "ivo-external"] {
        assert!(!told.contains(secret), "{told}");
    }
    assert!(
        told.contains("id: 7") && told.contains("name: 8 bytes"),
        "{told}"
    );
}

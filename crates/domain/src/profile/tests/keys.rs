use super::RowState;
use super::key::{Found, Ids, Landing, Meeting, land, meet};
use super::staff::StaffShield;
use super::tag::{self, Tags};

fn ids<'a>(external_id: &'a str, email: &'a str) -> Ids<'a> {
    let some = |text: &'a str| Some(text).filter(|text| !text.is_empty());
    Ids {
        external_id: some(external_id),
        email: some(email),
    }
}

#[test]
fn two_rows_with_one_key_are_one_customer_whatever_the_case() {
    assert_eq!(meet(ids("AMP-1", ""), ids("amp-1", "")), Meeting::SameKey);
    assert_eq!(
        meet(ids("1", "a@x.com"), ids("1", "b@x.com")),
        Meeting::SameKey
    );
    assert_eq!(
        meet(ids("", "Kim@x.com"), ids("", "kim@x.com ")),
        Meeting::SameKey
    );
}

#[test]
fn one_rows_email_with_anothers_external_id_is_a_conflict() {
    assert_eq!(
        meet(ids("1", "kim@x.com"), ids("2", "KIM@x.com")),
        Meeting::Conflict
    );
    assert_eq!(
        meet(ids("1", "kim@x.com"), ids("", "kim@x.com")),
        Meeting::Conflict
    );
    assert_eq!(
        meet(ids("", "kim@x.com"), ids("1", "kim@x.com")),
        Meeting::Conflict
    );
}

#[test]
fn other_rows_have_nothing_to_do_with_each_other() {
    assert_eq!(
        meet(ids("1", "a@x.com"), ids("2", "b@x.com")),
        Meeting::Apart
    );
    assert_eq!(meet(ids("1", ""), ids("", "b@x.com")), Meeting::Apart);
    assert_eq!(
        meet(ids("kim@x.com", ""), ids("", "kim@x.com")),
        Meeting::Apart
    );
    assert_eq!(meet(ids("", ""), ids("", "")), Meeting::Apart);
}

fn user(id: i64, external_id: Option<&str>) -> Found {
    Found {
        id,
        external_id: external_id.map(str::to_owned),
        active: true,
        staff: false,
    }
}

#[test]
fn a_row_lands_on_the_user_that_its_ids_lead_to() {
    let row = ids("n1", "kim@x.com");
    let (one, two) = (user(1, None), user(2, Some("N1")));
    assert_eq!(land(row, None, None), Landing::New);
    assert_eq!(land(row, None, Some(&one)), Landing::On(1));
    assert_eq!(land(row, Some(&two), None), Landing::On(2));
    assert_eq!(land(row, Some(&two), Some(&two)), Landing::On(2));
    assert_eq!(land(row, None, Some(&two)), Landing::On(2));
}

#[test]
fn ids_that_lead_to_two_users_are_a_conflict() {
    let row = ids("n1", "kim@x.com");
    assert_eq!(
        land(row, Some(&user(1, Some("n1"))), Some(&user(2, None))),
        Landing::Two {
            by_external_id: 1,
            by_email: 2
        }
    );
    assert_eq!(
        land(row, None, Some(&user(2, Some("other")))),
        Landing::OtherId { by_email: 2 }
    );
    // A row told by its email alone has no other id to quarrel with.
    assert_eq!(
        land(ids("", "kim@x.com"), None, Some(&user(2, Some("other")))),
        Landing::On(2)
    );
}

#[test]
fn a_deleted_user_blocks_nobody() {
    let deleted = Found {
        active: false,
        ..user(4, Some("n1"))
    };
    assert_eq!(
        land(ids("n1", "kim@x.com"), Some(&deleted), Some(&deleted)),
        Landing::New
    );
}

#[test]
fn a_row_that_lands_on_staff_is_skipped_whatever_id_leads_there() {
    let agent = Found {
        staff: true,
        ..user(9, None)
    };
    let row = ids("n1", "kim@x.com");
    assert_eq!(land(row, None, Some(&agent)), Landing::Staff(9));
    assert_eq!(
        land(row, Some(&agent), Some(&user(1, None))),
        Landing::Staff(9)
    );
}

#[test]
fn a_row_that_is_not_sent_says_why_and_what_to_do() {
    let two = Landing::Two {
        by_external_id: 1,
        by_email: 2,
    };
    for (landing, state) in [
        (two, RowState::Conflict),
        (Landing::OtherId { by_email: 2 }, RowState::Conflict),
        (Landing::Staff(9), RowState::Skipped),
    ] {
        assert_eq!(landing.state(), Some(state));
        let sentence = landing.sentence().expect("a reason");
        assert!(
            sentence.matches(". ").count() >= 1 && sentence.ends_with('.'),
            "{sentence}"
        );
    }
    for landing in [Landing::New, Landing::On(1)] {
        assert_eq!((landing.state(), landing.sentence()), (None, None));
    }
}

#[test]
fn the_shield_knows_staff_by_any_of_their_ids() {
    let mut shield = StaffShield::new();
    shield.add(9, Some("Boss"), ["agent@x.com", "private@x.com"]);
    shield.add(10, Some(" "), [""]);
    assert_eq!(shield.covers(ids("boss", "")), Some(9));
    assert_eq!(shield.covers(ids("", "PRIVATE@x.com")), Some(9));
    assert_eq!(shield.covers(ids("1", "agent@x.com")), Some(9));
    assert_eq!(shield.covers(ids("1", "kim@x.com")), None);
    assert_eq!(shield.covers(ids("", "")), None);
    assert!(!format!("{shield:?}").contains("agent@"));
    assert!(StaffShield::sentence(9).contains("user 9"));
}

fn tags(words: &str) -> Tags {
    words.split_whitespace().map(str::to_owned).collect()
}

#[test]
fn tags_of_others_are_kept_and_ours_follow_the_source() {
    let plan = tag::plan(
        &tags("theirs old"),
        &tags("old"),
        &tags("new"),
        &Tags::new(),
    );
    assert_eq!(plan.send, tags("theirs new"));
    assert_eq!(plan.ours, tags("new"));
}

#[test]
fn a_tag_that_others_set_first_never_becomes_ours_to_remove() {
    let plan = tag::plan(&tags("vip"), &Tags::new(), &tags("vip new"), &Tags::new());
    assert_eq!(plan.ours, tags("new"));
    let later = tag::plan(&plan.send, &plan.ours, &Tags::new(), &Tags::new());
    assert_eq!(later.send, tags("vip"));
}

#[test]
fn the_tag_of_an_old_option_is_not_sent_back() {
    let plan = tag::plan(
        &tags("theirs silver"),
        &Tags::new(),
        &tags("new"),
        &tags("silver"),
    );
    assert_eq!(plan.send, tags("theirs new"));
}

#[test]
fn the_reading_after_the_send_shows_what_became_of_our_tags() {
    let plan = tag::plan(&tags("theirs"), &Tags::new(), &tags("a b"), &Tags::new());
    let check = tag::confirm(&plan, &tags("a theirs later"));
    assert_eq!(check.missing, tags("b"));
    assert_eq!(check.added, tags("later"));
    assert_eq!(check.ours, tags("a"));
}

#[test]
fn a_profile_takes_the_tags_that_are_sent() {
    let json = tag::with_tags(br#"{"name":"K","tags":["a"]}"#, &tags("a theirs"));
    assert_eq!(
        String::from_utf8_lossy(&json),
        r#"{"name":"K","tags":["a","theirs"]}"#
    );
    assert_eq!(tag::with_tags(b"no object", &tags("a")), b"no object");
}

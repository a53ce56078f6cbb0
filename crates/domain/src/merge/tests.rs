use rstest::rstest;

use super::*;

mod states;

const REMOTE: Mode = Mode::TwoWay(Priority::Remote);
const LOCAL: Mode = Mode::TwoWay(Priority::Local);
const MODES: [Mode; 3] = [REMOTE, LOCAL, Mode::OneWay];

/// A value; "" is nothing.
fn value(text: &str) -> Value {
    (!text.is_empty()).then(|| text.to_owned())
}

/// A value in words.
fn said(value: &Value) -> &str {
    value.as_deref().unwrap_or("-")
}

/// A translation: "" is nothing, "=" is keep, "?word" is unknown, all else that value.
fn translation(text: &str) -> Translation {
    match text.split_at_checked(1) {
        Some(("=", _)) => Translation::Keep,
        Some(("?", word)) => Translation::Unknown(word.to_owned()),
        Some(_) | None => Translation::To(value(text)),
    }
}

/// An outcome in words, so that a table and a failed test can be read.
fn told(outcome: &Outcome) -> String {
    let pair = |pair: &Pair| format!("{}|{}", said(&pair.crm), said(&pair.zendesk));
    match outcome {
        Outcome::Nothing => "nothing".to_owned(),
        Outcome::Agree(agreed) => format!("agree {}", pair(agreed)),
        Outcome::ToCrm { value, agreed } => {
            format!("case takes {}, agree {}", said(value), pair(agreed))
        }
        Outcome::ToZendesk { value } => format!("ticket takes {}", said(value)),
        Outcome::KeptHere => "stays here".to_owned(),
        Outcome::Conflict {
            winner: Winner::Zendesk,
            value,
            agreed,
            losing,
        } => format!(
            "conflict: case takes {}, agree {}, kept {}",
            said(value),
            pair(agreed),
            said(losing)
        ),
        Outcome::Conflict {
            winner: Winner::Crm,
            value,
            agreed,
            losing,
        } => format!(
            "conflict: ticket takes {}, agree {}, kept {}",
            said(value),
            pair(agreed),
            said(losing)
        ),
        Outcome::Unmapped(word) => format!("unmapped {word}"),
        Outcome::Unsendable(word) => format!("unsendable {word}"),
    }
}

/// What is met: agreed "crm|zendesk" or "none", the case's value, Zendesk's, and both translations.
fn check(sides: [&str; 5], mode: Mode, expected: &str) {
    let [agreed, crm, zendesk, zendesk_in_crm, crm_in_zendesk] = sides;
    let agreed = agreed
        .split_once('|')
        .map(|(crm, zendesk)| Pair::new(value(crm), value(zendesk)));
    let outcome = merge(
        &Sides {
            agreed: agreed.as_ref(),
            crm: &value(crm),
            zendesk: &value(zendesk),
            zendesk_in_crm: &translation(zendesk_in_crm),
            crm_in_zendesk: &translation(crm_in_zendesk),
        },
        mode,
    );
    assert_eq!(told(&outcome), expected, "{sides:?} {mode:?}");
}

// The rows of the table on `merge`, in its order: what is met, then the outcome with two-way on and
// Remote wins, with two-way on and Local wins, and with two-way off.
#[rstest]
#[case::neither_changed_so_nothing_happens(
    ["open|open", "open", "open", "open", "open"],
    "nothing", "nothing", "nothing")]
#[case::a_change_in_zendesk_reaches_the_case(
    ["open|open", "open", "pending", "in_progress", "open"],
    "case takes in_progress, agree in_progress|pending",
    "case takes in_progress, agree in_progress|pending",
    "case takes in_progress, agree in_progress|pending")]
#[case::a_change_here_is_to_reach_the_ticket(
    ["open|open", "in_progress", "open", "open", "pending"],
    "ticket takes pending", "ticket takes pending", "stays here")]
#[case::the_same_change_on_both_sides_is_agreed(
    ["open|open", "in_progress", "pending", "in_progress", "pending"],
    "agree in_progress|pending", "agree in_progress|pending", "agree in_progress|pending")]
#[case::different_changes_are_a_conflict(
    ["open|open", "in_progress", "solved", "closed", "pending"],
    "conflict: case takes closed, agree closed|solved, kept in_progress",
    "conflict: ticket takes pending, agree closed|solved, kept solved",
    "conflict: case takes closed, agree closed|solved, kept in_progress")]
#[case::a_first_meeting_that_matches_is_agreed(
    ["none", "closed", "solved", "closed", "solved"],
    "agree closed|solved", "agree closed|solved", "agree closed|solved")]
#[case::a_first_meeting_that_does_not_match_is_a_conflict(
    ["none", "open", "solved", "closed", "open"],
    "conflict: case takes closed, agree closed|solved, kept open",
    "conflict: ticket takes open, agree closed|solved, kept solved",
    "conflict: case takes closed, agree closed|solved, kept open")]
fn every_row_of_the_merge_table(
    #[case] sides: [&str; 5],
    #[case] remote_wins: &str,
    #[case] local_wins: &str,
    #[case] two_way_off: &str,
) {
    check(sides, REMOTE, remote_wins);
    check(sides, LOCAL, local_wins);
    check(sides, Mode::OneWay, two_way_off);
}

#[rstest]
#[case::a_resolved_case_stays_resolved_while_the_ticket_stays_solved(
    ["resolved|solved", "resolved", "solved", "closed", "solved"],
    "nothing", "nothing", "nothing")]
#[case::an_urgent_ticket_is_never_made_high_by_its_own_mapping(
    ["high|urgent", "high", "urgent", "high", "high"],
    "nothing", "nothing", "nothing")]
#[case::a_case_assigned_to_somebody_unknown_to_zendesk_stays_assigned(
    ["ada|", "ada", "", "", "?ada"],
    "nothing", "nothing", "nothing")]
#[case::a_mapping_edited_later_changes_nothing_by_itself(
    ["open|hold", "open", "hold", "in_progress", "open"],
    "nothing", "nothing", "nothing")]
#[case::a_change_that_means_the_same_here_is_only_agreed(
    ["closed|solved", "closed", "closed", "closed", "solved"],
    "agree closed|closed", "agree closed|closed", "agree closed|closed")]
#[case::a_change_that_means_the_same_there_is_not_sent(
    ["closed|solved", "resolved", "solved", "closed", "solved"],
    "agree resolved|solved", "agree resolved|solved", "stays here")]
#[case::a_match_through_either_direction_counts(
    ["open|open", "resolved", "solved", "closed", "solved"],
    "agree resolved|solved", "agree resolved|solved", "agree resolved|solved")]
fn what_a_lossy_map_could_have_broken(
    #[case] sides: [&str; 5],
    #[case] remote_wins: &str,
    #[case] local_wins: &str,
    #[case] two_way_off: &str,
) {
    check(sides, REMOTE, remote_wins);
    check(sides, LOCAL, local_wins);
    check(sides, Mode::OneWay, two_way_off);
}

#[rstest]
#[case::a_priority_taken_away_in_zendesk_leaves_the_case_and_is_agreed(
    ["normal|normal", "normal", "", "=", "normal"],
    "agree normal|-", "agree normal|-", "agree normal|-")]
#[case::a_contact_taken_away_here_leaves_the_ticket_and_is_agreed(
    ["ivo|7", "", "7", "ivo", "="],
    "agree -|7", "agree -|7", "stays here")]
#[case::a_side_with_nothing_to_say_does_not_win_for_zendesk(
    ["normal|normal", "high", "", "=", "high"],
    "conflict: ticket takes high, agree normal|-, kept -",
    "conflict: ticket takes high, agree normal|-, kept -",
    "stays here")]
#[case::a_side_with_nothing_to_say_does_not_win_for_the_case(
    ["ivo|7", "", "8", "eva", "="],
    "conflict: case takes eva, agree eva|8, kept -",
    "conflict: case takes eva, agree eva|8, kept -",
    "conflict: case takes eva, agree eva|8, kept -")]
#[case::two_sides_with_nothing_to_say_agree(
    ["a|b", "c", "d", "=", "="],
    "agree c|d", "agree c|d", "agree c|d")]
#[case::on_a_first_meeting_nothing_to_say_is_agreed(
    ["none", "high", "", "=", "high"],
    "agree high|-", "agree high|-", "agree high|-")]
fn what_has_no_counterpart_leaves_the_other_side_alone(
    #[case] sides: [&str; 5],
    #[case] remote_wins: &str,
    #[case] local_wins: &str,
    #[case] two_way_off: &str,
) {
    check(sides, REMOTE, remote_wins);
    check(sides, LOCAL, local_wins);
    check(sides, Mode::OneWay, two_way_off);
}

#[rstest]
#[case::an_unknown_word_from_zendesk_waits(
    ["open|open", "open", "snoozed", "?snoozed", "open"],
    "unmapped snoozed", "unmapped snoozed", "unmapped snoozed")]
#[case::an_unknown_word_decides_no_conflict(
    ["open|open", "in_progress", "snoozed", "?snoozed", "pending"],
    "unmapped snoozed", "unmapped snoozed", "unmapped snoozed")]
#[case::an_unknown_word_decides_no_first_meeting(
    ["none", "open", "snoozed", "?snoozed", "open"],
    "unmapped snoozed", "unmapped snoozed", "unmapped snoozed")]
#[case::an_unknown_word_that_the_case_maps_to_is_agreed(
    ["open|open", "in_progress", "snoozed", "?snoozed", "snoozed"],
    "agree in_progress|snoozed", "agree in_progress|snoozed", "agree in_progress|snoozed")]
#[case::an_edit_here_against_an_unchanged_unknown_word_is_sent(
    ["open|snoozed", "in_progress", "snoozed", "?snoozed", "pending"],
    "ticket takes pending", "ticket takes pending", "stays here")]
#[case::a_user_unknown_to_zendesk_parks_only_when_to_be_sent(
    ["ada|7", "bob", "7", "ada", "?bob"],
    "unsendable bob", "unsendable bob", "stays here")]
#[case::a_user_unknown_to_zendesk_can_still_lose_a_conflict(
    ["ada|7", "bob", "8", "eva", "?bob"],
    "conflict: case takes eva, agree eva|8, kept bob",
    "unsendable bob",
    "conflict: case takes eva, agree eva|8, kept bob")]
fn what_nobody_can_translate_waits(
    #[case] sides: [&str; 5],
    #[case] remote_wins: &str,
    #[case] local_wins: &str,
    #[case] two_way_off: &str,
) {
    check(sides, REMOTE, remote_wins);
    check(sides, LOCAL, local_wins);
    check(sides, Mode::OneWay, two_way_off);
}

#[test]
fn a_map_that_learns_the_word_brings_the_waiting_value_in_without_a_conflict() {
    for mode in MODES {
        check(
            ["open|open", "open", "snoozed", "?snoozed", "open"],
            mode,
            "unmapped snoozed",
        );
        check(
            ["open|open", "open", "snoozed", "in_progress", "open"],
            mode,
            "case takes in_progress, agree in_progress|snoozed",
        );
    }
}

#[test]
fn an_unknown_word_that_zendesk_takes_back_leaves_no_trace() {
    for mode in MODES {
        check(
            ["open|open", "open", "snoozed", "?snoozed", "open"],
            mode,
            "unmapped snoozed",
        );
        check(
            ["open|open", "open", "open", "open", "open"],
            mode,
            "nothing",
        );
    }
}

#[test]
fn a_person_reads_the_rules_by_the_names_of_the_settings() {
    let labels: Vec<&str> = Priority::ALL.iter().map(|rule| rule.label()).collect();
    assert_eq!(labels, ["Remote wins", "Local wins"]);
}

#[test]
fn debug_of_an_outcome_tells_no_value() {
    let pair = || Pair::new(value("Ivo"), value("Eva"));
    for outcome in [
        Outcome::Agree(pair()),
        Outcome::ToCrm {
            value: value("Ivo"),
            agreed: pair(),
        },
        Outcome::ToZendesk {
            value: value("Ivo"),
        },
        Outcome::Conflict {
            winner: Winner::Crm,
            value: value("Ivo"),
            agreed: pair(),
            losing: value("Eva"),
        },
        Outcome::Unmapped("Ivo".to_owned()),
        Outcome::Unsendable("Eva".to_owned()),
    ] {
        let told = format!("{outcome:?}");
        assert!(!told.contains("Ivo") && !told.contains("Eva"), "{told}");
        assert!(told.contains("3 bytes"), "{told}");
    }
}

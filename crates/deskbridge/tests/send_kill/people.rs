//! Whom the workflows are about: customers as CSV, and as Zendesk is to have them in the end.

use std::fmt::Write as _;

/// Customers of each workflow whom an earlier one sent and who stay as they are.
pub(crate) const UNCHANGED: usize = 60;
/// Those whom an earlier one sent and who have another name now.
pub(crate) const CHANGED: usize = 60;
/// New ones.
pub(crate) const NEW: usize = 440;
/// Rows that a rule stops: two that say nobody, and one whose key stands further down again.
pub(crate) const REJECTED: usize = 3;
/// A member of staff.
pub(crate) const SKIPPED: usize = 1;

const HEADER: &str = "external_id,name,email,notes\n";

/// One customer.
pub(crate) struct Person {
    pub(crate) external_id: String,
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) notes: String,
}

fn known_one(round: usize, number: usize, is_later: bool) -> Person {
    let changes = is_later && number >= UNCHANGED;
    Person {
        external_id: format!("known-{round}-{number}"),
        name: format!("Known {number}{}", if changes { " Lee" } else { "" }),
        email: format!("known-{round}-{number}@customer.example"),
        notes: format!("Known in round {round}"),
    }
}

fn new_one(round: usize, number: usize) -> Person {
    Person {
        external_id: format!("new-{round}-{number}"),
        name: format!("New {number}"),
        email: format!("new-{round}-{number}@customer.example"),
        notes: format!("New in round {round}"),
    }
}

fn push(csv: &mut String, person: &Person) {
    let Person {
        external_id,
        name,
        email,
        notes,
    } = person;
    writeln!(csv, "{external_id},{name},{email},{notes}").unwrap();
}

/// What is sent before anybody is killed: the known customers of so many rounds.
pub(crate) fn known(rounds: usize) -> String {
    let mut csv = HEADER.to_owned();
    for round in 0..rounds {
        for number in 0..UNCHANGED + CHANGED {
            push(&mut csv, &known_one(round, number, false));
        }
    }
    csv
}

/// Everybody who is in Zendesk after a round, as they are to be there.
pub(crate) fn expected(round: usize) -> impl Iterator<Item = Person> {
    let known = (0..UNCHANGED + CHANGED).map(move |number| known_one(round, number, true));
    known.chain((0..NEW).map(move |number| new_one(round, number)))
}

/// The rows of a round, known and new ones mixed, and some that are not sent.
pub(crate) fn of_round(round: usize) -> String {
    let mut csv = HEADER.to_owned();
    csv.push_str(",Nobody,,no key at all\n");
    let earlier = Person {
        name: "Stands here too early".to_owned(),
        ..new_one(round, NEW - 1)
    };
    push(&mut csv, &earlier);
    let mut people: Vec<Person> = expected(round).collect();
    // As good as any order: it mixes them, and each stands there once.
    let stride = 37;
    let count = people.len();
    assert!(!count.is_multiple_of(stride), "a stride meets everybody");
    let order: Vec<usize> = (0..count).map(|place| place * stride % count).collect();
    let mut places: Vec<Option<Person>> = people.drain(..).map(Some).collect();
    for place in order {
        push(&mut csv, &places[place].take().unwrap());
    }
    csv.push_str(",Agent,agent@example.com,staff\n");
    csv.push_str(",,nameless@customer.example,no name\n");
    csv
}

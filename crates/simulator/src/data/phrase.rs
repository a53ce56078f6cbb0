//! What customers and agents write: scenarios of a shop's help desk, drawn on demand, so that
//! hundreds of thousands of comments cost eight bytes each.

mod scenarios;

use super::dice::Dice;
use crate::word::Kind;
use scenarios::SCENARIOS;

/// Where a phrase stands in a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// The ticket's subject.
    Subject,
    /// The first message.
    Opening,
    /// A later message of the customer.
    More,
    /// An agent's public answer.
    Answer,
    /// An agent's private note.
    Note,
    /// The answer that solves the ticket.
    Closing,
}

/// One kind of conversation.
pub(crate) struct Scenario {
    pub(crate) kind: Option<Kind>,
    /// Index into the groups of the account.
    pub(crate) group: usize,
    pub(crate) tags: &'static [&'static str],
    subject: &'static [&'static str],
    opening: &'static [&'static str],
    more: &'static [&'static str],
    answer: &'static [&'static str],
    note: &'static [&'static str],
    closing: &'static [&'static str],
}

impl Scenario {
    fn phrases(&self, part: Part) -> &'static [&'static str] {
        match part {
            Part::Subject => self.subject,
            Part::Opening => self.opening,
            Part::More => self.more,
            Part::Answer => self.answer,
            Part::Note => self.note,
            Part::Closing => self.closing,
        }
    }
}

/// Writes the phrase out. `draw` is the ticket's, so that order number and product are the same in
/// its subject and in every comment; `turn` picks among the phrases of the part.
pub(crate) fn render(scenario: u8, part: Part, turn: u8, draw: u32) -> String {
    let scenario = scenario_at(usize::from(scenario));
    let phrases = scenario.phrases(part);
    let mut dice = Dice::new(u64::from(draw));
    let product = dice.pick(PRODUCTS).copied().unwrap_or_default();
    let city = dice.pick(CITIES).copied().unwrap_or_default();
    let order = 100_000 + dice.below(899_999);
    let euros = 9 + dice.below(240);
    let days = 2 + dice.below(12);
    let first = dice.index(phrases.len());
    let phrase = match phrases.len() {
        0 => "",
        length => phrases
            .get((first + usize::from(turn)) % length)
            .copied()
            .unwrap_or_default(),
    };
    let mut text = String::with_capacity(phrase.len() + 48);
    let mut rest = phrase;
    while let Some(open) = rest.find('{') {
        let (before, slot) = rest.split_at(open);
        text.push_str(before);
        let Some(end) = slot.find('}') else {
            rest = slot;
            break;
        };
        match &slot[1..end] {
            "product" => text.push_str(product),
            "city" => text.push_str(city),
            "order" => text.push_str(&order.to_string()),
            "amount" => text.push_str(&format!("{euros}.90")),
            "days" => text.push_str(&days.to_string()),
            other => text.push_str(other),
        }
        rest = &slot[end + 1..];
    }
    text.push_str(rest);
    text
}

/// The scenario with this number; they repeat.
pub(crate) fn scenario_at(number: usize) -> &'static Scenario {
    &SCENARIOS[number % SCENARIOS.len()]
}

/// How many scenarios there are.
pub(crate) const SCENARIO_COUNT: usize = SCENARIOS.len();

const PRODUCTS: &[&str] = &[
    "walnut desk lamp",
    "Aurora espresso machine",
    "cast-iron pan, 28 cm",
    "linen duvet cover",
    "Trailhead rain jacket",
    "noise-cancelling headphones",
    "bicycle trailer",
    "ceramic tea set",
    "standing desk, oak",
    "wool blanket",
    "child's balance bike",
    "pressure cooker, 6 l",
    "garden hose reel",
    "leather notebook",
    "camping stove",
    "kitchen scales",
];

const CITIES: &[&str] = &[
    "Lyon",
    "Porto",
    "Leeds",
    "Kraków",
    "Graz",
    "Gent",
    "Malmö",
    "Sevilla",
    "Izmir",
    "Osaka",
    "Haifa",
    "Lviv",
    "Pune",
    "Austin",
    "Montréal",
    "São Paulo",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_phrase_is_filled_and_repeats() {
        for number in 0..SCENARIO_COUNT {
            for part in [
                Part::Subject,
                Part::Opening,
                Part::More,
                Part::Answer,
                Part::Note,
                Part::Closing,
            ] {
                for turn in 0..4 {
                    let number = u8::try_from(number).unwrap();
                    let text = render(number, part, turn, 77);
                    assert!(!text.is_empty() && !text.contains('{'), "{text}");
                    assert_eq!(text, render(number, part, turn, 77));
                }
            }
        }
    }

    #[test]
    fn subject_and_comments_of_one_ticket_name_the_same_order() {
        let subject = render(0, Part::Subject, 0, 4_711);
        let closing = render(0, Part::Closing, 0, 4_711);
        let order: String = subject.chars().filter(char::is_ascii_digit).collect();
        assert!(order.is_empty() || !closing.contains("order") || closing.contains(&order));
    }
}

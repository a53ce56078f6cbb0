//! The name that a ticket made for one of our cases bears in Zendesk.

use std::fmt;

/// What a ticket made for a case bears as its `external_id`: `deskbridge:<integration>:<case>`, with
/// `:<n>` behind it for the n-th follow-up (reliability.md 6). Zendesk does not keep it unique.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExternalId<'a> {
    /// The integration's id.
    pub integration: &'a str,
    /// The case's id.
    pub case: &'a str,
    /// Which of the case's tickets it is: 0 for the first.
    pub number: u32,
}

impl<'a> ExternalId<'a> {
    /// Reads one; none if the text is not one of ours.
    pub fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.strip_prefix("deskbridge:")?.split(':');
        let (integration, case) = (parts.next()?, parts.next()?);
        let number = match parts.next() {
            None => 0,
            Some(number) => number.parse().ok().filter(|number| *number > 0)?,
        };
        let whole = parts.next().is_none() && !integration.is_empty() && !case.is_empty();
        whole.then_some(Self {
            integration,
            case,
            number,
        })
    }

    /// The one of the case's next ticket.
    #[must_use]
    pub const fn next(self) -> Self {
        Self {
            number: self.number.saturating_add(1),
            ..self
        }
    }
}

impl fmt::Display for ExternalId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "deskbridge:{}:{}", self.integration, self.case)?;
        match self.number {
            0 => Ok(()),
            number => write!(f, ":{number}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_written_as_it_is_read() {
        for text in [
            "deskbridge:zd:case",
            "deskbridge:zd:case:1",
            "deskbridge:a:b:42",
        ] {
            assert_eq!(ExternalId::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_somebody_else_gave_a_ticket_is_not_one_of_ours() {
        let others = [
            "",
            "order 7",
            "deskbridge:",
            "deskbridge:zd",
            "deskbridge:zd:",
            "deskbridge::case",
            "deskbridge:zd:case:",
            "deskbridge:zd:case:0",
            "deskbridge:zd:case:-1",
            "deskbridge:zd:case:one",
            "deskbridge:zd:case:1:2",
            "deskbridge:zd:case:99999999999",
        ];
        for text in others {
            assert_eq!(ExternalId::parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_first_follow_up_comes_after_the_first_ticket() {
        let first = ExternalId::parse("deskbridge:zd:case").unwrap();
        assert_eq!(first.next().to_string(), "deskbridge:zd:case:1");
        assert_eq!(first.next().next().number, 2);
    }
}

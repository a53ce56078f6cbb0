//! The closed sets of words in Zendesk's records: status, priority, type, role, channel.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Declares an enum whose variants are words on the wire.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$variant_doc])* $variant),+ }

        impl $name {
            /// Every word, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word on the wire.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// Reads the word; `None` for any other.
            pub fn parse(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let word = String::deserialize(deserializer)?;
                Self::parse(&word).ok_or_else(|| {
                    serde::de::Error::unknown_variant(&word, &[$($word),+])
                })
            }
        }
    };
}

words! {
    /// A ticket's status (zendesk-api.md 4.1).
    Status {
        /// Nobody has answered yet.
        New = "new",
        /// Waiting for the agents.
        Open = "open",
        /// Waiting for the requester.
        Pending = "pending",
        /// Waiting for somebody else.
        Hold = "hold",
        /// Answered; may be opened again.
        Solved = "solved",
        /// Final.
        Closed = "closed",
        /// Deleted, and to be scrubbed after 30 days.
        Deleted = "deleted",
    }
}

words! {
    /// A ticket's priority.
    Priority {
        /// The lowest.
        Low = "low",
        /// The usual one.
        Normal = "normal",
        /// Soon.
        High = "high",
        /// At once.
        Urgent = "urgent",
    }
}

words! {
    /// A ticket's type.
    Kind {
        /// Others are incidents of this.
        Problem = "problem",
        /// One case of a problem.
        Incident = "incident",
        /// Something asked.
        Question = "question",
        /// Something to do, with a due date.
        Task = "task",
    }
}

words! {
    /// A user's role.
    Role {
        /// A customer.
        EndUser = "end-user",
        /// Staff that answers tickets.
        Agent = "agent",
        /// Staff that may do everything.
        Admin = "admin",
    }
}

impl Role {
    /// Agents and administrators.
    pub fn is_staff(self) -> bool {
        match self {
            Self::EndUser => false,
            Self::Agent | Self::Admin => true,
        }
    }
}

words! {
    /// How a ticket or comment came in.
    Channel {
        /// By mail.
        Email = "email",
        /// By the web form or the agents' pages.
        Web = "web",
        /// By the API.
        Api = "api",
        /// By a phone call.
        Phone = "phone",
        /// By an automation or trigger.
        Rule = "rule",
        /// By Zendesk itself.
        System = "system",
    }
}

impl Channel {
    /// The words the ticket event export uses for it (zendesk-api.md 3.9, general knowledge).
    pub fn event_name(self) -> &'static str {
        match self {
            Self::Email => "Mail",
            Self::Web => "Web form",
            Self::Api => "Web service",
            Self::Phone => "Phone call (inbound)",
            Self::Rule => "Rule",
            Self::System => "Batch",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_read_back_as_itself() {
        for status in Status::ALL {
            assert_eq!(Status::parse(status.as_str()), Some(*status));
        }
        assert_eq!(Status::parse("mystery"), None);
    }
}

//! What other systems send by themselves: no session, no page, and nothing said that a stranger
//! could use.

pub(crate) mod zendesk;

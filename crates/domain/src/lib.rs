//! What is true: records, mapping, identity, merge, plan. No async, no I/O, no clock, no random.

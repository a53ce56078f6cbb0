//! A Zendesk to test against, with its own clock, limits, jobs and faults on request.

//! Zendesk's API as types and calls: sign-in, limits, retries, exports, jobs.

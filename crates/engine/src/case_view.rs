//! A case as people see it: fields, ticket panel, comments.

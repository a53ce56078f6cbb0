//! All SQL: schema, queries, the job queue, leases, budgets, sealed secrets.

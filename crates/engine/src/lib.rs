//! The two flows, the worker, the schedule, the budget.

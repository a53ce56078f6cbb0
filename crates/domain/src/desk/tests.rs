//! What one transaction does to a case, told as stories.

mod fields;
mod parked;
mod publish;
mod stage;

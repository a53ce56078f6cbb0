//! What one transaction does to a case, told as stories.

mod adopt;
mod any;
mod closing;
mod comments;
mod fields;
mod follow_up;
mod gone;
mod off;
mod parked;
mod publish;
mod restored;
mod stage;
mod table;
mod visibility;

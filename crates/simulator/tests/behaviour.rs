//! What the simulator does, over real sockets.

#[path = "behaviour/rig.rs"]
mod rig;

#[path = "behaviour/data.rs"]
mod data;
#[path = "behaviour/exports.rs"]
mod exports;
#[path = "behaviour/lists.rs"]
mod lists;
#[path = "behaviour/recordings.rs"]
mod recordings;
#[path = "behaviour/sign_in.rs"]
mod sign_in;

//! What the client does, over real sockets.

mod answers;
mod limits;
mod oauth;
mod recordings;
mod served;
mod wire;

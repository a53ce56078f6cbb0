//! `GET /api/v1/me`: whose token this is, and what it may do.

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::{Caller, Operations};
use crate::access::Right;
use crate::api::users::UserRecord;

pub(crate) fn operations(operations: Operations) -> Operations {
    operations.with(Right::SignedIn, routes!(read_me))
}

/// Whose token it is.
#[derive(Serialize, ToSchema)]
pub(crate) struct Me {
    /// The token's owner.
    user: UserRecord,
    /// What the token is for, in its owner's words.
    token_name: String,
    /// What the token may do at most.
    scopes: Vec<String>,
    /// When the token ends.
    expires_at: String,
}

/// Read whose token this is
///
/// The token's owner, and what the token may do.
#[utoipa::path(get, path = "/api/v1/me", tag = "Me", responses((status = 200, description = "The token and its owner.", body = Me)))]
async fn read_me(caller: Caller) -> Json<Me> {
    Json(Me {
        user: UserRecord::from(caller.user),
        token_name: caller.token.name,
        scopes: caller.token.scopes,
        expires_at: caller.token.expires_at.to_string(),
    })
}

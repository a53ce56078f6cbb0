//! Files of comments.

pub(crate) mod download;

use crate::access::Right;
use crate::routes::Routes;

pub(crate) fn routes(routes: Routes) -> Routes {
    routes.get("/attachments/{id}", Right::SeeCases, download::show)
}

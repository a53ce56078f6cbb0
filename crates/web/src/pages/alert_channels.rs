//! Where alerts go beside the notifications pane, and whether they arrive.

mod show;

use crate::access::Right;
use crate::routes::Routes;

pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .get("/alert-channels", Right::ManageSettings, show::show)
        .post("/alert-channels/test", Right::ManageSettings, show::test)
}

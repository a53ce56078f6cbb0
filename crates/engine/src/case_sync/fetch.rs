//! Reading ahead: the next page comes over the wire while this one is written.

use tokio::task::JoinHandle;

use crate::error::{Error, Result};

/// A page on its way. Dropping it gives it up.
pub(super) struct Coming<T>(JoinHandle<Result<T, zendesk::Error>>);

impl<T: Send + 'static> Coming<T> {
    pub(super) fn ask(
        request: impl Future<Output = Result<T, zendesk::Error>> + Send + 'static,
    ) -> Self {
        Self(tokio::spawn(request))
    }

    pub(super) async fn arrive(mut self) -> Result<T> {
        match (&mut self.0).await {
            Ok(page) => Ok(page?),
            // Only a shutdown of the process cancels it; the page is simply asked for again.
            Err(_) => Err(Error::Stopped),
        }
    }
}

impl<T> Drop for Coming<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

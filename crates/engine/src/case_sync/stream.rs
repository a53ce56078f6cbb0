//! Reading a stream page by page, one page ahead: the next comes over the wire while this one is
//! written.

use std::collections::HashSet;

use futures_util::future::BoxFuture;
use tokio::task::JoinHandle;
use zendesk::{Client, CursorPage, Position, Record};

use super::pull::Pull;
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

/// How one export is asked for a page: the client's call.
pub(super) type Ask<T> =
    fn(Client, Position, u32) -> BoxFuture<'static, Result<CursorPage<T>, zendesk::Error>>;

/// An export that is read by cursor.
pub(super) struct CursorStream<T> {
    name: &'static str,
    ask: Ask<T>,
    position: Position,
    coming: Option<Coming<CursorPage<T>>>,
    afresh: bool,
    /// Where this run has been: a place that comes again would lead round for ever.
    seen: HashSet<Position>,
}

impl<T: Send + 'static> CursorStream<T> {
    /// Takes the stream up where it was left.
    pub(super) async fn open(pull: &Pull<'_>, name: &'static str, ask: Ask<T>) -> Result<Self> {
        let position = pull
            .position(name)
            .await?
            .and_then(|kept| Position::parse(&kept))
            .unwrap_or(Position::Start(0));
        let mut stream = Self {
            name,
            ask,
            afresh: position == Position::Start(0),
            position,
            coming: None,
            seen: HashSet::new(),
        };
        stream.request(pull);
        Ok(stream)
    }

    fn request(&mut self, pull: &Pull<'_>) {
        let size = pull.engine.settings.page_size;
        let request = (self.ask)(pull.client.clone(), self.position.clone(), size);
        self.coming = Some(Coming::ask(request));
    }

    /// The next page and where to go on after it; `None` at the end. Asks for the page after it
    /// before it returns.
    ///
    /// # Errors
    /// [`Error::Stuck`] if the export does not move on; what the request met.
    pub(super) async fn page(
        &mut self,
        pull: &mut Pull<'_>,
    ) -> Result<Option<(Vec<Record<T>>, Position)>> {
        let Some(request) = self.coming.take() else {
            return Ok(None);
        };
        let page = match request.arrive().await {
            Err(Error::Zendesk(zendesk::Error::CursorRefused { .. })) if !self.afresh => {
                pull.warn_later(format!(
                    "Zendesk no longer takes the place where the {} export was left, so it is read from its beginning. Nothing is lost; what has not changed is not written again.",
                    self.name
                ));
                self.afresh = true;
                self.position = Position::Start(0);
                self.seen.clear();
                self.request(pull);
                match self.coming.take() {
                    Some(again) => again.arrive().await?,
                    None => return Ok(None),
                }
            }
            Err(Error::Zendesk(zendesk::Error::CursorRefused { .. })) => {
                return Err(Error::Rejected { stream: self.name });
            }
            other => other?,
        };
        pull.engine.reached("export: a page was read");
        let next = page.next.unwrap_or_else(|| self.position.clone());
        let gone_from = std::mem::replace(&mut self.position, next.clone());
        self.seen.insert(gone_from);
        if !page.end_of_stream {
            if self.seen.contains(&next) {
                return Err(Error::Stuck { stream: self.name });
            }
            self.request(pull);
        }
        Ok(Some((page.records, next)))
    }
}

//! Looks each host up once, judges what it leads to, and keeps to it.
//!
//! The address that was judged is the address that is connected to: there is no second lookup in
//! between that could answer differently (F11 in reliability.md 1).

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::BoxFuture;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::address::refusal_of;

/// The account's own host, and those that its attachments lie on: some few.
const MOST_PINS: usize = 32;

/// Looks a host name up.
pub(crate) type Lookup =
    Arc<dyn Fn(String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> + Send + Sync>;

/// The machine's own lookup.
pub(crate) fn system_lookup() -> Lookup {
    Arc::new(|host| {
        Box::pin(async move {
            let found = tokio::net::lookup_host((host, 0)).await?;
            Ok(found.map(|socket| socket.ip()).collect())
        })
    })
}

/// A resolver that answers with judged addresses only.
pub(crate) struct Pinned {
    lookup: Lookup,
    loopback_ok: bool,
    found: Mutex<BTreeMap<String, Vec<IpAddr>>>,
}

/// A name that led nowhere but to addresses we do not call.
#[derive(Debug)]
pub(crate) struct RefusedAddress {
    pub(crate) ip: IpAddr,
    pub(crate) why: &'static str,
}

impl fmt::Display for RefusedAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is {}", self.ip, self.why)
    }
}

impl std::error::Error for RefusedAddress {}

impl Pinned {
    pub(crate) fn new(lookup: Lookup, loopback_ok: bool) -> Self {
        Self {
            lookup,
            loopback_ok,
            found: Mutex::new(BTreeMap::new()),
        }
    }

    /// Drops the pins, so that the next connect looks its name up, and judges it, again.
    pub(crate) fn forget(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Vec<IpAddr>>> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps what may be called. One bad address among good ones is left out; nothing but bad
    /// ones is an error.
    fn judge(&self, found: Vec<IpAddr>) -> Result<Vec<IpAddr>, RefusedAddress> {
        let mut refused = None;
        let good: Vec<IpAddr> = found
            .into_iter()
            .filter(|ip| match refusal_of(*ip, self.loopback_ok) {
                Some(why) => {
                    refused.get_or_insert(RefusedAddress { ip: *ip, why });
                    false
                }
                None => true,
            })
            .collect();
        match refused {
            Some(refused) if good.is_empty() => Err(refused),
            Some(_) | None => Ok(good),
        }
    }
}

/// Port 0 stands for the port of the URL.
fn sockets(found: Vec<IpAddr>) -> Addrs {
    Box::new(found.into_iter().map(|ip| SocketAddr::new(ip, 0)))
}

/// What reqwest owns: it wants `'static` futures, so it shares the pin.
pub(crate) struct Shared(pub(crate) Arc<Pinned>);

impl Resolve for Shared {
    fn resolve(&self, name: Name) -> Resolving {
        let pinned = self.0.clone();
        Box::pin(async move {
            let known = pinned.lock().get(name.as_str()).cloned();
            if let Some(known) = known {
                return Ok(sockets(known));
            }
            let found = (pinned.lookup)(name.as_str().to_owned()).await?;
            let good = pinned.judge(found)?;
            let mut pins = pinned.lock();
            if pins.len() >= MOST_PINS {
                pins.clear();
            }
            if !good.is_empty() {
                pins.insert(name.as_str().to_owned(), good.clone());
            }
            Ok(sockets(good))
        })
    }
}

#[cfg(test)]
mod tests;

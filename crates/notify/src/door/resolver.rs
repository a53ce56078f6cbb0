//! Looks a receiver's name up and judges what it leads to, each time a connection is made: the address
//! that was judged is the one that is connected to.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use domain::network::refusal_of;
use futures_util::future::BoxFuture;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Looks a host name up.
pub(crate) type Lookup =
    Arc<dyn Fn(String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> + Send + Sync>;

/// A metadata service that sits in what is otherwise a private network.
const METADATA: IpAddr = IpAddr::V6(Ipv6Addr::new(0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x0254));

/// The machine's own lookup.
pub(crate) fn system_lookup() -> Lookup {
    Arc::new(|host| {
        Box::pin(async move {
            let found = tokio::net::lookup_host((host, 0)).await?;
            Ok(found.map(|socket| socket.ip()).collect())
        })
    })
}

/// A name that led nowhere but to addresses that are not called.
#[derive(Debug)]
pub(super) struct RefusedAddress {
    /// What they are.
    pub(super) why: &'static str,
}

impl fmt::Display for RefusedAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.why)
    }
}

impl std::error::Error for RefusedAddress {}

/// Says what is wrong with calling `ip`. `allow_private` lets this machine and private networks through,
/// and nothing else: what serves machine credentials is never called.
pub(super) fn refusal(ip: IpAddr, allow_private: bool) -> Option<&'static str> {
    if ip == METADATA {
        return Some("a cloud's metadata service");
    }
    let is_private = match ip {
        IpAddr::V4(ip) => ip.is_private(),
        IpAddr::V6(ip) => ip.is_unique_local(),
    };
    if allow_private && is_private {
        return None;
    }
    refusal_of(ip, allow_private)
}

/// A resolver that answers with judged addresses only.
pub(super) struct Judging {
    lookup: Lookup,
    allow_private: bool,
}

impl Judging {
    pub(super) fn new(lookup: Lookup, allow_private: bool) -> Self {
        Self {
            lookup,
            allow_private,
        }
    }
}

impl Resolve for Judging {
    fn resolve(&self, name: Name) -> Resolving {
        let (looking, allow_private) =
            ((self.lookup)(name.as_str().to_owned()), self.allow_private);
        Box::pin(async move {
            let mut good = Vec::new();
            let mut refused = None;
            for ip in looking.await? {
                match refusal(ip, allow_private) {
                    // Port 0 stands for the port of the URL.
                    None => good.push(SocketAddr::new(ip, 0)),
                    Some(why) => refused = Some(RefusedAddress { why }),
                }
            }
            match refused {
                Some(refused) if good.is_empty() => Err(refused.into()),
                Some(_) | None => Ok(Box::new(good.into_iter()) as Addrs),
            }
        })
    }
}

//! The one way by which webhooks leave: to an address that was judged, by https, without redirects or proxy.
//!
//! A name is judged each time it is looked up, and the address that was judged is the one that is called
//! (security-and-operations.md 1, SSRF).

mod resolver;

use std::error::Error as _;
use std::net::IpAddr;
use std::time::Duration;

use url::{Host, Url};

use resolver::{Judging, RefusedAddress, refusal};
pub(crate) use resolver::{Lookup, system_lookup};

/// The longest that a receiver may take.
pub const TIMEOUT: Duration = Duration::from_secs(10);

/// Why an address is not called at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfit {
    /// It cannot be read as an address.
    Unreadable,
    /// It holds a name or a password.
    SignsIn,
    /// It is not https, nor http where private addresses are allowed.
    NotHttps,
    /// It leads to what this says, which is not called.
    Inside(&'static str),
    /// TLS cannot be set up on this machine.
    NoTls,
}

/// Why there was no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Silence {
    /// The name leads to what this says, which is not called.
    Inside(&'static str),
    /// The certificate is not trusted.
    Untrusted,
    /// There was none in time.
    Unreached,
}

/// A receiver that may be called.
pub(crate) struct Door {
    client: reqwest::Client,
    url: Url,
}

/// Looks whether an address may be called, without a look into the network.
pub(crate) fn judge(url: &str, allow_private: bool) -> Result<Url, Unfit> {
    let url = Url::parse(url.trim())
        .ok()
        .filter(Url::has_host)
        .ok_or(Unfit::Unreadable)?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Unfit::SignsIn);
    }
    match url.scheme() {
        "https" => {}
        "http" if allow_private => {}
        _ => return Err(Unfit::NotHttps),
    }
    let literal = match url.host() {
        Some(Host::Ipv4(ip)) => Some(IpAddr::V4(ip)),
        Some(Host::Ipv6(ip)) => Some(IpAddr::V6(ip)),
        Some(Host::Domain(_)) | None => None,
    };
    match literal.and_then(|ip| refusal(ip, allow_private)) {
        Some(why) => Err(Unfit::Inside(why)),
        None => Ok(url),
    }
}

impl Door {
    /// Makes one; connects to nothing yet.
    pub(crate) fn open(url: &str, allow_private: bool, lookup: Lookup) -> Result<Self, Unfit> {
        let url = judge(url, allow_private)?;
        let plain = url.scheme() == "http";
        drop(rustls::crypto::ring::default_provider().install_default());
        #[expect(
            clippy::disallowed_methods,
            reason = "builds a client with the same rules: no proxy, no redirect, judged address"
        )]
        let mut builder = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .connect_timeout(TIMEOUT)
            .timeout(TIMEOUT)
            .http1_only()
            .retry(reqwest::retry::never())
            .https_only(!plain)
            .user_agent(concat!("deskbridge/", env!("CARGO_PKG_VERSION")))
            .dns_resolver(Judging::new(lookup, allow_private));
        if plain {
            builder = builder.tls_certs_only([]);
        }
        let client = builder.build().map_err(|_| Unfit::NoTls)?;
        Ok(Self { client, url })
    }

    /// The receiver's name: all of its address that may be told.
    pub(crate) fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// Posts one body of JSON with these headers beside the usual ones.
    pub(crate) async fn post(
        &self,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Result<reqwest::Response, Silence> {
        let mut request = self
            .client
            .post(self.url.clone())
            .header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request
            .body(body)
            .send()
            .await
            .map_err(|error| silence(&error))
    }
}

fn silence(error: &reqwest::Error) -> Silence {
    let mut next = error.source();
    while let Some(current) = next {
        if let Some(RefusedAddress { why }) = current.downcast_ref() {
            return Silence::Inside(why);
        }
        if let Some(rustls::Error::InvalidCertificate(_)) = current
            .downcast_ref::<std::io::Error>()
            .and_then(std::io::Error::get_ref)
            .and_then(|inner| inner.downcast_ref())
        {
            return Silence::Untrusted;
        }
        next = current.source();
    }
    Silence::Unreached
}

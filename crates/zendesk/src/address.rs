//! Where an account lives, and which addresses we are willing to call at all.
//!
//! Source of the rules: security-and-operations.md 1, row SSRF (ASVS 1.3.6, 13.2.4, 13.2.5), and
//! ticket-sync.md 2, *URL*. The name is checked here, when it is typed; what the name resolves to
//! is checked at each connect.

use std::fmt;
use std::net::IpAddr;

pub(crate) use domain::network::refusal_of;
use url::{Host, Url};

/// What the operator allows beside `*.zendesk.com` over https.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AddressPolicy {
    /// Permits `http://127.0.0.1:PORT` (and `localhost`, `[::1]`), with a path prefix. Off unless
    /// the operator says so (`DESKBRIDGE_ALLOW_LOOPBACK=1`).
    pub allow_loopback: bool,
    /// Further hosts, as `host` (port 443) or `host:port`, over https only.
    pub extra_hosts: Vec<String>,
}

/// A checked, normalised base address of one Zendesk account, without a trailing slash.
#[derive(Debug, Clone)]
pub struct Address {
    base: String,
    host: Host<String>,
    port: u16,
    secure: bool,
    loopback_ok: bool,
}

/// Why a text is not an address we call. Never repeats the text: it may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Empty, or not a URL at all.
    #[error("That is not a web address. Write it as https://company.zendesk.com.")]
    Unreadable,
    /// `user:password@host`.
    #[error(
        "The address holds a user name or password. Remove it: sign-in details have their own fields."
    )]
    Credentials,
    /// Plain http to anything but a permitted loopback address, or another scheme.
    #[error("Only https addresses are called. Write it as https://company.zendesk.com.")]
    NotHttps,
    /// A host that is not `name.zendesk.com` and not on the operator's list.
    #[error(
        "{host} is not a Zendesk address. Use https://company.zendesk.com, or ask the operator to allow this host."
    )]
    HostNotAllowed {
        /// The host as typed, lower-cased.
        host: String,
    },
    /// A loopback address while the configuration does not allow one.
    #[error(
        "{host} is this machine itself. Set DESKBRIDGE_ALLOW_LOOPBACK=1 to allow that, for tests and demonstrations only."
    )]
    LoopbackNotAllowed {
        /// The host as typed.
        host: String,
    },
    /// Another port than 443 on a Zendesk host.
    #[error("Zendesk answers on port 443 only. Remove the port from the address.")]
    Port,
    /// A query or fragment, which a base address cannot have.
    #[error(
        "The address holds a `?` or `#` part. Leave only the host: https://company.zendesk.com."
    )]
    NotBase,
    /// An allowed name that led to an address inside a private or special network.
    #[error(
        "{host} leads to {ip}, which is {why}. Such addresses are never called: check the name and the DNS server."
    )]
    Internal {
        /// The host that was looked up.
        host: String,
        /// What it resolved to.
        ip: IpAddr,
        /// What kind of address that is.
        why: &'static str,
    },
}

impl Address {
    /// Reads what a person typed: `https://company.zendesk.com` or `company.zendesk.com`. A path
    /// pasted along with a Zendesk host (`/agent/tickets/1`) is dropped; on a loopback or extra
    /// host it is a prefix and kept.
    ///
    /// # Errors
    /// [`AddressError`], a sentence that says what to write instead.
    pub fn parse(text: &str, policy: &AddressPolicy) -> Result<Self, AddressError> {
        let url = read_url(text.trim())?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(AddressError::Credentials);
        }
        let host = url.host().ok_or(AddressError::Unreadable)?.to_owned();
        if is_loopback(&host) {
            return Self::loopback(&url, host, policy);
        }
        if url.scheme() != "https" {
            return Err(AddressError::NotHttps);
        }
        let port = url.port().unwrap_or(443);
        let name = host.to_string();
        if is_zendesk(&name) {
            return if port == 443 {
                Ok(Self {
                    base: format!("https://{name}"),
                    host,
                    port,
                    secure: true,
                    loopback_ok: false,
                })
            } else {
                Err(AddressError::Port)
            };
        }
        if !policy.lists(&name, port) {
            return Err(AddressError::HostNotAllowed { host: name });
        }
        // An address literal never meets the resolver, so it is judged here.
        if let Some(ip) = literal(&host)
            && let Some(why) = refusal_of(ip, policy.allow_loopback)
        {
            return Err(AddressError::Internal {
                host: name,
                ip,
                why,
            });
        }
        Ok(Self {
            base: base_of(&url)?,
            host,
            port,
            secure: true,
            loopback_ok: policy.allow_loopback,
        })
    }

    fn loopback(
        url: &Url,
        host: Host<String>,
        policy: &AddressPolicy,
    ) -> Result<Self, AddressError> {
        if !policy.allow_loopback {
            return Err(AddressError::LoopbackNotAllowed {
                host: host.to_string(),
            });
        }
        let secure = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return Err(AddressError::NotHttps),
        };
        Ok(Self {
            base: base_of(url)?,
            port: url.port_or_known_default().unwrap_or(443),
            host,
            secure,
            loopback_ok: true,
        })
    }

    /// The account's name in Zendesk (`company` of `company.zendesk.com`); for other hosts the
    /// host, with the port where it is not 443. It identifies the account together with the id
    /// that `users/me` gives.
    pub fn subdomain(&self) -> String {
        let host = self.host.to_string();
        match host.strip_suffix(".zendesk.com") {
            Some(label) => label.to_owned(),
            None if self.port == 443 => host,
            None => format!("{host}:{}", self.port),
        }
    }

    /// The page on which an agent sees a ticket.
    pub fn ticket_page(&self, id: i64) -> String {
        format!("{}/agent/tickets/{id}", self.base)
    }

    /// The base, for building request addresses.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// Whether requests go over TLS.
    pub(crate) fn is_secure(&self) -> bool {
        self.secure
    }

    /// Whether this address may lead to this machine.
    pub(crate) fn allows_loopback(&self) -> bool {
        self.loopback_ok
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.base)
    }
}

impl PartialEq for Address {
    fn eq(&self, other: &Self) -> bool {
        self.base == other.base
    }
}

impl Eq for Address {}

impl std::hash::Hash for Address {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.base.hash(state);
    }
}

impl AddressPolicy {
    fn lists(&self, host: &str, port: u16) -> bool {
        self.extra_hosts.iter().any(|entry| {
            let entry = entry.trim().to_ascii_lowercase();
            if port == 443 && entry == host {
                return true;
            }
            entry == format!("{host}:{port}")
        })
    }
}

/// Reads a URL, adding the scheme a person left out: https, or http for this machine.
fn read_url(text: &str) -> Result<Url, AddressError> {
    if text.is_empty() || text.contains(char::is_whitespace) || text.contains('\\') {
        return Err(AddressError::Unreadable);
    }
    if text.contains("://") {
        return Url::parse(text).map_err(|_| AddressError::Unreadable);
    }
    let url = Url::parse(&format!("https://{text}")).map_err(|_| AddressError::Unreadable)?;
    match url.host() {
        Some(host) if is_loopback(&host.to_owned()) => {
            Url::parse(&format!("http://{text}")).map_err(|_| AddressError::Unreadable)
        }
        _ => Ok(url),
    }
}

/// `^[a-z0-9-]+\.zendesk\.com$`; the URL reader has already lower-cased the host.
fn is_zendesk(host: &str) -> bool {
    host.strip_suffix(".zendesk.com").is_some_and(|label| {
        !label.is_empty()
            && label
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    })
}

fn is_loopback(host: &Host<String>) -> bool {
    match host {
        Host::Domain(name) => name == "localhost",
        Host::Ipv4(ip) => ip.is_loopback(),
        Host::Ipv6(ip) => ip.is_loopback(),
    }
}

fn literal(host: &Host<String>) -> Option<IpAddr> {
    match host {
        Host::Domain(_) => None,
        Host::Ipv4(ip) => Some(IpAddr::V4(*ip)),
        Host::Ipv6(ip) => Some(IpAddr::V6(*ip)),
    }
}

fn base_of(url: &Url) -> Result<String, AddressError> {
    if url.query().is_some() || url.fragment().is_some() {
        return Err(AddressError::NotBase);
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests;

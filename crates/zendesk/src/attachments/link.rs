//! Which addresses a file may be fetched from (security-and-operations.md 1, row SSRF): first the
//! account's own host, then, by one redirect, the host where Zendesk keeps files.

use url::{Host, Url};

use crate::address::{Address, AddressError};

/// The address to ask for the file at `content_url`: on the account's own host, since only that
/// gets our sign-in. A file that lies with another brand of the account is asked for there too.
///
/// # Errors
/// [`AddressError`] for a link that leads anywhere else.
pub(crate) fn account_link(address: &Address, content_url: &str) -> Result<Url, AddressError> {
    let link = Url::parse(content_url).map_err(|_| AddressError::Unreadable)?;
    let base = Url::parse(address.base()).map_err(|_| AddressError::Unreadable)?;
    if !link.username().is_empty() || link.password().is_some() {
        return Err(AddressError::Credentials);
    }
    if link.origin() == base.origin() {
        return Ok(link);
    }
    let named = |url: &Url| url.host_str().unwrap_or_default().to_owned();
    let is_brand = link.scheme() == "https"
        && link.port().is_none()
        && is_below(&named(&link), "zendesk.com")
        && is_below(&named(&base), "zendesk.com");
    if !is_brand {
        return Err(AddressError::HostNotAllowed { host: named(&link) });
    }
    let mut own = base;
    own.set_path(link.path());
    own.set_query(link.query());
    Ok(own)
}

/// Whether a redirect may lead there: https to a host below `zdusercontent.com`, or this machine
/// where that is allowed. What the name resolves to is judged at the connect, as for any host.
pub(crate) fn may_hold_content(target: &Url, loopback_ok: bool) -> bool {
    if !target.username().is_empty() || target.password().is_some() {
        return false;
    }
    let loopback = match target.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    };
    if loopback {
        return loopback_ok && matches!(target.scheme(), "http" | "https");
    }
    let named = target.host_str().unwrap_or_default();
    target.scheme() == "https" && target.port().is_none() && is_below(named, "zdusercontent.com")
}

/// Whether `host` is a name below `domain`. The reader of addresses has lower-cased it.
fn is_below(host: &str, domain: &str) -> bool {
    let below = host
        .strip_suffix(domain)
        .and_then(|rest| rest.strip_suffix('.'));
    below.is_some_and(|name| {
        let letters = |label: &str| {
            !label.is_empty()
                && label
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'-')
        };
        name.split('.').all(letters)
    })
}

#[cfg(test)]
mod tests;

//! Which addresses of machines may be called at all (security-and-operations.md 1, SSRF).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Says what is wrong with calling `ip`, or `None` if it is an ordinary public address. The list
/// is the IANA special-purpose registries, plus the addresses on which clouds serve machine
/// credentials. `loopback_ok` lets 127.0.0.0/8 and ::1 through and nothing else.
pub fn refusal_of(ip: IpAddr, loopback_ok: bool) -> Option<&'static str> {
    if ip.is_loopback() {
        return (!loopback_ok).then_some("this machine itself");
    }
    match ip {
        IpAddr::V4(ip) => refusal_of_v4(ip),
        IpAddr::V6(ip) => refusal_of_v6(ip),
    }
}

fn refusal_of_v4(ip: Ipv4Addr) -> Option<&'static str> {
    let [a, b, c, d] = ip.octets();
    match (a, b, c, d) {
        (0, ..) => Some("not an address of a machine"),
        (127, ..) => Some("this machine itself"),
        (10, ..) | (172, 16..=31, ..) | (192, 168, ..) => Some("a private network"),
        // Azure's wire server and Alibaba's metadata service sit on otherwise ordinary addresses.
        (168, 63, 129, 16) | (100, 100, 100, 200) => Some("a cloud's metadata service"),
        (169, 254, ..) => Some("a link-local or metadata address"),
        (100, 64..=127, ..) => Some("a carrier's private network"),
        (192, 0, 0, _) | (198, 18..=19, ..) => Some("a reserved network"),
        (192, 0, 2, _) | (198, 51, 100, _) | (203, 0, 113, _) => Some("a documentation network"),
        (192, 88, 99, _) => Some("a tunnel"),
        (224..=255, ..) => Some("a multicast or reserved address"),
        _ => None,
    }
}

fn refusal_of_v6(ip: Ipv6Addr) -> Option<&'static str> {
    if ip.to_ipv4_mapped().is_some() {
        return Some("an IPv4 address in IPv6 clothes");
    }
    let [a, b, ..] = ip.segments();
    match (a, b) {
        (0xfe80..=0xfebf, _) => Some("a link-local address"),
        (0xfc00..=0xfdff, _) => Some("a private network"),
        (0xff00..=0xffff, _) => Some("a multicast address"),
        (0x2001, 0x0db8) | (0x3fff, 0..=0x0fff) => Some("a documentation network"),
        (0x2001, 0..=0x01ff) | (0x2002, _) => Some("a tunnel or reserved network"),
        (0x2000..=0x3fff, _) => None,
        // A network with NAT64 reaches IPv4 hosts so; the inner address is what counts.
        (0x0064, 0xff9b) if ip.segments()[2..6] == [0; 4] => {
            let [.., a, b, c, d] = ip.octets();
            refusal_of_v4(Ipv4Addr::new(a, b, c, d))
        }
        _ => Some("outside the public network"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_are_called_and_this_machine_where_it_is_allowed() {
        let refused = |ip: &str, loopback_ok| refusal_of(ip.parse().unwrap(), loopback_ok);
        for public in ["8.8.8.8", "2001:4860:4860::8888", "64:ff9b::808:808"] {
            assert_eq!(refused(public, false), None, "{public}");
        }
        for inner in [
            "10.1.2.3",
            "169.254.169.254",
            "::ffff:8.8.8.8",
            "fd00::1",
            "64:ff9b::a00:1",
        ] {
            assert!(refused(inner, true).is_some(), "{inner}");
        }
        assert!(refused("127.0.0.1", false).is_some());
        assert_eq!(refused("::1", true), None);
    }
}

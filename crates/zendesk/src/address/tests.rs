use rstest::rstest;

use super::*;

fn strict() -> AddressPolicy {
    AddressPolicy::default()
}

fn lenient() -> AddressPolicy {
    AddressPolicy {
        allow_loopback: true,
        extra_hosts: vec![
            "Zendesk.Test".into(),
            "gateway.example:8443".into(),
            "10.0.0.9".into(),
        ],
    }
}

#[rstest]
#[case("https://company.zendesk.com", "https://company.zendesk.com")]
#[case("company.zendesk.com", "https://company.zendesk.com")]
#[case("  HTTPS://Company.Zendesk.COM/ ", "https://company.zendesk.com")]
#[case("company.zendesk.com:443", "https://company.zendesk.com")]
#[case(
    "https://company.zendesk.com/agent/tickets/1?x=1#y",
    "https://company.zendesk.com"
)]
#[case(
    "my-company-2.zendesk.com/hc/en-us",
    "https://my-company-2.zendesk.com"
)]
fn zendesk_addresses_are_normalised(#[case] text: &str, #[case] base: &str) {
    for policy in [strict(), lenient()] {
        assert_eq!(Address::parse(text, &policy).unwrap().to_string(), base);
    }
}

#[rstest]
#[case("")]
#[case("   ")]
#[case("https://")]
#[case("https:// company.zendesk.com")]
#[case("https://company.zendesk.com\\@evil.example")]
#[case("http://company.zendesk.com")]
#[case("ftp://company.zendesk.com")]
#[case("file:///etc/passwd")]
#[case("company")]
#[case("zendesk.com")]
#[case("https://.zendesk.com")]
#[case("https://company.zendesk.com.")]
#[case("https://company.zendesk.com.evil.example")]
#[case("https://evil.example/company.zendesk.com")]
#[case("https://evil.example#.zendesk.com")]
#[case("https://companyzendesk.com")]
#[case("https://a.b.zendesk.com")]
#[case("https://a_b.zendesk.com")]
#[case("https://user:canary@company.zendesk.com")]
#[case("https://company.zendesk.com@evil.example")]
#[case("https://company.zendesk.com:8443")]
#[case("http://127.0.0.1:8099")]
#[case("http://localhost:8099")]
#[case("http://[::1]:8099")]
#[case("http://2130706433/")]
#[case("http://0x7f.1/")]
#[case("https://169.254.169.254/latest/meta-data")]
#[case("https://[::ffff:127.0.0.1]/")]
#[case("https://10.0.0.1")]
#[case("https://zendesk.test")]
fn other_addresses_are_refused_without_repeating_a_password(#[case] text: &str) {
    let refused = Address::parse(text, &strict()).unwrap_err();
    assert!(!refused.to_string().contains("canary"));
}

#[rstest]
#[case("http://127.0.0.1:8099", "http://127.0.0.1:8099", "127.0.0.1:8099")]
#[case("http://127.0.0.1:8099/", "http://127.0.0.1:8099", "127.0.0.1:8099")]
#[case("127.0.0.1:8099", "http://127.0.0.1:8099", "127.0.0.1:8099")]
#[case(
    "localhost:8099/zendesk/",
    "http://localhost:8099/zendesk",
    "localhost:8099"
)]
#[case("https://localhost", "https://localhost", "localhost")]
#[case("http://[::1]:8099", "http://[::1]:8099", "[::1]:8099")]
#[case(
    "https://zendesk.test/base",
    "https://zendesk.test/base",
    "zendesk.test"
)]
#[case(
    "gateway.example:8443",
    "https://gateway.example:8443",
    "gateway.example:8443"
)]
fn the_policy_opens_loopback_and_listed_hosts(
    #[case] text: &str,
    #[case] base: &str,
    #[case] subdomain: &str,
) {
    let address = Address::parse(text, &lenient()).unwrap();
    assert_eq!(address.to_string(), base);
    assert_eq!(address.subdomain(), subdomain);
}

#[rstest]
#[case("http://zendesk.test", AddressError::NotHttps)]
#[case("https://gateway.example", AddressError::HostNotAllowed { host: "gateway.example".into() })]
#[case("https://zendesk.test:8443", AddressError::HostNotAllowed { host: "zendesk.test".into() })]
#[case("https://zendesk.test/?a=1", AddressError::NotBase)]
#[case("http://169.254.169.254", AddressError::NotHttps)]
#[case("https://192.168.1.1", AddressError::HostNotAllowed { host: "192.168.1.1".into() })]
#[case("ftp://127.0.0.1", AddressError::NotHttps)]
fn the_policy_opens_nothing_else(#[case] text: &str, #[case] refused: AddressError) {
    assert_eq!(Address::parse(text, &lenient()), Err(refused));
}

#[test]
fn a_listed_literal_inside_a_private_network_is_still_refused() {
    let refused = Address::parse("https://10.0.0.9", &lenient()).unwrap_err();
    assert!(
        matches!(refused, AddressError::Internal { .. }),
        "{refused:?}"
    );
}

#[test]
fn an_account_knows_its_name_and_its_ticket_pages() {
    let address = Address::parse("company.zendesk.com", &strict()).unwrap();
    assert_eq!(address.subdomain(), "company");
    assert_eq!(
        address.ticket_page(35),
        "https://company.zendesk.com/agent/tickets/35"
    );
}

#[rstest]
#[case("127.0.0.1", false)]
#[case("127.9.9.9", false)]
#[case("::1", false)]
#[case("0.0.0.0", false)]
#[case("::", false)]
#[case("10.1.2.3", false)]
#[case("172.16.0.1", false)]
#[case("172.31.255.255", false)]
#[case("172.32.0.1", true)]
#[case("192.168.0.1", false)]
#[case("169.254.169.254", false)]
#[case("168.63.129.16", false)]
#[case("100.64.0.1", false)]
#[case("100.100.100.200", false)]
#[case("100.128.0.1", true)]
#[case("192.0.2.1", false)]
#[case("198.18.0.1", false)]
#[case("203.0.113.7", false)]
#[case("224.0.0.1", false)]
#[case("255.255.255.255", false)]
#[case("104.16.51.111", true)]
#[case("8.8.8.8", true)]
#[case("2606:4700::6810:336f", true)]
#[case("::ffff:104.16.51.111", false)]
#[case("::ffff:127.0.0.1", false)]
#[case("::127.0.0.1", false)]
#[case("fe80::1", false)]
#[case("fd00:ec2::254", false)]
#[case("fc00::1", false)]
#[case("ff02::1", false)]
#[case("2001:db8::1", false)]
#[case("2001::1", false)]
#[case("2002:7f00:1::", false)]
#[case("64:ff9b::7f00:1", false)]
#[case("64:ff9b::a00:1", false)]
#[case("64:ff9b::6810:336f", true)]
#[case("64:ff9b:1::6810:336f", false)]
#[case("5f00::1", false)]
fn only_public_addresses_are_called(#[case] ip: &str, #[case] public: bool) {
    let ip: IpAddr = ip.parse().unwrap();
    assert_eq!(refusal_of(ip, false).is_none(), public, "{ip}");
    let with_loopback = public || ip.is_loopback();
    assert_eq!(refusal_of(ip, true).is_none(), with_loopback, "{ip}");
}

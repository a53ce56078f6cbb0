use rstest::rstest;

use super::*;
use crate::address::AddressPolicy;

fn zendesk() -> Address {
    Address::parse("company.zendesk.com", &AddressPolicy::default()).unwrap()
}

#[test]
fn a_file_is_asked_for_at_the_accounts_own_host() {
    let own = "https://company.zendesk.com/attachments/token/abc/?name=a%20b.gif";
    assert_eq!(account_link(&zendesk(), own).unwrap().as_str(), own);
    let brand = "https://brand2.zendesk.com/attachments/token/abc/?name=a%20b.gif";
    assert_eq!(account_link(&zendesk(), brand).unwrap().as_str(), own);
}

#[rstest]
#[case("https://evil.example.com/attachments/token/abc/")]
#[case("https://company.zendesk.com.evil.example/attachments/")]
#[case("https://evilzendesk.com/attachments/")]
#[case("https://zendesk.com/attachments/")]
#[case("http://company.zendesk.com/attachments/")]
#[case("https://company.zendesk.com:8443/attachments/")]
#[case("https://user:word@company.zendesk.com/attachments/")]
#[case("https://127.0.0.1/attachments/")]
#[case("file:///etc/passwd")]
#[case("/attachments/token/abc")]
#[case("")]
fn our_sign_in_goes_nowhere_else(#[case] link: &str) {
    assert!(account_link(&zendesk(), link).is_err());
}

#[rstest]
#[case("https://p18.zdusercontent.com/attachment/1/x?token=y", true)]
#[case("https://a.b.zdusercontent.com/", true)]
#[case("http://p18.zdusercontent.com/", false)]
#[case("https://p18.zdusercontent.com:8443/", false)]
#[case("https://zdusercontent.com/", false)]
#[case("https://evilzdusercontent.com/", false)]
#[case("https://p18.zdusercontent.com.evil.example/", false)]
#[case("https://p18.zdusercontent.com./", false)]
#[case("https://user@p18.zdusercontent.com/", false)]
#[case("https://169.254.169.254/latest/meta-data", false)]
#[case("https://company.zendesk.com/access/login", false)]
#[case("http://127.0.0.1:8080/", false)]
#[case("http://localhost/", false)]
#[case("http://[::1]/", false)]
#[case("ftp://p18.zdusercontent.com/", false)]
fn a_redirect_leads_to_where_zendesk_keeps_files_or_nowhere(
    #[case] target: &str,
    #[case] ok: bool,
) {
    let target = Url::parse(target).unwrap();
    assert_eq!(may_hold_content(&target, false), ok);
}

#[test]
fn this_machine_may_hold_files_only_where_it_is_allowed() {
    for target in [
        "http://127.0.0.1:8080/x",
        "https://localhost/",
        "http://[::1]:1/",
    ] {
        let target = Url::parse(target).unwrap();
        assert!(may_hold_content(&target, true));
        assert!(!may_hold_content(&target, false));
    }
    let inside = Url::parse("http://10.0.0.1/").unwrap();
    assert!(!may_hold_content(&inside, true));
}

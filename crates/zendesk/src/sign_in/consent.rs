//! *Connect to Zendesk*: the authorisation-code flow with PKCE (RFC 7636, S256; security-and-operations.md
//! 1, *OAuth to Zendesk*). Here is what the two ends say; who began it is the caller's to know.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};

use crate::address::Address;

/// What is asked for: two-way sync writes, and may be switched on later.
const SCOPE: &str = "read write";

/// What somebody is asked to consent to.
#[derive(Debug, Clone)]
pub struct Consent<'a> {
    /// The OAuth client that asks.
    pub client_id: &'a str,
    /// Where Zendesk leads back to, as the client has it.
    pub redirect: &'a str,
    /// What Zendesk brings back unchanged.
    pub state: &'a str,
    /// What the code can be redeemed with; only its hash goes along.
    pub verifier: &'a SecretString,
}

impl Consent<'_> {
    /// The address of the page in Zendesk where somebody consents.
    pub fn page(&self, address: &Address) -> String {
        let mut page = format!("{}/oauth/authorizations/new?", address.base());
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("response_type", "code")
            .append_pair("client_id", self.client_id)
            .append_pair("redirect_uri", self.redirect)
            .append_pair("scope", SCOPE)
            .append_pair("state", self.state)
            .append_pair("code_challenge", &challenge(self.verifier))
            .append_pair("code_challenge_method", "S256")
            .finish();
        page.push_str(&query);
        page
    }
}

fn challenge(verifier: &SecretString) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.expose_secret().as_bytes()))
}

/// What came back of a consent.
#[derive(Debug, Clone)]
pub struct Code {
    /// Worth tokens, once.
    pub code: SecretString,
    /// Where Zendesk led back to.
    pub redirect: String,
    /// What the consent was asked for with.
    pub verifier: SecretString,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::AddressPolicy;

    #[test]
    fn the_page_carries_the_hash_of_the_verifier_and_never_itself() {
        // The verifier and its challenge of RFC 7636, appendix B.
        let verifier: SecretString = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
            .to_owned()
            .into();
        let consent = Consent {
            client_id: "desk bridge",
            redirect: "https://desk.example.com/oauth/zendesk/callback",
            state: "abc",
            verifier: &verifier,
        };
        let address =
            Address::parse("acme.zendesk.com", &AddressPolicy::default()).expect("an address");
        assert_eq!(
            consent.page(&address),
            "https://acme.zendesk.com/oauth/authorizations/new?response_type=code&client_id=desk+bridge\
             &redirect_uri=https%3A%2F%2Fdesk.example.com%2Foauth%2Fzendesk%2Fcallback&scope=read+write&state=abc\
             &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256"
        );
    }
}

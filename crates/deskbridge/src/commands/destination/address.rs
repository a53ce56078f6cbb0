//! Which Zendesk account is meant.

use clap::Args;
use engine::destinations::from_subdomain;
use zendesk::{Address, AddressPolicy};

use crate::failure::usage;

/// The flags.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Account {
    /// The account's subdomain: company for company.zendesk.com
    #[arg(long, value_name = "NAME", conflicts_with = "url")]
    subdomain: Option<String>,
    /// The account's address: `https://company.zendesk.com`
    #[arg(long, value_name = "URL")]
    url: Option<String>,
}

impl Account {
    /// The address and the name of the account that is named, if one is.
    ///
    /// # Errors
    /// A usage error that says what to write instead.
    pub(crate) fn given(&self, policy: &AddressPolicy) -> anyhow::Result<Option<(String, String)>> {
        let text = match (&self.subdomain, &self.url) {
            (Some(name), _) => from_subdomain(name).map_err(|error| usage(error.to_string()))?,
            (None, Some(url)) => url.clone(),
            (None, None) => return Ok(None),
        };
        let address = Address::parse(&text, policy).map_err(|error| usage(error.to_string()))?;
        Ok(Some((address.to_string(), address.subdomain())))
    }

    /// As [`Self::given`], where one must be.
    ///
    /// # Errors
    /// A usage error that names the flags.
    pub(crate) fn needed(&self, policy: &AddressPolicy) -> anyhow::Result<(String, String)> {
        self.given(policy)?.ok_or_else(|| {
            usage("Say which Zendesk account it is: --subdomain company, or --url https://company.zendesk.com.")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(subdomain: Option<&str>, url: Option<&str>) -> Account {
        Account {
            subdomain: subdomain.map(str::to_owned),
            url: url.map(str::to_owned),
        }
    }

    #[test]
    fn a_subdomain_and_an_address_mean_the_same_account() {
        let policy = AddressPolicy::default();
        let by_name = of(Some("Company"), None).needed(&policy).unwrap();
        let by_url = of(None, Some("https://company.zendesk.com/agent"))
            .needed(&policy)
            .unwrap();
        assert_eq!(by_name, by_url);
        assert_eq!(by_name.0, "https://company.zendesk.com");
        assert_eq!(by_name.1, "company");
    }

    #[test]
    fn a_whole_host_is_no_subdomain() {
        for wrong in ["company.zendesk.com", "", "a/b", "user@evil"] {
            let said = of(Some(wrong), None).needed(&AddressPolicy::default());
            assert!(said.unwrap_err().to_string().contains("no subdomain"));
        }
    }

    #[test]
    fn no_account_is_asked_for() {
        let said = of(None, None).needed(&AddressPolicy::default());
        assert!(said.unwrap_err().to_string().contains("--subdomain"));
    }
}

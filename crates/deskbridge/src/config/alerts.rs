//! The section `[alerts]`: mail and webhook.

use std::fmt;

use engine::alerts::{Channels, MailSettings, Tls, WebhookSettings};
use secrecy::SecretString;
use serde::Deserialize;

/// Where alerts go beside the notifications pane.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Alerts {
    pub(crate) mail: Mail,
    pub(crate) webhook: Webhook,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Mail {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) tls: String,
    pub(crate) user: String,
    pub(crate) password: Hidden,
    pub(crate) from: String,
    pub(crate) to: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Webhook {
    pub(crate) url: String,
    pub(crate) secret: Hidden,
    pub(crate) allow_private: bool,
}

/// A secret of the configuration file; it never shows.
#[derive(Clone, PartialEq, Deserialize)]
#[serde(transparent)]
pub(crate) struct Hidden(String);

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}

impl Hidden {
    fn given(&self) -> Option<SecretString> {
        (!self.0.is_empty()).then(|| self.0.clone().into())
    }
}

impl Alerts {
    /// The ways out that are set up, with links to pages at this address.
    ///
    /// # Errors
    /// Which setting cannot work.
    pub(crate) fn channels(&self, public_url: &str) -> Result<Channels, String> {
        let channels = Channels {
            mail: self.mail()?,
            webhook: self.webhook(),
            pages: Some(public_url.trim().trim_end_matches('/').to_owned())
                .filter(|address| !address.is_empty()),
        };
        channels.check().map_err(|error| error.to_string())?;
        Ok(channels)
    }

    fn mail(&self) -> Result<Option<MailSettings>, String> {
        let Mail {
            host,
            port,
            tls,
            user,
            password,
            from,
            to,
        } = &self.mail;
        if host.trim().is_empty() {
            return Ok(None);
        }
        let tls = Tls::parse(tls).ok_or_else(|| {
            format!("alerts.mail.tls is {tls:?}; it must be \"starttls\", \"tls\" or \"none\".")
        })?;
        Ok(Some(MailSettings {
            host: host.trim().to_owned(),
            port: *port,
            tls,
            user: user.clone(),
            password: password.given(),
            from: from.clone(),
            to: to.clone(),
        }))
    }

    fn webhook(&self) -> Option<WebhookSettings> {
        let Webhook {
            url,
            secret,
            allow_private,
        } = &self.webhook;
        (!url.trim().is_empty()).then(|| WebhookSettings {
            url: url.trim().to_owned(),
            secret: secret.given().unwrap_or_default(),
            allow_private: *allow_private,
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::config::Config;

    fn channels(text: &str) -> Result<engine::alerts::Channels, String> {
        let config = Config::read(text, "c").map_err(|error| error.to_string())?;
        config.alerts.channels("https://desk.example.com/")
    }

    #[test]
    fn by_default_nothing_goes_out() {
        let none = channels("").unwrap();
        assert!(none.mail.is_none() && none.webhook.is_none());
    }

    #[test]
    fn mail_and_webhook_are_set_up_by_their_sections() {
        let set = channels(
            "[alerts.mail]\nhost = \"mail.example.com\"\nuser = \"desk\"\npassword = \"quince\"\nfrom = \"desk@example.com\"\nto = [\"ops@example.com\"]\n\
             [alerts.webhook]\nurl = \"https://hooks.example.com/desk\"\nsecret = \"medlar\"\n",
        )
        .unwrap();
        assert_eq!(set.mail.unwrap().port, 587);
        assert!(!set.webhook.unwrap().allow_private);
        assert_eq!(set.pages.as_deref(), Some("https://desk.example.com"));
    }

    #[test]
    fn what_cannot_work_is_said_when_the_configuration_is_read() {
        let wrong = channels("[alerts.mail]\nhost = \"m\"\ntls = \"ssl\"\n").unwrap_err();
        assert!(wrong.contains("alerts.mail.tls is \"ssl\""), "{wrong}");
        let wrong = channels("[alerts.mail]\nhost = \"m\"\nfrom = \"a@b.example\"\n").unwrap_err();
        assert!(wrong.contains("alerts.mail.to"), "{wrong}");
        let wrong = channels("[alerts.webhook]\nurl = \"https://a.example\"\n").unwrap_err();
        assert!(wrong.contains("alerts.webhook.secret"), "{wrong}");
        let inside = "[alerts.webhook]\nurl = \"https://10.0.0.1\"\nsecret = \"s\"\n";
        assert!(channels(inside).unwrap_err().contains("not called"));
    }

    #[test]
    fn no_secret_shows_in_what_is_logged() {
        let text = "[alerts.mail]\npassword = \"quince\"\n[alerts.webhook]\nsecret = \"medlar\"\n";
        let shown = format!("{:?}", Config::read(text, "c").unwrap());
        assert!(
            !shown.contains("quince") && !shown.contains("medlar"),
            "{shown}"
        );
    }
}

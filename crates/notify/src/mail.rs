//! Mail, handed to an SMTP server that relays it.

use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use lettre::message::{Mailbox, header::ContentType};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls as LettreTls, TlsParameters};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use secrecy::{ExposeSecret as _, SecretString};

use crate::error::Error;

/// The longest wait for one answer of the server.
const TIMEOUT: Duration = Duration::from_secs(20);
/// The most people who are written to.
const MOST_RECIPIENTS: usize = 50;
/// The longest subject; a title that people chose may be long.
const LONGEST_SUBJECT: usize = 200;

/// How the way to the server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// TLS from the first byte (port 465).
    Wrapped,
    /// The connection is turned into TLS before anything else is said, or given up (port 587).
    StartTls,
    /// None. No password is sent so, except to this machine.
    None,
}

impl Tls {
    /// The word that the configuration uses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Wrapped => "tls",
            Self::StartTls => "starttls",
            Self::None => "none",
        }
    }

    /// The protection of a word, exactly as written.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Wrapped, Self::StartTls, Self::None]
            .into_iter()
            .find(|one| one.as_str() == word)
    }
}

/// Whether this is an address that can be written to, without a name or anything else beside it.
pub fn is_address(text: &str) -> bool {
    text.parse::<Address>().is_ok()
}

/// Which server relays mail, from whom and to whom.
#[derive(Debug, Clone)]
pub struct MailSettings {
    /// The server's name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the way there is protected.
    pub tls: Tls,
    /// Who signs in; empty for nobody.
    pub user: String,
    /// With which password.
    pub password: Option<SecretString>,
    /// From whom: `deskbridge@example.com`, or `Deskbridge <deskbridge@example.com>`.
    pub from: String,
    /// To whom.
    pub to: Vec<String>,
}

/// One letter. The same id makes the same letter, so that one that goes out twice is known by it.
#[derive(Debug, Clone, Copy)]
pub struct Letter<'a> {
    /// Its id, without spaces.
    pub id: &'a str,
    /// When what it tells about happened.
    pub at: Timestamp,
    /// Its subject.
    pub subject: &'a str,
    /// What it says, as plain text.
    pub text: &'a str,
}

/// Sends letters.
pub struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    to: Vec<Mailbox>,
    host: String,
}

impl std::fmt::Debug for Mailer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mailer")
            .field("host", &self.host)
            .finish_non_exhaustive()
    }
}

impl Mailer {
    /// Makes one; connects to nothing yet.
    ///
    /// # Errors
    /// [`Error::Setup`] with the setting that cannot work.
    pub fn new(settings: &MailSettings) -> Result<Self, Error> {
        let host = settings.host.trim();
        if host.is_empty() {
            return Err(setup("alerts.mail.host is empty; name the SMTP server."));
        }
        let mailbox = |text: &str, name: &str| {
            text.parse::<Mailbox>().map_err(|_| {
                Error::Setup(format!(
                    "alerts.mail.{name} has an address that cannot be read; write it as name@example.com."
                ))
            })
        };
        let from = mailbox(&settings.from, "from")?;
        let to = settings
            .to
            .iter()
            .map(|text| mailbox(text, "to"))
            .collect::<Result<Vec<_>, Error>>()?;
        if to.is_empty() || to.len() > MOST_RECIPIENTS {
            return Err(Error::Setup(format!(
                "alerts.mail.to must name from 1 to {MOST_RECIPIENTS} addresses; for more people, name a list of your mail server."
            )));
        }
        let here = matches!(host, "localhost" | "127.0.0.1" | "::1");
        if settings.tls == Tls::None && settings.password.is_some() && !here {
            return Err(setup(
                "alerts.mail.tls is \"none\", and a password would travel readable for everybody on the way. Use \"starttls\" or \"tls\".",
            ));
        }
        // lettre takes the process's provider. A second call answers Err and changes nothing.
        drop(rustls::crypto::ring::default_provider().install_default());
        let parameters = || {
            TlsParameters::new(host.to_owned()).map_err(|_| {
                setup("TLS could not be set up for mail; is the package ca-certificates installed?")
            })
        };
        let tls = match settings.tls {
            Tls::Wrapped => LettreTls::Wrapper(parameters()?),
            Tls::StartTls => LettreTls::Required(parameters()?),
            Tls::None => LettreTls::None,
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host)
            .port(settings.port)
            .timeout(Some(TIMEOUT))
            .tls(tls);
        if let (false, Some(password)) = (settings.user.is_empty(), &settings.password) {
            builder = builder.credentials(Credentials::new(
                settings.user.clone(),
                password.expose_secret().to_owned(),
            ));
        }
        Ok(Self {
            transport: builder.build(),
            from,
            to,
            host: host.to_owned(),
        })
    }

    /// Hands one letter to the server, for all recipients together.
    ///
    /// # Errors
    /// [`Error::Refused`] if the server does not take it, [`Error::Unavailable`] if it cannot be reached.
    pub async fn send(&self, letter: &Letter<'_>) -> Result<(), Error> {
        let message = self.message(letter)?;
        self.transport
            .send(message)
            .await
            .map(drop)
            .map_err(|error| self.trouble(&error))
    }

    fn message(&self, letter: &Letter<'_>) -> Result<Message, Error> {
        let id = format!("<{}@{}>", letter.id, self.from.email.domain());
        let mut message = Message::builder()
            .date(SystemTime::from(letter.at))
            .message_id(Some(id))
            .from(self.from.clone())
            .subject(one_line(letter.subject))
            .header(ContentType::TEXT_PLAIN);
        for recipient in &self.to {
            message = message.to(recipient.clone());
        }
        message
            .body(letter.text.to_owned())
            .map_err(|error| Error::Setup(format!("The mail cannot be written ({error}).")))
    }

    /// What a failed conversation means. The server's own words are left out, since they may repeat
    /// addresses.
    fn trouble(&self, error: &lettre::transport::smtp::Error) -> Error {
        let host = &self.host;
        let status = error.status().map(|code| code.to_string());
        match status {
            Some(code) if error.is_permanent() => Error::Refused(format!(
                "The mail server {host} refuses the alert with {code}. Look at alerts.mail: user, password, from and to."
            )),
            Some(code) => Error::Unavailable(format!(
                "The mail server {host} does not take the alert now ({code}). It is sent again later."
            )),
            None if error.is_tls() => Error::Refused(format!(
                "The mail server {host} cannot be spoken to safely: its certificate is not trusted, or it offers no TLS. Look at alerts.mail.host and alerts.mail.tls."
            )),
            None if error.is_client() => Error::Refused(format!(
                "The mail server {host} offers nothing by which we could sign in or go on. Look at alerts.mail.tls, user and password."
            )),
            None => Error::Unavailable(format!(
                "The mail server {host} cannot be reached, or did not answer in time. Look at alerts.mail.host and alerts.mail.port if it stays so."
            )),
        }
    }
}

fn setup(sentence: &str) -> Error {
    Error::Setup(sentence.to_owned())
}

/// A subject is one line, of a length that mail programs show.
fn one_line(text: &str) -> String {
    let plain = text
        .chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter });
    plain.take(LONGEST_SUBJECT).collect()
}

#[cfg(test)]
mod tests;

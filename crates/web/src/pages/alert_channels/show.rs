//! `GET /alert-channels`: the ways out that `config.toml` names, without their secrets;
//! `POST /alert-channels/test`: a test alert, and what became of it.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use engine::Engine;
use engine::alerts::{self, Channel, MailSettings};
use serde::Deserialize;

use crate::app::App;
use crate::form::Form;
use crate::mask::{self, Mask};
use crate::navigation::Nav;
use crate::page::{Frame, html_with};
use crate::problem::{Problem, is_refusal};
use crate::session::SignedIn;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    channel: String,
}

/// Mail as people see it.
struct MailView {
    server: String,
    tls: &'static str,
    signs_in: bool,
    from: String,
    to: Vec<String>,
}

impl MailView {
    fn of(settings: &MailSettings) -> Self {
        Self {
            server: format!("{}, port {}", settings.host, settings.port),
            tls: settings.tls.as_str(),
            signs_in: !settings.user.is_empty(),
            from: settings.from.clone(),
            to: settings.to.clone(),
        }
    }
}

impl Mask for MailView {
    fn mask(&mut self) {
        self.from = mask::text(&self.from).into_owned();
        for to in &mut self.to {
            *to = mask::text(to).into_owned();
        }
    }
}

#[derive(Template)]
#[template(path = "alert_channels/show.html")]
struct ChannelsPage {
    frame: Frame,
    mail: Option<MailView>,
    /// Where the webhook goes: the site only, since the rest of an address is often its secret.
    webhook: Option<String>,
    pages: Option<String>,
    /// What became of a test: whether it went out, and what is to be said.
    tested: Option<(bool, String)>,
}

pub(crate) async fn show(State(app): State<App>, person: SignedIn) -> Result<Response, Problem> {
    page(&app, person, StatusCode::OK, None).await
}

pub(crate) async fn test(
    State(app): State<App>,
    person: SignedIn,
    Form(entry): Form<Entry>,
) -> Result<Response, Problem> {
    let channel = match entry.channel.as_str() {
        "mail" => Channel::Mail,
        "webhook" => Channel::Webhook,
        _ => return Err(Problem::unreadable(StatusCode::UNPROCESSABLE_ENTITY)),
    };
    let (status, told) = told(&app.engine, channel, &person.user.email).await?;
    let told = if person.user.restrict_pii {
        (told.0, mask::text(&told.1).into_owned())
    } else {
        told
    };
    page(&app, person, status, Some(told)).await
}

async fn told(
    engine: &Engine,
    channel: Channel,
    actor: &str,
) -> Result<(StatusCode, (bool, String)), Problem> {
    let went = match channel {
        Channel::Mail => "The mail server took the test alert. Look whether it arrives.",
        Channel::Webhook => "The receiver took the test alert.",
    };
    match Box::pin(alerts::test(engine, channel, actor)).await {
        Ok(()) => Ok((StatusCode::OK, (true, went.to_owned()))),
        Err(error) if is_refusal(&error) => {
            let sentence = format!("The test alert did not go out. {error}");
            Ok((StatusCode::UNPROCESSABLE_ENTITY, (false, sentence)))
        }
        Err(error) => Err(error.into()),
    }
}

/// The scheme and the host of an address.
fn site(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("https", url));
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    // What stands before an @ signs in.
    let host = host.rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{host}/…")
}

async fn page(
    app: &App,
    person: SignedIn,
    status: StatusCode,
    tested: Option<(bool, String)>,
) -> Result<Response, Problem> {
    let channels = &app.engine.settings.alerts;
    let page = ChannelsPage {
        mail: person.see(channels.mail.as_ref().map(MailView::of)),
        webhook: channels.webhook.as_ref().map(|hook| site(&hook.url)),
        pages: channels.pages.clone(),
        tested,
        frame: Frame::new(app, person, Nav::Alerts, "Alert channels").await?,
    };
    html_with(status, &page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_webhook_only_its_site_is_shown() {
        assert_eq!(
            site("https://ada:pw@hooks.example.com/services/T0/secret?x=y"),
            "https://hooks.example.com/…"
        );
        assert_eq!(
            site("https://hooks.example.com"),
            "https://hooks.example.com/…"
        );
    }
}

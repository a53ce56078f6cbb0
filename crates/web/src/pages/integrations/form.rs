//! The form of an integration, as both creating and editing show it.

use std::time::Duration;

use askama::Template;
use domain::identity::Unassigned;
use domain::merge::Priority;
use engine::integration_view::SignInView;
use engine::integrations::{OwnSignIn, SignIn};
use serde::Deserialize;
use store::credentials::{Credential, CredentialKind};
use store::integrations::{ContactPolicy, EmailMatch, Settings};
use store::users::Member;

use super::maps::{self, MapLine, MapTable, choose};
use super::sign_in::{SignInWish, sign_in};
use crate::access::Right;
use crate::app::App;
use crate::form::{SecretText, Wrongs, ticked};
use crate::mask;
use crate::page::Frame;
use crate::problem::Problem;
use crate::session::SignedIn;

/// What is typed. What is left out stays as it is.
#[derive(Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Entry {
    kind: String,
    pub(super) name: String,
    url: String,
    sign_in: String,
    api_email: String,
    api_token: SecretText,
    client_id: String,
    client_secret: SecretText,
    credential: String,
    default_email: String,
    owner: String,
    #[serde(deserialize_with = "ticked")]
    two_way: bool,
    priority: String,
    interval: String,
    interval_unit: String,
    contacts: String,
    unassigned: String,
    email_match: String,
    budget_share: String,
    status_new: String,
    status_open: String,
    status_pending: String,
    status_hold: String,
    status_solved: String,
    status_closed: String,
    to_status_open: String,
    to_status_in_progress: String,
    to_status_resolved: String,
    to_status_closed: String,
    priority_low: String,
    priority_normal: String,
    priority_high: String,
    priority_urgent: String,
    to_priority_low: String,
    to_priority_normal: String,
    to_priority_high: String,
}

impl Entry {
    /// The form with what is stored. Emails are left out for those who see them masked; what they leave
    /// empty stays.
    pub(super) fn of(settings: &Settings, sign_in: &SignInView, person: &SignedIn) -> Self {
        let seconds = settings.interval.as_secs();
        let (interval, unit) = match seconds {
            whole if whole > 0 && whole.is_multiple_of(3600) => (whole / 3600, "hours"),
            whole if whole > 0 && whole.is_multiple_of(60) => (whole / 60, "minutes"),
            other => (other, "seconds"),
        };
        let open = !person.user.restrict_pii;
        let email = |email: &Option<String>| email.clone().filter(|_| open).unwrap_or_default();
        let [priority, contacts, unassigned, email_match] =
            store::integrations::words(settings).map(|(_, word)| word.to_owned());
        Self {
            kind: settings.kind.clone(),
            name: settings.name.clone(),
            url: settings.url.clone(),
            sign_in: match (
                sign_in.is_own || settings.credential_id.is_empty(),
                sign_in.kind,
            ) {
                // Zendesk makes no new tokens; an OAuth client lasts.
                (true, "") => "oauth_client",
                (true, kind) => kind,
                (false, _) => "stored",
            }
            .to_owned(),
            api_email: email(&sign_in.email),
            client_id: sign_in.client_id.clone().unwrap_or_default(),
            credential: settings.credential_id.clone(),
            default_email: email(&settings.default_email),
            owner: settings.owner_id.clone(),
            two_way: settings.two_way,
            priority,
            interval: interval.to_string(),
            interval_unit: unit.to_owned(),
            contacts,
            unassigned,
            email_match,
            budget_share: settings.budget_share.to_string(),
            ..Self::default()
        }
    }

    fn map_field(&self, field: &str) -> &str {
        match field {
            "status_new" => &self.status_new,
            "status_open" => &self.status_open,
            "status_pending" => &self.status_pending,
            "status_hold" => &self.status_hold,
            "status_solved" => &self.status_solved,
            "status_closed" => &self.status_closed,
            "to_status_open" => &self.to_status_open,
            "to_status_in_progress" => &self.to_status_in_progress,
            "to_status_resolved" => &self.to_status_resolved,
            "to_status_closed" => &self.to_status_closed,
            "priority_low" => &self.priority_low,
            "priority_normal" => &self.priority_normal,
            "priority_high" => &self.priority_high,
            "priority_urgent" => &self.priority_urgent,
            "to_priority_low" => &self.to_priority_low,
            "to_priority_normal" => &self.to_priority_normal,
            "to_priority_high" => &self.to_priority_high,
            _ => "",
        }
    }

    /// The settings as typed, over those that are stored; what cannot be read goes to `wrongs`.
    pub(super) fn settings(
        &self,
        app: &App,
        before: &Settings,
        owners: &[Member],
        person: &SignedIn,
        wrongs: &mut Wrongs,
    ) -> Settings {
        let mut settings = before.clone();
        settings.kind = self.kind.clone();
        settings.name = self.name.clone();
        settings.url = self.url.clone();
        settings.two_way = self.two_way;
        let email = self.default_email.trim();
        if !email.is_empty() {
            settings.default_email = Some(email.to_owned());
        } else if !person.user.restrict_pii {
            settings.default_email = None;
        }
        settings.owner_id = owner(&self.owner, before, owners, wrongs);
        let unit = match self.interval_unit.as_str() {
            "hours" => 3600,
            "minutes" => 60,
            _ => 1,
        };
        match self.interval.trim().parse::<u64>() {
            Ok(number) => settings.interval = Duration::from_secs(number.saturating_mul(unit)),
            Err(_) => wrongs.add("interval", "Enter a whole number: 60 seconds to 24 hours."),
        }
        match self.budget_share.trim().parse() {
            Ok(share) => settings.budget_share = share,
            Err(_) => wrongs.add("budget_share", "Enter a whole number, 1 to 100."),
        }
        self.choices(&mut settings, wrongs);
        let addresses = &app.engine.settings.addresses;
        for fault in engine::integrations::faults(&settings, addresses) {
            wrongs.add(fault.field, fault.sentence);
        }
        settings
    }

    fn choices(&self, settings: &mut Settings, wrongs: &mut Wrongs) {
        let priority = |word: &str| match word {
            "remote" => Some(Priority::Remote),
            "local" => Some(Priority::Local),
            _ => None,
        };
        let contacts = |word: &str| match word {
            "ticket people" => Some(ContactPolicy::TicketPeople),
            "all" => Some(ContactPolicy::All),
            _ => None,
        };
        let unassigned = |word: &str| match word {
            "leave unassigned" => Some(Unassigned::Leave),
            "assign to the owner" => Some(Unassigned::Owner),
            _ => None,
        };
        let emails = |word: &str| match word {
            "primary only" => Some(EmailMatch::Primary),
            "primary, then secondary" => Some(EmailMatch::PrimaryThenSecondary),
            _ => None,
        };
        let at = &mut *settings;
        choose(
            "priority",
            &self.priority,
            priority,
            &mut at.priority,
            wrongs,
        );
        choose(
            "contacts",
            &self.contacts,
            contacts,
            &mut at.contacts,
            wrongs,
        );
        choose(
            "unassigned",
            &self.unassigned,
            unassigned,
            &mut at.unassigned,
            wrongs,
        );
        choose(
            "email_match",
            &self.email_match,
            emails,
            &mut at.email_match,
            wrongs,
        );
        settings.maps = maps::read(&settings.maps, &|field| self.map_field(field), wrongs);
    }

    /// How it is to sign in, as typed. What is empty and stored stays.
    pub(super) fn sign_in(
        &self,
        kept: &SignInView,
        may_share: bool,
        wrongs: &mut Wrongs,
    ) -> SignIn {
        let (kind, secret) = match self.sign_in.as_str() {
            "stored" => {
                let wish = SignInWish::Stored(self.credential.clone());
                return sign_in(wish, kept, may_share, wrongs);
            }
            "api_token" => (CredentialKind::ApiToken, &self.api_token),
            "oauth_client" => (CredentialKind::OAuthClient, &self.client_secret),
            "oauth_tokens" => (CredentialKind::OAuthTokens, &self.client_secret),
            _ => {
                wrongs.add("sign_in", "Choose how to sign in.");
                return SignIn::Kept;
            }
        };
        let own = OwnSignIn {
            kind,
            email: Some(self.api_email.clone()),
            client_id: Some(self.client_id.clone()),
            secret: Some(secret.0.clone()),
        };
        sign_in(SignInWish::Own(own), kept, may_share, wrongs)
    }
}

/// The form with what was typed, and what is wrong with it.
#[derive(Template)]
#[template(path = "integrations/form.html")]
pub(super) struct IntegrationForm {
    pub(super) frame: Frame,
    pub(super) wrongs: Wrongs,
    /// Whose it is: id and name; none for a new one.
    pub(super) of: Option<(String, String)>,
    entry: Entry,
    owners: Vec<Member>,
    credentials: Vec<Credential>,
    sign_in: SignInView,
    /// Emails that are stored and masked for whoever looks.
    masked: Option<(String, String)>,
    /// Where Zendesk is to lead back to, if this installation knows its own address.
    redirect: Option<String>,
    tables: Vec<MapTable>,
}

impl IntegrationForm {
    /// Where the form is sent.
    fn action(&self) -> String {
        match &self.of {
            Some((id, _)) => format!("/integrations/{id}/edit"),
            None => "/integrations".to_owned(),
        }
    }

    /// Where *Cancel* leads.
    fn back(&self) -> String {
        match &self.of {
            Some((id, _)) => format!("/integrations/{id}"),
            None => "/integrations".to_owned(),
        }
    }

    /// Whether a secret of this kind is stored.
    fn has_secret(&self, kind: &str) -> bool {
        self.sign_in.is_own && self.sign_in.kind == kind
    }

    fn label(&self, word: &str) -> String {
        MapLine::label(word)
    }
}

/// What the form offers beside what is typed.
pub(super) struct Offer {
    pub(super) owners: Vec<Member>,
    credentials: Vec<Credential>,
}

/// The owner that is wished for, if it is one of the users who may sign in.
pub(crate) fn owner(
    wish: &str,
    before: &Settings,
    owners: &[Member],
    wrongs: &mut Wrongs,
) -> String {
    let known = owners.iter().any(|member| member.user.id == wish);
    if wish == before.owner_id || known {
        return wish.to_owned();
    }
    wrongs.add("owner", "Choose one of the users.");
    before.owner_id.clone()
}

/// Everybody who may own an integration: who may sign in, and who owns it.
pub(crate) async fn owners(app: &App, settings: &Settings) -> Result<Vec<Member>, Problem> {
    let mut members = store::users::members(&mut *app.engine.store.read().await?).await?;
    members.retain(|m| m.disabled_at.is_none() || m.user.id == settings.owner_id);
    Ok(members)
}

/// What somebody may choose from.
pub(super) async fn offer(
    app: &App,
    person: &SignedIn,
    settings: &Settings,
) -> Result<Offer, Problem> {
    let owners = owners(app, settings).await?;
    let reader = &mut *app.engine.store.read().await?;
    let may_share = person.may(Right::ManageDestinations);
    let credentials = store::credentials::list(reader).await?.into_iter();
    let to_zendesk = |kind| match kind {
        CredentialKind::ApiToken | CredentialKind::OAuthClient | CredentialKind::OAuthTokens => {
            true
        }
        CredentialKind::Database | CredentialKind::ObjectStore => false,
    };
    Ok(Offer {
        owners,
        credentials: credentials
            .filter(|c| to_zendesk(c.kind))
            .filter(|c| may_share || c.id == settings.credential_id)
            .collect(),
    })
}

/// The form.
pub(super) fn form(
    app: &App,
    frame: Frame,
    (of, settings, sign_in): (Option<(String, String)>, &Settings, SignInView),
    (entry, offer, wrongs): (Entry, Offer, Wrongs),
) -> IntegrationForm {
    let restricted = frame.person.as_ref().is_some_and(|p| p.user.restrict_pii);
    let hide = |email: &Option<String>| email.as_deref().map(mask::email).unwrap_or_default();
    let masked = restricted.then(|| (hide(&sign_in.email), hide(&settings.default_email)));
    let tables = maps::tables(&settings.maps, &|field| entry.map_field(field));
    IntegrationForm {
        frame,
        wrongs,
        of,
        tables,
        entry,
        owners: offer.owners,
        credentials: offer.credentials,
        sign_in,
        masked,
        redirect: super::connect::redirect(app),
    }
}

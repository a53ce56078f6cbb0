//! The form of an integration, as both creating and editing show it.

use std::time::Duration;

use askama::Template;
use domain::identity::Unassigned;
use domain::mapping::Maps;
use domain::merge::Priority;
use engine::integration_view::SignInView;
use engine::integrations::{OwnSignIn, SignIn, ZENDESK};
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use store::credentials::{Credential, CredentialKind};
use store::integrations::{ContactPolicy, EmailMatch, Settings};
use store::users::Member;

use super::maps::{self, MapLine, MapTable, choose};
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

/// The settings a new integration begins with (ticket-sync.md 2), owned by whoever makes it.
pub(super) fn defaults(owner: &str) -> Settings {
    Settings {
        name: String::new(),
        kind: ZENDESK.to_owned(),
        url: String::new(),
        credential_id: String::new(),
        default_email: None,
        owner_id: owner.to_owned(),
        two_way: false,
        priority: Priority::Remote,
        interval: Duration::from_secs(60),
        contacts: ContactPolicy::TicketPeople,
        unassigned: Unassigned::Leave,
        email_match: EmailMatch::Primary,
        budget_share: 50,
        maps: Maps::default(),
    }
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
                (true, "") => "api_token",
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
        if self.owner != before.owner_id {
            match owners.iter().find(|member| member.user.id == self.owner) {
                Some(member) => settings.owner_id = member.user.id.clone(),
                None => wrongs.add("owner", "Choose one of the users."),
            }
        }
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
        let kind = match self.sign_in.as_str() {
            "stored" if self.credential == kept.credential_id && !self.credential.is_empty() => {
                return SignIn::Kept;
            }
            "stored" if self.credential.is_empty() => {
                wrongs.add("credential", "Choose a stored credential.");
                return SignIn::Kept;
            }
            "stored" if may_share => return SignIn::Shared(self.credential.clone()),
            "stored" => {
                wrongs.add(
                    "credential",
                    "Only operators and administrators may choose another stored credential.",
                );
                return SignIn::Kept;
            }
            "api_token" => CredentialKind::ApiToken,
            "oauth_client" => CredentialKind::OAuthClient,
            "oauth_tokens" => CredentialKind::OAuthTokens,
            _ => {
                wrongs.add("sign_in", "Choose how to sign in.");
                return SignIn::Kept;
            }
        };
        let secret = match kind {
            CredentialKind::ApiToken => &self.api_token.0,
            CredentialKind::OAuthClient
            | CredentialKind::OAuthTokens
            | CredentialKind::Database
            | CredentialKind::ObjectStore => &self.client_secret.0,
        };
        let secret = (!secret.expose_secret().trim().is_empty()).then(|| secret.clone());
        let same_kind = kept.is_own && kept.kind == kind.as_str();
        let typed = |text: &str, kept: &Option<String>| match text.trim() {
            "" if same_kind => kept.clone(),
            text => Some(text.to_owned()),
        };
        let own = OwnSignIn {
            kind,
            email: typed(&self.api_email, &kept.email),
            client_id: typed(&self.client_id, &kept.client_id),
            secret,
        };
        let same = same_kind
            && own.secret.is_none()
            && (kind != CredentialKind::ApiToken || own.email == kept.email)
            && (kind == CredentialKind::ApiToken || own.client_id == kept.client_id);
        if same {
            return SignIn::Kept;
        }
        let stored = same_kind.then(|| Credential {
            id: kept.credential_id.clone(),
            name: String::new(),
            description: String::new(),
            kind,
            email: kept.email.clone(),
            client_id: kept.client_id.clone(),
            used_by: 1,
            updated_at: jiff::Timestamp::UNIX_EPOCH,
        });
        for fault in own.faults(stored.as_ref()) {
            wrongs.add(fault.field, fault.sentence);
        }
        SignIn::Own(own)
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

/// What somebody may choose from.
pub(super) async fn offer(
    app: &App,
    person: &SignedIn,
    settings: &Settings,
) -> Result<Offer, Problem> {
    let reader = &mut *app.engine.store.read().await?;
    let members = store::users::members(reader).await?;
    let may_share = person.may(Right::ManageDestinations);
    let credentials = store::credentials::list(reader).await?.into_iter();
    let to_zendesk = |kind| match kind {
        CredentialKind::ApiToken | CredentialKind::OAuthClient | CredentialKind::OAuthTokens => {
            true
        }
        CredentialKind::Database | CredentialKind::ObjectStore => false,
    };
    Ok(Offer {
        owners: members
            .into_iter()
            .filter(|m| m.disabled_at.is_none() || m.user.id == settings.owner_id)
            .collect(),
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

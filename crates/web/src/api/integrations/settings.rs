//! The settings of an integration, as programs read and write them.

use std::time::Duration;

use domain::identity::Unassigned;
use domain::mapping::Maps;
use domain::merge::Priority;
use engine::integration_view::SignInView;
use engine::integrations::{self, OwnSignIn};
use serde::{Deserialize, Serialize};
use store::credentials::CredentialKind;
use store::integrations::{ContactPolicy, EmailMatch, Settings};
use store::users::{Member, User};
use utoipa::ToSchema;

use super::maps::FieldMaps;
use crate::api::body::given;
use crate::api::cases::words;
use crate::app::App;
use crate::form::{SecretText, Wrongs};
use crate::pages::integrations::{SignInWish, owner};

words! {
    /// Who wins where both sides changed a field.
    ConflictWinner is Priority {
        /// Zendesk.
        Remote,
        /// The case.
        Local,
    }
}

words! {
    /// Which end users become contacts.
    ContactChoice is ContactPolicy {
        /// Those who requested or submitted a ticket.
        TicketPeople,
        /// Every end user of the account.
        All,
    }
}

words! {
    /// What a ticket that nobody is assigned to makes of its case.
    UnassignedChoice is Unassigned {
        /// It stays unassigned.
        Leave,
        /// It goes to the integration's owner.
        Owner,
    }
}

words! {
    /// Which addresses count when a contact is looked for by email.
    EmailChoice is EmailMatch {
        /// The primary one.
        Primary,
        /// The primary one of any contact, else a secondary one.
        PrimaryThenSecondary,
    }
}

/// The settings of an integration.
#[derive(Serialize, ToSchema)]
pub(super) struct SettingsRecord {
    /// What it is called.
    name: String,
    /// The account's address.
    url: String,
    /// The address of the user who gets tickets whose assignee is unknown here.
    default_email: Option<String>,
    /// Whether what is changed here goes to Zendesk.
    two_way: bool,
    /// Who wins where both sides changed a field.
    priority: ConflictWinner,
    /// How often it pulls, in seconds.
    interval_seconds: u64,
    /// Which end users become contacts.
    contacts: ContactChoice,
    /// What a ticket that nobody is assigned to makes of its case.
    unassigned: UnassignedChoice,
    /// Which addresses count when a contact is looked for by email.
    email_match: EmailChoice,
    /// The share of the account's API budget that may be used, in percent.
    budget_share: i64,
    /// What status and priority of one side are on the other.
    #[schema(value_type = FieldMaps)]
    maps: Maps,
}

impl From<&Settings> for SettingsRecord {
    fn from(settings: &Settings) -> Self {
        Self {
            name: settings.name.clone(),
            url: settings.url.clone(),
            default_email: settings.default_email.clone(),
            two_way: settings.two_way,
            priority: settings.priority.into(),
            interval_seconds: settings.interval.as_secs(),
            contacts: settings.contacts.into(),
            unassigned: settings.unassigned.into(),
            email_match: settings.email_match.into(),
            budget_share: settings.budget_share,
            maps: settings.maps.clone(),
        }
    }
}

/// How an integration signs in, without secrets.
#[derive(Serialize, ToSchema)]
pub(super) struct SignInRecord {
    /// The credential's id.
    credential: String,
    /// The credential's name, if it is still there.
    credential_name: Option<String>,
    /// `api_token`, `oauth_client` or `oauth_tokens`; empty if the credential is gone.
    kind: &'static str,
    /// Whether the credential was made for this integration, and nothing else uses it.
    is_own: bool,
    /// Who signs in, for an API token.
    email: Option<String>,
    /// Which OAuth client signs in.
    client_id: Option<String>,
    /// For an account that people connect: whether somebody has.
    connected: Option<bool>,
    /// What it needs a person to do, as a sentence.
    notice: Option<String>,
}

impl From<SignInView> for SignInRecord {
    fn from(view: SignInView) -> Self {
        Self {
            credential: view.credential_id,
            credential_name: view.credential,
            kind: view.kind,
            is_own: view.is_own,
            email: view.email,
            client_id: view.client_id,
            connected: view.connected,
            notice: view.notice,
        }
    }
}

impl SignInRecord {
    /// What of it somebody may edit.
    pub(super) fn version(&self) -> impl Serialize + '_ {
        (&self.credential, self.kind, &self.email, &self.client_id)
    }
}

/// How an integration is to sign in.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum SignInKind {
    /// By a stored credential.
    Stored,
    /// By an API token of its own.
    ApiToken,
    /// By an OAuth client of its own.
    OauthClient,
    /// As somebody who connects the account on the integration's page.
    OauthTokens,
}

/// How an integration is to sign in. Of details of its own, what is left out and stored stays. Secrets go
/// in and are never shown again.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SignInChange {
    /// How it is to sign in.
    kind: SignInKind,
    /// The id of a stored credential, for `stored`.
    #[schema(max_length = 64)]
    credential: Option<String>,
    /// Who signs in, for `api_token`.
    #[schema(max_length = 254)]
    email: Option<String>,
    /// The API token, for `api_token`.
    #[schema(value_type = Option<String>, format = Password)]
    token: Option<SecretText>,
    /// The OAuth client's identifier, for `oauth_client` and `oauth_tokens`.
    client_id: Option<String>,
    /// The OAuth client's secret, for `oauth_client` and `oauth_tokens`.
    #[schema(value_type = Option<String>, format = Password)]
    client_secret: Option<SecretText>,
}

impl From<SignInChange> for SignInWish {
    fn from(wish: SignInChange) -> Self {
        let (kind, secret) = match wish.kind {
            SignInKind::Stored => return Self::Stored(wish.credential.unwrap_or_default()),
            SignInKind::ApiToken => (CredentialKind::ApiToken, wish.token),
            SignInKind::OauthClient => (CredentialKind::OAuthClient, wish.client_secret),
            SignInKind::OauthTokens => (CredentialKind::OAuthTokens, wish.client_secret),
        };
        Self::Own(OwnSignIn {
            kind,
            email: wish.email,
            client_id: wish.client_id,
            secret: secret.map(|secret| secret.0),
        })
    }
}

/// What is changed about an integration; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct IntegrationChange {
    /// What it is called.
    #[schema(min_length = 3, max_length = 255)]
    name: Option<String>,
    /// The account's address, such as `https://acme.zendesk.com`.
    url: Option<String>,
    /// How it is to sign in.
    pub(super) sign_in: Option<SignInChange>,
    /// The address of the user who gets tickets whose assignee is unknown here; null for nobody.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, max_length = 254)]
    default_email: Option<Option<String>>,
    /// Who owns it, by id: its owner manages it.
    #[schema(max_length = 64)]
    owner: Option<String>,
    /// Whether what is changed here goes to Zendesk. What piled up before is sent only if somebody says so:
    /// see the backlog.
    two_way: Option<bool>,
    /// Who wins where both sides changed a field.
    priority: Option<ConflictWinner>,
    /// How often it pulls, in seconds: 60 to 86400.
    #[schema(minimum = 60, maximum = 86400)]
    interval_seconds: Option<u64>,
    /// Which end users become contacts.
    contacts: Option<ContactChoice>,
    /// What a ticket that nobody is assigned to makes of its case.
    unassigned: Option<UnassignedChoice>,
    /// Which addresses count when a contact is looked for by email.
    email_match: Option<EmailChoice>,
    /// The share of the account's API budget that may be used, in percent: 1 to 100.
    #[schema(minimum = 1, maximum = 100)]
    budget_share: Option<i64>,
    /// What status and priority of one side are on the other, as a whole: a word that is left out is as in
    /// a new integration.
    #[schema(value_type = Option<FieldMaps>)]
    maps: Option<Maps>,
}

impl IntegrationChange {
    /// The settings as wished for, over `before`; what cannot be goes to `wrongs`.
    pub(super) fn settings(
        self,
        app: &App,
        user: &User,
        (before, owners): (&Settings, &[Member]),
        wrongs: &mut Wrongs,
    ) -> Settings {
        let mut settings = before.clone();
        put(&mut settings.name, self.name);
        put(&mut settings.url, self.url);
        put(&mut settings.two_way, self.two_way);
        put(&mut settings.priority, self.priority.map(Priority::from));
        let interval = self.interval_seconds.map(Duration::from_secs);
        put(&mut settings.interval, interval);
        let contacts = self.contacts.map(ContactPolicy::from);
        put(&mut settings.contacts, contacts);
        let unassigned = self.unassigned.map(Unassigned::from);
        put(&mut settings.unassigned, unassigned);
        let email_match = self.email_match.map(EmailMatch::from);
        put(&mut settings.email_match, email_match);
        put(&mut settings.budget_share, self.budget_share);
        put(&mut settings.maps, self.maps);
        if let Some(wish) = self.owner {
            settings.owner_id = owner(&wish, before, owners, wrongs);
        }
        if let Some(email) = self.default_email {
            settings.default_email = default_email(email, before, user);
        }
        for fault in integrations::faults(&settings, &app.engine.settings.addresses) {
            wrongs.add(told(fault.field), fault.sentence);
        }
        settings
    }
}

fn put<T>(place: &mut T, wish: Option<T>) {
    if let Some(wish) = wish {
        *place = wish;
    }
}

/// Who sees the address masked and sends it back masked, or takes it away, leaves it as it is.
fn default_email(wish: Option<String>, before: &Settings, user: &User) -> Option<String> {
    let wish = wish.map(|email| email.trim().to_owned());
    let wish = wish.filter(|email| !email.is_empty());
    let unseen = wish.as_deref().is_none_or(|email| email.contains('•'));
    match user.restrict_pii && unseen {
        true => before.default_email.clone(),
        false => wish,
    }
}

/// What a field of the form is called here.
pub(super) fn told(field: &'static str) -> &'static str {
    match field {
        "interval" => "interval_seconds",
        "api_email" => "sign_in.email",
        "api_token" => "sign_in.token",
        "client_id" => "sign_in.client_id",
        "client_secret" => "sign_in.client_secret",
        "credential" => "sign_in.credential",
        "sign_in" => "sign_in.kind",
        other => other,
    }
}

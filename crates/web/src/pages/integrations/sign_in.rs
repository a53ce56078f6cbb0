//! How an integration is to sign in, whether a form or a program says it. What is left empty and is stored
//! stays.

use engine::integration_view::SignInView;
use engine::integrations::{OwnSignIn, SignIn};
use secrecy::{ExposeSecret as _, SecretString};
use store::credentials::{Credential, CredentialKind};

use crate::form::Wrongs;

/// What is wished for.
pub(crate) enum SignInWish {
    /// By a stored credential, by its id.
    Stored(String),
    /// By details of its own; what is blank is as it is kept.
    Own(OwnSignIn),
}

/// How it is to sign in, beside what is kept; what cannot be goes to `wrongs`.
pub(crate) fn sign_in(
    wish: SignInWish,
    kept: &SignInView,
    may_share: bool,
    wrongs: &mut Wrongs,
) -> SignIn {
    match wish {
        SignInWish::Stored(id) => stored(id, kept, may_share, wrongs),
        SignInWish::Own(own) => by_its_own(own, kept, wrongs),
    }
}

fn stored(id: String, kept: &SignInView, may_share: bool, wrongs: &mut Wrongs) -> SignIn {
    if id.is_empty() {
        wrongs.add("credential", "Choose a stored credential.");
        return SignIn::Kept;
    }
    if id == kept.credential_id {
        return SignIn::Kept;
    }
    if !may_share {
        wrongs.add(
            "credential",
            "Only operators and administrators may choose another stored credential.",
        );
        return SignIn::Kept;
    }
    SignIn::Shared(id)
}

fn by_its_own(wish: OwnSignIn, kept: &SignInView, wrongs: &mut Wrongs) -> SignIn {
    let kind = wish.kind;
    let same_kind = kept.is_own && kept.kind == kind.as_str();
    let given = |secret: &SecretString| !secret.expose_secret().trim().is_empty();
    let typed = |text: Option<String>, kept: &Option<String>| {
        let text = text.map(|text| text.trim().to_owned());
        let text = text.unwrap_or_default();
        match same_kind && text.is_empty() {
            true => kept.clone(),
            false => Some(text),
        }
    };
    let own = OwnSignIn {
        kind,
        email: typed(wish.email, &kept.email),
        client_id: typed(wish.client_id, &kept.client_id),
        secret: wish.secret.filter(given),
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

//! *Request credential*: a link on which the administrator of the other system enters the secret once, and
//! who asked for it never sees it (profile-send.md 1).

use secrecy::{ExposeSecret as _, SecretString};
use store::credential_requests::{self, CredentialRequest, RequestDraft};
use store::credentials::{self, CredentialDraft};

use super::{Kind, OnFailure, check, check_name, refuse_if_failed, try_draft};
use crate::engine::Engine;
use crate::error::{Error, Result};

/// The path of the page on which a secret is entered; the token follows.
pub const PATH: &str = "/credential-requests/";

/// Makes a link; returns the path that opens it, to be shown once. `url` is the account on which what is
/// entered is tried.
///
/// # Errors
/// [`Error::Refused`] for a name that is none; [`store::Error::Exists`] if it is taken or asked for.
pub async fn add(
    engine: &Engine,
    kind: Kind,
    name: &str,
    description: &str,
    url: Option<String>,
    actor: &str,
) -> Result<SecretString> {
    let draft = RequestDraft {
        name: check_name(name)?.to_owned(),
        description: description.trim().to_owned(),
        kind: kind.as_str().to_owned(),
        url,
    };
    let mut tx = engine.store.begin().await?;
    let all = credentials::list(&mut tx).await?;
    if all.iter().any(|known| known.name == draft.name) {
        let what = format!("A credential named {}", draft.name);
        return Err(store::Error::Exists { what }.into());
    }
    let token = credential_requests::add(&mut tx, &draft, engine.act(actor)).await?;
    tx.commit().await?;
    Ok(format!("{PATH}{}", token.expose_secret()).into())
}

/// Takes a link back, which opens nothing any more; says whether it was there.
///
/// # Errors
/// As the database says.
pub async fn withdraw(engine: &Engine, id: &str, actor: &str) -> Result<bool> {
    let mut tx = engine.store.begin().await?;
    let withdrawn = credential_requests::withdraw(&mut tx, id, engine.act(actor)).await?;
    tx.commit().await?;
    Ok(withdrawn)
}

/// The link that a token opens, if it can still be used.
///
/// # Errors
/// As the database says.
pub async fn find(engine: &Engine, token: &str) -> Result<Option<CredentialRequest>> {
    let reader = &mut *engine.store.read().await?;
    Ok(credential_requests::find(reader, token, engine.now()).await?)
}

/// Stores what was entered on a link, and spends it. What does not sign in, where that can be tried, is not
/// stored, and the link stays.
///
/// # Errors
/// [`Error::Refused`] if the trial fails or the link was spent meanwhile; [`store::Error::Exists`] if a
/// credential got the name meanwhile.
pub async fn answer(
    engine: &Engine,
    token: &str,
    request: &CredentialRequest,
    mut draft: CredentialDraft,
) -> Result<()> {
    draft.name.clone_from(&request.name);
    draft.description.clone_from(&request.description);
    check(&mut draft)?;
    if Kind::of(draft.kind).as_str() != request.kind {
        return Err(Error::Refused(
            "That is a secret of another type than the one that was asked for.".to_owned(),
        ));
    }
    let places: Vec<String> = request.url.clone().into_iter().collect();
    let trials = try_draft(engine, &draft, None, &places).await?;
    refuse_if_failed(&trials, OnFailure::Refuse)?;
    let actor = format!("link of {}", request.requested_by);
    let act = engine.act(&actor);
    let mut tx = engine.store.begin().await?;
    if !credential_requests::spend(&mut tx, token, engine.now()).await? {
        return Err(Error::Refused(
            "This link was used or withdrawn meanwhile, so nothing was stored. Ask for a new one."
                .to_owned(),
        ));
    }
    credentials::add(&mut tx, &engine.keyring, &draft, act).await?;
    Ok(tx.commit().await?)
}

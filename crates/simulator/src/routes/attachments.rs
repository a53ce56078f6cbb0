//! Files: uploaded, shown, redacted, and the way to their content (zendesk-api.md 3.8).

use super::ticket_rules::check_open;
use super::tickets::living;
use crate::account::Account;
use crate::account::upload::media_type;
use crate::answer::{Answer, Outcome};
use crate::call::Call;
use crate::content;
use crate::wire::attachment::AttachmentView;
use crate::wire::{Object, Stamp};

/// `POST uploads?filename=`: a raw body; with `token` one more file under it.
pub(super) fn upload(account: &mut Account, call: &Call) -> Outcome {
    let name = call
        .query("filename")
        .filter(|name| !name.is_empty())
        .ok_or_else(|| Answer::text(400, "Required parameter missing: filename"))?
        .to_owned();
    if call.body.len() > account.ceilings.upload {
        return Err(Answer::text(413, "Request entity too large"));
    }
    let content_type = call
        .headers
        .get("content-type")
        .and_then(|value| value.to_str().ok())
        .unwrap_or(media_type(&name))
        .to_owned();
    let token = account
        .add_upload(call.query("token"), name, content_type, &call.body)
        .map(|upload| upload.token.clone())
        .ok_or_else(Answer::record_not_found)?;
    let base = &call.base;
    let account = &*account;
    let upload = account
        .upload(&token)
        .ok_or_else(Answer::record_not_found)?;
    let view = |file| AttachmentView {
        account,
        base,
        file,
    };
    let mut object = Object::new()
        .with("token", &upload.token)
        .with("expires_at", &Stamp(upload.expires_at))
        .with_list("attachments", upload.attachments.iter().map(view));
    let mut location = String::new();
    if let Some(file) = upload.attachments.last() {
        object = object.with("attachment", &view(file));
        location = format!("{base}/api/v2/attachments/{}.json", file.id);
    }
    let answer = Object::new().with_raw("upload", &object.finish());
    Ok(answer.into_answer(201).at(&location))
}

/// `DELETE uploads/{token}`: 204; the files are gone.
pub(super) fn delete(account: &mut Account, call: &Call) -> Outcome {
    let token = call.places.first().map(String::as_str).unwrap_or_default();
    match account.take_upload(token) {
        Some(_) => Ok(Answer::empty(204)),
        None => Err(Answer::record_not_found()),
    }
}

/// `GET attachments/{id}`
pub(super) fn show(account: &Account, call: &Call) -> Outcome {
    let file = account
        .attachment(call.id(0)?)
        .ok_or_else(Answer::record_not_found)?;
    let view = AttachmentView {
        account,
        base: &call.base,
        file,
    };
    Ok(Answer::ok(Object::new().with("attachment", &view)))
}

/// `PUT tickets/{id}/comments/{id}/attachments/{id}/redact`: the answer still shows what was there
/// (recorded).
pub(super) fn redact(account: &mut Account, call: &Call) -> Outcome {
    check_open(living(account, call)?)?;
    let ticket = call.id(0)?;
    let (comment, attachment) = (call.id(1)?, call.id(2)?);
    if !matches!(account.find_comment(comment), Ok((_, of)) if of == ticket) {
        return Err(Answer::record_not_found());
    }
    let file = account
        .redact_attachment(comment, attachment)
        .map_err(|_| Answer::record_not_found())?;
    let view = AttachmentView {
        account,
        base: &call.base,
        file: &file,
    };
    Ok(Answer::ok(Object::new().with("attachment", &view)))
}

/// `GET /attachments/token/{key}/?name=`: leads to the host that keeps contents, with a signed token
/// that is good for an hour (recorded).
pub(crate) fn lead(account: &Account, call: &Call, key: &str, host: &str) -> Outcome {
    if call.switches.private_attachments && call.caller.is_none() {
        return Err(Answer::forbidden());
    }
    account
        .attachment_with_key(key)
        .ok_or_else(|| Answer::html(404, "<html><body>Not found</body></html>"))?;
    let to = format!(
        "{host}/attachment/{}/{key}?token={}",
        crate::wire::webhook::ACCOUNT_ID,
        content::sign(key, call.now())
    );
    let page = format!("<html><body>You are being <a href=\"{to}\">redirected</a>.</body></html>");
    Ok(Answer::html(302, &page).at(&to))
}

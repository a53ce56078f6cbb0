//! Files that a comment from Zendesk has: noted with the comment, compared with what we sent.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use serde_json::value::RawValue;
use store::Tx;
use store::attachments::{self, Attachment, FileState};
use store::comments::{self, CaseComment, MirroredComment};
use zendesk::{AttachmentMeta, attachments_of};

use crate::engine::Engine;
use crate::error::Result;

/// What Zendesk calls a file whose content was redacted (zendesk-api.md 3.8).
const REDACTED: &str = "redacted.txt";

/// Notes the files of comments as they were just mirrored, in the same transaction: those of others
/// are to be fetched, ours are compared with what was sent, and what was redacted there goes here too.
/// `new` are those of the case comments that are new; nothing is known of their files yet.
///
/// # Errors
/// As the database says.
pub(crate) async fn hear(
    engine: &Engine,
    tx: &mut Tx,
    integration: &str,
    rows: &[MirroredComment<'_>],
    new: &[CaseComment],
    now: Timestamp,
) -> Result<()> {
    let new: HashSet<&str> = new.iter().map(|comment| comment.id.as_str()).collect();
    let old: Vec<String> = rows
        .iter()
        .filter_map(|row| row.case_comment_id)
        .filter(|id| !new.contains(id))
        .map(str::to_owned)
        .collect();
    let mut known = match old.is_empty() {
        true => HashMap::new(),
        false => attachments::of_comments(tx, &old).await?,
    };
    let mut added = Vec::new();
    for row in rows {
        let Some(comment) = row.case_comment_id else {
            continue;
        };
        let files = known.remove(comment).unwrap_or_default();
        if files.is_empty() && row.comment.attachments.is_empty() {
            continue;
        }
        let Ok(raw) = serde_json::from_str::<&RawValue>(row.raw) else {
            continue;
        };
        let compared = compare(&files, attachments_of(raw));
        for id in compared.gone {
            attachments::remove(tx, id).await?;
        }
        for (file, meta) in compared.sent {
            settle(tx, integration, file, &meta).await?;
        }
        for id in compared.lost {
            attachments::park(tx, id, "Zendesk took the comment without this file. It is kept here; send it with another comment.").await?;
        }
        added.extend(
            compared
                .new
                .into_iter()
                .map(|meta| row_of(engine, integration, comment, meta, now)),
        );
    }
    attachments::add(tx, &added).await?;
    Ok(())
}

/// Removes the files of cases whose tickets Zendesk has erased, as far as they came from there. What
/// was added here is ours and stays, like the case.
///
/// # Errors
/// As the database says.
pub(crate) async fn erase(tx: &mut Tx, cases: &[String]) -> Result<()> {
    for case in cases {
        let comments = comments::of_case(tx, case, 0, i64::MAX).await?;
        let ids: Vec<String> = comments.into_iter().map(|row| row.comment.id).collect();
        let files = attachments::of_comments(tx, &ids).await?;
        let theirs = |file: &&Attachment| file.remote_id.is_some() && file.uploaded_at.is_none();
        for file in files.values().flatten().filter(theirs) {
            attachments::remove(tx, &file.id).await?;
        }
    }
    Ok(())
}

/// What the files of a comment in Zendesk are to those we know of it.
#[derive(Default)]
struct Compared<'a> {
    /// Not known yet.
    new: Vec<AttachmentMeta>,
    /// Ours, with what they have become.
    sent: Vec<(&'a Attachment, AttachmentMeta)>,
    /// Ours, and not there.
    lost: Vec<&'a str>,
    /// Redacted or replaced there.
    gone: Vec<&'a str>,
}

fn compare(files: &[Attachment], metas: Vec<AttachmentMeta>) -> Compared<'_> {
    let mut compared = Compared::default();
    let mut ours: Vec<&Attachment> = Vec::new();
    let mut strange = Vec::new();
    for file in files.iter().filter(|file| file.remote_id.is_none()) {
        // What was detached from a deleted integration and never fetched is nobody's to compare.
        if file.sha256.is_some() {
            ours.push(file);
        }
    }
    for meta in metas {
        match files.iter().find(|file| file.remote_id == Some(meta.id)) {
            Some(file) if is_replaced(file, &meta) => {
                compared.gone.push(&file.id);
                strange.push(meta);
            }
            Some(_) => {}
            None => strange.push(meta),
        }
    }
    for rule in RULES {
        ours.retain(
            |file| match strange.iter().position(|meta| rule(file, meta)) {
                Some(at) => {
                    compared.sent.push((file, strange.remove(at)));
                    false
                }
                None => true,
            },
        );
    }
    compared
        .lost
        .extend(ours.iter().map(|file| file.id.as_str()));
    compared.new = strange;
    compared.new.retain(|meta| !meta.deleted);
    compared
}

/// Whether a file of ours is this one of Zendesk's, the surest sign first. Zendesk may give a file
/// another name, so the size tells where the name does not; a file that has its name and another size
/// arrived damaged.
const RULES: [fn(&Attachment, &AttachmentMeta) -> bool; 3] = [
    |file, meta| has_name(file, meta) && has_size(file, meta),
    has_size,
    has_name,
];

fn has_name(file: &Attachment, meta: &AttachmentMeta) -> bool {
    file.file_name == meta.file_name
}

fn has_size(file: &Attachment, meta: &AttachmentMeta) -> bool {
    size_of(meta) == Some(file.size)
}

/// Whether Zendesk has another content under the same id: it was redacted, or deleted.
fn is_replaced(file: &Attachment, meta: &AttachmentMeta) -> bool {
    let is_redacted = meta.file_name == REDACTED && file.file_name != REDACTED;
    // Of a file that we uploaded the size may differ because it was damaged on its way; that is
    // told of, and our bytes stay.
    let differs = file.uploaded_at.is_none()
        && size_of(meta).is_some_and(|size| file.size >= 0 && size != file.size);
    meta.deleted || is_redacted || differs
}

fn size_of(meta: &AttachmentMeta) -> Option<i64> {
    meta.size.and_then(|size| i64::try_from(size).ok())
}

/// Ends the sending of a file: it is in Zendesk, with as many bytes as it has here (I-15), or it is
/// parked.
async fn settle(
    tx: &mut Tx,
    integration: &str,
    file: &Attachment,
    meta: &AttachmentMeta,
) -> Result<()> {
    attachments::note_remote(tx, &file.id, integration, meta.id, &meta.content_url).await?;
    if let Some(size) = size_of(meta).filter(|size| *size != file.size) {
        let problem = format!(
            "Zendesk has {size} bytes of it, and it has {}. Send it with another comment, and remove the damaged one in Zendesk.",
            file.size
        );
        attachments::park(tx, &file.id, &problem).await?;
    }
    Ok(())
}

/// The row of a file that Zendesk has and we have not.
fn row_of(
    engine: &Engine,
    integration: &str,
    comment: &str,
    meta: AttachmentMeta,
    now: Timestamp,
) -> Attachment {
    let problem = if meta.is_malware() {
        Some("Zendesk's scanner found malware in it, so it is not fetched.")
    } else if meta.content_url.is_empty() {
        Some("Zendesk does not say where it can be fetched.")
    } else {
        None
    };
    Attachment {
        id: engine.new_id(),
        case_comment_id: comment.to_owned(),
        integration_id: Some(integration.to_owned()),
        remote_id: Some(meta.id),
        size: size_of(&meta).unwrap_or(-1),
        file_name: meta.file_name,
        content_type: meta
            .content_type
            .unwrap_or_else(|| "application/octet-stream".to_owned()),
        sha256: None,
        state: match problem {
            Some(_) => FileState::Parked,
            None => FileState::Remote,
        },
        problem: problem.map(str::to_owned),
        content_url: Some(meta.content_url).filter(|url| !url.is_empty()),
        uploaded_at: None,
        created_at: now,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(id: &str, name: &str, size: i64) -> Attachment {
        Attachment {
            id: id.to_owned(),
            case_comment_id: "c".to_owned(),
            integration_id: None,
            remote_id: None,
            file_name: name.to_owned(),
            content_type: "text/plain".to_owned(),
            size,
            sha256: Some("00".to_owned()),
            state: FileState::Local,
            problem: None,
            content_url: None,
            uploaded_at: Some(Timestamp::UNIX_EPOCH),
            created_at: Timestamp::UNIX_EPOCH,
        }
    }

    fn metas(json: &str) -> Vec<AttachmentMeta> {
        let json = format!(r#"{{"attachments":{json}}}"#);
        attachments_of(serde_json::from_str(&json).unwrap())
    }

    fn sent(compared: &Compared<'_>) -> Vec<(String, i64)> {
        let mut sent: Vec<_> = compared
            .sent
            .iter()
            .map(|(file, meta)| (file.id.clone(), meta.id))
            .collect();
        sent.sort();
        sent
    }

    #[test]
    fn our_files_are_known_by_name_and_size_then_by_size_then_by_name() {
        let files = [
            file("a", "a.txt", 1),
            file("b", "x/b.txt", 2),
            file("c", "c.txt", 3),
        ];
        let compared = compare(
            &files,
            metas(
                r#"[{"id":1,"file_name":"c.txt","size":9},{"id":2,"file_name":"b.txt","size":2},
                {"id":3,"file_name":"a.txt","size":1},{"id":4,"file_name":"else.txt","size":77}]"#,
            ),
        );
        let expected = [("a", 3), ("b", 2), ("c", 1)].map(|(id, n)| (id.to_owned(), n));
        assert_eq!(sent(&compared), expected);
        assert_eq!(compared.new.len(), 1);
        assert!(compared.lost.is_empty() && compared.gone.is_empty());
    }

    #[test]
    fn a_file_of_ours_that_is_not_there_is_lost() {
        let files = [file("a", "a.txt", 1)];
        let compared = compare(&files, metas("[]"));
        assert_eq!(compared.lost, ["a"]);
    }

    #[test]
    fn a_redacted_file_goes_and_what_replaces_it_comes_while_a_deleted_one_only_goes() {
        let known = |id: &str, remote| Attachment {
            remote_id: Some(remote),
            uploaded_at: None,
            ..file(id, "secret.txt", 8)
        };
        let files = [known("a", 1), known("b", 2), known("c", 3)];
        let compared = compare(
            &files,
            metas(
                r#"[{"id":1,"file_name":"redacted.txt","size":0},
                {"id":2,"file_name":"secret.txt","size":8,"deleted":true},
                {"id":3,"file_name":"secret.txt","size":8}]"#,
            ),
        );
        assert_eq!(compared.gone, ["a", "b"]);
        assert_eq!(compared.new.len(), 1);
        assert_eq!(compared.new[0].id, 1);
    }

    #[test]
    fn a_file_of_ours_that_arrived_damaged_keeps_its_bytes_here() {
        let damaged = Attachment {
            remote_id: Some(1),
            ..file("a", "a.txt", 5)
        };
        let files = [damaged];
        let compared = compare(&files, metas(r#"[{"id":1,"file_name":"a.txt","size":4}]"#));
        assert!(compared.gone.is_empty());
    }
}

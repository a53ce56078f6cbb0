//! Files of comments, up and down (zendesk-api.md 3.8).

use std::fmt;
use std::io;

use http::{HeaderValue, Method};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::with_query;
use crate::attachments::{Downloaded, FileContent, account_link};
use crate::client::{Body, Client, Write};
use crate::error::Error;
use crate::error::body::About;
use crate::records::{AttachmentMeta, loose_text, read_attachment, read_body, read_one};

/// The media type of what has none that can be sent.
const UNKNOWN: &str = "application/octet-stream";

/// A file that Zendesk has, waiting to be named by a comment.
#[derive(Clone, PartialEq, Eq)]
pub struct Upload {
    /// Names the file in [`NewComment::uploads`](crate::NewComment::uploads). It dies when it is
    /// used, or within an hour to three days.
    pub token: String,
    /// The file as Zendesk has it.
    pub attachment: AttachmentMeta,
}

impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upload")
            .field("attachment", &self.attachment)
            .finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct UploadWire<'a> {
    #[serde(default, deserialize_with = "loose_text")]
    token: Option<String>,
    #[serde(default, borrow)]
    attachment: Option<&'a RawValue>,
}

impl Client {
    /// Uploads a file, read and sent in pieces. Sent once; sending it again does no harm, as an
    /// upload that no comment names is dropped by Zendesk (reliability.md 6). It may take as long
    /// as any request, and a second for each 64 kB.
    ///
    /// # Errors
    /// Any [`Error`]; [`Error::Store`] if the file cannot be read, or has another length than it
    /// said; [`Error::WrongShape`] if Zendesk has another number of bytes than were sent.
    pub async fn upload(
        &self,
        file_name: &str,
        content_type: &str,
        content: &FileContent,
    ) -> Result<Upload, Error> {
        let about = About::call("the upload of a file");
        // What somebody's machine once called the file may be anything.
        let content_type = match HeaderValue::from_str(content_type) {
            Ok(_) if !content_type.is_empty() => content_type,
            Ok(_) | Err(_) => UNKNOWN,
        };
        let path = with_query("uploads", &[("filename", file_name)]);
        let write = Write {
            body: Body::File {
                content_type,
                content,
            },
            ..Write::bare(about, Method::POST, &path)
        };
        self.write(write, |reply| {
            let upload = read_upload(about.call, &reply.body)?;
            match upload.attachment.size {
                Some(size) if size != content.length() => Err(wrong(
                    about.call,
                    "upload.attachment.size",
                    "another number of bytes than was sent",
                )),
                Some(_) | None => Ok(upload),
            }
        })
        .await
    }

    /// Fetches the file at an attachment's `content_url` and hands its bytes to `sink` as they
    /// come. Only the account's own host sees our sign-in. From there at most one redirect is
    /// followed: over https, to a host below `zdusercontent.com`, without the sign-in, to an
    /// address that is looked up and judged like any other (security-and-operations.md 1, SSRF).
    ///
    /// Asked once: after an error, what the sink was given is worth nothing, and the caller may
    /// start afresh. Compare what comes back with the attachment's size (I-15).
    ///
    /// # Errors
    /// Any [`Error`]; [`Error::TooLarge`] for a file over `limit` bytes, [`Error::NotFound`] for
    /// one that is gone, [`Error::Redirected`] for a redirect elsewhere, [`Error::Address`] for a
    /// link to another host, [`Error::Store`] if the sink fails.
    pub async fn download(
        &self,
        content_url: &str,
        limit: u64,
        sink: &mut (dyn FnMut(&[u8]) -> io::Result<()> + Send),
    ) -> Result<Downloaded, Error> {
        let url = account_link(self.address(), content_url)?;
        self.fetch(About::call("a file"), &url, limit, sink).await
    }
}

fn wrong(call: &'static str, path: &str, what: &str) -> Error {
    Error::WrongShape {
        call,
        path: path.into(),
        what: what.into(),
    }
}

fn read_upload(call: &'static str, body: &[u8]) -> Result<Upload, Error> {
    let raw = read_one(call, "upload", body)?;
    let wire: UploadWire<'_> = read_body(call, raw.get().as_bytes())?;
    let token = wire.token.filter(|token| !token.is_empty());
    Ok(Upload {
        token: token.ok_or_else(|| wrong(call, "upload.token", "missing"))?,
        attachment: wire
            .attachment
            .and_then(read_attachment)
            .ok_or_else(|| wrong(call, "upload.attachment", "missing"))?,
    })
}

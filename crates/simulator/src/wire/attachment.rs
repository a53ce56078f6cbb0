//! Files as JSON.

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};
use url::form_urlencoded::byte_serialize;

use crate::account::Account;
use crate::account::audit::Attachment;
use crate::account::upload::letters;

/// How long a file is not scanned yet, in seconds.
const SCANNED_AFTER: i64 = 60;

/// A file as comments and uploads carry it.
pub(crate) struct AttachmentView<'a> {
    pub(crate) account: &'a Account,
    pub(crate) base: &'a str,
    pub(crate) file: &'a Attachment,
}

impl Serialize for AttachmentView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self {
            account,
            base,
            file,
        } = self;
        let name: String = byte_serialize(file.file_name.as_bytes()).collect();
        let key = letters(file.id);
        let content = format!("{base}/attachments/token/{key}/?name={name}");
        let scan = if account.now() - file.added_at < SCANNED_AFTER {
            "not_scanned"
        } else {
            "malware_not_found"
        };
        let mut map = serializer.serialize_struct("attachment", 14)?;
        map.serialize_field(
            "url",
            &format!("{base}/api/v2/attachments/{}.json", file.id),
        )?;
        map.serialize_field("id", &file.id)?;
        map.serialize_field("file_name", &file.file_name)?;
        map.serialize_field("content_url", &content)?;
        map.serialize_field("mapped_content_url", &content)?;
        map.serialize_field("content_type", &file.content_type)?;
        map.serialize_field("size", &file.size)?;
        map.serialize_field("width", &None::<u32>)?;
        map.serialize_field("height", &None::<u32>)?;
        map.serialize_field("inline", &false)?;
        map.serialize_field("deleted", &false)?;
        map.serialize_field("malware_access_override", &false)?;
        map.serialize_field("malware_scan_result", scan)?;
        map.serialize_field("thumbnails", &[0_i64; 0])?;
        map.end()
    }
}

use super::*;

fn of(json: &str) -> Vec<AttachmentMeta> {
    attachments_of(serde_json::from_str(json).unwrap())
}

#[test]
fn a_comments_files_are_read_with_all_that_is_known_of_them() {
    let files = of(r#"{"id":1,"type":"Comment","body":"x","attachments":[
        {"url":"https://company.zendesk.com/api/v2/attachments/24667021.json","id":24667021,"file_name":"Argentina.gif",
         "content_url":"https://company.zendesk.com/attachments/token/abc/?name=Argentina.gif","content_type":"image/gif","size":2513,
         "inline":true,"deleted":false,"malware_access_override":false,"malware_scan_result":"malware_not_found","thumbnails":[]},
        {"id":"7","file_name":"redacted.txt","content_url":"https://company.zendesk.com/x","size":null,"deleted":true}]}"#);
    assert_eq!(files.len(), 2);
    let file = &files[0];
    assert_eq!((file.id, file.size), (24_667_021, Some(2513)));
    assert_eq!(file.file_name, "Argentina.gif");
    assert!(file.content_url.ends_with("?name=Argentina.gif"));
    assert_eq!(file.content_type.as_deref(), Some("image/gif"));
    assert!(file.inline && !file.deleted && !file.is_malware());
    assert_eq!(
        (files[1].id, files[1].size, files[1].deleted),
        (7, None, true)
    );
}

#[test]
fn what_has_no_files_or_unreadable_ones_gives_none() {
    for json in [
        "{}",
        r#"{"attachments":null}"#,
        r#"{"attachments":{}}"#,
        "[]",
        r#"{"attachments":[{"file_name":"a"},7,null]}"#,
    ] {
        assert_eq!(of(json), [], "{json}");
    }
}

#[test]
fn neither_name_nor_address_of_a_file_shows_in_debug() {
    let files = of(
        r#"{"attachments":[{"id":1,"file_name":"cv-ada.pdf","content_url":"https://x/token/s3cret"}]}"#,
    );
    let shown = format!("{files:?}");
    assert!(
        !shown.contains("ada") && !shown.contains("s3cret"),
        "{shown}"
    );
}

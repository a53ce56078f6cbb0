//! What a file may be called here. A name from Zendesk, or from a browser, may be anything at all.

/// The longest name, in bytes: what every file system takes.
const LONGEST: usize = 200;

/// A name that is safe to save a file under and to show: no folders, nothing that steers a terminal
/// or turns the text around, neither empty nor longer than file systems take. The ending stays.
pub fn safe_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain: String = last
        .chars()
        .filter(|letter| !letter.is_control() && !turns_text(*letter))
        .collect();
    // A leading dot hides a file, `..` names a folder.
    let plain = plain.trim().trim_start_matches('.');
    let plain = shorten(plain.trim());
    if plain.is_empty() {
        "file".to_owned()
    } else {
        plain
    }
}

/// Signs that are not seen and change how what follows is read: `gpj.exe` must not look like `exe.jpg`.
fn turns_text(letter: char) -> bool {
    matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

fn shorten(name: &str) -> String {
    if name.len() <= LONGEST {
        return name.to_owned();
    }
    let ending = match name.rsplit_once('.') {
        Some((_, ending)) if ending.len() < 20 => format!(".{ending}"),
        Some(_) | None => String::new(),
    };
    let mut end = LONGEST - ending.len();
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{ending}", &name[..end])
}

/// The media type that a name's ending says. Zendesk refuses a file whose type and ending do not
/// match (zendesk-api.md 3.2).
pub fn content_type_of(name: &str) -> &'static str {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending);
    match ending.unwrap_or_default().to_ascii_lowercase().as_str() {
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "svg" => "image/svg+xml",
        "pdf" => "application/pdf",
        "txt" | "log" => "text/plain",
        "csv" => "text/csv",
        "html" | "htm" => "text/html",
        "json" => "application/json",
        "xml" => "application/xml",
        "zip" => "application/zip",
        "gz" => "application/gzip",
        "doc" => "application/msword",
        "docx" => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "xls" => "application/vnd.ms-excel",
        "xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "mp3" => "audio/mpeg",
        "mp4" => "video/mp4",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_into_no_folder_and_hides_nothing() {
        for (name, safe) in [
            ("report.pdf", "report.pdf"),
            ("Bericht für Ürsel 雪.pdf", "Bericht für Ürsel 雪.pdf"),
            ("../../etc/passwd", "passwd"),
            ("C:\\Users\\ada\\a.txt", "a.txt"),
            (".bashrc", "bashrc"),
            ("..", "file"),
            ("", "file"),
            ("a\r\nb\0.txt", "ab.txt"),
            ("\u{1b}[31ma.txt", "[31ma.txt"),
            ("\u{202e}gpj.exe", "gpj.exe"),
            ("say \"hi\".txt", "say \"hi\".txt"),
        ] {
            assert_eq!(safe_name(name), safe, "{name:?}");
        }
    }

    #[test]
    fn a_long_name_keeps_its_ending() {
        let short = safe_name(&format!("{}.pdf", "ü".repeat(300)));
        assert!(short.len() <= LONGEST, "{}", short.len());
        assert!(short.ends_with("ü.pdf"));
    }

    #[test]
    fn a_media_type_follows_the_ending_in_any_case() {
        assert_eq!(content_type_of("a.PDF"), "application/pdf");
        assert_eq!(content_type_of("a.tar.gz"), "application/gzip");
        assert_eq!(content_type_of("pdf"), "application/octet-stream");
    }
}

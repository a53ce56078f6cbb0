//! HTML as a browser takes it apart (HTML Standard, 13.2.5): elements, attributes, and what stands in
//! those whose content is text.

/// An element that begins or ends.
#[derive(Debug, Clone, Default)]
pub(super) struct Tag {
    pub(super) name: String,
    pub(super) closes: bool,
    pub(super) attributes: Vec<(String, String)>,
    /// The content of a text area, a title, a script.
    pub(super) content: String,
}

impl Tag {
    /// An attribute's value, none if it is not there.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// All elements of a page, in order.
pub(super) fn tags(html: &str) -> Vec<Tag> {
    let mut tags = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        if let Some(comment) = rest.strip_prefix("!--") {
            rest = comment.split_once("-->").map_or("", |(_, after)| after);
        } else if rest.starts_with(['!', '?']) {
            rest = rest.split_once('>').map_or("", |(_, after)| after);
        } else {
            let (closes, inner) = match rest.strip_prefix('/') {
                Some(inner) => (true, inner),
                None => (false, rest),
            };
            if inner.starts_with(|c: char| c.is_ascii_alphabetic()) {
                let (mut tag, after) = tag(inner);
                tag.closes = closes;
                rest = after;
                if !closes && ["script", "style", "textarea", "title"].contains(&tag.name.as_str())
                {
                    let end = rest.to_ascii_lowercase().find(&format!("</{}", tag.name));
                    let (content, after) = rest.split_at(end.unwrap_or(rest.len()));
                    tag.content = plain(content);
                    rest = after;
                }
                tags.push(tag);
            }
        }
    }
    tags
}

/// A tag from its name on, and what stands behind it.
fn tag(text: &str) -> (Tag, &str) {
    let is_end = |c: char| c.is_ascii_whitespace() || c == '/' || c == '>';
    let (name, mut rest) = text.split_at(text.find(is_end).unwrap_or(text.len()));
    let mut tag = Tag {
        name: name.to_ascii_lowercase(),
        ..Tag::default()
    };
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
        if rest.is_empty() {
            return (tag, rest);
        }
        if let Some(after) = rest.strip_prefix('>') {
            return (tag, after);
        }
        // A sign that a name begins with belongs to it, an equals sign too.
        let first = rest.chars().next().map_or(0, char::len_utf8);
        let end = rest[first..].find(|c| is_end(c) || c == '=');
        let (name, after) = rest.split_at(end.map_or(rest.len(), |end| end + first));
        let (value, after) = value(after);
        tag.attributes
            .push((name.to_ascii_lowercase(), plain(value)));
        rest = after;
    }
}

/// The value of an attribute from the end of its name on, and what stands behind it.
fn value(text: &str) -> (&str, &str) {
    let Some(text_after) = text.trim_ascii_start().strip_prefix('=') else {
        return ("", text);
    };
    let text = text_after.trim_ascii_start();
    for quote in ['"', '\''] {
        if let Some(inner) = text.strip_prefix(quote) {
            return inner.split_once(quote).unwrap_or((inner, ""));
        }
    }
    let end = text.find(|c: char| c.is_ascii_whitespace() || c == '>');
    text.split_at(end.unwrap_or(text.len()))
}

/// A text with its entities read: those that pages are written with.
pub(super) fn plain(text: &str) -> String {
    let mut plain = text.to_owned();
    for (entity, sign) in [
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&#60;", "<"),
        ("&#62;", ">"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#38;", "&"),
        ("&amp;", "&"),
    ] {
        plain = plain.replace(entity, sign);
    }
    plain
}

#[test]
fn html_is_taken_apart_as_a_browser_does() {
    let html = "<p class=a b='c>d' E=\"&#34;x\">1 < 2 <!-- <b> --><textarea><i>&lt;</textarea></p><img/src=x onerror=y()>";
    let names: Vec<String> = tags(html)
        .iter()
        .map(|tag| {
            format!(
                "{}{}{:?}",
                if tag.closes { "/" } else { "" },
                tag.name,
                tag.attributes
            )
        })
        .collect();
    assert_eq!(
        names,
        [
            r#"p[("class", "a"), ("b", "c>d"), ("e", "\"x")]"#,
            "textarea[]",
            "/textarea[]",
            "/p[]",
            r#"img[("src", "x"), ("onerror", "y()")]"#,
        ]
    );
    assert_eq!(tags(html)[1].content, "<i><");
}

//! The text of comments: what Zendesk makes of blanks, HTML and entities (zendesk-api.md 3.8).

/// Repeated blanks and newlines collapse (zendesk-api.md 3.8).
pub(super) fn collapse(text: &str) -> String {
    let mut collapsed = String::with_capacity(text.len());
    let (mut blanks, mut lines) = (0, 0);
    for letter in text.chars().filter(|letter| *letter != '\r') {
        match letter {
            ' ' => blanks += 1,
            '\n' => {
                lines += 1;
                blanks = 0;
            }
            _ => (blanks, lines) = (0, 0),
        }
        if blanks <= 1 && lines <= 2 {
            collapsed.push(letter);
        }
    }
    collapsed
}

/// The text of HTML: breaks and paragraphs become lines, tags go, entities are read.
pub(super) fn plain(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    while let Some((before, after)) = rest.split_once('<') {
        text.push_str(before);
        let Some((tag, more)) = after.split_once('>') else {
            text.push('<');
            rest = after;
            continue;
        };
        let name = tag
            .trim_end_matches('/')
            .split_whitespace()
            .next()
            .unwrap_or_default();
        match name.to_ascii_lowercase().as_str() {
            "br" | "/div" | "/li" | "/tr" => text.push('\n'),
            "/p" | "/h1" | "/h2" | "/h3" | "/ul" | "/ol" => text.push_str("\n\n"),
            _ => {}
        }
        rest = more;
    }
    text.push_str(rest);
    entities(text.trim_end())
}

fn entities(text: &str) -> String {
    let mut read = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        read.push_str(before);
        let known = after
            .split_once(';')
            .filter(|(name, _)| name.len() <= 8)
            .and_then(|(name, more)| entity(name).map(|letter| (letter, more)));
        match known {
            Some((letter, more)) => {
                read.push(letter);
                rest = more;
            }
            None => {
                read.push('&');
                rest = after;
            }
        }
    }
    read.push_str(rest);
    read
}

fn entity(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some(' '),
        "lbrace" | "lcub" => Some('{'),
        "rbrace" | "rcub" => Some('}'),
        other => {
            let number = other.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_becomes_the_text_it_shows() {
        assert_eq!(
            plain("<p>a &lt;b&gt;<br>c</p><p>&#123;&#123;x&#125;&#125;</p>"),
            "a <b>\nc\n\n{{x}}"
        );
        assert_eq!(plain("fish & chips &amp; peas"), "fish & chips & peas");
    }

    #[test]
    fn blanks_and_empty_lines_collapse() {
        assert_eq!(collapse("a   b\n\n\n\nc\r\nd"), "a b\n\nc\nd");
    }
}

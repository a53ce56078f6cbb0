//! The text of comments: what Zendesk makes of blanks, HTML, entities and markdown
//! (zendesk-api.md 3.8).

mod markdown;

pub(crate) use markdown::render as markdown;

/// Comments longer than this are cut without an error (zendesk-api.md 3.8), in bytes of what was sent.
pub(crate) const LONGEST: usize = 65_536;

/// Cuts a text at a number of bytes, never inside a letter.
pub(crate) fn cut(mut text: String, bytes: usize) -> String {
    if text.len() > bytes {
        let mut end = bytes;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
    }
    text
}

/// Repeated blanks and newlines collapse (zendesk-api.md 3.8).
pub(crate) fn collapse(text: &str) -> String {
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

/// Takes tags out of a plain text: HTML in `body` is stripped (zendesk-api.md 3.8). What does not
/// look like a tag stays, as in `1 < 2`.
pub(crate) fn strip(text: &str) -> String {
    let mut stripped = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        stripped.push_str(before);
        let looks_like_tag = after
            .starts_with(|first: char| first.is_ascii_alphabetic() || first == '/' || first == '!');
        match after.split_once('>') {
            Some((_, more)) if looks_like_tag => rest = more,
            _ => {
                stripped.push('<');
                rest = after;
            }
        }
    }
    stripped.push_str(rest);
    stripped
}

/// The text that a reader sees of HTML: breaks and paragraphs become lines, blanks of the source
/// collapse, `&nbsp;` stays a blank, tags go, entities are read. Text that is only hidden by its
/// style stays (zendesk-api.md 3.8, probe).
pub(crate) fn plain(html: &str) -> String {
    let mut page = Page::default();
    let mut rest = html;
    while let Some(place) = rest.find('<') {
        let (before, after) = rest.split_at(place);
        page.text(before);
        let Some((tag, more)) = after[1..].split_once('>') else {
            // A tag that is cut off shows nothing.
            rest = "";
            break;
        };
        let closing = tag.starts_with('/');
        let name: String = tag
            .trim_start_matches('/')
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .collect::<String>()
            .to_ascii_lowercase();
        rest = more;
        if !closing && (name == "script" || name == "style") {
            let end = format!("</{name}");
            rest = match more.to_ascii_lowercase().find(&end) {
                Some(end) => &more[end..],
                None => "",
            };
            continue;
        }
        page.tag(&name, closing);
    }
    page.text(rest);
    page.shown.truncate(page.shown.trim_end().len());
    page.shown
}

/// A page as it is read from top to bottom.
#[derive(Debug, Default)]
struct Page {
    shown: String,
    /// Newlines owed before the next letter: the distance between two blocks.
    owed: usize,
    /// Whether a blank of the source is owed before the next letter.
    blank: bool,
    /// How many `<pre>` are open: blanks count inside.
    pre: usize,
}

impl Page {
    fn tag(&mut self, name: &str, closing: bool) {
        match name {
            "br" => {
                self.settle();
                self.blank = false;
                self.shown.push('\n');
            }
            "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "ul" | "ol" | "blockquote"
            | "table" => {
                self.block(2);
            }
            "div" | "li" | "tr" => self.block(1),
            "pre" => {
                self.block(2);
                self.pre = if closing {
                    self.pre.saturating_sub(1)
                } else {
                    self.pre + 1
                };
            }
            _ => {}
        }
    }

    /// A block begins or ends here; nothing is owed before the first letter.
    fn block(&mut self, lines: usize) {
        self.blank = false;
        if !self.shown.is_empty() {
            self.owed = self.owed.max(lines);
        }
    }

    fn settle(&mut self) {
        let there = self
            .shown
            .bytes()
            .rev()
            .take_while(|byte| *byte == b'\n')
            .count();
        for _ in there..self.owed {
            self.shown.push('\n');
        }
        self.owed = 0;
    }

    fn text(&mut self, source: &str) {
        let mut rest = source;
        while let Some(letter) = rest.chars().next() {
            let (letter, kept, length) = if letter == '&' {
                match read_entity(rest) {
                    Some((letter, length)) => (letter, letter == '\u{a0}', length),
                    None => ('&', false, 1),
                }
            } else {
                (letter, letter == '\u{a0}', letter.len_utf8())
            };
            rest = &rest[length..];
            if letter.is_ascii_whitespace() && self.pre == 0 {
                self.blank = true;
                continue;
            }
            self.settle();
            let at_line_start = self.shown.is_empty() || self.shown.ends_with('\n');
            if std::mem::take(&mut self.blank) && !at_line_start {
                self.shown.push(' ');
            }
            self.shown.push(if kept { ' ' } else { letter });
        }
    }
}

/// The entity a text begins with, and how many bytes it takes.
fn read_entity(text: &str) -> Option<(char, usize)> {
    let (name, _) = text.strip_prefix('&')?.split_once(';')?;
    if name.len() > 8 {
        return None;
    }
    entity(name).map(|letter| (letter, name.len() + 2))
}

/// Reads the braces among entities and leaves all others alone.
pub(crate) fn decode_braces(html: &str) -> String {
    let mut read = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(place) = rest.find('&') {
        read.push_str(&rest[..place]);
        rest = &rest[place..];
        match read_entity(rest) {
            Some((letter @ ('{' | '}'), length)) => {
                read.push(letter);
                rest = &rest[length..];
            }
            _ => {
                read.push('&');
                rest = &rest[1..];
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
        "nbsp" => Some('\u{a0}'),
        "lbrace" | "lcub" => Some('{'),
        "rbrace" | "rcub" => Some('}'),
        "euro" => Some('€'),
        "hellip" => Some('…'),
        "ndash" => Some('–'),
        "mdash" => Some('—'),
        "Tab" => Some('\t'),
        "NewLine" => Some('\n'),
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

/// Escapes a text for HTML.
pub(crate) fn escape(text: &str, html: &mut String) {
    for letter in text.chars() {
        match letter {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            other => html.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_becomes_the_text_it_shows() {
        for (html, text) in [
            (
                "<p>a &lt;b&gt;<br>c</p><p>&#123;&#123;x&#125;&#125;</p>",
                "a <b>\nc\n\n{{x}}",
            ),
            ("fish & chips &amp; peas", "fish & chips & peas"),
            ("<p>one\n   two</p>\n\n<p>three</p>", "one two\n\nthree"),
            ("a&nbsp;&nbsp; b", "a   b"),
            (
                "&nbsp;&nbsp;indented<br><br>two down",
                "  indented\n\ntwo down",
            ),
            ("<ul><li>a</li><li>b</li></ul>c", "a\nb\n\nc"),
            ("<div>a</div><div>b</div>", "a\nb"),
            ("<pre>x\n  y</pre>", "x\n  y"),
            ("a<style>p { color: red }</style>b<!-- c -->", "ab"),
            (
                "<span style=\"display:none\">hidden</span> seen",
                "hidden seen",
            ),
            ("cut off <a href=\"htt", "cut off"),
            ("cut &am", "cut &am"),
            ("an <b>inline</b> word", "an inline word"),
        ] {
            assert_eq!(plain(html), text, "{html}");
        }
    }

    #[test]
    fn blanks_and_empty_lines_collapse() {
        assert_eq!(collapse("a   b\n\n\n\nc\r\nd"), "a b\n\nc\nd");
    }

    #[test]
    fn tags_are_stripped_and_comparisons_are_not() {
        assert_eq!(strip("a <b>bold</b> 1 < 2 > 0<br/>"), "a bold 1 < 2 > 0");
    }

    #[test]
    fn only_braces_are_decoded() {
        assert_eq!(
            decode_braces("&#123;&#x7b;a&rcub;&#125; &lt; & &amp;"),
            "{{a}} &lt; & &amp;"
        );
    }

    #[test]
    fn a_cut_never_splits_a_letter() {
        assert_eq!(cut("aéé".to_owned(), 4), "aé");
        assert_eq!(cut("short".to_owned(), 10), "short");
    }
}

//! Markdown as Zendesk renders it in comments of agents (zendesk-api.md 3.8): emphasis, code, links,
//! headings, lists and quotes. Which dialect exactly is not documented; this is what all have.

use super::escape;

/// The HTML of an agent's plain text, without the surrounding `div`.
pub(crate) fn render(text: &str) -> String {
    let mut html = String::with_capacity(text.len() + 64);
    for block in text.split("\n\n").filter(|block| !block.trim().is_empty()) {
        let lines: Vec<&str> = block.trim_matches('\n').lines().collect();
        let all = |test: fn(&str) -> Option<&str>| {
            let rest: Vec<&str> = lines.iter().filter_map(|line| test(line)).collect();
            (rest.len() == lines.len()).then_some(rest)
        };
        if let Some(items) = all(bullet) {
            list(&mut html, "ul", &items);
        } else if let Some(items) = all(numbered) {
            list(&mut html, "ol", &items);
        } else if let Some(quoted) = all(|line| line.strip_prefix('>')) {
            html.push_str("<blockquote><p dir=\"auto\">");
            join(&mut html, quoted.into_iter().map(str::trim_start));
            html.push_str("</p></blockquote>");
        } else if let Some((level, title)) = lines.first().and_then(|line| heading(line)) {
            html.push_str(&format!("<h{level} dir=\"auto\">"));
            inline(&mut html, title);
            html.push_str(&format!("</h{level}>"));
            if lines.len() > 1 {
                paragraph(&mut html, &lines[1..]);
            }
        } else {
            paragraph(&mut html, &lines);
        }
    }
    html
}

fn paragraph(html: &mut String, lines: &[&str]) {
    html.push_str("<p dir=\"auto\">");
    join(html, lines.iter().copied());
    html.push_str("</p>");
}

fn join<'a>(html: &mut String, lines: impl Iterator<Item = &'a str>) {
    for (place, line) in lines.enumerate() {
        if place > 0 {
            html.push_str("<br>");
        }
        inline(html, line);
    }
}

fn list(html: &mut String, kind: &str, items: &[&str]) {
    html.push_str(&format!("<{kind} dir=\"auto\">"));
    for item in items {
        html.push_str("<li>");
        inline(html, item);
        html.push_str("</li>");
    }
    html.push_str(&format!("</{kind}>"));
}

fn bullet(line: &str) -> Option<&str> {
    ["- ", "* ", "+ "]
        .iter()
        .find_map(|mark| line.strip_prefix(mark))
}

fn numbered(line: &str) -> Option<&str> {
    let (number, rest) = line.split_once(". ")?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then_some(rest)
}

fn heading(line: &str) -> Option<(usize, &str)> {
    let level = line.bytes().take_while(|byte| *byte == b'#').count();
    let title = line.get(level..)?.strip_prefix(' ')?;
    (1..=6).contains(&level).then_some((level, title))
}

/// Marks within a line, longest first, with their tags.
const MARKS: [(&str, &str); 5] = [
    ("**", "strong"),
    ("__", "strong"),
    ("`", "code"),
    ("*", "em"),
    ("_", "em"),
];

fn inline(html: &mut String, line: &str) {
    let mut rest = line;
    let mut before = ' ';
    while let Some(letter) = rest.chars().next() {
        if let Some(length) = marked(html, rest, before).or_else(|| link(html, rest)) {
            before = ')';
            rest = &rest[length..];
            continue;
        }
        escape(letter.encode_utf8(&mut [0; 4]), html);
        before = letter;
        rest = &rest[letter.len_utf8()..];
    }
}

/// Writes what stands between two marks and returns how many bytes it took. An underscore within a
/// word is no mark.
fn marked(html: &mut String, text: &str, before: char) -> Option<usize> {
    let (mark, tag) = MARKS.iter().find(|(mark, _)| text.starts_with(mark))?;
    if mark.starts_with('_') && before.is_alphanumeric() {
        return None;
    }
    let inner = text.get(mark.len()..)?;
    let end = inner.find(mark).filter(|end| *end > 0)?;
    let content = &inner[..end];
    if content.starts_with(' ') || content.ends_with(' ') {
        return None;
    }
    html.push_str(&format!("<{tag}>"));
    if *tag == "code" {
        escape(content, html);
    } else {
        inline(html, content);
    }
    html.push_str(&format!("</{tag}>"));
    Some(2 * mark.len() + end)
}

/// Writes `[text](address)` and returns how many bytes it took.
fn link(html: &mut String, text: &str) -> Option<usize> {
    let (words, after) = text.strip_prefix('[')?.split_once("](")?;
    let (address, _) = after.split_once(')')?;
    if words.contains(['[', '\n']) || !address.starts_with("http") {
        return None;
    }
    html.push_str("<a href=\"");
    escape(&address.replace('"', "%22"), html);
    html.push_str("\" rel=\"noreferrer\">");
    escape(words, html);
    html.push_str("</a>");
    Some(words.len() + address.len() + 4)
}

#[cfg(test)]
mod tests {
    use super::render;
    use crate::markup::plain;

    #[test]
    fn marks_are_lost_to_a_reader() {
        for (typed, seen) in [
            ("2 * 3 * 4", "2 * 3 * 4"),
            ("*soon* or **now**", "soon or now"),
            ("file_name_here and `a*b*c`", "file_name_here and a*b*c"),
            ("# Title\nbelow", "Title\n\nbelow"),
            ("1. one\n2. two", "one\ntwo"),
            ("- one\n- two\n\nafter", "one\ntwo\n\nafter"),
            ("> said", "said"),
            ("see [here](https://example.org/a)", "see here"),
            ("a < b & c", "a < b & c"),
            ("one\ntwo\n\nthree", "one\ntwo\n\nthree"),
        ] {
            assert_eq!(plain(&render(typed)), seen, "{typed}");
        }
    }

    #[test]
    fn emphasis_and_code_have_their_tags() {
        assert_eq!(
            render("**a** `b<c`"),
            "<p dir=\"auto\"><strong>a</strong> <code>b&lt;c</code></p>"
        );
    }
}

use proptest::prelude::*;

use super::*;

/// What a browser shows of `html`, a blank that cannot be joined with others as a no-break space.
/// Knows exactly what may occur; anything else is markup that slipped through.
fn shown(html: &str) -> String {
    let mut lines = vec![String::new()];
    let mut rest = html;
    while let Some(letter) = rest.chars().next() {
        let line = lines.last_mut().unwrap();
        if let Some(after) = rest.strip_prefix("<br>") {
            lines.push(String::new());
            rest = after;
        } else if letter == '&' {
            let (entity, after) = rest.split_once(';').unwrap();
            line.push(match entity {
                "&nbsp" => '\u{a0}',
                "&amp" => '&',
                "&lt" => '<',
                "&gt" => '>',
                "&quot" => '"',
                "&#39" => '\'',
                "&#123" => '{',
                "&#125" => '}',
                other => panic!("{other}; is no entity of ours"),
            });
            rest = after;
        } else {
            assert!(letter != '<', "markup in {html}");
            // Blanks are joined with each other, and vanish at either end of a line.
            if letter != ' ' || !(line.is_empty() || line.ends_with(' ')) {
                line.push(letter);
            }
            rest = &rest[letter.len_utf8()..];
        }
    }
    let lines: Vec<&str> = lines
        .iter()
        .map(|line| line.trim_end_matches(' '))
        .collect();
    lines.join("\n")
}

/// What was typed, as far as it can be seen: line ends and blanks of all kinds are alike.
fn typed(text: &str) -> String {
    let ends = [
        '\n', '\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}',
    ];
    let hidden = |letter: char| letter.is_control() && letter != '\t' && !ends.contains(&letter);
    text.replace(hidden, "")
        .replace("\r\n", "\n")
        .replace(ends, "\n")
        .replace('\t', "    ")
        .replace('\u{a0}', " ")
}

fn check(text: &str) {
    let html = comment_html(text);
    assert_eq!(shown(&html).replace('\u{a0}', " "), typed(text), "{html}");
    assert!(!html.contains(['{', '}', '"', '\'']), "{html}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_browser_shows_what_was_typed(text in "[ \t\r\n\u{b}\u{1}{}<>&\"';#nbsp\u{a0}a]{0,40}") {
        check(&text);
    }

    #[test]
    fn any_text_whatever_is_shown_as_it_was_typed(text in any::<String>()) {
        check(&text);
    }
}

#[test]
fn no_placeholder_is_left_for_zendesk_to_fill_in() {
    assert_eq!(
        comment_html("Hi {{ticket.requester.name}} {% if x %}"),
        "Hi &#123;&#123;ticket.requester.name&#125;&#125; &#123;% if x %&#125;"
    );
}

#[test]
fn html_and_markdown_are_text() {
    assert_eq!(
        comment_html("<b>Tom & \"Jerry's\"</b>\n* one\n# two"),
        "&lt;b&gt;Tom &amp; &quot;Jerry&#39;s&quot;&lt;/b&gt;<br>* one<br># two"
    );
}

#[test]
fn repeated_blanks_and_indented_lines_stay() {
    assert_eq!(
        comment_html("a  b\n  c \r\n\td"),
        "a &nbsp;b<br>&nbsp;&nbsp;c&nbsp;<br>&nbsp;&nbsp;&nbsp;&nbsp;d"
    );
    assert_eq!(comment_html("a b c"), "a b c");
}

#[test]
fn the_length_that_counts_is_that_of_the_html() {
    let comment = NewComment {
        text: "<".repeat(20_000),
        public: false,
        author_id: None,
        uploads: Vec::new(),
    };
    assert_eq!(comment.html_bytes(), 80_000);
    assert!(comment.html_bytes() > MAX_COMMENT_BYTES);
}

//! Comments that are to be written: a reader in Zendesk must see what was typed here.

use std::fmt;

use serde::Serialize;

/// The longest comment, in bytes of its HTML: Zendesk cuts at 64 kB without an error
/// (zendesk-api.md 3.8), so a longer one must not be sent at all.
pub const MAX_COMMENT_BYTES: usize = 65_535;

/// A tab, as wide as most readers show it: HTML has none.
const TAB: &str = "&nbsp;&nbsp;&nbsp;&nbsp;";

/// A comment that is to be added to a ticket.
#[derive(Clone, PartialEq, Eq)]
pub struct NewComment {
    /// The text as it was typed. [`NewComment::html_bytes`] must not be over
    /// [`MAX_COMMENT_BYTES`].
    pub text: String,
    /// Whether the customer sees it. Always sent: left out, it would follow the ticket's first
    /// comment (zendesk-api.md 0, item 9).
    pub public: bool,
    /// Shown as its author; `None` for the user we are signed in as. Never an end user for a
    /// private note.
    pub author_id: Option<i64>,
    /// Tokens of uploaded files. Each dies when it is used.
    pub uploads: Vec<String>,
}

impl NewComment {
    /// How long the comment is as it will be sent, for [`MAX_COMMENT_BYTES`].
    pub fn html_bytes(&self) -> usize {
        comment_html(&self.text).len()
    }

    pub(super) fn wire(&self) -> CommentBody<'_> {
        CommentBody {
            html_body: comment_html(&self.text),
            public: self.public,
            author_id: self.author_id,
            uploads: &self.uploads,
        }
    }
}

impl fmt::Debug for NewComment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewComment")
            .field("public", &self.public)
            .field("author_id", &self.author_id)
            .field("uploads", &self.uploads.len())
            .finish_non_exhaustive()
    }
}

#[derive(Serialize)]
pub(super) struct CommentBody<'a> {
    html_body: String,
    public: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    author_id: Option<i64>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    uploads: &'a [String],
}

/// Text as HTML that a browser shows as it was typed (ticket-sync.md 4): nothing in it is markup,
/// line breaks and repeated blanks stay, and braces are written as numbers so that Zendesk finds
/// no `{{placeholder}}` to fill in. Control characters, which show nothing, are left out.
pub fn comment_html(text: &str) -> String {
    let mut html = String::with_capacity(text.len() + text.len() / 8);
    let shows = |letter: &char| !letter.is_control() || *letter == '\t' || ends_line(*letter);
    let mut letters = text.chars().filter(shows).peekable();
    // Whether a plain blank here would be joined with what is before it and vanish.
    let mut after_blank = true;
    while let Some(letter) = letters.next() {
        let shown = match letter {
            '\r' if letters.peek() == Some(&'\n') => continue,
            letter if ends_line(letter) => {
                html.push_str("<br>");
                after_blank = true;
                continue;
            }
            ' ' => {
                // Before a line break or the end a plain blank would vanish as well.
                let before_end = letters.peek().is_none_or(|next| ends_line(*next));
                html.push_str(if after_blank || before_end {
                    "&nbsp;"
                } else {
                    " "
                });
                after_blank = true;
                continue;
            }
            '\t' => TAB,
            '\u{a0}' => "&nbsp;",
            '&' => "&amp;",
            '<' => "&lt;",
            '>' => "&gt;",
            '"' => "&quot;",
            '\'' => "&#39;",
            '{' => "&#123;",
            '}' => "&#125;",
            plain => {
                html.push(plain);
                after_blank = false;
                continue;
            }
        };
        html.push_str(shown);
        after_blank = false;
    }
    html
}

/// What ends a line, in any of the alphabets of line ends.
fn ends_line(letter: char) -> bool {
    matches!(
        letter,
        '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}'
    )
}

#[cfg(test)]
mod tests;

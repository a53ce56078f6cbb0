//! The parts of a statement as PostgreSQL's own scanner parts them, with
//! `standard_conforming_strings` on, as our session sets it.

/// A part of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// A keyword or a name, in small letters.
    Word(String),
    /// A name in quotes.
    Quoted(String),
    /// A text.
    Text,
    /// A number.
    Number,
    /// `$1`.
    Parameter,
    /// Any other character.
    Symbol(char),
}

/// The parts with the places where they begin. Comments and white space are left out.
///
/// # Errors
/// The middle of a sentence: what never ends, or what cannot be told safely.
pub(super) fn split(statement: &str) -> Result<Vec<(usize, Token)>, &'static str> {
    let mut scanner = Scanner {
        bytes: statement.as_bytes(),
        at: 0,
    };
    let mut tokens = Vec::new();
    loop {
        scanner.skip_blanks()?;
        let start = scanner.at;
        match scanner.token(statement)? {
            Some(token) => tokens.push((start, token)),
            None => return Ok(tokens),
        }
    }
}

struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
}

fn begins_word(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

fn continues_word(byte: u8) -> bool {
    begins_word(byte) || byte.is_ascii_digit() || byte == b'$'
}

impl Scanner<'_> {
    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    fn skip_blanks(&mut self) -> Result<(), &'static str> {
        loop {
            match (self.peek(0), self.peek(1)) {
                (Some(b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c), _) => self.at += 1,
                (Some(b'-'), Some(b'-')) => {
                    while self
                        .peek(0)
                        .is_some_and(|byte| !matches!(byte, b'\n' | b'\r'))
                    {
                        self.at += 1;
                    }
                }
                (Some(b'/'), Some(b'*')) => self.skip_comment()?,
                _ => return Ok(()),
            }
        }
    }

    /// Comments nest.
    fn skip_comment(&mut self) -> Result<(), &'static str> {
        let mut depth = 0_u32;
        loop {
            match (self.peek(0), self.peek(1)) {
                (Some(b'/'), Some(b'*')) => {
                    depth += 1;
                    self.at += 2;
                }
                (Some(b'*'), Some(b'/')) => {
                    depth -= 1;
                    self.at += 2;
                    if depth == 0 {
                        return Ok(());
                    }
                }
                (Some(_), _) => self.at += 1,
                (None, _) => return Err("a comment in it never ends"),
            }
        }
    }

    fn token(&mut self, statement: &str) -> Result<Option<Token>, &'static str> {
        let Some(first) = self.peek(0) else {
            return Ok(None);
        };
        let token = match (first, self.peek(1), self.peek(2)) {
            (b'\'', ..) => self.text(false)?,
            (b'e' | b'E', Some(b'\''), _) => {
                self.at += 1;
                self.text(true)?
            }
            (b'b' | b'B' | b'x' | b'X' | b'n' | b'N', Some(b'\''), _) => {
                self.at += 1;
                self.text(false)?
            }
            // What such a name or text says depends on another clause behind it.
            (b'u' | b'U', Some(b'&'), Some(b'\'' | b'"')) => {
                return Err("it has a name or text with Unicode escapes (U&)");
            }
            (b'"', ..) => self.quoted(statement)?,
            (b'$', ..) => self.dollar()?,
            (byte, ..) if begins_word(byte) => {
                let start = self.at;
                while self.peek(0).is_some_and(continues_word) {
                    self.at += 1;
                }
                let word = statement.get(start..self.at).unwrap_or_default();
                Token::Word(word.to_lowercase())
            }
            (byte, next, _)
                if byte.is_ascii_digit()
                    || (byte == b'.' && next.is_some_and(|next| next.is_ascii_digit())) =>
            {
                while self
                    .peek(0)
                    .is_some_and(|byte| byte.is_ascii_digit() || byte == b'.')
                {
                    self.at += 1;
                }
                Token::Number
            }
            (byte, ..) => {
                self.at += 1;
                Token::Symbol(char::from(byte))
            }
        };
        Ok(Some(token))
    }

    fn text(&mut self, has_escapes: bool) -> Result<Token, &'static str> {
        self.at += 1;
        loop {
            match (self.peek(0), self.peek(1)) {
                (Some(b'\\'), Some(_)) if has_escapes => self.at += 2,
                (Some(b'\''), Some(b'\'')) => self.at += 2,
                (Some(b'\''), _) => {
                    self.at += 1;
                    return Ok(Token::Text);
                }
                (Some(_), _) => self.at += 1,
                (None, _) => return Err("a text in it never ends"),
            }
        }
    }

    fn quoted(&mut self, statement: &str) -> Result<Token, &'static str> {
        let start = self.at + 1;
        self.at = start;
        loop {
            match (self.peek(0), self.peek(1)) {
                (Some(b'"'), Some(b'"')) => self.at += 2,
                (Some(b'"'), _) => {
                    let name = statement.get(start..self.at).unwrap_or_default();
                    self.at += 1;
                    return Ok(Token::Quoted(name.replace("\"\"", "\"")));
                }
                (Some(_), _) => self.at += 1,
                (None, _) => return Err("a name in it never ends"),
            }
        }
    }

    /// `$1`, or a text between two equal tags: `$$ … $$`, `$a$ … $a$`.
    fn dollar(&mut self) -> Result<Token, &'static str> {
        let start = self.at;
        self.at += 1;
        if self.peek(0).is_some_and(|byte| byte.is_ascii_digit()) {
            while self.peek(0).is_some_and(|byte| byte.is_ascii_digit()) {
                self.at += 1;
            }
            return Ok(Token::Parameter);
        }
        while self
            .peek(0)
            .is_some_and(|byte| continues_word(byte) && byte != b'$')
        {
            self.at += 1;
        }
        if self.peek(0) != Some(b'$') {
            self.at = start + 1;
            return Ok(Token::Symbol('$'));
        }
        self.at += 1;
        let tag = self.bytes.get(start..self.at).unwrap_or_default();
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        match rest.windows(tag.len()).position(|window| window == tag) {
            Some(length) => {
                self.at += length + tag.len();
                Ok(Token::Text)
            }
            None => Err("a text in it never ends"),
        }
    }
}

//! JSON Lines: an object a line. The columns are all keys of a first sample; a line that is no
//! object, or has a key that is no column, is rejected, and reading goes on at the next line.

mod object;
mod value;

use crate::batch::{Draft, RejectedRow, Span, span};
use crate::error::Error;
use crate::form::{Form, UnknownKeys};
use crate::input::{Fingerprint, Input};
use crate::limits::{Limits, size};
use crate::reader::Decode;
use crate::schema::{Column, ColumnKind, Schema};

use object::{Key, Keys};

/// So many lines tell the columns.
const SAMPLE_LINES: usize = 1_000;
const SAMPLE_BYTES: usize = 1024 * 1024;
const ROWS: u64 = 2_048;
const BYTES: usize = 1024 * 1024;
const PIECE: usize = 256 * 1024;

/// Reads rows from text.
pub(crate) struct JsonDecoder {
    input: Input,
    keys: Keys,
    unknown: UnknownKeys,
    limits: Limits,
    buffer: Vec<u8>,
    at: usize,
    more: bool,
    line: u64,
    skipping: bool,
}

/// Finds the columns, and stands before the first row.
pub(crate) fn open(
    mut input: Input,
    form: &Form,
    limits: &Limits,
) -> Result<(JsonDecoder, Schema), Error> {
    let mut buffer = Vec::new();
    let more = input.fill(&mut buffer, SAMPLE_BYTES)?;
    let mut keys = Keys::default();
    let mut kinds: Vec<Option<ColumnKind>> = Vec::new();
    let mut objects = 0;
    for line in buffer.split(|byte| *byte == b'\n').take(SAMPLE_LINES) {
        let mut found = Vec::new();
        if object::read(line, &keys, |key, raw| found.push((key, value::kind(raw)))).is_err() {
            // Rejected with its line when its turn comes; the last one may only be cut.
            continue;
        }
        objects += 1;
        for (key, kind) in found {
            let place = match key {
                Key::Column(place) => place,
                Key::Unknown(name) => match keys.names().iter().position(|known| *known == name) {
                    Some(place) => place,
                    None => {
                        kinds.push(None);
                        keys.add(name)
                    }
                },
            };
            if let (Some(known), Some(kind)) = (kinds.get_mut(place), kind) {
                *known = Some(known.map_or(kind, |known| value::join(known, kind)));
            }
        }
        if keys.names().len() > limits.columns {
            break;
        }
    }
    if objects == 0 {
        return Err(Error::damaged(
            input.name(),
            Some(1),
            "none of its first lines is a JSON object",
            "Write one object a line, or say that it is of another format",
        ));
    }
    let columns = keys.names().iter().zip(kinds).map(|(name, kind)| Column {
        name: name.clone(),
        kind: kind.unwrap_or(ColumnKind::Text),
    });
    let schema = Schema::new(input.name(), columns.collect(), limits)?;
    let decoder = JsonDecoder {
        input,
        keys,
        unknown: form.unknown_keys,
        limits: limits.clone(),
        buffer,
        at: 0,
        more,
        line: 1,
        skipping: false,
    };
    Ok((decoder, schema))
}

/// What there is to read next.
enum Next {
    Line { start: usize, end: usize },
    TooLong,
    Nothing,
}

impl JsonDecoder {
    /// The next line, in the buffer.
    fn next_line(&mut self) -> Result<Next, Error> {
        let mut seen = 0;
        loop {
            let rest = self.buffer.get(self.at..).unwrap_or_default();
            let fresh = rest.get(seen..).unwrap_or_default();
            if let Some(length) = fresh.iter().position(|byte| *byte == b'\n') {
                let start = self.at;
                let end = start + seen + length;
                self.at = end + 1;
                if self.skipping {
                    self.skipping = false;
                    self.line += 1;
                    seen = 0;
                    continue;
                }
                return Ok(Next::Line { start, end });
            }
            seen = rest.len();
            if !self.more {
                let (start, end) = (self.at, self.buffer.len());
                self.at = end;
                return Ok(if start == end || self.skipping {
                    Next::Nothing
                } else {
                    Next::Line { start, end }
                });
            }
            if self.skipping || seen > self.limits.line_bytes {
                let first = !self.skipping;
                self.buffer.clear();
                self.at = 0;
                seen = 0;
                self.skipping = true;
                if first {
                    return Ok(Next::TooLong);
                }
            } else {
                self.buffer.drain(..self.at);
                self.at = 0;
            }
            let length = self.buffer.len() + PIECE;
            self.more = self.input.fill(&mut self.buffer, length)?;
        }
    }

    fn take_line(&self, draft: &mut Draft, start: usize, end: usize) {
        let line = self.buffer.get(start..end).unwrap_or_default();
        let before = draft.cells.len();
        let text_before = draft.bytes.len();
        draft
            .cells
            .resize(before + self.keys.names().len(), Span::NULL);
        let mut problem = None;
        let (cells, bytes) = (&mut draft.cells, &mut draft.bytes);
        let outcome = object::read(line, &self.keys, |key, raw| match key {
            Key::Column(place) => {
                let cell_start = bytes.len();
                let cell = cells.get_mut(before + place);
                match (value::render(raw, bytes), cell) {
                    (Ok(true), Some(cell)) if *cell == Span::NULL => {
                        if bytes.len() - cell_start > self.limits.cell_bytes {
                            problem.get_or_insert_with(|| {
                                format!(
                                    "The value of {} is longer than {}.",
                                    self.name_of(place),
                                    size(self.limits.cell_bytes as u64)
                                )
                            });
                        }
                        *cell = span(cell_start, bytes.len());
                        bytes.push(b'\n');
                    }
                    (Ok(true), _) => {
                        problem.get_or_insert_with(|| {
                            format!("The key {} comes twice.", self.name_of(place))
                        });
                    }
                    (Ok(false), _) => {}
                    (Err(value::Unfit::Value), _) => {
                        problem.get_or_insert_with(|| {
                            format!("The value of {} cannot be told.", self.name_of(place))
                        });
                    }
                }
            }
            Key::Unknown(name) => {
                if self.unknown == UnknownKeys::Reject {
                    problem.get_or_insert_with(|| unknown_key(&name));
                }
            }
        });
        if let Err(error) = outcome {
            problem = Some(match std::str::from_utf8(line) {
                Err(_) => crate::csv::NO_UTF8.to_owned(),
                Ok(_) if error.column() > 0 => format!(
                    "The line is not a JSON object: it cannot be read on at character {}.",
                    error.column()
                ),
                Ok(_) => "The line is not a JSON object.".to_owned(),
            });
        }
        match problem {
            None => draft.lines.push(self.line),
            Some(reason) => {
                draft.cells.truncate(before);
                draft.bytes.truncate(text_before);
                draft
                    .rejected
                    .push(RejectedRow::new(self.line, reason, line));
            }
        }
    }

    fn name_of(&self, place: usize) -> String {
        let name = self.keys.names().get(place);
        format!("`{}`", name.map_or("", String::as_str))
    }
}

fn unknown_key(name: &str) -> String {
    let name: String = name
        .chars()
        .filter(|character| !character.is_control())
        .take(80)
        .collect();
    format!(
        "The key `{name}` is none of the columns, which are those of the first {SAMPLE_LINES} lines. Give one of these lines the key, or have unknown keys ignored."
    )
}

impl Decode for JsonDecoder {
    fn fill(&mut self, draft: &mut Draft) -> Result<bool, Error> {
        while draft.rows() < ROWS && draft.bytes.len() < BYTES {
            match self.next_line()? {
                Next::Nothing => return Ok(false),
                Next::TooLong => {
                    let most = size(self.limits.line_bytes as u64);
                    let reason = format!("The line is longer than {most}.");
                    draft
                        .rejected
                        .push(RejectedRow::new(self.line, reason, &[]));
                }
                Next::Line { start, end } => {
                    let line = self.buffer.get(start..end).unwrap_or_default();
                    if line.len() > self.limits.line_bytes {
                        let most = size(self.limits.line_bytes as u64);
                        let reason = format!("The line is longer than {most}.");
                        draft
                            .rejected
                            .push(RejectedRow::new(self.line, reason, line));
                    } else if !line.trim_ascii().is_empty() {
                        self.take_line(draft, start, end);
                    }
                    self.line += 1;
                }
            }
        }
        Ok(true)
    }

    fn finish(&mut self) -> Result<Option<Fingerprint>, Error> {
        self.input.finish().map(Some)
    }

    fn not_text(&self) -> &'static str {
        crate::csv::NO_UTF8
    }
}

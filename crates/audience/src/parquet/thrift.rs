//! As much of Thrift's compact protocol as it takes to look at sizes before anything is decoded.

/// Why a structure cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Broken {
    /// The bytes end within it.
    Cut,
    /// It is none, or nests too deep.
    Wrong,
}

/// How deep structures may nest that are only skipped.
const MOST_DEPTH: u8 = 16;

const TRUE: u8 = 1;
const FALSE: u8 = 2;
const I8: u8 = 3;
const I16: u8 = 4;
const I32: u8 = 5;
const I64: u8 = 6;
const DOUBLE: u8 = 7;
const BINARY: u8 = 8;
const LIST: u8 = 9;
const SET: u8 = 10;
const MAP: u8 = 11;
const STRUCT: u8 = 12;

/// A reader over some bytes.
pub(crate) struct Compact<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// The start of a field: its number and the kind of its value.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field {
    pub(crate) id: i16,
    kind: u8,
}

impl<'a> Compact<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// How many bytes are read.
    pub(crate) fn position(&self) -> usize {
        self.at
    }

    fn byte(&mut self) -> Result<u8, Broken> {
        let byte = self.bytes.get(self.at).copied().ok_or(Broken::Cut)?;
        self.at += 1;
        Ok(byte)
    }

    fn number(&mut self) -> Result<u64, Broken> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(Broken::Wrong)
    }

    fn skip_bytes(&mut self, length: u64) -> Result<(), Broken> {
        let length = usize::try_from(length).map_err(|_| Broken::Wrong)?;
        let end = self.at.checked_add(length).ok_or(Broken::Wrong)?;
        if end > self.bytes.len() {
            return Err(Broken::Cut);
        }
        self.at = end;
        Ok(())
    }

    /// The next field of a structure whose last field was `before`; `None` at its end.
    pub(crate) fn field(&mut self, before: i16) -> Result<Option<Field>, Broken> {
        let head = self.byte()?;
        if head == 0 {
            return Ok(None);
        }
        let kind = head & 0x0f;
        let id = match head >> 4 {
            0 => i16::try_from(unzigzag(self.number()?)).map_err(|_| Broken::Wrong)?,
            step => before.checked_add(i16::from(step)).ok_or(Broken::Wrong)?,
        };
        Ok(Some(Field { id, kind }))
    }

    /// The whole number that is the value of `field`.
    pub(crate) fn integer(&mut self, field: Field) -> Result<i64, Broken> {
        match field.kind {
            I16 | I32 | I64 => Ok(unzigzag(self.number()?)),
            _ => Err(Broken::Wrong),
        }
    }

    /// Enters the structure that is the value of `field`.
    pub(crate) fn is_structure(&self, field: Field) -> Result<(), Broken> {
        if field.kind == STRUCT {
            Ok(())
        } else {
            Err(Broken::Wrong)
        }
    }

    /// How many structures the list holds that is the value of `field`.
    pub(crate) fn structures(&mut self, field: Field) -> Result<u64, Broken> {
        if field.kind != LIST {
            return Err(Broken::Wrong);
        }
        match self.list_head()? {
            (STRUCT, size) => Ok(size),
            (_, 0) => Ok(0),
            _ => Err(Broken::Wrong),
        }
    }

    fn list_head(&mut self) -> Result<(u8, u64), Broken> {
        let head = self.byte()?;
        let size = match head >> 4 {
            15 => self.number()?,
            size => u64::from(size),
        };
        Ok((head & 0x0f, size))
    }

    /// Reads over the value of `field`.
    pub(crate) fn skip(&mut self, field: Field) -> Result<(), Broken> {
        match field.kind {
            // A boolean field has its value in its head.
            TRUE | FALSE => Ok(()),
            kind => self.skip_value(kind, MOST_DEPTH),
        }
    }

    fn skip_value(&mut self, kind: u8, depth: u8) -> Result<(), Broken> {
        let depth = depth.checked_sub(1).ok_or(Broken::Wrong)?;
        match kind {
            TRUE | FALSE | I8 => self.skip_bytes(1),
            I16 | I32 | I64 => self.number().map(drop),
            DOUBLE => self.skip_bytes(8),
            BINARY => {
                let length = self.number()?;
                self.skip_bytes(length)
            }
            LIST | SET => {
                let (kind, size) = self.list_head()?;
                for _ in 0..size {
                    self.skip_value(kind, depth)?;
                }
                Ok(())
            }
            MAP => {
                let size = self.number()?;
                if size == 0 {
                    return Ok(());
                }
                let kinds = self.byte()?;
                for _ in 0..size {
                    self.skip_value(kinds >> 4, depth)?;
                    self.skip_value(kinds & 0x0f, depth)?;
                }
                Ok(())
            }
            STRUCT => {
                let mut before = 0;
                while let Some(field) = self.field(before)? {
                    before = field.id;
                    if !matches!(field.kind, TRUE | FALSE) {
                        self.skip_value(field.kind, depth)?;
                    }
                }
                Ok(())
            }
            _ => Err(Broken::Wrong),
        }
    }
}

fn unzigzag(value: u64) -> i64 {
    let half = (value >> 1).cast_signed();
    if value & 1 == 1 { !half } else { half }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_lists_and_unknown_fields_are_read() {
        // {1: -3, 2: [{}, {}], 5: "ab", 6: true}
        let bytes = [
            0x15, 0x05, 0x19, 0x2c, 0x00, 0x00, 0x38, 0x02, b'a', b'b', 0x11, 0x00,
        ];
        let mut compact = Compact::new(&bytes);
        let first = compact.field(0).unwrap().unwrap();
        assert_eq!((first.id, compact.integer(first)), (1, Ok(-3)));
        let list = compact.field(1).unwrap().unwrap();
        assert_eq!(compact.structures(list), Ok(2));
        assert!(compact.field(0).unwrap().is_none());
        assert!(compact.field(0).unwrap().is_none());
        let text = compact.field(2).unwrap().unwrap();
        compact.skip(text).unwrap();
        let truth = compact.field(5).unwrap().unwrap();
        compact.skip(truth).unwrap();
        assert!(compact.field(6).unwrap().is_none());
        assert_eq!(compact.position(), bytes.len());
    }

    #[test]
    fn lengths_beyond_the_bytes_and_endless_nesting_end() {
        let skip = |bytes: &[u8]| {
            let mut compact = Compact::new(bytes);
            let field = compact.field(0).unwrap().unwrap();
            compact.skip(field).unwrap_err()
        };
        assert_eq!(skip(&[0x18, 0xff, 0xff, 0xff, 0xff, 0x7f]), Broken::Cut);
        assert_eq!(skip(&[0x1c; 200]), Broken::Wrong);
        assert_eq!(skip(&[0x19; 200]), Broken::Wrong);
        assert_eq!(
            skip(&[
                0x18, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff
            ]),
            Broken::Wrong
        );
    }
}

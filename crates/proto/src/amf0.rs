//! AMF0 values: what RTMP commands are written in (Action Message Format 0, Adobe 2007).

/// Deepest nesting of objects and arrays that is read.
pub const MAX_DEPTH: usize = 32;
/// Most values, nested ones and object properties included, that one message may hold.
pub const MAX_VALUES: usize = 1024;

const NUMBER: u8 = 0x00;
const BOOLEAN: u8 = 0x01;
const STRING: u8 = 0x02;
const OBJECT: u8 = 0x03;
const NULL: u8 = 0x05;
const UNDEFINED: u8 = 0x06;
const ECMA_ARRAY: u8 = 0x08;
const OBJECT_END: u8 = 0x09;
const STRICT_ARRAY: u8 = 0x0a;
const DATE: u8 = 0x0b;
const LONG_STRING: u8 = 0x0c;
const UNSUPPORTED: u8 = 0x0d;
const XML_DOCUMENT: u8 = 0x0f;
const TYPED_OBJECT: u8 = 0x10;

/// One AMF0 value. Text that is not UTF-8 is read with U+FFFD in place of the bad bytes.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A double; also every integer.
    Number(f64),
    /// True or false.
    Boolean(bool),
    /// Text, short (16-bit length) or long (32-bit length) on the wire; XML documents are read as text.
    String(String),
    /// Properties in the order of the wire; the class name of a typed object is dropped.
    Object(Vec<(String, Value)>),
    /// Nothing.
    Null,
    /// No value at all; the `unsupported` marker is read as this.
    Undefined,
    /// Properties in the order of the wire, with the count that precedes them made anew.
    EcmaArray(Vec<(String, Value)>),
    /// Values without names.
    StrictArray(Vec<Value>),
    /// Milliseconds since 1970-01-01 UTC; the time zone field is reserved and ignored.
    Date(f64),
}

impl Value {
    /// A string value of this text.
    pub fn text(text: &str) -> Self {
        Self::String(text.to_owned())
    }

    /// The text of a string value.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The number of a number value.
    pub fn as_number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// The first property of this name, of an object or an ECMA array.
    pub fn property(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(properties) | Self::EcmaArray(properties) => properties
                .iter()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value),
            _ => None,
        }
    }
}

/// Why bytes are no AMF0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Amf0Error {
    /// The bytes end inside a value.
    #[error("AMF0 data ends inside a value; the encoder cut a command short")]
    Truncated,
    /// Nested more than [`MAX_DEPTH`] deep.
    #[error("AMF0 data is nested deeper than {MAX_DEPTH}; the encoder must send flatter objects")]
    TooDeep,
    /// More than [`MAX_VALUES`] values.
    #[error("AMF0 data holds more than {MAX_VALUES} values; the encoder must send fewer")]
    TooMany,
    /// A type marker that is not read: references, record sets, movie clips, the switch to AMF3.
    #[error("AMF0 type marker {0:#04x} is not supported; set the encoder to AMF0")]
    UnknownMarker(u8),
}

/// Reads values until the bytes end.
///
/// Allocates at most three times the bytes given plus [`MAX_VALUES`] values: lengths and counts on
/// the wire are never allocated by.
pub fn read_all(bytes: &[u8]) -> Result<Vec<Value>, Amf0Error> {
    let mut reader = Reader {
        rest: bytes,
        values: 0,
    };
    let mut values = Vec::new();
    while !reader.rest.is_empty() {
        values.push(reader.value(0)?);
    }
    Ok(values)
}

/// Appends one value.
pub fn write(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Number(number) => {
            out.push(NUMBER);
            out.extend_from_slice(&number.to_be_bytes());
        }
        Value::Boolean(flag) => out.extend_from_slice(&[BOOLEAN, u8::from(*flag)]),
        Value::String(text) => {
            if let Ok(length) = u16::try_from(text.len()) {
                out.push(STRING);
                out.extend_from_slice(&length.to_be_bytes());
            } else {
                out.push(LONG_STRING);
                out.extend_from_slice(&(text.len() as u32).to_be_bytes());
            }
            out.extend_from_slice(text.as_bytes());
        }
        Value::Object(properties) => {
            out.push(OBJECT);
            write_properties(properties, out);
        }
        Value::Null => out.push(NULL),
        Value::Undefined => out.push(UNDEFINED),
        Value::EcmaArray(properties) => {
            out.push(ECMA_ARRAY);
            out.extend_from_slice(&(properties.len() as u32).to_be_bytes());
            write_properties(properties, out);
        }
        Value::StrictArray(values) => {
            out.push(STRICT_ARRAY);
            out.extend_from_slice(&(values.len() as u32).to_be_bytes());
            for value in values {
                write(value, out);
            }
        }
        Value::Date(milliseconds) => {
            out.push(DATE);
            out.extend_from_slice(&milliseconds.to_be_bytes());
            out.extend_from_slice(&[0, 0]);
        }
    }
}

fn write_properties(properties: &[(String, Value)], out: &mut Vec<u8>) {
    for (name, value) in properties {
        // A property name has 16 bits of length and no long form.
        let name = &name[..name.floor_char_boundary(usize::from(u16::MAX))];
        out.extend_from_slice(&(name.len() as u16).to_be_bytes());
        out.extend_from_slice(name.as_bytes());
        write(value, out);
    }
    out.extend_from_slice(&[0, 0, OBJECT_END]);
}

struct Reader<'a> {
    rest: &'a [u8],
    values: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], Amf0Error> {
        let (taken, rest) = self
            .rest
            .split_at_checked(count)
            .ok_or(Amf0Error::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Amf0Error> {
        let (taken, rest) = self
            .rest
            .split_first_chunk::<N>()
            .ok_or(Amf0Error::Truncated)?;
        self.rest = rest;
        Ok(*taken)
    }

    fn value(&mut self, depth: usize) -> Result<Value, Amf0Error> {
        if depth > MAX_DEPTH {
            return Err(Amf0Error::TooDeep);
        }
        self.values += 1;
        if self.values > MAX_VALUES {
            return Err(Amf0Error::TooMany);
        }
        let [marker] = self.array()?;
        Ok(match marker {
            NUMBER => Value::Number(f64::from_be_bytes(self.array()?)),
            BOOLEAN => Value::Boolean(self.array::<1>()? != [0]),
            STRING => Value::String(self.short_text()?),
            OBJECT => Value::Object(self.properties(depth)?),
            NULL => Value::Null,
            UNDEFINED | UNSUPPORTED => Value::Undefined,
            ECMA_ARRAY => {
                self.array::<4>()?;
                Value::EcmaArray(self.properties(depth)?)
            }
            STRICT_ARRAY => {
                let count = u32::from_be_bytes(self.array()?);
                let mut values = Vec::new();
                for _ in 0..count {
                    values.push(self.value(depth + 1)?);
                }
                Value::StrictArray(values)
            }
            DATE => {
                let milliseconds = f64::from_be_bytes(self.array()?);
                self.array::<2>()?;
                Value::Date(milliseconds)
            }
            LONG_STRING | XML_DOCUMENT => {
                let length = u32::from_be_bytes(self.array()?);
                let length = usize::try_from(length).map_err(|_| Amf0Error::Truncated)?;
                Value::String(String::from_utf8_lossy(self.take(length)?).into_owned())
            }
            TYPED_OBJECT => {
                self.short_text()?;
                Value::Object(self.properties(depth)?)
            }
            other => return Err(Amf0Error::UnknownMarker(other)),
        })
    }

    fn short_text(&mut self) -> Result<String, Amf0Error> {
        let length = u16::from_be_bytes(self.array()?);
        Ok(String::from_utf8_lossy(self.take(usize::from(length))?).into_owned())
    }

    fn properties(&mut self, depth: usize) -> Result<Vec<(String, Value)>, Amf0Error> {
        let mut properties = Vec::new();
        loop {
            let name = self.short_text()?;
            if name.is_empty() && self.rest.first() == Some(&OBJECT_END) {
                self.take(1)?;
                return Ok(properties);
            }
            properties.push((name, self.value(depth + 1)?));
        }
    }
}

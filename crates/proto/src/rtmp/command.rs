//! RTMP commands: a name, a transaction number and AMF0 values (RTMP 1.0, section 7).

use bytes::Bytes;

use super::SessionError;
use super::message::{Message, kind};
use crate::amf0::{self, Value};

/// One command.
#[derive(Clone, PartialEq)]
pub struct Command {
    /// Its name, such as `connect`.
    pub name: String,
    /// Number that the answer repeats; 0 when none is wanted.
    pub transaction: f64,
    /// The values after it: the command object first, often null.
    pub arguments: Vec<Value>,
}

impl std::fmt::Debug for Command {
    /// Without the arguments: they hold the push key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Command")
            .field("name", &self.name)
            .field("transaction", &self.transaction)
            .field("arguments", &self.arguments.len())
            .finish()
    }
}

/// Whether an `onStatus` brings good news.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Went well.
    Status,
    /// Failed.
    Error,
}

impl Command {
    /// Reads a command message; one of type 17 has a zero byte before the AMF0 values.
    pub fn read(message: &Message) -> Result<Self, SessionError> {
        let body = match message.payload.split_first() {
            Some((0, rest)) if message.kind == kind::COMMAND_AMF3 => rest,
            _ => &message.payload[..],
        };
        let mut values = amf0::read_all(body)?.into_iter();
        let Some(Value::String(name)) = values.next() else {
            return Err(SessionError::NotACommand);
        };
        // FFmpeg as a server sends some commands as a bare name.
        let Some(Value::Number(transaction)) = values.next().or(Some(Value::Number(0.0))) else {
            return Err(SessionError::NotACommand);
        };
        Ok(Self {
            name,
            transaction,
            arguments: values.collect(),
        })
    }

    /// The message that carries this command on a message stream.
    pub fn message(&self, stream_id: u32) -> Message {
        let mut body = Vec::new();
        amf0::write(&Value::text(&self.name), &mut body);
        amf0::write(&Value::Number(self.transaction), &mut body);
        for argument in &self.arguments {
            amf0::write(argument, &mut body);
        }
        Message {
            kind: kind::COMMAND_AMF0,
            timestamp: 0,
            stream_id,
            payload: Bytes::from(body),
        }
    }

    /// The text argument at this place; place 0 is the command object.
    pub fn text(&self, place: usize) -> Option<&str> {
        self.arguments.get(place).and_then(Value::as_str)
    }

    /// The number argument at this place.
    pub fn number(&self, place: usize) -> Option<f64> {
        self.arguments.get(place).and_then(Value::as_number)
    }

    /// `_result`: the answer to a command that went well.
    pub fn result(transaction: f64, object: Value, information: Value) -> Self {
        Self {
            name: "_result".into(),
            transaction,
            arguments: vec![object, information],
        }
    }

    /// `_error`: the answer to a command that did not.
    pub fn error(transaction: f64, description: &str) -> Self {
        let information = information(Level::Error, "NetConnection.Call.Failed", description);
        Self {
            name: "_error".into(),
            transaction,
            arguments: vec![Value::Null, information],
        }
    }

    /// `onStatus`: what became of a stream.
    pub fn on_status(level: Level, code: &str, description: &str) -> Self {
        Self {
            name: "onStatus".into(),
            transaction: 0.0,
            arguments: vec![Value::Null, information(level, code, description)],
        }
    }
}

fn information(level: Level, code: &str, description: &str) -> Value {
    let level = match level {
        Level::Status => "status",
        Level::Error => "error",
    };
    object(&[
        ("level", Value::text(level)),
        ("code", Value::text(code)),
        ("description", Value::text(description)),
    ])
}

/// An object of these properties.
pub(super) fn object(properties: &[(&str, Value)]) -> Value {
    Value::Object(
        properties
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect(),
    )
}

/// The answer to `connect`: AMF0 only, and no codecs beyond H.264 and AAC (no `fourCcList`).
pub(super) fn connect_result(transaction: f64) -> Command {
    let properties = object(&[
        // Encoders compare the number to find out what the server can do.
        ("fmsVer", Value::text("FMS/3,0,1,123")),
        ("capabilities", Value::Number(31.0)),
    ]);
    let mut outcome = information(
        Level::Status,
        "NetConnection.Connect.Success",
        "Connection succeeded.",
    );
    if let Value::Object(properties) = &mut outcome {
        properties.push(("objectEncoding".to_owned(), Value::Number(0.0)));
    }
    Command::result(transaction, properties, outcome)
}

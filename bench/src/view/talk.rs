//! What a viewer says and hears, by protocol, without sockets.

use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;

use kaibo_proto::rtmp::SessionError;

use super::play::Player;
use super::tags::{NotFlv, Picture, Tags};
use crate::http::{Answer, HttpError, request};

/// What to watch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// HTTP-FLV.
    Flv {
        /// The server.
        at: SocketAddr,
        /// Such as `/live/a.flv`.
        path: String,
    },
    /// RTMP play.
    Rtmp {
        /// The server.
        at: SocketAddr,
        /// Such as `live`.
        app: String,
        /// The stream's name.
        stream: String,
    },
}

impl Target {
    pub(crate) fn address(&self) -> SocketAddr {
        match self {
            Self::Flv { at, .. } | Self::Rtmp { at, .. } => *at,
        }
    }
}

/// Why an address cannot be watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write http://IP:PORT/live/NAME.flv or rtmp://IP:PORT/APP/NAME")]
pub(crate) struct BadTarget;

impl FromStr for Target {
    type Err = BadTarget;

    fn from_str(text: &str) -> Result<Self, BadTarget> {
        let (scheme, rest) = text.split_once("://").ok_or(BadTarget)?;
        let slash = rest.find('/').ok_or(BadTarget)?;
        let (authority, path) = rest.split_at(slash);
        let at = authority.parse().map_err(|_| BadTarget)?;
        match (scheme, path[1..].split_once('/')) {
            ("http", _) => Ok(Self::Flv {
                at,
                path: path.to_owned(),
            }),
            ("rtmp", Some((app, stream))) => Ok(Self::Rtmp {
                at,
                app: app.to_owned(),
                stream: stream.to_owned(),
            }),
            _ => Err(BadTarget),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flv { at, path } => write!(f, "http://{at}{path}"),
            Self::Rtmp { at, app, stream } => write!(f, "rtmp://{at}/{app}/{stream}"),
        }
    }
}

/// Why a server was not understood.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum TalkError {
    #[error(transparent)]
    Http(#[from] HttpError),
    #[error(transparent)]
    Flv(#[from] NotFlv),
    #[error(transparent)]
    Rtmp(#[from] SessionError),
    #[error("the server refused to play: {0}")]
    Refused(String),
}

/// One viewer's side of a conversation.
pub(crate) enum Talk {
    Flv { answer: Answer, tags: Tags },
    Rtmp(Box<Player>),
}

impl Talk {
    /// Starts; also gives the first bytes to send.
    pub(crate) fn start(target: &Target) -> (Self, Vec<u8>) {
        match target {
            Target::Flv { at, path } => {
                let (answer, tags) = (Answer::new(), Tags::new());
                (Self::Flv { answer, tags }, request(*at, path))
            }
            Target::Rtmp { at, app, stream } => {
                let (player, hello) = Player::new(*at, app, stream);
                (Self::Rtmp(Box::new(player)), hello)
            }
        }
    }

    /// Takes bytes; calls `seen` for each whole picture.
    pub(crate) fn take(
        &mut self,
        mut input: &[u8],
        seen: &mut dyn FnMut(Picture),
    ) -> Result<(), TalkError> {
        match self {
            Self::Flv { answer, tags } => {
                while let Some(piece) = answer.piece(&mut input)? {
                    tags.take(piece, seen)?;
                }
                Ok(())
            }
            Self::Rtmp(player) => player.take(input, seen),
        }
    }

    /// Bytes that came and are not looked at.
    pub(crate) fn discard(&mut self, bytes: usize) {
        if let Self::Rtmp(player) = self {
            player.discard(bytes);
        }
    }

    /// What is to be sent now.
    pub(crate) fn reply(&mut self) -> Vec<u8> {
        match self {
            Self::Flv { .. } => Vec::new(),
            Self::Rtmp(player) => player.reply(),
        }
    }

    /// The server wants to hear of us while it sends.
    pub(crate) fn must_answer(&self) -> bool {
        matches!(self, Self::Rtmp(_))
    }
}

#[cfg(test)]
mod tests {
    use super::{BadTarget, Target};

    #[test]
    fn addresses_are_read_as_they_are_shown() {
        for text in [
            "http://127.0.0.1:80/live/a.flv",
            "rtmp://127.0.0.1:1935/live/a?b=/c",
        ] {
            let target: Target = text.parse().unwrap();
            assert_eq!(target.to_string(), text);
        }
        for bad in [
            "",
            "http://127.0.0.1:80",
            "rtmp://127.0.0.1:1/live",
            "ftp://127.0.0.1:1/a/b",
        ] {
            assert_eq!(bad.parse::<Target>(), Err(BadTarget));
        }
    }
}

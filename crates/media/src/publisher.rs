//! One publisher's hold on its stream; letting go of it is leaving.

use std::sync::Arc;

use kaibo_proto::media::MediaEvent;
use tokio_util::sync::CancellationToken;

use crate::gate::{RefusedReason, SessionId, StreamEvent};
use crate::meter::PublisherCount;
use crate::stream::{Heard, Stream, Superseded};

/// The stream's publisher until dropped, or until another takes its place.
#[derive(Debug)]
pub(crate) struct Publisher {
    stream: Arc<Stream>,
    session: SessionId,
    /// Cancelled when it must go: cut by the gate, replaced, lease not renewed.
    pub(crate) leave: CancellationToken,
    /// To be told of each read.
    pub(crate) heard: Arc<Heard>,
    _count: PublisherCount,
}

impl Publisher {
    pub(crate) fn new(
        stream: Arc<Stream>,
        session: SessionId,
        leave: CancellationToken,
        heard: Arc<Heard>,
    ) -> Self {
        Self {
            stream,
            session,
            leave,
            heard,
            _count: PublisherCount::new(),
        }
    }

    /// Sends one event to all viewers. Never waits.
    pub(crate) fn send(&self, event: MediaEvent) -> Result<(), Superseded> {
        self.stream.append(self.session, event)
    }

    /// It sends a codec that is not carried.
    pub(crate) fn refuse_codec(&self, name: String) {
        self.stream.report(StreamEvent::Refused {
            stream: self.stream.name.clone(),
            reason: RefusedReason::UnsupportedCodec { name },
        });
    }
}

impl Drop for Publisher {
    fn drop(&mut self) {
        self.stream.detach(self.session);
    }
}

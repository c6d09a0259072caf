//! Reads whole FLV files.

use bytes::Bytes;

use super::{Demuxer, FlvError, PREVIOUS_SIZE_BYTES, TAG_HEADER_BYTES, TagKind};
use crate::media::MediaEvent;

/// Tag type of script data, such as `onMetaData`.
const SCRIPT_TAG: u8 = 18;

/// Reads a whole FLV file from memory, one media event after the other.
///
/// Script tags are passed over. After an error it ends.
#[derive(Debug)]
pub struct Reader {
    rest: Bytes,
    demuxer: Demuxer,
}

impl Reader {
    /// Checks the file header.
    pub fn new(mut file: Bytes) -> Result<Self, FlvError> {
        let Some(&[b'F', b'L', b'V', 1, _, a, b, c, d]) = file.get(..9) else {
            return Err(FlvError::NotFlv);
        };
        let first_tag =
            (u32::from_be_bytes([a, b, c, d]) as usize).saturating_add(PREVIOUS_SIZE_BYTES);
        if first_tag < 13 || first_tag > file.len() {
            return Err(FlvError::NotFlv);
        }
        let rest = file.split_off(first_tag);
        Ok(Self {
            rest,
            demuxer: Demuxer::new(),
        })
    }

    /// Takes the next tag off the file; `None` for one that brings no event.
    fn next_tag(&mut self) -> Result<Option<MediaEvent>, FlvError> {
        let Some(&[kind, l2, l1, l0, t2, t1, t0, t3, _, _, _]) = self.rest.get(..TAG_HEADER_BYTES)
        else {
            return Err(FlvError::Truncated);
        };
        let length = u32::from_be_bytes([0, l2, l1, l0]) as usize;
        let whole = TAG_HEADER_BYTES + length + PREVIOUS_SIZE_BYTES;
        if whole > self.rest.len() {
            return Err(FlvError::Truncated);
        }
        let body = self
            .rest
            .split_to(whole)
            .slice(TAG_HEADER_BYTES..TAG_HEADER_BYTES + length);
        let kind = match kind {
            8 => TagKind::Audio,
            9 => TagKind::Video,
            SCRIPT_TAG => return Ok(None),
            _ => return Err(FlvError::NotFlv),
        };
        self.demuxer
            .tag(kind, i64::from(u32::from_be_bytes([t3, t2, t1, t0])), body)
    }
}

impl Iterator for Reader {
    type Item = Result<MediaEvent, FlvError>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.rest.is_empty() {
            match self.next_tag() {
                Ok(None) => {}
                Ok(Some(event)) => return Some(Ok(event)),
                Err(error) => {
                    self.rest.clear();
                    return Some(Err(error));
                }
            }
        }
        None
    }
}

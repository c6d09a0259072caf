//! An FLV stream read tag by tag, no further than a measuring viewer needs: keyframes and stamps.

use crate::stamp;

const FILE_HEADER_BYTES: usize = 13;
const TAG_HEADER_BYTES: usize = 11;
const PREVIOUS_SIZE_BYTES: usize = 4;
const VIDEO: u8 = 9;

/// A whole picture has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Picture {
    pub(crate) keyframe: bool,
    /// When it was sent, if it says so.
    pub(crate) sent_ns: Option<u64>,
}

impl Picture {
    /// Reads the first bytes of a video tag's body, which is an RTMP video message too. `None` for
    /// what is no coded picture, such as a configuration.
    pub(crate) fn read(body: &[u8]) -> Option<Self> {
        let &[first, packet_type, ..] = body else {
            return None;
        };
        (packet_type == 1).then(|| Self {
            keyframe: first >> 4 == 1,
            sent_ns: stamp::find(&body[..body.len().min(stamp::WITHIN)]),
        })
    }
}

/// What is not FLV.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the server sends something that is no FLV stream")]
pub(crate) struct NotFlv;

/// Where in the stream we are. Bytes may come cut anywhere.
#[derive(Debug)]
pub(crate) struct Tags {
    /// The header that is being read, or the first bytes of a picture.
    held: Vec<u8>,
    part: Part,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    FileHeader,
    TagHeader,
    Body { kind: u8, left: usize },
    PreviousSize { left: usize },
}

impl Tags {
    pub(crate) fn new() -> Self {
        Self {
            held: Vec::with_capacity(stamp::WITHIN),
            part: Part::FileHeader,
        }
    }

    /// Takes bytes; calls `seen` for each picture whose last byte is among them.
    pub(crate) fn take(
        &mut self,
        mut input: &[u8],
        seen: &mut dyn FnMut(Picture),
    ) -> Result<(), NotFlv> {
        while !input.is_empty() {
            match self.part {
                Part::FileHeader => {
                    if self.hold(&mut input, FILE_HEADER_BYTES) {
                        if !self.held.starts_with(b"FLV\x01") {
                            return Err(NotFlv);
                        }
                        self.next(Part::TagHeader);
                    }
                }
                Part::TagHeader => {
                    if self.hold(&mut input, TAG_HEADER_BYTES) {
                        let [kind, high, middle, low, ..] = self.held[..] else {
                            return Err(NotFlv);
                        };
                        if ![8, VIDEO, 18].contains(&kind) {
                            return Err(NotFlv);
                        }
                        let left = u32::from_be_bytes([0, high, middle, low]) as usize;
                        self.next(Part::Body { kind, left });
                    }
                }
                Part::Body { kind, left } => self.body(kind, left, &mut input, seen),
                Part::PreviousSize { left } => {
                    let passed = left.min(input.len());
                    input = &input[passed..];
                    self.part = match left - passed {
                        0 => Part::TagHeader,
                        left => Part::PreviousSize { left },
                    };
                }
            }
        }
        Ok(())
    }

    fn body(&mut self, kind: u8, left: usize, input: &mut &[u8], seen: &mut dyn FnMut(Picture)) {
        let (piece, rest) = input.split_at(left.min(input.len()));
        *input = rest;
        if kind == VIDEO {
            let wanted = stamp::WITHIN.saturating_sub(self.held.len());
            self.held
                .extend_from_slice(&piece[..wanted.min(piece.len())]);
        }
        let left = left - piece.len();
        if left > 0 {
            self.part = Part::Body { kind, left };
            return;
        }
        if let Some(picture) = Picture::read(&self.held) {
            seen(picture);
        }
        self.next(Part::PreviousSize {
            left: PREVIOUS_SIZE_BYTES,
        });
    }

    /// Gathers a header; true when all its bytes are there.
    fn hold(&mut self, input: &mut &[u8], bytes: usize) -> bool {
        let (piece, rest) = input.split_at((bytes - self.held.len()).min(input.len()));
        self.held.extend_from_slice(piece);
        *input = rest;
        self.held.len() == bytes
    }

    fn next(&mut self, part: Part) {
        self.held.clear();
        self.part = part;
    }
}

#[cfg(test)]
mod tests {
    use kaibo_proto::flv;
    use kaibo_proto::media::{Frame, MediaEvent};

    use super::{NotFlv, Picture, Tags};
    use crate::film::Film;
    use crate::stamp::stamped;

    /// Configurations, two inter frames, a keyframe, another inter frame.
    fn stream() -> Vec<u8> {
        let film = Film::miniature();
        let mut out = flv::flv_header(true, true).to_vec();
        for track in &film.tracks {
            out.extend(flv::tag(track, 0));
        }
        for number in 8..12 {
            let frame = film.frame(number);
            let payload = stamped(&frame.payload, number as u64);
            out.extend(flv::tag(&MediaEvent::Frame(Frame { payload, ..frame }), 0));
        }
        out
    }

    fn expected() -> Vec<Picture> {
        (8..12)
            .map(|number| Picture {
                keyframe: number == 10,
                sent_ns: Some(number),
            })
            .collect()
    }

    #[test]
    fn first_keyframe_is_found_at_every_split_of_the_input() {
        let stream = stream();
        for split in 0..=stream.len() {
            let (mut tags, mut pictures) = (Tags::new(), Vec::new());
            for part in [&stream[..split], &stream[split..]] {
                tags.take(part, &mut |picture| pictures.push(picture))
                    .unwrap();
            }
            assert_eq!(pictures, expected(), "split at {split}");
        }
    }

    #[test]
    fn picture_is_seen_with_its_last_byte_and_not_before() {
        let stream = stream();
        let mut tags = Tags::new();
        let mut ends = Vec::new();
        for (at, byte) in stream.iter().enumerate() {
            tags.take(&[*byte], &mut |_| ends.push(at)).unwrap();
        }
        assert_eq!(ends.len(), 4);
        assert_eq!(
            ends.last(),
            Some(&(stream.len() - 5)),
            "PreviousTagSize follows"
        );
    }

    #[test]
    fn other_bytes_are_refused() {
        let mut none = |_: Picture| panic!("no picture in there");
        assert_eq!(
            Tags::new().take(b"<html>not found</html>", &mut none),
            Err(NotFlv)
        );
        let mut stream = stream();
        stream[13] = 77;
        assert_eq!(Tags::new().take(&stream, &mut none), Err(NotFlv));
    }
}

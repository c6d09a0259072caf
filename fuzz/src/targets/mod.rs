//! One file for each parser: what it must hold on any input, and what good inputs look like.

pub mod addresses;
pub mod amf0;
pub mod codec_configs;
pub mod flv;
pub mod http;
pub mod rtmp_chunks;
pub mod rtmp_client;
pub mod rtmp_server;

use bytes::Bytes;
use kaibo_proto::flv::Reader;
use kaibo_proto::media::MediaEvent;

use crate::random::Random;

/// What the first seconds of our own film turn into.
fn film() -> Vec<MediaEvent> {
    let file = Bytes::from_static(include_bytes!("../../../assets/film.flv"));
    let events = Reader::new(file).expect("the film is FLV");
    events
        .take(60)
        .map(|event| event.expect("the film is whole"))
        .collect()
}

/// Cuts the input into pieces that depend on it alone, so that a replay cuts the same.
fn pieces(input: &[u8]) -> Vec<&[u8]> {
    let mut random = Random::of(input);
    let longest = *random.pick(&[1, 7, 40, 700, 5000]);
    // Byte by byte costs much on long inputs, so that only the beginning is cut so finely.
    let fine = if longest < 40 { 9000 } else { usize::MAX };
    let mut pieces = Vec::new();
    let mut rest = input;
    while !rest.is_empty() {
        let bound = if input.len() - rest.len() < fine {
            longest
        } else {
            700
        };
        let (piece, after) = rest.split_at((1 + random.below(bound)).min(rest.len()));
        pieces.push(piece);
        rest = after;
    }
    pieces
}

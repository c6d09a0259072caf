//! The demo's film as tests' input: what a real encoder and a real FLV muxer made.

use bytes::Bytes;
use kaibo_proto::flv::Reader;
use kaibo_proto::media::MediaEvent;

/// Every event of `assets/film.flv`, in file order.
pub(crate) fn events() -> Vec<MediaEvent> {
    let file = Bytes::from_static(include_bytes!("../../../../assets/film.flv"));
    Reader::new(file)
        .expect("an FLV file")
        .collect::<Result<_, _>>()
        .expect("no damaged tag")
}

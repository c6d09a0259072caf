//! The moment of sending, carried inside each picture: an SEI NAL unit that every server passes on unread.

use bytes::{BufMut, Bytes, BytesMut};

/// Names our kind of `user_data_unregistered` (ISO/IEC 14496-10, D.2.7).
const UUID: [u8; 16] = *b"kaibo-bench-time";
/// Digits of the clock. Text, because zero bytes would have to be escaped inside a NAL unit.
const DIGITS: usize = 16;
/// NAL unit type SEI, payload type 5, payload length.
const HEAD: [u8; 3] = [0x06, 0x05, (UUID.len() + DIGITS) as u8];
const NAL_BYTES: usize = HEAD.len() + UUID.len() + DIGITS + 1;

/// So many bytes from the start of a video tag's body hold the whole stamp.
pub(crate) const WITHIN: usize = 128;

/// `payload` (NAL units behind lengths of 4 bytes) with the clock in front.
pub(crate) fn stamped(payload: &[u8], now_ns: u64) -> Bytes {
    let mut out = BytesMut::with_capacity(4 + NAL_BYTES + payload.len());
    out.put_u32(NAL_BYTES as u32);
    out.put_slice(&HEAD);
    out.put_slice(&UUID);
    out.put_slice(format!("{now_ns:016x}").as_bytes());
    // rbsp_trailing_bits: a one, then zeros to the byte's end.
    out.put_u8(0x80);
    out.put_slice(payload);
    out.freeze()
}

/// The clock in the first bytes of a picture, whatever stands before it.
pub(crate) fn find(picture: &[u8]) -> Option<u64> {
    let at = picture.windows(UUID.len()).position(|part| part == UUID)?;
    let digits = picture.get(at + UUID.len()..at + UUID.len() + DIGITS)?;
    u64::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use kaibo_proto::flv;
    use kaibo_proto::h264;
    use kaibo_proto::media::{Frame, MediaEvent, TrackKind};

    use super::{WITHIN, find, stamped};

    const NOW: u64 = 0x0000_00c0_ffee_0001;

    #[test]
    fn stamp_survives_flv_muxing_and_is_found_in_the_first_bytes() {
        let picture = [&[0, 0, 1, 0, 0x65][..], &[0x11; 255]].concat();
        let frame = MediaEvent::Frame(Frame {
            track: TrackKind::Video,
            dts_ms: 40,
            cts_ms: 0,
            keyframe: true,
            payload: stamped(&picture, NOW),
        });
        let (_, body) = flv::body(&frame);
        assert_eq!(find(&body[..WITHIN]), Some(NOW));
    }

    #[test]
    fn stamp_is_a_nal_unit_of_its_own_without_bytes_that_need_escaping() {
        let picture = [0, 0, 0, 2, 0x65, 0x88];
        let all = stamped(&picture, 0);
        let units: Vec<&[u8]> = h264::nal_units(&all, 4).collect();
        assert_eq!(units.len(), 2);
        assert_eq!(units[0][0] & 31, 6);
        assert!(!units[0].contains(&0));
        assert_eq!(units[1], &picture[4..]);
    }

    #[test]
    fn no_stamp_is_found_where_there_is_none_or_half_of_one() {
        assert_eq!(find(&[0; 200]), None);
        let all = stamped(&[], NOW);
        assert_eq!(find(&all[..all.len() - 2]), None);
        assert_eq!(find(&Bytes::new()), None);
    }
}

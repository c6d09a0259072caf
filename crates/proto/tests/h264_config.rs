//! H.264 configurations of real encoders, made-up parameter sets, and access units in Annex B form.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

use bytes::Bytes;
use kaibo_proto::h264::{
    AccessUnit, AvcConfig, H264Error, append_annex_b, inspect, nal_units, video_track,
};
use proptest::prelude::*;

/// Configurations that x264 wrote, with the picture's size and RFC 6381 name.
const REAL: [(&str, u16, u16, &str); 7] = [
    (
        "0142c00cffe100176742c00cda05067e7c0440000003004000000c83c50aa801000468ce0fc8",
        320,
        180,
        "avc1.42c00c",
    ),
    (
        "01640028ffe1001967640028acb403c0113f2e0220000003002000000641e3065401000468ce0fcbfdf8f800",
        1920,
        1080,
        "avc1.640028",
    ),
    (
        "014d401effe10018674d401ef405a126c044000003000400000300c87c50aa8001000468de0fc8",
        720,
        576,
        "avc1.4d401e",
    ),
    (
        "014d4028ffe10019674d4028f403c0227ef011000003000100000300321f162ea001000468de0fc8",
        1920,
        1080,
        "avc1.4d4028",
    ),
    (
        "01f4000dffe1001a67f4000d919681519e3e2f011000000300100000030320f142aa01000568ce0f1920fff8f800",
        322,
        182,
        "avc1.f4000d",
    ),
    (
        "017a000dffe10019677a000dbcb40a8cf1117808800000030080000019078a155001000468ce0fc8fef8f800",
        322,
        182,
        "avc1.7a000d",
    ),
    (
        "0164001effe100196764001eacb405017fcb80880000030008000003019078b17501000568ce0fcc03fdf8f800",
        640,
        360,
        "avc1.64001e",
    ),
];

fn hex(text: &str) -> Bytes {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

/// Wraps a parameter set into a configuration with 4-byte lengths.
fn config_of(sps: &[u8]) -> Bytes {
    let mut out = vec![1, 100, 0, 31, 0xff, 0xe1];
    out.extend((sps.len() as u16).to_be_bytes());
    out.extend(sps);
    out.extend([1, 0, 2, 0x68, 0xce]);
    out.into()
}

/// Writes single bits and Exp-Golomb numbers, then escapes the result.
#[derive(Default)]
struct BitWriter(Vec<bool>);

impl BitWriter {
    fn bits(&mut self, value: u32, count: u32) -> &mut Self {
        self.0
            .extend((0..count).rev().map(|at| value >> at & 1 == 1));
        self
    }

    fn golomb(&mut self, value: u32) -> &mut Self {
        let length = 32 - (value + 1).leading_zeros();
        self.bits(0, length - 1).bits(value + 1, length)
    }

    fn signed(&mut self, value: i32) -> &mut Self {
        self.golomb(if value > 0 {
            value as u32 * 2 - 1
        } else {
            value.unsigned_abs() * 2
        })
    }

    fn nal(&mut self) -> Vec<u8> {
        self.bits(1, 1);
        let raw = self.0.chunks(8).map(|bits| {
            bits.iter()
                .enumerate()
                .fold(0u8, |byte, (at, &bit)| byte | u8::from(bit) << (7 - at))
        });
        let mut out = vec![0x67];
        for byte in raw {
            if byte <= 3 && out.ends_with(&[0, 0]) {
                out.push(3);
            }
            out.push(byte);
        }
        out
    }
}

#[derive(Clone, Debug)]
struct Sps {
    high: bool,
    chroma: u32,
    scaling: bool,
    order_type: u32,
    macroblocks: (u32, u32),
    interlaced: bool,
    crop: Option<[u32; 4]>,
}

impl Sps {
    fn write(&self) -> Vec<u8> {
        let mut out = BitWriter::default();
        out.bits(if self.high { 244 } else { 77 }, 8)
            .bits(0, 8)
            .bits(31, 8)
            .golomb(0);
        if self.high {
            out.golomb(self.chroma);
            if self.chroma == 3 {
                out.bits(0, 1);
            }
            out.golomb(0)
                .golomb(0)
                .bits(0, 1)
                .bits(u32::from(self.scaling), 1);
            for list in 0..if !self.scaling {
                0
            } else if self.chroma == 3 {
                12
            } else {
                8
            } {
                // Every other list is there: one that ends at once, and complete ones.
                out.bits(list % 2, 1);
                if list == 1 {
                    out.signed(-8);
                } else if list % 2 == 1 {
                    for at in 0..if list < 6 { 16 } else { 64 } {
                        out.signed(at % 3 - 1);
                    }
                }
            }
        }
        out.golomb(4).golomb(self.order_type);
        if self.order_type == 0 {
            out.golomb(2);
        } else if self.order_type == 1 {
            out.bits(0, 1)
                .signed(-3)
                .signed(4)
                .golomb(3)
                .signed(1)
                .signed(-1)
                .signed(0);
        }
        let (columns, rows) = self.macroblocks;
        out.golomb(1)
            .bits(0, 1)
            .golomb(columns - 1)
            .golomb(rows - 1);
        out.bits(u32::from(!self.interlaced), 1);
        if self.interlaced {
            out.bits(1, 1);
        }
        out.bits(1, 1).bits(u32::from(self.crop.is_some()), 1);
        for offset in self.crop.iter().flatten() {
            out.golomb(*offset);
        }
        out.bits(0, 1).nal()
    }

    fn size(&self) -> (u16, u16) {
        let fields = if self.interlaced { 2 } else { 1 };
        let chroma = if self.high { self.chroma } else { 1 };
        let unit_x = if matches!(chroma, 1 | 2) { 2 } else { 1 };
        let unit_y = fields * if chroma == 1 { 2 } else { 1 };
        let [left, right, top, bottom] = self.crop.unwrap_or_default();
        let width = self.macroblocks.0 * 16 - (left + right) * unit_x;
        let height = self.macroblocks.1 * 16 * fields - (top + bottom) * unit_y;
        (width as u16, height as u16)
    }
}

fn any_sps() -> impl Strategy<Value = Sps> {
    let crop = proptest::option::of([0u32..3, 0..3, 0..3, 0..3]);
    (
        any::<bool>(),
        0u32..4,
        any::<bool>(),
        0u32..3,
        (2u32..200, 2u32..150),
        any::<bool>(),
        crop,
    )
        .prop_map(
            |(high, chroma, scaling, order_type, macroblocks, interlaced, crop)| Sps {
                high,
                chroma,
                scaling,
                order_type,
                macroblocks,
                interlaced,
                crop,
            },
        )
}

#[test]
fn real_configurations_give_size_and_name() {
    for (config, width, height, name) in REAL {
        let track = video_track(hex(config)).unwrap();
        assert_eq!((track.width, track.height), (width, height), "{name}");
        assert_eq!(track.codec_string, name);
        assert_eq!(track.nal_length_bytes, 4);
        assert_eq!(track.config, hex(config));
    }
}

#[test]
fn parameter_sets_come_out_whole() {
    let config = AvcConfig::parse(&hex(REAL[0].0)).unwrap();
    assert_eq!(
        config.sps,
        [hex("6742c00cda05067e7c0440000003004000000c83c50aa8")]
    );
    assert_eq!(config.pps, [hex("68ce0fc8")]);
}

#[test]
fn a_configuration_cut_short_is_refused() {
    let whole = hex(REAL[0].0);
    for length in 0..whole.len() {
        assert_eq!(
            AvcConfig::parse(&whole.slice(..length)),
            Err(H264Error::Truncated),
            "{length}"
        );
    }
}

#[test]
fn impossible_configurations_say_why() {
    let mut version = hex(REAL[0].0).to_vec();
    version[0] = 2;
    assert_eq!(video_track(version.into()), Err(H264Error::Version(2)));
    let mut length = hex(REAL[0].0).to_vec();
    length[4] = 0xfe;
    assert_eq!(video_track(length.into()), Err(H264Error::NalLength));
    assert_eq!(
        video_track(hex("0142c00cffe000")),
        Err(H264Error::NoParameterSets)
    );
    assert_eq!(
        video_track(hex("0142c00cffe100000100026800")),
        Err(H264Error::NoParameterSets)
    );
    assert_eq!(
        video_track(config_of(&[0x68, 1, 2, 3])),
        Err(H264Error::BadSps)
    );
    assert_eq!(
        video_track(config_of(&[0x67, 77, 0])),
        Err(H264Error::BadSps)
    );
    assert_eq!(video_track(vec![1; 20_000].into()), Err(H264Error::TooLong));
}

#[test]
fn a_crop_larger_than_the_picture_is_refused() {
    let mut sps = Sps {
        high: false,
        chroma: 1,
        scaling: false,
        order_type: 2,
        macroblocks: (2, 2),
        interlaced: false,
        crop: Some([16, 0, 0, 0]),
    };
    assert_eq!(video_track(config_of(&sps.write())), Err(H264Error::BadSps));
    sps.crop = Some([15, 0, 0, 0]);
    assert_eq!(video_track(config_of(&sps.write())).unwrap().width, 2);
    sps.crop = Some([u32::MAX - 2, 0, 0, 0]);
    assert_eq!(video_track(config_of(&sps.write())), Err(H264Error::BadSps));
    sps.crop = None;
    sps.macroblocks = (2000, 2);
    assert_eq!(video_track(config_of(&sps.write())), Err(H264Error::BadSps));
}

#[test]
fn annex_b_brings_parameter_sets_wherever_decoding_can_start() {
    let config = AvcConfig::parse(&config_of(&hex("6742c00cda05067e7c04"))).unwrap();
    let write = |payload: &str, keyframe: bool| {
        let mut out = vec![0xaa];
        append_annex_b(&mut out, &hex(payload), keyframe, &config);
        assert_eq!(out.remove(0), 0xaa, "it appends");
        Bytes::from(out)
    };
    let head = "0000000109f0";
    let sets = "000000016742c00cda05067e7c040000000168ce";
    assert_eq!(
        write("0000000265880000000141", true),
        hex(&format!("{head}{sets}0000000165880000000141"))
    );
    assert_eq!(
        write("00000002419a", false),
        hex(&format!("{head}00000001419a"))
    );
    // Open groups start with a recovery point instead of an IDR picture.
    assert_eq!(
        write("00000002419a", true),
        hex(&format!("{head}{sets}00000001419a"))
    );
    // Its own delimiter goes, its own parameter sets stay.
    let own = write("0000000209f0000000026742000000026800000000026588", true);
    assert_eq!(
        own,
        hex(&format!("{head}000000016742000000016800000000016588"))
    );
}

#[test]
fn nal_units_end_at_a_damaged_length() {
    let units = |payload: &str, length| -> Vec<Bytes> {
        let payload = hex(payload);
        nal_units(&payload, length)
            .map(Bytes::copy_from_slice)
            .collect()
    };
    assert_eq!(units("0000000241010000000005", 4), [hex("4101")]);
    assert_eq!(units("02410100000141", 1), [hex("4101"), hex("41")]);
    assert_eq!(units("00024101ffff41", 2), [hex("4101")]);
    assert_eq!(units("ffffffff41", 4), Vec::<Bytes>::new());
}

#[test]
fn pictures_and_idr_pictures_are_told_apart() {
    let look = |payload: &str| inspect(&hex(payload), 1);
    assert_eq!(look("020600020967"), AccessUnit::default());
    assert_eq!(
        look("0141"),
        AccessUnit {
            picture: true,
            idr: false
        }
    );
    assert_eq!(
        look("016702680002658801"),
        AccessUnit {
            picture: true,
            idr: true
        }
    );
}

proptest! {
    #[test]
    fn made_up_parameter_sets_give_their_size(sps in any_sps()) {
        let track = video_track(config_of(&sps.write())).unwrap();
        prop_assert_eq!((track.width, track.height), sps.size());
    }

    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), prefix in 0u8..5) {
        let _ = video_track(Bytes::from(bytes.clone()));
        let _ = video_track(config_of(&bytes));
        let mut sps = vec![0x67, 100];
        sps.extend(&bytes);
        let _ = video_track(config_of(&sps));
        let _ = inspect(&bytes, prefix);
        let config = AvcConfig::parse(&config_of(&[0x67, 1])).unwrap();
        let mut out = Vec::new();
        append_annex_b(&mut out, &bytes, true, &AvcConfig { nal_length_bytes: 1, ..config });
        prop_assert!(out.len() <= 4 * bytes.len() + 40);
    }
}

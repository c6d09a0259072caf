//! Initialisation segments: what a decoder must know before the first sample.

use std::num::{NonZeroU16, NonZeroU32};

use bytes::Bytes;
use shiguredo_mp4::boxes::{
    AudioSampleEntryFields, Brand, DinfBox, EsdsBox, FtypBox, HdlrBox, MdhdBox, MdiaBox,
    MediaHeader, MinfBox, MoovBox, Mp4aBox, MvexBox, MvhdBox, SampleEntry, SmhdBox, StblBox,
    StcoBox, StscBox, StsdBox, StszBox, SttsBox, TkhdBox, TrakBox, TrexBox, UnknownBox,
    VisualSampleEntryFields, VmhdBox,
};
use shiguredo_mp4::descriptors::{
    DecoderConfigDescriptor, DecoderSpecificInfo, EsDescriptor, SlConfigDescriptor,
};
use shiguredo_mp4::{
    BoxSize, BoxType, Either, Encode, FixedPointNumber, LanguageCode, Mp4FileTime, SampleFlags,
    Uint,
};

use super::{OURS, TRACK_ID, core_coder, timescale};
use crate::media::{AudioTrack, Track, VideoTrack};

/// The initialisation segment of a track: `ftyp` and `moov`, about 700 bytes and the configuration.
pub fn init_segment(track: &Track) -> Bytes {
    let file_type = FtypBox {
        major_brand: Brand::ISO6,
        minor_version: 0,
        compatible_brands: vec![Brand::ISO6, Brand::new(*b"cmfc"), Brand::MP41],
    };
    let timescale = NonZeroU32::new(timescale(track)).unwrap_or(NonZeroU32::MIN);
    let movie = MoovBox {
        mvhd_box: MvhdBox {
            creation_time: Mp4FileTime::default(),
            modification_time: Mp4FileTime::default(),
            timescale,
            duration: 0,
            rate: MvhdBox::DEFAULT_RATE,
            volume: MvhdBox::DEFAULT_VOLUME,
            matrix: MvhdBox::DEFAULT_MATRIX,
            next_track_id: TRACK_ID + 1,
        },
        trak_boxes: vec![track_box(track, timescale)],
        mvex_box: Some(MvexBox {
            mehd_box: None,
            trex_boxes: vec![TrexBox {
                track_id: TRACK_ID,
                default_sample_description_index: 1,
                default_sample_duration: 0,
                default_sample_size: 0,
                default_sample_flags: SampleFlags::empty(),
            }],
            unknown_boxes: Vec::new(),
        }),
        unknown_boxes: Vec::new(),
    };
    let mut out = file_type.encode_to_vec().expect(OURS);
    out.extend(movie.encode_to_vec().expect(OURS));
    out.into()
}

fn track_box(track: &Track, timescale: NonZeroU32) -> TrakBox {
    let (volume, width, height, handler_type, media_header) = match track {
        Track::Video(video) => (
            TkhdBox::DEFAULT_VIDEO_VOLUME,
            video.width as i16,
            video.height as i16,
            HdlrBox::HANDLER_TYPE_VIDE,
            MediaHeader::Vmhd(VmhdBox::default()),
        ),
        Track::Audio(_) => (
            TkhdBox::DEFAULT_AUDIO_VOLUME,
            0,
            0,
            HdlrBox::HANDLER_TYPE_SOUN,
            MediaHeader::Smhd(SmhdBox::default()),
        ),
    };
    TrakBox {
        tkhd_box: TkhdBox {
            flag_track_enabled: true,
            flag_track_in_movie: true,
            flag_track_in_preview: false,
            flag_track_size_is_aspect_ratio: false,
            creation_time: Mp4FileTime::default(),
            modification_time: Mp4FileTime::default(),
            track_id: TRACK_ID,
            duration: 0,
            layer: TkhdBox::DEFAULT_LAYER,
            alternate_group: TkhdBox::DEFAULT_ALTERNATE_GROUP,
            volume,
            matrix: TkhdBox::DEFAULT_MATRIX,
            width: FixedPointNumber::new(width, 0),
            height: FixedPointNumber::new(height, 0),
        },
        edts_box: None,
        mdia_box: MdiaBox {
            mdhd_box: MdhdBox {
                creation_time: Mp4FileTime::default(),
                modification_time: Mp4FileTime::default(),
                timescale,
                duration: 0,
                language: LanguageCode::UNDEFINED,
            },
            hdlr_box: HdlrBox {
                handler_type,
                name: vec![0],
            },
            minf_box: MinfBox {
                media_header: Some(media_header),
                dinf_box: DinfBox::LOCAL_FILE,
                stbl_box: sample_table(track),
                unknown_boxes: Vec::new(),
            },
            unknown_boxes: Vec::new(),
        },
        unknown_boxes: Vec::new(),
    }
}

/// A sample table with the sample's description and no samples: those are in the fragments.
fn sample_table(track: &Track) -> StblBox {
    let entry = match track {
        Track::Video(video) => avc_entry(video),
        Track::Audio(audio) => aac_entry(audio),
    };
    StblBox {
        stsd_box: StsdBox {
            entries: vec![entry],
        },
        stts_box: SttsBox {
            entries: Vec::new(),
        },
        ctts_box: None,
        cslg_box: None,
        stsc_box: StscBox {
            entries: Vec::new(),
        },
        stsz_box: StszBox::Variable {
            entry_sizes: Vec::new(),
        },
        stco_or_co64_box: Either::A(StcoBox {
            chunk_offsets: Vec::new(),
        }),
        stss_box: None,
        sdtp_box: None,
        unknown_boxes: Vec::new(),
    }
}

/// The `avc1` entry. The configuration goes in byte for byte: encoders differ in its optional tail.
fn avc_entry(track: &VideoTrack) -> SampleEntry {
    let visual = VisualSampleEntryFields {
        data_reference_index: NonZeroU16::MIN,
        width: track.width,
        height: track.height,
        horizresolution: VisualSampleEntryFields::DEFAULT_HORIZRESOLUTION,
        vertresolution: VisualSampleEntryFields::DEFAULT_VERTRESOLUTION,
        frame_count: VisualSampleEntryFields::DEFAULT_FRAME_COUNT,
        compressorname: VisualSampleEntryFields::NULL_COMPRESSORNAME,
        depth: VisualSampleEntryFields::DEFAULT_DEPTH,
    };
    let mut payload = visual.encode_to_vec().expect(OURS);
    payload.extend((track.config.len() as u32 + 8).to_be_bytes());
    payload.extend(b"avcC");
    payload.extend(&track.config);
    let box_type = BoxType::Normal(*b"avc1");
    let box_size = BoxSize::U32(payload.len() as u32 + 8);
    SampleEntry::Unknown(UnknownBox {
        box_type,
        box_size,
        payload,
    })
}

fn aac_entry(track: &AudioTrack) -> SampleEntry {
    // The field has 16 bits; decoders take higher rates from the configuration.
    let rate = u16::try_from(core_coder(track).0).unwrap_or(0);
    SampleEntry::Mp4a(Mp4aBox {
        audio: AudioSampleEntryFields {
            data_reference_index: NonZeroU16::MIN,
            channelcount: u16::from(track.channels),
            samplesize: AudioSampleEntryFields::DEFAULT_SAMPLESIZE,
            samplerate: FixedPointNumber::new(rate, 0),
        },
        esds_box: EsdsBox {
            es: EsDescriptor {
                es_id: EsDescriptor::MIN_ES_ID,
                stream_priority: EsDescriptor::LOWEST_STREAM_PRIORITY,
                depends_on_es_id: None,
                url_string: None,
                ocr_es_id: None,
                dec_config_descr: DecoderConfigDescriptor {
                    object_type_indication:
                        DecoderConfigDescriptor::OBJECT_TYPE_INDICATION_AUDIO_ISO_IEC_14496_3,
                    stream_type: DecoderConfigDescriptor::STREAM_TYPE_AUDIO,
                    up_stream: DecoderConfigDescriptor::UP_STREAM_FALSE,
                    buffer_size_db: Uint::new(0),
                    max_bitrate: 0,
                    avg_bitrate: 0,
                    dec_specific_info: Some(DecoderSpecificInfo {
                        payload: track.config.to_vec(),
                    }),
                },
                sl_config_descr: SlConfigDescriptor,
            },
        },
        unknown_boxes: Vec::new(),
    })
}

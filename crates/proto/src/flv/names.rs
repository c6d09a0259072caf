//! What people call the codecs that Kaibo does not carry.

/// Names the codec of an Enhanced RTMP video tag by its FourCC.
pub(super) fn enhanced_video_name(first: u8, body: &[u8]) -> String {
    enhanced_name("video", first & 15, body)
}

/// Names the codec of an audio tag that is not plain AAC.
pub(super) fn audio_name(first: u8, body: &[u8]) -> String {
    let name = match first >> 4 {
        0 | 3 => "PCM",
        1 => "ADPCM",
        2 | 14 => "MP3",
        4..=6 => "Nellymoser",
        7 => "G.711 A-law",
        8 => "G.711 mu-law",
        9 => return enhanced_name("audio", first & 15, body),
        11 => "Speex",
        other => return format!("FLV sound format {other}"),
    };
    name.to_owned()
}

/// Names the codec of a legacy video tag that is not AVC.
pub(super) fn legacy_video_name(codec: u8) -> String {
    let name = match codec {
        2 => "Sorenson H.263",
        3 | 6 => "Screen video",
        4 | 5 => "VP6",
        12 => "H.265 (codec id 12)",
        13 => "AV1 (codec id 13)",
        other => return format!("FLV video codec {other}"),
    };
    name.to_owned()
}

/// The FourCC of an Enhanced RTMP tag (Enhanced RTMP v2, "Enhanced Audio/Video") with its common name.
fn enhanced_name(medium: &str, packet_type: u8, body: &[u8]) -> String {
    /// Packet type of a tag with several tracks: one more byte stands before the FourCC.
    const MULTITRACK: [u8; 2] = [5, 6];
    let multitrack = packet_type == MULTITRACK[usize::from(medium == "video")];
    let at = if multitrack { 2 } else { 1 };
    let Some(fourcc) = body
        .get(at..at + 4)
        .filter(|code| code.iter().all(u8::is_ascii_graphic))
    else {
        return format!("Enhanced RTMP {medium}");
    };
    let common = match fourcc {
        b"hvc1" => "H.265",
        b"av01" => "AV1",
        b"vp08" => "VP8",
        b"vp09" => "VP9",
        b"vvc1" => "H.266",
        b"avc1" => "H.264 in Enhanced RTMP",
        b"mp4a" => "AAC in Enhanced RTMP",
        b"Opus" => "Opus sound",
        b"fLaC" => "FLAC sound",
        b"ac-3" | b"ec-3" => "Dolby sound",
        b".mp3" => "MP3",
        _ => "Enhanced RTMP",
    };
    let fourcc = String::from_utf8_lossy(fourcc);
    format!("{fourcc} ({common})")
}

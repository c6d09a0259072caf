//! Writes playlists as text (RFC 8216bis, section 4).

use std::fmt::Write as _;

/// Why writing cannot fail.
const INFALLIBLE: &str = "a String takes all text";

/// One segment's lines in a media playlist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentLine {
    /// Where it is, relative to the playlist.
    pub uri: String,
    /// Length in milliseconds.
    pub duration_ms: u64,
    /// Wall clock at its start, in milliseconds since 1970 (UTC).
    pub program_date_time_ms: i64,
    /// It does not continue what comes before.
    pub discontinuity: bool,
    /// This track has nothing in that time; players pass over it.
    pub gap: bool,
    /// Its initialisation segment; `None` for MPEG-TS.
    pub map: Option<String>,
}

/// A media playlist.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MediaPlaylist {
    /// No segment is longer than this when rounded to seconds.
    pub target_duration_s: u64,
    /// Number of the first segment.
    pub media_sequence: u64,
    /// How many discontinuities have left the playlist.
    pub discontinuity_sequence: u64,
    /// Every segment starts with a keyframe.
    pub independent: bool,
    /// Nothing will follow.
    pub ended: bool,
    /// From old to new.
    pub segments: Vec<SegmentLine>,
}

impl MediaPlaylist {
    /// The text; `query` (such as `token=…`, or nothing) goes onto every address.
    pub fn write(&self, query: &str) -> String {
        let query = query_suffix(query);
        let mut out = String::with_capacity(200 + self.segments.len() * 160);
        self.write_head(&mut out).expect(INFALLIBLE);
        let mut map = None;
        for segment in &self.segments {
            let repeat = segment.discontinuity || map != segment.map.as_ref();
            segment.write(&mut out, &query, repeat).expect(INFALLIBLE);
            map = segment.map.as_ref();
        }
        if self.ended {
            out.push_str("#EXT-X-ENDLIST\n");
        }
        out
    }

    fn write_head(&self, out: &mut String) -> std::fmt::Result {
        // Gaps need version 8; maps in a playlist of ordinary pictures need 6; the rest needs 3.
        let version = if self.segments.iter().any(|segment| segment.gap) {
            8
        } else if self.segments.iter().any(|segment| segment.map.is_some()) {
            6
        } else {
            3
        };
        writeln!(out, "#EXTM3U\n#EXT-X-VERSION:{version}")?;
        writeln!(out, "#EXT-X-TARGETDURATION:{}", self.target_duration_s)?;
        writeln!(out, "#EXT-X-MEDIA-SEQUENCE:{}", self.media_sequence)?;
        writeln!(
            out,
            "#EXT-X-DISCONTINUITY-SEQUENCE:{}",
            self.discontinuity_sequence
        )?;
        if self.independent {
            writeln!(out, "#EXT-X-INDEPENDENT-SEGMENTS")?;
        }
        Ok(())
    }
}

impl SegmentLine {
    fn write(&self, out: &mut String, query: &str, write_map: bool) -> std::fmt::Result {
        if self.discontinuity {
            writeln!(out, "#EXT-X-DISCONTINUITY")?;
        }
        if let Some(map) = self.map.as_ref().filter(|_| write_map) {
            writeln!(out, "#EXT-X-MAP:URI=\"{map}{query}\"")?;
        }
        writeln!(
            out,
            "#EXT-X-PROGRAM-DATE-TIME:{}",
            date_time(self.program_date_time_ms)
        )?;
        if self.gap {
            writeln!(out, "#EXT-X-GAP")?;
        }
        let (seconds, rest) = (self.duration_ms / 1000, self.duration_ms % 1000);
        writeln!(out, "#EXTINF:{seconds}.{rest:03},\n{}{query}", self.uri)
    }
}

/// The pictures of a multivariant playlist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VideoRendition {
    /// Where its media playlist is.
    pub uri: String,
    /// RFC 6381 name, such as `avc1.64001f`.
    pub codec: String,
    /// Width in pixels.
    pub width: u16,
    /// Height in pixels.
    pub height: u16,
}

/// The sound of a multivariant playlist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AudioRendition {
    /// Where its media playlist is.
    pub uri: String,
    /// RFC 6381 name, such as `mp4a.40.2`.
    pub codec: String,
    /// Number of channels.
    pub channels: u8,
}

/// A multivariant playlist of one stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Multivariant {
    /// The pictures, if any.
    pub video: Option<VideoRendition>,
    /// The sound, if any.
    pub audio: Option<AudioRendition>,
    /// Most bits per second of any segment, pictures and sound together.
    pub peak_bandwidth: u64,
    /// Bits per second on average.
    pub average_bandwidth: u64,
}

impl Multivariant {
    /// The text; `query` (such as `token=…`, or nothing) goes onto every address.
    pub fn write(&self, query: &str) -> String {
        let mut out = String::with_capacity(600);
        self.write_to(&mut out, &query_suffix(query))
            .expect(INFALLIBLE);
        out
    }

    fn write_to(&self, out: &mut String, query: &str) -> std::fmt::Result {
        writeln!(out, "#EXTM3U\n#EXT-X-VERSION:6")?;
        let both = self.video.is_some() && self.audio.is_some();
        if let Some(audio) = self.audio.as_ref().filter(|_| both) {
            let AudioRendition { uri, channels, .. } = audio;
            write!(
                out,
                "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"sound\",NAME=\"sound\",DEFAULT=YES,AUTOSELECT=YES"
            )?;
            writeln!(out, ",CHANNELS=\"{channels}\",URI=\"{uri}{query}\"")?;
        }
        let codecs: Vec<_> = [
            self.video.as_ref().map(|v| &v.codec),
            self.audio.as_ref().map(|a| &a.codec),
        ]
        .into_iter()
        .flatten()
        .map(String::as_str)
        .collect();
        let Some(uri) = self
            .video
            .as_ref()
            .map(|v| &v.uri)
            .or(self.audio.as_ref().map(|a| &a.uri))
        else {
            return Ok(());
        };
        write!(
            out,
            "#EXT-X-STREAM-INF:BANDWIDTH={}",
            self.peak_bandwidth.max(1)
        )?;
        write!(
            out,
            ",AVERAGE-BANDWIDTH={},CODECS=\"{}\"",
            self.average_bandwidth.max(1),
            codecs.join(",")
        )?;
        if let Some(video) = &self.video {
            write!(out, ",RESOLUTION={}x{}", video.width, video.height)?;
        }
        if both {
            write!(out, ",AUDIO=\"sound\"")?;
        }
        writeln!(out, "\n{uri}{query}")
    }
}

/// `?` and the query, or nothing when it is empty or has characters that could break out of a line or a quote.
fn query_suffix(query: &str) -> String {
    let harmless = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~%=&+/:@!$'()*;".contains(&byte);
    if query.is_empty() || !query.bytes().all(harmless) {
        return String::new();
    }
    format!("?{query}")
}

/// A wall clock time as ISO 8601, `2026-11-22T17:00:00.250Z`. Years 1970 to 9999; others are cut to that.
fn date_time(unix_ms: i64) -> String {
    const LAST: i64 = 253_402_300_799_999;
    let unix_ms = unix_ms.clamp(0, LAST);
    let (days, in_day) = (unix_ms / 86_400_000, unix_ms % 86_400_000);
    let (year, month, day) = civil(days);
    let (hour, minute) = (in_day / 3_600_000, in_day / 60_000 % 60);
    let (second, milli) = (in_day / 1000 % 60, in_day % 1000);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z")
}

/// Year, month and day of the day `days` after 1970-01-01.
fn civil(mut days: i64) -> (i64, usize, i64) {
    let leap = |year: i64| (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    // 400 years always have 146 097 days, so at most 400 turns of the loop remain.
    let mut year = 1970 + days / 146_097 * 400;
    days %= 146_097;
    loop {
        let length = if leap(year) { 366 } else { 365 };
        if days < length {
            break;
        }
        days -= length;
        year += 1;
    }
    let february = if leap(year) { 29 } else { 28 };
    let lengths = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 0;
    while days >= lengths[month] {
        days -= lengths[month];
        month += 1;
    }
    (year, month + 1, days + 1)
}

#[cfg(test)]
mod tests {
    use super::{date_time, query_suffix};

    #[test]
    fn dates_are_right_around_leap_days() {
        for (unix_s, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400, "2000-02-29T00:00:00.000Z"),
            (951_868_800, "2000-03-01T00:00:00.000Z"),
            (1_709_251_199, "2024-02-29T23:59:59.000Z"),
            (1_795_366_800, "2026-11-22T17:00:00.000Z"),
            (4_107_542_400, "2100-03-01T00:00:00.000Z"),
        ] {
            assert_eq!(date_time(unix_s * 1000), text);
        }
        assert_eq!(date_time(1_795_366_800_250), "2026-11-22T17:00:00.250Z");
        assert_eq!(date_time(-5), "1970-01-01T00:00:00.000Z");
        assert_eq!(date_time(i64::MAX), "9999-12-31T23:59:59.999Z");
    }

    #[test]
    fn a_query_cannot_break_out_of_its_line() {
        assert_eq!(query_suffix(""), "");
        assert_eq!(query_suffix("token=a-b_c%3D"), "?token=a-b_c%3D");
        for bad in ["a\nb", "a\"b", "a b", "a\rb", "é", "a#b", "a,b"] {
            assert_eq!(query_suffix(bad), "", "{bad:?}");
        }
    }
}

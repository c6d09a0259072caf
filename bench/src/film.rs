//! The film that everybody sends: encoded once by FFmpeg, kept under `target/bench`, shown without end.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail, ensure};
use bytes::Bytes;
use kaibo_proto::flv;
use kaibo_proto::media::{Frame, MediaEvent, Track, TrackKind};

/// 30 s hold 900 pictures and, to a fifth of a millisecond, 1,292 AAC frames at 44.1 kHz: no seam.
pub(crate) const LENGTH_MS: i64 = 30_000;
const PICTURES: usize = 900;
const SOUNDS: usize = 1_292;
/// Named by what is in it, so that another film takes another name.
const NAME: &str = "film-720p30-2000k-2s-aac128k-v1.flv";

/// Decoder configurations, and one round of frames in the order of sending.
#[derive(Debug)]
pub(crate) struct Film {
    pub(crate) tracks: Vec<MediaEvent>,
    frames: Vec<Frame>,
}

/// The film's file in `cache`, encoded if it is not there.
pub(crate) fn file(cache: &Path) -> anyhow::Result<PathBuf> {
    let path = cache.join(NAME);
    if !path.exists() {
        std::fs::create_dir_all(cache)?;
        let part = cache.join("film.part.flv");
        encode(&part)?;
        std::fs::rename(part, &path)?;
    }
    Ok(path)
}

fn encode(to: &Path) -> anyhow::Result<()> {
    eprintln!("encoding the film (once)");
    // Moving shapes under noise, so that the rate control has 2 Mbit/s to spend.
    let picture = "testsrc2=size=1280x720:rate=30,noise=alls=18:allf=t";
    let sound = "sine=frequency=330:sample_rate=44100,aformat=channel_layouts=stereo";
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args(["-hide_banner", "-loglevel", "error", "-y"]);
    ffmpeg.args(["-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", sound]);
    // A little longer than needed: the encoder's delay must not cost the last frames.
    ffmpeg.args(["-t", "31", "-pix_fmt", "yuv420p"]);
    ffmpeg.args([
        "-c:v",
        "libx264",
        "-preset",
        "veryfast",
        "-profile:v",
        "baseline",
    ]);
    ffmpeg.args(["-b:v", "2000k", "-maxrate", "2000k", "-bufsize", "1000k"]);
    ffmpeg.args(["-g", "60", "-keyint_min", "60", "-sc_threshold", "0"]);
    ffmpeg
        .args(["-c:a", "aac", "-b:a", "128k", "-f", "flv"])
        .arg(to);
    let status = ffmpeg
        .status()
        .context("ffmpeg does not start; install it (Debian: apt-get install ffmpeg)")?;
    ensure!(
        status.success(),
        "ffmpeg could not encode the film: {status}"
    );
    Ok(())
}

impl Film {
    /// The film of `cache`.
    pub(crate) fn load(cache: &Path) -> anyhow::Result<Self> {
        let path = file(cache)?;
        let bytes = Bytes::from(std::fs::read(&path)?);
        let events = flv::Reader::new(bytes)?.collect::<Result<Vec<_>, _>>();
        let film = events.map_err(anyhow::Error::from).and_then(Self::new);
        film.with_context(|| format!("{} cannot be used; delete it and try again", path.display()))
    }

    fn new(events: Vec<MediaEvent>) -> anyhow::Result<Self> {
        let mut tracks = Vec::new();
        let (mut pictures, mut sounds) = (Vec::new(), Vec::new());
        for event in events {
            match event {
                MediaEvent::Frame(frame) if frame.track == TrackKind::Video => pictures.push(frame),
                MediaEvent::Frame(frame) => sounds.push(frame),
                MediaEvent::Track(Track::Video(track)) if track.nal_length_bytes != 4 => {
                    bail!("NAL unit lengths are not of 4 bytes");
                }
                MediaEvent::Track(_) => tracks.push(event),
            }
        }
        ensure!(tracks.len() == 2, "it does not have exactly two tracks");
        let mut frames = one_round(pictures, PICTURES)?;
        frames.extend(one_round(sounds, SOUNDS)?);
        frames.sort_by_key(|frame| (frame.dts_ms, frame.track == TrackKind::Audio));
        Ok(Self { tracks, frames })
    }

    /// The frame of this number, counted over all rounds; its time runs on at each seam.
    pub(crate) fn frame(&self, number: usize) -> Frame {
        let round = number / self.frames.len();
        let mut frame = self.frames[number % self.frames.len()].clone();
        frame.dts_ms += round as i64 * LENGTH_MS;
        frame
    }

    /// Megabits a second of both tracks together, without any framing.
    pub(crate) fn mbit_per_s(&self) -> f64 {
        let bytes: usize = self.frames.iter().map(|frame| frame.payload.len()).sum();
        bytes as f64 * 8.0 / 1e3 / LENGTH_MS as f64
    }
}

/// The first `count` frames of a track, from time 0 on.
fn one_round(mut frames: Vec<Frame>, count: usize) -> anyhow::Result<Vec<Frame>> {
    ensure!(
        frames.len() >= count,
        "it has {} frames, not {count}",
        frames.len()
    );
    frames.truncate(count);
    let first = frames[0].dts_ms;
    for frame in &mut frames {
        frame.dts_ms -= first;
    }
    Ok(frames)
}

#[cfg(test)]
impl Film {
    /// A film of two seconds' length in miniature, for tests: a keyframe in every ten pictures.
    pub(crate) fn miniature() -> Self {
        let config = Bytes::from_static(&[
            1, 66, 192, 30, 255, 225, 0, 10, 103, 66, 192, 30, 217, 1, 64, 22, 236, 4, 1, 0, 4,
            104, 206, 60, 128,
        ]);
        let video = kaibo_proto::h264::video_track(config).unwrap();
        let audio = kaibo_proto::aac::audio_track(Bytes::from_static(&[0x12, 0x10])).unwrap();
        let frames = (0..30).map(|number| Frame {
            track: TrackKind::Video,
            dts_ms: number * 33,
            cts_ms: 0,
            keyframe: number % 10 == 0,
            payload: Bytes::from(
                [
                    &[0, 0, 1, 44, if number % 10 == 0 { 0x65 } else { 0x41 }][..],
                    &[number as u8; 299],
                ]
                .concat(),
            ),
        });
        Self {
            tracks: vec![
                MediaEvent::Track(Track::Video(video)),
                MediaEvent::Track(Track::Audio(audio)),
            ],
            frames: frames.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Film, LENGTH_MS};

    #[test]
    fn time_runs_on_where_the_film_begins_anew() {
        let film = Film::miniature();
        let rounds = film.frames.len();
        assert_eq!(film.frame(rounds).dts_ms, LENGTH_MS);
        assert_eq!(film.frame(rounds).payload, film.frame(0).payload);
        let times: Vec<i64> = (0..3 * rounds).map(|n| film.frame(n).dts_ms).collect();
        assert!(times.is_sorted());
    }
}

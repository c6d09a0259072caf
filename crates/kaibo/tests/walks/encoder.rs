//! An encoder that pushes the test film over RTMP, over and over.

use std::time::Duration;

use bytes::Bytes;
use kaibo_media::push::{PushError, Pusher};
use kaibo_proto::flv;
use kaibo_proto::media::MediaEvent;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::house::within;

const FILM: &[u8] = include_bytes!("../../../../assets/film.flv");
/// After this it runs on from its beginning without a seam.
const FILM_MS: i64 = 32_000;
/// So much media goes out at once, so that a stream is good and HLS has segments without waiting.
const AHEAD_MS: i64 = 7_000;
/// From then on one event in this time: 62 make a second of the film, so it runs a little fast.
const PACE: Duration = Duration::from_millis(10);

/// A running push. It breaks off without a word when dropped.
pub(crate) struct Encoder {
    push: JoinSet<Result<(), PushError>>,
    stop: CancellationToken,
}

impl Encoder {
    /// Starts to push; returns once the server has let it in.
    pub(crate) async fn start(address: &str) -> Result<Self, PushError> {
        let pusher = within("the server answers a publisher", Pusher::connect(address)).await?;
        let stop = CancellationToken::new();
        let mut push = JoinSet::new();
        push.spawn(send_film(pusher, stop.clone()));
        Ok(Self { push, stop })
    }

    /// Whether it is still pushing.
    pub(crate) fn is_running(&mut self) -> bool {
        self.push.try_join_next().is_none()
    }

    /// Waits until the server ends it.
    pub(crate) async fn cut(mut self) -> PushError {
        let ended = within("the publisher is cut", self.push.join_next()).await;
        ended.unwrap().unwrap().unwrap_err()
    }

    /// Stops as an encoder's stop button does.
    pub(crate) async fn finish(mut self) {
        self.stop.cancel();
        let ended = within("the publisher stops", self.push.join_next()).await;
        ended.unwrap().unwrap().unwrap();
    }
}

async fn send_film(mut pusher: Pusher, stop: CancellationToken) -> Result<(), PushError> {
    let film: Vec<MediaEvent> = flv::Reader::new(Bytes::from_static(FILM))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let mut pace = interval(PACE);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for round in 0.. {
        for event in &film {
            let mut event = event.clone();
            if let MediaEvent::Frame(frame) = &mut event {
                frame.dts_ms += round * FILM_MS;
                if frame.dts_ms > AHEAD_MS {
                    tokio::select! {
                        () = stop.cancelled() => return pusher.finish().await,
                        _ = pace.tick() => {}
                    }
                }
            }
            pusher.send(&event).await?;
        }
    }
    Ok(())
}

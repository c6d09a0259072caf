//! The walks of the house, end to end: the built binary, real sockets, real files, and nothing in
//! between. Encoders and viewers are this file's neighbours; no FFmpeg and no browser is needed.

#![expect(
    clippy::unwrap_used,
    reason = "in a test an unwrap is an assertion, and the walks' own tools are part of the test"
)]

/// Runs each walk on every database.
macro_rules! on_each_database {
    ($($walk:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $walk() {
                super::$walk(crate::house::House::new()).await;
            })*
        }
        mod postgres {
            $(#[tokio::test]
            async fn $walk() {
                super::$walk(crate::house::House::postgres().await).await;
            })*
        }
    };
}

mod console;
mod encoder;
mod house;
mod http;
mod shop;
mod viewer;

mod an_api_call;
mod backup;
mod bad_keys;
mod commands;
mod doctor;
mod drain;
mod folder;
mod frame;
mod full_disk;
mod pass_through;
mod restart;
mod state_change;
mod webhooks;

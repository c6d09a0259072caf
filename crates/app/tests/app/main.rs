//! The use cases over a real store, on a clock that the test sets.
#![expect(clippy::unwrap_used, reason = "a failure in a test is a failed test")]

mod accounts;
mod goods;
mod house;
mod identities;
mod live;
mod outbox;
mod repeats;
mod restart;
mod rooms;
mod share_codes;
mod timers;
mod tokens;

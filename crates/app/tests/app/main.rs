//! The use cases over a real store, on a clock that the test sets.

mod accounts;
mod house;
mod live;
mod outbox;
mod restart;
mod rooms;
mod tokens;

//! Pictures, bytes to bytes: QR codes, posters, uploads made safe. No IO, no clock; what strangers
//! sent is decoded here alone. All of it takes time: call it where a thread may be kept busy.

mod decode;
mod poster;
mod qr;
mod text;
mod upload;

pub use decode::{MAX_PIXELS, Unreadable};
pub use poster::{Code, Poster, png_of};
pub use qr::qr_png;
pub use text::Font;
pub use upload::{Clean, clean, pixels_said};

/// What a file of a picture is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// PNG.
    Png,
    /// JPEG.
    Jpeg,
    /// GIF.
    Gif,
}

//! Files of pictures as pixels, within bounds, whoever made them.

use std::io::Cursor;

use image::codecs::gif::GifDecoder;
use image::codecs::jpeg::JpegDecoder;
use image::codecs::png::PngDecoder;
use image::{DynamicImage, ImageDecoder, Limits};

use crate::Format;

/// Most pixels of a picture: what the cameras of phones make at most of one, and bound enough for
/// memory (120 MB as colours).
pub const MAX_PIXELS: u64 = 40_000_000;
/// Longest side.
const MAX_SIDE: u32 = 20_000;
/// Most memory that a decoder may ask for beside the pixels themselves.
pub(crate) const MAX_ALLOC: usize = 512 * 1024 * 1024;

/// Why a file is no picture that is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Not a whole PNG, JPEG or GIF.
    #[error("it is no whole PNG, JPEG or GIF")]
    Format,
    /// More pixels than are taken.
    #[error("it has more than {MAX_PIXELS} pixels")]
    TooLarge,
}

/// What a file is by its first bytes.
pub(crate) fn format_of(bytes: &[u8]) -> Option<Format> {
    match bytes {
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(Format::Png),
        [0xff, 0xd8, 0xff, ..] => Some(Format::Jpeg),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(Format::Gif),
        _ => None,
    }
}

/// The picture, the right way up.
pub(crate) fn pixels(bytes: &[u8]) -> Result<DynamicImage, Unreadable> {
    let file = Cursor::new(bytes);
    match format_of(bytes).ok_or(Unreadable::Format)? {
        Format::Png => pixels_of(PngDecoder::with_limits(file, limits()).map_err(why)?),
        Format::Jpeg => pixels_of(JpegDecoder::new(file).map_err(why)?),
        Format::Gif => pixels_of(GifDecoder::new(file).map_err(why)?),
    }
}

fn pixels_of(mut decoder: impl ImageDecoder) -> Result<DynamicImage, Unreadable> {
    let (width, height) = decoder.dimensions();
    check_size(width, height)?;
    decoder.set_limits(limits()).map_err(why)?;
    let orientation = decoder.orientation().map_err(why)?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(why)?;
    picture.apply_orientation(orientation);
    Ok(picture)
}

pub(crate) fn check_size(width: u32, height: u32) -> Result<(), Unreadable> {
    if width == 0 || height == 0 {
        return Err(Unreadable::Format);
    }
    let pixels = u64::from(width) * u64::from(height);
    if pixels > MAX_PIXELS || width > MAX_SIDE || height > MAX_SIDE {
        return Err(Unreadable::TooLarge);
    }
    Ok(())
}

fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_ALLOC as u64);
    limits
}

fn why(error: image::ImageError) -> Unreadable {
    match error {
        image::ImageError::Limits(_) => Unreadable::TooLarge,
        _ => Unreadable::Format,
    }
}

//! Uploads made safe: decoded and written anew, so that nothing stays of what was not the picture
//! (places, cameras, previews, other files behind it).

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageReader};
use png::{BitDepth, ColorType, Compression, Decoder, Encoder, Limits, Transformations};

use crate::Format;
use crate::decode::{self, MAX_ALLOC, Unreadable};

/// Qualities that a JPEG is tried in, until it is no larger than what came.
const QUALITIES: [u8; 3] = [92, 85, 78];

/// A picture as it is kept.
#[derive(Debug)]
pub struct Clean {
    /// PNG or JPEG; of a GIF its first picture, as PNG.
    pub format: Format,
    /// Pixels across, the right way up.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// The file.
    pub bytes: Vec<u8>,
}

/// How many pixels a file says it has, by its head alone.
pub fn pixels_said(bytes: &[u8]) -> Result<u64, Unreadable> {
    let format = match decode::format_of(bytes).ok_or(Unreadable::Format)? {
        Format::Png => image::ImageFormat::Png,
        Format::Jpeg => image::ImageFormat::Jpeg,
        Format::Gif => image::ImageFormat::Gif,
    };
    let size = ImageReader::with_format(Cursor::new(bytes), format).into_dimensions();
    let (width, height) = size.map_err(|_| Unreadable::Format)?;
    decode::check_size(width, height)?;
    Ok(u64::from(width) * u64::from(height))
}

/// The picture of `bytes`, written anew in at most `most` bytes, and scaled down to fit in a square
/// of `side` pixels where one is given.
pub fn clean(bytes: &[u8], most: usize, side: Option<u32>) -> Result<Clean, Unreadable> {
    let format = decode::format_of(bytes).ok_or(Unreadable::Format)?;
    pixels_said(bytes)?;
    if format == Format::Png && side.is_none() {
        return clean_png(bytes, most);
    }
    let mut picture = decode::pixels(bytes)?;
    if let Some(side) = side.filter(|side| picture.width().max(picture.height()) > *side) {
        picture = picture.thumbnail(side, side);
    }
    let (width, height) = (picture.width(), picture.height());
    let (format, file) = match format {
        Format::Jpeg => (Format::Jpeg, jpeg(&picture, bytes.len().min(most))?),
        Format::Png | Format::Gif => {
            let file = png_file(width, height, most, |encoder| {
                encoder.set_color(ColorType::Rgba);
                encoder.set_depth(BitDepth::Eight);
            });
            (Format::Png, file(picture.to_rgba8().as_raw())?)
        }
    };
    if file.len() > most {
        return Err(Unreadable::TooLarge);
    }
    Ok(Clean {
        format,
        width,
        height,
        bytes: file,
    })
}

/// In as few colours as it has: what is a palette stays one.
fn clean_png(bytes: &[u8], most: usize) -> Result<Clean, Unreadable> {
    let broken = |_| Unreadable::Format;
    let limits = Limits { bytes: MAX_ALLOC };
    let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), limits);
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    let is_deep = decoder.read_header_info().map_err(broken)?.bit_depth == BitDepth::Sixteen;
    decoder.set_transformations(if is_deep {
        Transformations::normalize_to_color8()
    } else {
        Transformations::IDENTITY
    });
    let mut reader = decoder.read_info().map_err(broken)?;
    let mut pixels = vec![0; reader.output_buffer_size().ok_or(Unreadable::TooLarge)?];
    reader.next_frame(&mut pixels).map_err(broken)?;
    let (color, depth) = reader.output_color_type();
    let info = reader.info();
    let (width, height) = (info.width, info.height);
    let file = png_file(width, height, most, |encoder| {
        encoder.set_color(color);
        encoder.set_depth(depth);
        if let Some(palette) = info.palette.as_deref().filter(|_| !is_deep) {
            encoder.set_palette(palette);
        }
        if let Some(clear) = info.trns.as_deref().filter(|_| !is_deep) {
            encoder.set_trns(clear);
        }
    });
    Ok(Clean {
        format: Format::Png,
        width,
        height,
        bytes: file(&pixels)?,
    })
}

/// Writes pixels of the form that `shape` sets; pressed harder where it would be too long.
fn png_file<'a>(
    width: u32,
    height: u32,
    most: usize,
    shape: impl Fn(&mut Encoder<'a, &mut Vec<u8>>) + 'a,
) -> impl Fn(&[u8]) -> Result<Vec<u8>, Unreadable> + 'a {
    move |pixels| {
        for compression in [Compression::Balanced, Compression::High] {
            let mut file = Vec::new();
            let mut encoder = Encoder::new(&mut file, width, height);
            shape(&mut encoder);
            encoder.set_compression(compression);
            let broken = |_| Unreadable::Format;
            let mut writer = encoder.write_header().map_err(broken)?;
            writer.write_image_data(pixels).map_err(broken)?;
            writer.finish().map_err(broken)?;
            if file.len() <= most {
                return Ok(file);
            }
        }
        Err(Unreadable::TooLarge)
    }
}

/// In the best quality that is no larger than `wanted`, or the least one.
fn jpeg(picture: &DynamicImage, wanted: usize) -> Result<Vec<u8>, Unreadable> {
    let picture = match picture {
        DynamicImage::ImageLuma8(_) | DynamicImage::ImageRgb8(_) => picture,
        other => &DynamicImage::ImageRgb8(other.to_rgb8()),
    };
    let mut file = Vec::new();
    for quality in QUALITIES {
        file.clear();
        let encoder = JpegEncoder::new_with_quality(&mut file, quality);
        let written = picture.write_with_encoder(encoder);
        written.map_err(|_| Unreadable::Format)?;
        if file.len() <= wanted {
            break;
        }
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use image::{GenericImageView as _, ImageFormat, Rgb, RgbImage};

    use super::*;

    const MOST: usize = 10 * 1024 * 1024;

    /// Red at the left, blue at the right.
    fn picture(width: u32, height: u32) -> DynamicImage {
        let color = |x| {
            if x < width / 2 {
                [220, 0, 0]
            } else {
                [0, 0, 220]
            }
        };
        RgbImage::from_fn(width, height, |x, _| Rgb(color(x))).into()
    }

    fn file_of(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut file = Cursor::new(Vec::new());
        picture.write_to(&mut file, format).unwrap();
        file.into_inner()
    }

    /// A JPEG that a phone took upside down at a place.
    fn photo(orientation: u8) -> Vec<u8> {
        let file = file_of(&picture(40, 20), ImageFormat::Jpeg);
        let exif = [
            b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".as_slice(),
            &[orientation],
            b"\0\0\0\0\0\0GPS 31.2304 N 121.4737 E",
        ]
        .concat();
        let length = (exif.len() as u16 + 2).to_be_bytes();
        [&file[..2], &[0xff, 0xe1], &length, &exif, &file[2..]].concat()
    }

    fn holds(file: &[u8], text: &[u8]) -> bool {
        file.windows(text.len()).any(|part| part == text)
    }

    #[test]
    fn a_photo_loses_its_place_and_stands_the_right_way_up() {
        let sent = photo(6);
        assert!(holds(&sent, b"GPS"));
        let clean = clean(&sent, MOST, None).unwrap();
        assert_eq!(clean.format, Format::Jpeg);
        assert_eq!((clean.width, clean.height), (20, 40));
        for secret in [b"GPS".as_slice(), b"Exif"] {
            assert!(!holds(&clean.bytes, secret));
        }
        // Turned to the right, what was left is above.
        let seen = image::load_from_memory(&clean.bytes).unwrap();
        let (above, below) = (seen.get_pixel(10, 5), seen.get_pixel(10, 35));
        assert!(above[0] > 150 && above[2] < 100, "{above:?}");
        assert!(below[2] > 150 && below[0] < 100, "{below:?}");
    }

    #[test]
    fn what_stands_behind_or_inside_a_picture_is_gone() {
        let archive = b"PK\x03\x04<script>alert(1)</script>";
        for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Gif] {
            let sent = [&file_of(&picture(8, 8), format), archive.as_slice()].concat();
            let clean = clean(&sent, MOST, None).unwrap();
            assert!(!holds(&clean.bytes, b"script"), "{format:?}");
            assert_eq!((clean.width, clean.height), (8, 8));
        }
    }

    #[test]
    fn a_png_keeps_every_pixel_and_its_palette() {
        let pixels = [0b0001_1011_u8, 0b1110_0100];
        let mut sent = Vec::new();
        let mut encoder = Encoder::new(&mut sent, 4, 2);
        encoder.set_color(ColorType::Indexed);
        encoder.set_depth(BitDepth::Two);
        encoder.set_palette(&[0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255][..]);
        encoder.set_trns(&[0, 255][..]);
        encoder
            .add_text_chunk("Author".into(), "somebody".into())
            .unwrap();
        let mut writer = encoder.write_header().unwrap();
        writer.write_image_data(&pixels).unwrap();
        writer.finish().unwrap();
        let clean = clean(&sent, MOST, None).unwrap();
        assert!(!holds(&clean.bytes, b"somebody"));
        assert!(holds(&clean.bytes, b"PLTE"));
        let of = |file: &[u8]| image::load_from_memory(file).unwrap().to_rgba8();
        assert_eq!(of(&clean.bytes), of(&sent));
    }

    #[test]
    fn bombs_are_refused_by_what_they_say() {
        let mut bomb = Vec::new();
        let head = Encoder::new(&mut bomb, 0x4000, 0x4000).write_header();
        let mut file = head.unwrap();
        file.write_chunk(png::chunk::IDAT, b"boom").unwrap();
        drop(file);
        assert_eq!(pixels_said(&bomb).err(), Some(Unreadable::TooLarge));
        assert_eq!(clean(&bomb, MOST, None).err(), Some(Unreadable::TooLarge));
        // One dot on a screen of 65535 by 65535.
        let gif = b"GIF89a\xff\xff\xff\xff\x80\0\0\0\0\0\xff\xff\xff\
            ,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";
        assert_eq!(clean(gif, MOST, None).err(), Some(Unreadable::TooLarge));
    }

    #[test]
    fn what_is_no_whole_picture_is_refused() {
        let png = file_of(&picture(64, 64), ImageFormat::Png);
        for broken in [b"".as_slice(), b"<svg>", &png[..30], &png[..png.len() / 2]] {
            assert_eq!(clean(broken, MOST, None).err(), Some(Unreadable::Format));
        }
    }

    #[test]
    fn a_larger_picture_is_made_to_fit_where_that_is_wanted() {
        for format in [ImageFormat::Png, ImageFormat::Jpeg] {
            let sent = file_of(&picture(600, 400), format);
            let clean = clean(&sent, MOST, Some(300)).unwrap();
            assert_eq!((clean.width, clean.height), (300, 200));
        }
        let small = file_of(&picture(30, 20), ImageFormat::Png);
        let clean = clean(&small, MOST, Some(300)).unwrap();
        assert_eq!((clean.width, clean.height), (30, 20));
    }

    #[test]
    fn noise_that_would_grow_past_the_bound_is_refused() {
        let mut state = 1_u32;
        let noise = RgbImage::from_fn(64, 64, |_, _| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            Rgb([(state >> 24) as u8, (state >> 16) as u8, (state >> 8) as u8])
        });
        let sent = file_of(&noise.into(), ImageFormat::Png);
        assert_eq!(clean(&sent, 1_000, None).err(), Some(Unreadable::TooLarge));
        assert!(clean(&sent, sent.len() * 2, None).is_ok());
    }
}

//! QR codes: a text as dark and light modules, and as a picture of its own.

use fast_qr::ECL;
use fast_qr::qr::QRBuilder;
use png::{BitDepth, ColorType, Compression, Encoder};

/// Light modules around a code, which scanners need to find it.
const QUIET: u32 = 4;
/// Least width of a picture of a code; a module has so many whole pixels as that takes.
const WIDTH: u32 = 600;

/// A code's modules.
pub(crate) struct Qr {
    size: usize,
    dark: Vec<bool>,
}

impl Qr {
    /// `None`: the text is longer than a code can hold (some 2,000 bytes).
    pub(crate) fn of(text: &str) -> Option<Self> {
        let code = QRBuilder::new(text).ecl(ECL::M).build().ok()?;
        let modules = (0..code.size).flat_map(|row| code[row][..code.size].iter());
        let dark = modules.map(|module| module.value()).collect();
        Some(Self {
            size: code.size,
            dark,
        })
    }

    /// Modules across.
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// Whether a module is dark.
    pub(crate) fn is_dark(&self, x: u32, y: u32) -> bool {
        self.dark[y as usize * self.size + x as usize]
    }
}

/// `text` as a QR code in a PNG of black and white, 600 pixels across or a little more; `None`: it
/// is too long for one.
pub fn qr_png(text: &str) -> Option<Vec<u8>> {
    let qr = Qr::of(text)?;
    let modules = qr.size() as u32 + 2 * QUIET;
    let module = WIDTH.div_ceil(modules);
    let width = module * modules;
    let inside = |n: u32| {
        (n / module)
            .checked_sub(QUIET)
            .filter(|n| *n < qr.size() as u32)
    };
    let is_dark = |x, y| matches!((inside(x), inside(y)), (Some(x), Some(y)) if qr.is_dark(x, y));
    let row_bytes = width.div_ceil(8) as usize;
    let mut rows = Vec::with_capacity(row_bytes * width as usize);
    for y in 0..width {
        let mut row = vec![0_u8; row_bytes];
        for x in (0..width).filter(|x| !is_dark(*x, y)) {
            row[(x / 8) as usize] |= 0x80 >> (x % 8);
        }
        rows.extend(row);
    }
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, width, width);
    encoder.set_color(ColorType::Grayscale);
    encoder.set_depth(BitDepth::One);
    encoder.set_compression(Compression::Balanced);
    let mut writer = encoder.write_header().expect("the size is no mistake");
    writer
        .write_image_data(&rows)
        .expect("a vector takes what comes");
    writer.finish().expect("a vector takes what comes");
    Some(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_reads_as_its_text() {
        for text in [
            "https://live.example.com/r/1234567?s=abcdefghijkl",
            "直播间",
        ] {
            let picture = image::load_from_memory(&qr_png(text).unwrap()).unwrap();
            assert!(picture.width() >= 600 && picture.width() == picture.height());
            let mut seen = rqrr::PreparedImage::prepare(picture.to_luma8());
            let codes = seen.detect_grids();
            assert_eq!(codes.len(), 1);
            assert_eq!(codes[0].decode().unwrap().1, text);
        }
    }

    #[test]
    fn a_text_too_long_is_no_code() {
        assert_eq!(qr_png(&"x".repeat(5_000)), None);
    }
}

//! The poster of a room: cover, title, anchor, time and code in one picture to be sent on.

use image::imageops::{self, FilterType};
use image::{DynamicImage, Rgb, RgbImage};
use png::{BitDepth, ColorType, Compression, Encoder};

use crate::decode;
use crate::qr::Qr;
use crate::text::{Font, mix, px};

/// Size of a poster, as phones show it whole.
const WIDTH: u32 = 750;
const HEIGHT: u32 = 1180;
/// The cover takes the upper part, in a square.
const COVER: u32 = 750;
/// What stands around texts and code.
const MARGIN: u32 = 48;
/// The code: the paper is the light around it.
const CODE: u32 = 222;
/// From the code's end to that of the words below it.
const CALL_ROOM: u32 = 56;
/// Without a font the code stands alone, larger.
const CODE_ALONE: u32 = 296;

const PAPER: Rgb<u8> = Rgb([0xff, 0xff, 0xff]);
const INK: Rgb<u8> = Rgb([0x1c, 0x1f, 0x26]);
const QUIET_INK: Rgb<u8> = Rgb([0x57, 0x5d, 0x69]);
const BRAND: Rgb<u8> = Rgb([0xd4, 0x1f, 0x3a]);

/// What is to be scanned.
#[derive(Clone, Copy, Debug)]
pub enum Code<'a> {
    /// A text, as a QR code.
    Text(&'a str),
    /// A picture of a code that somebody else made.
    Picture(&'a [u8]),
}

/// What a poster shows.
pub struct Poster<'a> {
    /// The file of the room's cover; without one that can be read, art of our own.
    pub cover: Option<&'a [u8]>,
    /// Its title.
    pub title: &'a str,
    /// Who speaks.
    pub anchor: &'a str,
    /// When it starts, in words.
    pub time: &'a str,
    /// What to do with the code.
    pub call: &'a str,
    /// The code.
    pub code: Code<'a>,
    /// What texts are written in; `None`: there are none.
    pub font: Option<Font<'a>>,
}

impl Poster<'_> {
    /// As a PNG; `None` where there is no code to be drawn.
    pub fn png(&self) -> Option<Vec<u8>> {
        let mut on = RgbImage::from_pixel(WIDTH, HEIGHT, PAPER);
        self.draw_cover(&mut on);
        let side = if self.font.is_some() {
            CODE
        } else {
            CODE_ALONE
        };
        let code = self.code_picture(side)?;
        let room = HEIGHT - COVER;
        if let Some(font) = &self.font {
            let (x, y) = (WIDTH - MARGIN - CODE, COVER + (room - CODE - CALL_ROOM) / 2);
            lay(&mut on, &code, x, y);
            self.write(&mut on, font, (x, y));
        } else {
            let (x, y) = ((WIDTH - CODE_ALONE) / 2, COVER + (room - CODE_ALONE) / 2);
            lay(&mut on, &code, x, y);
        }
        Some(file_of(&on))
    }

    fn draw_cover(&self, on: &mut RgbImage) {
        let cover = self.cover.and_then(|bytes| decode::pixels(bytes).ok());
        match cover {
            Some(cover) => {
                let cover = cover.resize_to_fill(WIDTH, COVER, FilterType::Triangle);
                lay(on, &flat(&cover), 0, 0);
            }
            None => draw_art(on),
        }
    }

    fn code_picture(&self, side: u32) -> Option<RgbImage> {
        match self.code {
            Code::Text(text) => Some(qr_picture(&Qr::of(text)?, side)),
            Code::Picture(bytes) => {
                let picture = decode::pixels(bytes).ok()?;
                let picture = picture.resize_exact(side, side, FilterType::Triangle);
                Some(flat(&picture))
            }
        }
    }

    /// Title, time and anchor at the left; below the code, at `(x, y)`, what to do with it.
    fn write(&self, on: &mut RgbImage, font: &Font<'_>, (x, y): (u32, u32)) {
        const TITLE: f32 = 42.0;
        const SMALL: f32 = 28.0;
        const CALL: f32 = 24.0;
        let width = px(x - MARGIN - 32);
        let left = px(MARGIN);
        let title = font.lines(self.title, TITLE, width, 3);
        let time = font.lines(self.time, SMALL, width, 1);
        let anchor = font.lines(self.anchor, SMALL, width, 1);
        // As a block, in the middle of what the code and its words take.
        let lines = (
            px(title.len() as u32),
            px((time.len() + anchor.len()) as u32),
        );
        let height = lines.0 * 58.0 + 24.0 + lines.1 * 46.0;
        let mut line = px(y) + (px(CODE + CALL_ROOM) - height).max(0.0) / 2.0;
        for text in title {
            font.draw_bold(on, &text, (left, line + 44.0), TITLE, INK);
            line += 58.0;
        }
        line += 24.0;
        for (texts, ink) in [(time, BRAND), (anchor, QUIET_INK)] {
            for text in texts {
                font.draw(on, &text, (left, line + 30.0), SMALL, ink);
                line += 46.0;
            }
        }
        for text in font.lines(self.call, CALL, px(CODE), 1) {
            let from = px(x) + (px(CODE) - font.width(&text, CALL)) / 2.0;
            font.draw(on, &text, (from, px(y + CODE) + 44.0), CALL, QUIET_INK);
        }
    }
}

/// Where there is no cover: warm colours and the mark of a player.
fn draw_art(on: &mut RgbImage) {
    const WARM: [f32; 3] = [255.0, 122.0, 89.0];
    const COOL: [f32; 3] = [122.0, 40.0, 122.0];
    for y in 0..COVER {
        for x in 0..WIDTH {
            let part = px(x + y) / px(WIDTH + COVER);
            let mixed = |n: usize| (WARM[n] + (COOL[n] - WARM[n]) * part) as u8;
            on.put_pixel(x, y, Rgb([mixed(0), mixed(1), mixed(2)]));
        }
    }
    let (cx, cy) = (px(WIDTH) / 2.0, px(COVER) / 2.0);
    for y in 0..COVER {
        for x in 0..WIDTH {
            let (dx, dy) = (px(x) - cx, px(y) - cy);
            let ring = 4.0 - ((dx * dx + dy * dy).sqrt() - 110.0).abs();
            mix(on, x, y, PAPER, ring.clamp(0.0, 1.0) * 0.5);
            // A triangle with its point at the right.
            let inside = (dx + 34.0).min((52.0 - dx) * 0.58 - dy.abs());
            mix(on, x, y, PAPER, inside.clamp(0.0, 1.0) * 0.9);
        }
    }
}

/// Sharp modules of whole pixels, in the middle of `side` × `side`.
fn qr_picture(qr: &Qr, side: u32) -> RgbImage {
    let mut picture = RgbImage::from_pixel(side, side, PAPER);
    let width = qr.size() as u32;
    let module = (side / width).max(1);
    let shift = side.saturating_sub(module * width) / 2;
    for y in 0..(module * width).min(side) {
        for x in 0..(module * width).min(side) {
            if qr.is_dark(x / module, y / module) {
                picture.put_pixel(x + shift, y + shift, Rgb([0, 0, 0]));
            }
        }
    }
    picture
}

/// Without what can be seen through.
fn flat(picture: &DynamicImage) -> RgbImage {
    if !picture.color().has_alpha() {
        return picture.to_rgb8();
    }
    let mut paper = DynamicImage::ImageRgba8(image::RgbaImage::from_pixel(
        picture.width(),
        picture.height(),
        image::Rgba([0xff; 4]),
    ));
    imageops::overlay(&mut paper, picture, 0, 0);
    paper.to_rgb8()
}

/// Somebody else's picture as a PNG.
pub fn png_of(picture: &[u8]) -> Option<Vec<u8>> {
    Some(file_of(&flat(&decode::pixels(picture).ok()?)))
}

fn lay(on: &mut RgbImage, picture: &RgbImage, x: u32, y: u32) {
    imageops::replace(on, picture, i64::from(x), i64::from(y));
}

fn file_of(picture: &RgbImage) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, picture.width(), picture.height());
    encoder.set_color(ColorType::Rgb);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(Compression::Balanced);
    let mut writer = encoder.write_header().expect("the size is no mistake");
    writer
        .write_image_data(picture.as_raw())
        .expect("a vector takes what comes");
    writer.finish().expect("a vector takes what comes");
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADDRESS: &str = "https://live.example.com/r/1234567?s=abcdefghijklmnop";

    fn poster(title: &'static str, font: Option<Font<'static>>) -> Vec<u8> {
        let poster = Poster {
            cover: None,
            title,
            anchor: "主播 小林",
            time: "11月25日 周三 20:00",
            call: "扫码观看直播",
            code: Code::Text(ADDRESS),
            font,
        };
        poster.png().unwrap()
    }

    fn scanned(file: &[u8]) -> String {
        let picture = image::load_from_memory(file).unwrap();
        assert_eq!((picture.width(), picture.height()), (WIDTH, HEIGHT));
        let mut seen = rqrr::PreparedImage::prepare(picture.to_luma8());
        let codes = seen.detect_grids();
        assert_eq!(codes.len(), 1);
        codes[0].decode().unwrap().1
    }

    #[test]
    fn a_posters_code_leads_to_the_room_also_without_a_font() {
        assert_eq!(scanned(&poster("秋冬新品专场", None)), ADDRESS);
    }

    #[test]
    fn a_code_that_somebody_else_made_stands_on_the_poster() {
        let made = crate::qr_png(ADDRESS).unwrap();
        let poster = Poster {
            cover: Some(b"no picture"),
            title: "",
            anchor: "",
            time: "",
            call: "",
            code: Code::Picture(&made),
            font: None,
        };
        assert_eq!(scanned(&poster.png().unwrap()), ADDRESS);
    }
}

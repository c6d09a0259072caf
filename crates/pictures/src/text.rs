//! Texts as pixels: lines broken as Chinese is, drawn with a font that the operator's system has.

use ab_glyph::{Font as _, FontRef, GlyphId, PxScale, ScaleFont as _, point};
use image::{Rgb, RgbImage};
use ttf_parser::{Face, fonts_in_collection, name_id};

/// What no line begins with.
const CLOSING: &str = "，。、；：！？）》」』】〉”’…,.;:!?)]}%";
/// What stands for the rest of a text that is too long.
const ELLIPSIS: char = '…';

/// A font with Chinese characters.
pub struct Font<'a>(FontRef<'a>);

impl<'a> Font<'a> {
    /// From the bytes of a font or a collection, of which the simplified Chinese one is taken;
    /// `None`: they are no font, or one without Chinese.
    pub fn read(bytes: &'a [u8]) -> Option<Self> {
        let fonts = fonts_in_collection(bytes).unwrap_or(1).min(64);
        let simplified = (0..fonts).find(|index| is_simplified(bytes, *index));
        let font = FontRef::try_from_slice_and_index(bytes, simplified.unwrap_or(0)).ok()?;
        let chinese = "扫码观看直播".chars();
        let font = Self(font);
        chinese
            .map(|c| font.0.glyph_id(c))
            .all(|id| id != GlyphId(0))
            .then_some(font)
    }

    /// A size by what an em measures.
    fn scale(&self, em: f32) -> PxScale {
        let units = self.0.units_per_em().unwrap_or(1_000.0);
        PxScale::from(em * self.0.height_unscaled() / units)
    }

    /// How wide a text is in one line.
    pub(crate) fn width(&self, text: &str, em: f32) -> f32 {
        let font = self.0.as_scaled(self.scale(em));
        let widths = text.chars().map(|c| font.h_advance(font.glyph_id(c)));
        widths.sum()
    }

    /// `text` in at most `most` lines no wider than `width`, without what the font does not have.
    /// What is too long ends in an ellipsis.
    pub(crate) fn lines(&self, text: &str, em: f32, width: f32, most: usize) -> Vec<String> {
        let known = |c: &char| c.is_whitespace() || self.0.glyph_id(*c) != GlyphId(0);
        let text: String = text.chars().filter(known).collect();
        let fits = |line: &str| self.width(line, em) <= width;
        let mut lines = Vec::new();
        let mut rest = text.trim();
        while !rest.is_empty() && lines.len() < most {
            if fits(rest) {
                lines.push(rest.to_owned());
                break;
            }
            if lines.len() + 1 == most {
                lines.push(shortened(rest, fits));
                break;
            }
            let end = break_of(rest, fits);
            lines.push(rest[..end].trim_end().to_owned());
            rest = rest[end..].trim_start();
        }
        lines
    }

    /// As [`Font::draw`], heavier: most systems have one weight alone.
    pub(crate) fn draw_bold(
        &self,
        on: &mut RgbImage,
        line: &str,
        (x, baseline): (f32, f32),
        em: f32,
        ink: Rgb<u8>,
    ) {
        for shift in [0.0, em / 50.0] {
            self.draw(on, line, (x + shift, baseline), em, ink);
        }
    }

    /// Draws one line from `(x, baseline)` on.
    pub(crate) fn draw(
        &self,
        on: &mut RgbImage,
        line: &str,
        at: (f32, f32),
        em: f32,
        ink: Rgb<u8>,
    ) {
        let scale = self.scale(em);
        let font = self.0.as_scaled(scale);
        let (mut x, baseline) = at;
        for c in line.chars() {
            let id = font.glyph_id(c);
            let glyph = id.with_scale_and_position(scale, point(x, baseline));
            x += font.h_advance(id);
            let Some(outline) = self.0.outline_glyph(glyph) else {
                continue;
            };
            let corner = outline.px_bounds().min;
            outline.draw(|dx, dy, cover| {
                let (at_x, at_y) = (corner.x + px(dx), corner.y + px(dy));
                if at_x >= 0.0 && at_y >= 0.0 {
                    mix(on, at_x as u32, at_y as u32, ink, cover);
                }
            });
        }
    }
}

/// A length in whole pixels; a poster has far fewer than this can hold.
pub(crate) fn px(length: u32) -> f32 {
    f32::from(length as u16)
}

/// Lays `ink` over a pixel, if there is such a one.
pub(crate) fn mix(on: &mut RgbImage, x: u32, y: u32, ink: Rgb<u8>, cover: f32) {
    if let Some(pixel) = on.get_pixel_mut_checked(x, y) {
        let cover = cover.clamp(0.0, 1.0);
        for (under, ink) in pixel.0.iter_mut().zip(ink.0) {
            *under =
                (f32::from(*under) + (f32::from(ink) - f32::from(*under)) * cover).round() as u8;
        }
    }
}

fn is_simplified(bytes: &[u8], index: u32) -> bool {
    let Ok(face) = Face::parse(bytes, index) else {
        return false;
    };
    let families = face
        .names()
        .into_iter()
        .filter(|n| n.name_id == name_id::FAMILY);
    let mut families = families.filter_map(|name| name.to_string());
    families.any(|name| name.ends_with(" SC") || name.contains(" SC "))
}

/// The longest beginning that fits with an ellipsis behind it.
fn shortened(text: &str, fits: impl Fn(&str) -> bool) -> String {
    let ends: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    for end in ends.into_iter().rev() {
        let line = format!("{}{ELLIPSIS}", text[..end].trim_end());
        if fits(&line) {
            return line;
        }
    }
    ELLIPSIS.to_string()
}

/// Where the first line of a text ends that does not fit in one.
fn break_of(text: &str, fits: impl Fn(&str) -> bool) -> usize {
    let ends = text.char_indices().skip(1).map(|(at, _)| at);
    let most = ends.take_while(|end| fits(&text[..*end])).last();
    // One character at least, however wide.
    let first = text.chars().next().map_or(0, char::len_utf8);
    let most = most.unwrap_or(first);
    let good = text[..most].char_indices().map(|(at, _)| at).skip(1);
    let good = good.chain([most]).filter(|at| may_break(text, *at));
    good.last().unwrap_or(most)
}

/// Not before a closing mark, nor inside a word or a number.
fn may_break(text: &str, at: usize) -> bool {
    let (before, after) = text.split_at(at);
    let (Some(before), Some(after)) = (before.chars().next_back(), after.chars().next()) else {
        return true;
    };
    let in_word = |c: char| c.is_alphanumeric() && (c as u32) < 0x2e80;
    !(CLOSING.contains(after) || in_word(before) && in_word(after))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Breaks where ten characters fit.
    fn lines(text: &str) -> Vec<&str> {
        let mut lines = Vec::new();
        let mut rest = text;
        while rest.chars().count() > 10 {
            let end = break_of(rest, |line| line.chars().count() <= 10);
            lines.push(&rest[..end]);
            rest = &rest[end..];
        }
        lines.push(rest);
        lines
    }

    #[test]
    fn lines_break_between_characters_and_around_words() {
        assert_eq!(
            lines("秋冬新品专场限时特惠全场五折"),
            ["秋冬新品专场限时特惠", "全场五折"]
        );
        assert_eq!(
            lines("一二三四五六七八iPhone16"),
            ["一二三四五六七八", "iPhone16"]
        );
        assert_eq!(lines("Supercalifragilistic"), ["Supercalif", "ragilistic"]);
    }

    #[test]
    fn no_line_begins_with_a_closing_mark() {
        assert_eq!(
            lines("一二三四五六七八九十，十一"),
            ["一二三四五六七八九", "十，十一"]
        );
    }

    #[test]
    fn what_is_cut_ends_in_an_ellipsis() {
        let cut = shortened("一二三四五六七八九十十一", |line| {
            line.chars().count() <= 10
        });
        assert_eq!(cut, "一二三四五六七八九…");
    }

    /// The tests of the whole want Chinese characters on the system anyway.
    #[test]
    fn a_collection_gives_its_simplified_chinese_and_what_it_lacks_is_left_out() {
        let bytes = std::fs::read("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc");
        let bytes = bytes.expect("fonts-noto-cjk is there");
        let simplified =
            (0..fonts_in_collection(&bytes).unwrap()).find(|n| is_simplified(&bytes, *n));
        assert!(simplified.is_some_and(|n| n > 0));
        let font = Font::read(&bytes).unwrap();
        assert_eq!(
            font.lines("新品\u{10ffff}专场", 40.0, 400.0, 2),
            ["新品专场"]
        );
        let lines = font.lines("秋冬新品专场限时特惠全场五折", 40.0, 200.0, 2);
        assert_eq!(lines, ["秋冬新品专", "场限时特…"]);
    }

    #[test]
    fn what_is_no_font_is_none() {
        assert!(Font::read(b"").is_none());
        assert!(Font::read(&[0; 4_096]).is_none());
    }
}

//! Draws a poster: `cargo run -p kaibo-pictures --example poster -- TITLE OUT [COVER] [FONT]`.

use std::{env, fs};

use kaibo_pictures::{Code, Font, Poster};

fn main() {
    let args: Vec<String> = env::args().collect();
    let read = |at: usize| {
        args.get(at)
            .map(|path| fs::read(path).expect("can be read"))
    };
    let (cover, font) = (read(3), read(4));
    let poster = Poster {
        cover: cover.as_deref(),
        title: &args[1],
        anchor: "主播：小林",
        time: "11月25日（周三）20:00",
        call: "扫码观看直播",
        code: Code::Text("https://live.example.com/r/1234567?s=abcdefghijklmnop"),
        font: font.as_deref().and_then(Font::read),
    };
    fs::write(&args[2], poster.png().expect("a code")).expect("can be written");
}

//! Push addresses as encoders send them, and as a command line takes them.

use kaibo_proto::rtmp::address::{PublishAddress, RtmpUrl};

use crate::engine::Target;
use crate::mutation;

/// See the module.
pub const TARGET: Target = Target {
    name: "addresses",
    check,
    seeds,
    mutate: |random, pool| mutation::mutate(random, pool, WORDS, 0),
};

const WORDS: &[&[u8]] = &[
    b"/", b"//", b"?", b"%3F", b"%3f", b"%2F", b"%25", b"&", b"=", b"\n", b"://", b"rtmp://", b":",
    b"[::1]", b"%", b"%E5", b"\xff", b"live", b"key=",
];

/// App, URL and name on a line each.
fn seeds() -> Vec<Vec<u8>> {
    [
        "live\nrtmp://host/live\nwx1-7?txSecret=ab&txTime=65",
        "live?txSecret=ab\nrtmp://host:1935/live?txSecret=ab\nwx1-7",
        "live/wx1-7?txSecret=ab\nrtmp://[::1]/live/wx1-7?txSecret=ab\n",
        "\nrtmp://host/live/\n/wx1-7%3FtxSecret=ab%26txTime=65",
        "rtmp://[::1]:19350/live/wx1-7?a=b/c\nrtmp://host\n%e7%9b%b4",
    ]
    .map(|text| text.as_bytes().to_vec())
    .to_vec()
}

fn check(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let mut lines = text.splitn(3, '\n');
    let mut line = || lines.next().unwrap_or_default();
    let (app, tc_url, name) = (line(), line(), line());
    let address = PublishAddress::from_parts(app, tc_url, name);
    for part in [&address.app, &address.stream] {
        assert_eq!(part.trim_matches('/'), part, "slashes around {part:?}");
        assert!(!part.contains('?'), "a query stayed in {part:?}");
    }
    assert!(
        address.query.as_deref() != Some(""),
        "an empty query is none"
    );
    let length = |text: &str| 3 * text.len();
    let bound = length(app) + length(tc_url) + length(name) + 8;
    let query = address.query.as_ref().map_or(0, String::len);
    assert!(address.app.len() + address.stream.len() + query <= 2 * bound);

    if let Ok(url) = app.parse::<RtmpUrl>() {
        assert_eq!(format!("{}/{}", url.tc_url, url.stream), app);
        assert!(!url.host.is_empty() && !url.app.is_empty() && !url.stream.is_empty());
        assert!(!url.host.contains('/') && !url.app.contains(['/', '?']));
        assert!(!format!("{url:?}").contains('?'), "a query is printed");
    }
}

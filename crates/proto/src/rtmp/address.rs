//! Push addresses: what a publisher means by app, name and query, wherever its encoder put them.

/// What a publish asks for. The query holds the push key, so `Debug` leaves it out.
#[derive(Clone, PartialEq, Eq)]
pub struct PublishAddress {
    /// Application without slashes around it and without query, percent-decoded.
    pub app: String,
    /// Stream name without query, percent-decoded.
    pub stream: String,
    /// The raw parameters after `?`, as sent. Never empty.
    pub query: Option<String>,
}

impl std::fmt::Debug for PublishAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PublishAddress")
            .field("app", &self.app)
            .field("stream", &self.stream)
            .field("query", &self.query.as_ref().map(|_| "redacted"))
            .finish()
    }
}

impl PublishAddress {
    /// Puts together what `connect` (`app`, `tc_url`) and `publish` (`name`) said.
    ///
    /// Encoders put the parameters behind the name, behind the app, or only into the URL. They
    /// are joined in that order with `&`, each place once if it repeats another. With an empty
    /// name the last part of the app is the name: the whole address was entered as the server.
    pub fn from_parts(app: &str, tc_url: &str, name: &str) -> Self {
        let (mut app_path, app_query) = split_query(app);
        let (url_path, url_query) = split_query(url_path(tc_url));
        if app_path.is_empty() {
            app_path = url_path;
        }
        let (mut stream, name_query) = split_query(name);
        if stream.is_empty()
            && let Some((parent, last)) = app_path.rsplit_once('/')
        {
            (app_path, stream) = (parent.trim_end_matches('/').to_owned(), last.to_owned());
        }
        let mut queries: Vec<String> = Vec::new();
        for query in [name_query, app_query, url_query].into_iter().flatten() {
            if !queries.contains(&query) {
                queries.push(query);
            }
        }
        let query = (!queries.is_empty()).then(|| queries.join("&"));
        Self {
            app: app_path,
            stream,
            query,
        }
    }
}

/// What stands behind the host of a URL; all of it where there is no host.
fn url_path(url: &str) -> &str {
    let (before_query, _) = url.split_once('?').unwrap_or((url, ""));
    match before_query.split_once("://") {
        None => url,
        Some((scheme, rest)) => match rest.find('/') {
            Some(slash) => &url[scheme.len() + 3 + slash..],
            None => &url[before_query.len()..],
        },
    }
}

/// The decoded path without slashes around it, and the raw query if there is one.
///
/// Some encoders also encode the question mark, and one of each kind may come.
pub(super) fn split_query(raw: &str) -> (String, Option<String>) {
    let (path, raw_query) = raw.split_once('?').unwrap_or((raw, ""));
    let decoded = percent_decode(path);
    let (path, decoded_query) = decoded.split_once('?').unwrap_or((&decoded, ""));
    let query = match (decoded_query, raw_query) {
        ("", "") => None,
        ("", query) | (query, "") => Some(query.to_owned()),
        (first, second) => Some(format!("{first}&{second}")),
    };
    (path.trim_matches('/').to_owned(), query)
}

/// The text as it was sent up to its query: up to the first question mark, encoded or not.
pub(super) fn without_query(raw: &str) -> &str {
    let end = raw.match_indices(['?', '%']).map(|(at, _)| at).find(|at| {
        let rest = &raw[*at..];
        rest.starts_with('?') || rest.get(..3).is_some_and(|x| x.eq_ignore_ascii_case("%3f"))
    });
    &raw[..end.unwrap_or(raw.len())]
}

/// Decodes `%XX`; what is no such thing stays as it is.
fn percent_decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let decoded = bytes
            .get(at + 1..at + 3)
            .filter(|digits| bytes[at] == b'%' && digits.iter().all(u8::is_ascii_hexdigit))
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        out.push(decoded.unwrap_or(bytes[at]));
        at += if decoded.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// A push address taken apart for a client. The stream holds the push key, so `Debug` leaves it out.
#[derive(Clone, PartialEq, Eq)]
pub struct RtmpUrl {
    /// Host name or address; IPv6 without brackets.
    pub host: String,
    /// TCP port, 1935 unless given.
    pub port: u16,
    /// First part of the path.
    pub app: String,
    /// `rtmp://host:port/app`.
    pub tc_url: String,
    /// The rest of the path with its query, as it stands in the URL.
    pub stream: String,
}

impl std::fmt::Debug for RtmpUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RtmpUrl")
            .field("tc_url", &self.tc_url)
            .finish_non_exhaustive()
    }
}

/// Why a text is no push address. Does not repeat the text, which may hold a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a push address; write rtmp://HOST[:PORT]/APP/STREAM")]
pub struct BadUrl;

impl std::str::FromStr for RtmpUrl {
    type Err = BadUrl;

    fn from_str(text: &str) -> Result<Self, BadUrl> {
        let rest = text.strip_prefix("rtmp://").ok_or(BadUrl)?;
        let (authority, path) = rest.split_once('/').ok_or(BadUrl)?;
        let (app, stream) = path.split_once('/').ok_or(BadUrl)?;
        let base = &text[..text.len() - stream.len() - 1];
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, port.parse().map_err(|_| BadUrl)?),
            _ => (authority, 1935),
        };
        let bare = host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'))
            .unwrap_or(host);
        if bare.is_empty() || app.is_empty() || stream.is_empty() || base.contains('?') {
            return Err(BadUrl);
        }
        Ok(Self {
            host: bare.to_owned(),
            port,
            app: app.to_owned(),
            tc_url: base.to_owned(),
            stream: stream.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{BadUrl, PublishAddress, RtmpUrl, without_query};

    fn address(app: &str, tc_url: &str, name: &str) -> (String, String, Option<String>) {
        let address = PublishAddress::from_parts(app, tc_url, name);
        (address.app, address.stream, address.query)
    }

    fn expected(query: Option<&str>) -> (String, String, Option<String>) {
        ("live".into(), "wx1-7".into(), query.map(str::to_owned))
    }

    #[test]
    fn finds_the_query_wherever_the_encoder_put_it() {
        let key = Some("txSecret=ab&txTime=65");
        let want = expected(key);
        assert_eq!(
            address("live", "rtmp://h/live", "wx1-7?txSecret=ab&txTime=65"),
            want
        );
        assert_eq!(
            address("live?txSecret=ab&txTime=65", "rtmp://h/live", "wx1-7"),
            want
        );
        assert_eq!(
            address("live/", "rtmp://h:1/live/?txSecret=ab&txTime=65", "wx1-7"),
            want
        );
        let both = "live?txSecret=ab&txTime=65";
        assert_eq!(
            address(both, "rtmp://h/live?txSecret=ab&txTime=65", "wx1-7"),
            want
        );
        assert_eq!(
            address("live", "rtmp://h/live", "wx1-7%3FtxSecret=ab%26txTime%3D65"),
            want
        );
    }

    #[test]
    fn whole_address_entered_as_server() {
        let key = Some("txSecret=ab");
        assert_eq!(
            address(
                "live/wx1-7?txSecret=ab",
                "rtmp://h/live/wx1-7?txSecret=ab",
                ""
            ),
            expected(key)
        );
        assert_eq!(
            address("", "rtmp://h/live", "wx1-7?txSecret=ab"),
            expected(key)
        );
    }

    #[test]
    fn parameters_from_two_places_are_joined_name_first() {
        assert_eq!(
            address("live?b=2", "rtmp://h/live?b=2", "wx1-7?a=1"),
            expected(Some("a=1&b=2"))
        );
    }

    #[test]
    fn no_query_hides_behind_two_kinds_of_question_mark() {
        assert_eq!(
            address("live", "", "wx1-7%3Fa=1?b=2"),
            expected(Some("a=1&b=2"))
        );
        assert_eq!(address("live//wx1-7", "", ""), expected(None));
        assert_eq!(without_query("live%3FtxSecret=ab"), "live");
        assert_eq!(without_query("li%2fve?txSecret=%3f"), "li%2fve");
        assert_eq!(without_query("live%3"), "live%3");
    }

    #[test]
    fn slashes_and_percent_signs_are_tolerated() {
        assert_eq!(address("/live/", "", "/wx1-7"), expected(None));
        assert_eq!(address("live", "", "wx1%2D7?"), expected(None));
        assert_eq!(
            address("live", "", "%zz%4%"),
            ("live".into(), "%zz%4%".into(), None)
        );
        assert_eq!(address("live", "", "%ff").1, "\u{fffd}");
        assert_eq!(address("", "", ""), (String::new(), String::new(), None));
        assert_eq!(
            address("", "rtmp://h?x=1", ""),
            (String::new(), String::new(), Some("x=1".into()))
        );
    }

    #[test]
    fn debug_hides_the_query() {
        let address = PublishAddress::from_parts("live", "", "wx1-7?txSecret=hush");
        assert!(!format!("{address:?}").contains("hush"));
        let url: RtmpUrl = "rtmp://h/live/wx1-7?txSecret=hush".parse().unwrap();
        assert!(!format!("{url:?}").contains("hush"));
    }

    #[test]
    fn takes_urls_apart() {
        let url: RtmpUrl = "rtmp://[::1]:19350/live/wx1-7?a=b/c".parse().unwrap();
        assert_eq!((url.host.as_str(), url.port), ("::1", 19350));
        assert_eq!(
            (url.app.as_str(), url.stream.as_str()),
            ("live", "wx1-7?a=b/c")
        );
        assert_eq!(url.tc_url, "rtmp://[::1]:19350/live");
        let url: RtmpUrl = "rtmp://example.com/live/x".parse().unwrap();
        assert_eq!((url.host.as_str(), url.port), ("example.com", 1935));
        let url: RtmpUrl = "rtmp://[::1]/live/x".parse().unwrap();
        assert_eq!((url.host.as_str(), url.port), ("::1", 1935));
        for bad in [
            "",
            "http://h/a/b",
            "rtmp://h/live",
            "rtmp:///live/x",
            "rtmp://h:x/live/y",
            "rtmp://h?x/live/y",
            "rtmp://h/live?x/y",
        ] {
            assert_eq!(bad.parse::<RtmpUrl>(), Err(BadUrl));
        }
    }
}

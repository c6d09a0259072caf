//! Customer service (客服): where viewers of an app's rooms turn to with a question.

/// Longest link, in characters.
pub const MAX_LINK: usize = 512;

/// Why a room or an app has no customer service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CustomerServiceRefusal {
    /// A room is to show it, but the app has none.
    #[error("the app has no customer service")]
    Missing,
    /// Not an address of the web.
    #[error("customer service is reached by an address that begins with https:// or http://")]
    Link,
}

/// Whether viewers may be sent to `link`: an address of the web and nothing that a browser would
/// run.
pub fn check_link(link: &str) -> Result<(), CustomerServiceRefusal> {
    let rest = link
        .strip_prefix("https://")
        .or_else(|| link.strip_prefix("http://"));
    let host = rest.and_then(|rest| rest.split(['/', '?', '#']).next());
    let plain = link
        .bytes()
        .all(|b| b.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&b));
    if plain && link.len() <= MAX_LINK && host.is_some_and(|host| !host.is_empty()) {
        Ok(())
    } else {
        Err(CustomerServiceRefusal::Link)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_an_address_of_the_web() {
        for good in [
            "https://work.weixin.qq.com/kfid/kfc0123456789abcdef",
            "http://shop.example/help?from=live#top",
        ] {
            assert_eq!(check_link(good), Ok(()), "{good}");
        }
        let long = format!("https://shop.example/{}", "a".repeat(MAX_LINK));
        for bad in [
            "",
            "shop.example/help",
            "https://",
            "https:///help",
            "javascript:alert(1)",
            "https://shop.example/a b",
            "https://shop.example/\"onclick=x",
            "https://shop.example/客服",
            long.as_str(),
        ] {
            assert_eq!(check_link(bad), Err(CustomerServiceRefusal::Link), "{bad}");
        }
    }
}

//! What a caller, or whoever runs the server, can do about an answer.

/// What to do about WeChat's number `code`; `None`: it is no mistake, or its text says it all.
pub(super) fn remedy(code: i64) -> Option<&'static str> {
    Some(match code {
        -1 => "the server could not do it: look for the rid in its log, then call again",
        2 | 268_489_001 | 48_001 => {
            "the app may not use live yet: its page of admission in the console says what is missing"
        }
        40_001 => {
            "let one process buy the token and share it, or use stable_token: each purchase makes \
             the older token end; on 40001 the SDK must buy a new one and call again"
        }
        40_002 => "send grant_type=client_credential",
        40_004 => "send PNG, JPEG or GIF, with type=image",
        40_007 => "upload the picture again: a media id lasts 3 days and belongs to its app",
        40_013 => {
            "there is no such app here: make it with `kaibo app create --appid …`, or correct the id"
        }
        40_014 => "send the token as it was sold, as access_token in the query",
        40_066 => {
            "Kaibo has no such path: look for a misspelling; other parts of WeChat's API are \
             reached once the app has WeChat credentials"
        }
        40_125 => "the secret is another one: copy it anew from the console",
        40_164 => "add the address of the answer to the app's list of addresses, or empty the list",
        41_001 => {
            "send the token as access_token in the query, neither in the body nor in a header"
        }
        41_002 | 41_004 => "send appid and secret",
        41_005 => "send the file as the part `media` of multipart/form-data",
        42_001 => "the token ran out: the SDK must buy a new one and call again",
        43_001 | 43_002 => {
            "use the documented method; the reads that some SDK posts are taken where the app's \
             profile is tolerant"
        }
        43_003 => {
            "call by https; behind a proxy, list it under api.proxies and let it set X-Forwarded-Proto"
        }
        44_002 => "the body did not arrive: look whether a redirect or a proxy drops it",
        45_001 => "scale the picture down before it is uploaded",
        45_002 => "send less in one call",
        45_009 => {
            "the day's calls are used up: follow webhooks instead of asking again and again, or \
             raise the app's quota"
        }
        45_011 => "call more slowly: the minute's calls are used up",
        47_001 => "send JSON; forms are understood where the app's profile is tolerant",
        300_022 => "the app has no such room: it was deleted, or belongs to another app",
        300_023 => "the room's state does not allow it: read live_status first",
        300_036 => "let the anchor open qrcode_url and show who they are",
        _ => return None,
    })
}

/// What to do about an answer that is not the API's, such as a proxy's.
pub(super) fn of_a_stranger(status: u16) -> &'static str {
    match status {
        301 | 302 | 307 | 308 => {
            "give the SDK the address that this one leads to: a redirected POST loses its body"
        }
        401 | 403 => "something before Kaibo refuses: let it pass these paths without asking",
        404 => "these paths do not reach Kaibo: look at the base URL and at the proxy's locations",
        413 => "let the proxy pass larger bodies, such as nginx' client_max_body_size 16m",
        429 => "something before Kaibo counts calls: raise its limit",
        502..=504 => "the proxy does not reach Kaibo, or does not wait for it",
        _ => "something before Kaibo answers in its place: look at the proxy",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn successes_and_empty_lists_are_no_mistakes() {
        assert_eq!(remedy(0), None);
        assert_eq!(remedy(9_410_000), None);
    }

    #[test]
    fn what_sdks_meet_before_any_rule_has_advice() {
        let general = [
            40_001, 40_002, 40_004, 40_007, 40_013, 40_014, 40_066, 40_125, 40_164, 41_001, 41_002,
            41_004, 41_005, 42_001, 43_001, 43_002, 43_003, 44_002, 45_001, 45_002, 45_009, 45_011,
            47_001, 48_001,
        ];
        for code in general {
            assert!(remedy(code).is_some(), "{code}");
        }
    }
}

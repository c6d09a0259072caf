//! The calls of shops and SDKs, each in the form in which that client sends it. All of these only
//! read.

use hyper::Method;

/// What a call carries.
pub(super) enum Body {
    /// Nothing.
    None,
    /// JSON with its Content-Type.
    Json(&'static str),
    /// A form.
    Form(&'static str),
    /// JSON without a Content-Type.
    Bare(&'static str),
    /// JSON of so many bytes.
    Padded(usize),
    /// A file of so many bytes, as an upload.
    Upload(usize),
}

/// One call, and how a server that this client can work with answers.
pub(super) struct Shape {
    /// Who calls so.
    pub(super) client: &'static str,
    /// What is particular about it.
    pub(super) habit: &'static str,
    /// How.
    pub(super) method: Method,
    /// Behind the base URL and its slash.
    pub(super) path: &'static str,
    /// Beside the token.
    pub(super) query: &'static str,
    /// What is sent.
    pub(super) body: Body,
    /// Numbers that this client can go on with.
    pub(super) codes: &'static [i64],
    /// Keys that it reads in a success without asking whether they are there.
    pub(super) keys: &'static [&'static str],
}

/// A success, or a list with nothing in it.
const LIST: &[i64] = &[0, 9_410_000];
const OK: &[i64] = &[0];

const ROOMS: &str = "wxa/business/getliveinfo";

fn get(client: &'static str, habit: &'static str, path: &'static str) -> Shape {
    Shape {
        client,
        habit,
        method: Method::GET,
        path,
        query: "",
        body: Body::None,
        codes: OK,
        keys: &[],
    }
}

fn post(client: &'static str, habit: &'static str, path: &'static str, body: Body) -> Shape {
    Shape {
        method: Method::POST,
        body,
        ..get(client, habit, path)
    }
}

/// Those that need nothing but an app.
pub(super) fn all() -> Vec<Shape> {
    let mut shapes = lists_of_rooms();
    shapes.extend(lists_of_goods());
    shapes.extend(lists_of_people());
    shapes.extend(ways());
    shapes
}

fn lists_of_rooms() -> Vec<Shape> {
    let list = |client, habit, body| Shape {
        codes: LIST,
        keys: &["room_info", "total"],
        ..post(client, habit, ROOMS, body)
    };
    vec![
        list(
            "WxJava",
            "asks for 80 rooms at once",
            Body::Json(r#"{"start":0,"limit":80}"#),
        ),
        Shape {
            codes: &[9_410_000],
            ..list(
                "WxJava",
                "stops at 9410000 behind the last room",
                Body::Json(r#"{"start":1000000,"limit":80}"#),
            )
        },
        list(
            "lilishop",
            "sends numbers as texts",
            Body::Json(r#"{"start":"0","limit":"10"}"#),
        ),
        list(
            "EasyWeChat 5",
            "lists rooms by JSON",
            Body::Json(r#"{"start":0,"limit":10}"#),
        ),
        list(
            "PHP shops",
            "list rooms by a form",
            Body::Form("start=0&limit=10"),
        ),
        list(
            "wechatpy",
            "sends JSON without a Content-Type",
            Body::Bare(r#"{"start":0,"limit":10}"#),
        ),
        Shape {
            path: "/wxa/business/getliveinfo",
            ..list(
                "EasyWeChat 6",
                "begins a path with two slashes",
                Body::Json(r#"{"start":0,"limit":10}"#),
            )
        },
        Shape {
            keys: &["live_replay", "total"],
            codes: &[0, 9_410_000, 300_022],
            ..list(
                "lilishop",
                "asks for replays with texts",
                Body::Json(r#"{"action":"get_replay","room_id":"1","start":"0","limit":"10"}"#),
            )
        },
    ]
}

fn lists_of_goods() -> Vec<Shape> {
    vec![
        Shape {
            query: "offset=0&limit=30&status=0",
            codes: LIST,
            keys: &["goods", "total"],
            ..get(
                "EasyWeChat 5",
                "reads goods by GET",
                "wxaapi/broadcast/goods/getapproved",
            )
        },
        Shape {
            codes: LIST,
            keys: &["goods", "total"],
            ..post(
                "PowerWeChat",
                "reads goods by POST, with count",
                "wxaapi/broadcast/goods/getapproved",
                Body::Json(r#"{"offset":0,"count":30,"status":0}"#),
            )
        },
        Shape {
            codes: &[0, 1_003, 9_410_000],
            ..post(
                "SKIT",
                "has another path for goods' states",
                "wxaapi/broadcast/getgoodswarehouse",
                Body::Json(r#"{"goods_ids":[1]}"#),
            )
        },
        get(
            "any SDK",
            "reads the goods' keys",
            "wxaapi/broadcast/goods/getkey",
        ),
    ]
}

fn lists_of_people() -> Vec<Shape> {
    vec![
        Shape {
            query: "role=-1&offset=0&limit=10&keyword=",
            codes: LIST,
            keys: &["list", "total"],
            ..get(
                "WxJava",
                "reads roles with role=-1",
                "wxaapi/broadcast/role/getrolelist",
            )
        },
        Shape {
            codes: LIST,
            keys: &["list", "total"],
            ..post(
                "PowerWeChat",
                "reads roles by POST",
                "wxaapi/broadcast/role/getrolelist",
                Body::Json(r#"{"role":-1,"offset":0,"limit":10,"keyword":""}"#),
            )
        },
        Shape {
            keys: &["followers"],
            ..post(
                "EasyWeChat 5",
                "pages followers by a form, from 0",
                "wxa/business/get_wxa_followers",
                Body::Form("limit=10&page_break=0"),
            )
        },
    ]
}

/// What lies between a client and the server: proxies, limits, paths.
fn ways() -> Vec<Shape> {
    vec![
        Shape {
            codes: &[45_002],
            ..post(
                "any SDK",
                "gets WeChat's answer to a body that is too large",
                ROOMS,
                Body::Padded(1_200_000),
            )
        },
        Shape {
            query: "type=video",
            codes: &[40_004],
            ..post(
                "any SDK",
                "gets 9 MB through to an upload",
                "cgi-bin/media/upload",
                Body::Upload(9_000_000),
            )
        },
        Shape {
            query: "access_token=of_another_server_0123456789",
            codes: &[40_001],
            ..post(
                "every SDK",
                "buys a new token on 40001",
                ROOMS,
                Body::Json(r#"{"start":0,"limit":1}"#),
            )
        },
    ]
}

/// Those that need a room; its id takes the place of `{room}`.
pub(super) fn of_a_room() -> Vec<Shape> {
    let read = |habit, path, keys| Shape {
        query: "roomId={room}",
        keys,
        ..get("EasyWeChat 5", habit, path)
    };
    vec![
        Shape {
            client: "any SDK",
            codes: &[0, 300_023],
            ..read(
                "reads where a room's stream goes",
                "wxaapi/broadcast/room/getpushurl",
                &["pushAddr"],
            )
        },
        read(
            "reads a room's code and poster",
            "wxaapi/broadcast/room/getsharedcode",
            &["cdnUrl", "pagePath", "posterUrl"],
        ),
        read(
            "reads a room's assistants",
            "wxaapi/broadcast/room/getassistantlist",
            &["list"],
        ),
        Shape {
            client: "WxJava",
            ..read(
                "reads username though there is no sub-anchor",
                "wxaapi/broadcast/room/getsubanchor",
                &["username"],
            )
        },
    ]
}

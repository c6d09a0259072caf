//! How WeChat is asked for a mini program's code.
//! <https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/qrcode-link/qr-code/getUnlimitedQRCode.html>

use kaibo_app::ports::WechatRequest;
use kaibo_domain::wechat::ApiPath;
use serde_json::json;

/// Pixels across.
const WIDTH: u32 = 600;

/// A code of the released mini program: one for a page that it does not have is refused (41030), so
/// that nobody scans what cannot be opened.
pub(crate) fn request(page: &str, scene: &str) -> Option<WechatRequest> {
    let body = json!({"scene": scene, "page": page, "check_path": true, "width": WIDTH});
    Some(WechatRequest {
        method: "POST".into(),
        path: ApiPath::new("wxa/getwxacodeunlimit")?,
        query: String::new(),
        content_type: Some("application/json".into()),
        body: body.to_string().into(),
    })
}

//! Messages to a group by a bot of their chat: each brand's form, signature and answer.
//! <https://developer.work.weixin.qq.com/document/path/91770>
//! <https://open.dingtalk.com/document/robots/custom-robot-access>
//! <https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use hyper::Method;
use kaibo_app::ports::{BotCall, CallError};
use kaibo_domain::alert::BotBrand;
use serde_json::{Value, json};
use sha2::Sha256;
use url::Url;

use crate::http::{Ask, Client};

/// Posts a text; what the bot's own answer says counts, since its status is 200 for refusals too.
pub(crate) async fn send(client: &Client, call: BotCall) -> Result<(), CallError> {
    let brand = call.brand;
    let reply = client.call(ask(call)?).await?;
    let said: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    let code = match brand {
        BotBrand::Wecom | BotBrand::Dingtalk => &said["errcode"],
        // `StatusCode` is the name of older answers.
        BotBrand::Feishu if said["code"].is_null() => &said["StatusCode"],
        BotBrand::Feishu => &said["code"],
    };
    if reply.status == 200 && code.as_i64() == Some(0) {
        Ok(())
    } else {
        Err(reply.unwanted())
    }
}

fn ask(call: BotCall) -> Result<Ask, CallError> {
    let mut url = Url::parse(&call.url).map_err(|_| CallError::Url)?;
    let text = call.text;
    let body = match call.brand {
        BotBrand::Wecom => json!({"msgtype": "text", "text": {"content": text}}),
        BotBrand::Dingtalk => {
            if let Some(secret) = &call.secret {
                let timestamp = call.at.to_string();
                let sign = mac(secret, &format!("{timestamp}\n{secret}"));
                url.query_pairs_mut()
                    .append_pair("timestamp", &timestamp)
                    .append_pair("sign", &sign);
            }
            json!({"msgtype": "text", "text": {"content": text}})
        }
        BotBrand::Feishu => {
            let mut body = json!({"msg_type": "text", "content": {"text": text}});
            if let Some(secret) = &call.secret {
                let timestamp = (call.at / 1_000).to_string();
                // Feishu's own way: the text is the key, and nothing is signed with it.
                body["sign"] = json!(mac(&format!("{timestamp}\n{secret}"), ""));
                body["timestamp"] = json!(timestamp);
            }
            body
        }
    };
    Ok(Ask {
        method: Method::POST,
        url: url.into(),
        headers: vec![("content-type", "application/json; charset=utf-8".into())],
        body: body.to_string().into(),
        is_personal: false,
    })
}

/// HMAC-SHA-256 in base64.
fn mac(key: &str, text: &str) -> String {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("HMAC takes any key length");
    mac.update(text.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(brand: BotBrand, secret: Option<&str>) -> BotCall {
        BotCall {
            brand,
            url: "https://bot.test/send?key=k".into(),
            secret: secret.map(str::to_owned),
            text: "【开播】直播中断".into(),
            at: 1_800_000_000_123,
        }
    }

    #[test]
    fn each_brand_is_signed_its_own_way() {
        // printf '1800000000123\nSECtest' | openssl dgst -sha256 -hmac SECtest -binary | base64
        let ding = ask(call(BotBrand::Dingtalk, Some("SECtest"))).unwrap();
        assert_eq!(
            ding.url,
            "https://bot.test/send?key=k&timestamp=1800000000123&sign=ARwD6BPityVQKKdq%2F8Dc4Z0g%2B%2FKwMntHs8dr4Qy%2F6LY%3D"
        );
        // printf '' | openssl dgst -sha256 -hmac $'1800000000\nSECtest' -binary | base64
        let feishu = ask(call(BotBrand::Feishu, Some("SECtest"))).unwrap();
        let body: Value = serde_json::from_slice(&feishu.body).unwrap();
        assert_eq!(
            body,
            json!({
                "msg_type": "text", "content": {"text": "【开播】直播中断"},
                "timestamp": "1800000000", "sign": "xRMafYbHsp71swEAHAjVqoO6r9TqN4N5t9grlP1ZlnY=",
            })
        );
        let wecom = ask(call(BotBrand::Wecom, None)).unwrap();
        assert_eq!(wecom.url, "https://bot.test/send?key=k");
        let body: Value = serde_json::from_slice(&wecom.body).unwrap();
        let wanted = json!({"msgtype": "text", "text": {"content": "【开播】直播中断"}});
        assert_eq!(body, wanted);
    }
}

//! A call that is not Kaibo's goes to a stand-in for WeChat's own API: credentials by the command
//! line beside a running server, and no secret in what it says.

use serde_json::json;
use test_receiver::wechat::{APPID, SECRET, Wechat};

use crate::house::{House, within};
use crate::shop::Shop;

const PATH: &str = "/wxa/business/getuserphonenumber";

async fn an_account_that_is_set_beside_a_server_opens_wechat_to_it(house: House) {
    let wechat = Wechat::start().await;
    let house = house
        .with("KAIBO_OUTBOUND__ALLOW_PRIVATE", "[\"127.0.0.0/8\"]")
        .with("KAIBO_OUTBOUND__WECHAT_BASE", &wechat.base())
        .with("KAIBO_SERVER__LOG", "debug");
    let server = house.serve().await;
    let shop = Shop::new(&house, &server).await;
    let call = async || {
        within("an answer", shop.post(PATH, &json!({})))
            .await
            .unwrap()
    };
    assert_eq!(call().await["errcode"], 40_066);

    let args = |what| ["app", "wechat", what, "--appid", shop.appid.as_str()];
    house
        .order(&args("show"))
        .await
        .refused_with("app wechat set");
    let set = [&args("set")[..], &["--wechat-appid", APPID]].concat();
    house
        .order_with(&set, "short\n")
        .await
        .refused_with("32 letters");
    let wrong = house.order_with(&set, &"0".repeat(32)).await.json();
    let problem = wrong["problem"].as_str().unwrap();
    assert!(problem.contains("AppSecret is wrong"), "{problem}");
    let good = house.order_with(&set, &format!("{SECRET}\n")).await;
    assert!(!good.out.contains(SECRET));
    let good = good.json();
    assert_eq!(
        (&good["wechatAppid"], &good["problem"]),
        (&json!(APPID), &json!(null))
    );
    assert_eq!(house.order(&args("show")).await.json(), good);

    assert_eq!(call().await["at"], PATH);
    wechat.renew();
    assert_eq!(call().await["at"], PATH);
    assert_eq!(wechat.sold(), 2);

    assert_eq!(
        house.order(&args("drop")).await.json(),
        json!({"set": false})
    );
    assert_eq!(call().await["errcode"], 40_066);
    let ended = server.stop().await;
    for secret in [SECRET, "91_real-token"] {
        assert!(!ended.said.contains(secret), "{}", ended.said);
    }
}

on_each_database![an_account_that_is_set_beside_a_server_opens_wechat_to_it];

"""A shop's back end on wechatpy. Says each step it has done as a line of JSON."""
import json
import sys
import time

from wechatpy import WeChatClient
from wechatpy.exceptions import WeChatClientException

base, appid, secret, anchor, picture = sys.argv[1:]


class Client(WeChatClient):
    """wechatpy with another base URL: its own for calls, and the one of its token."""

    API_BASE_URL = base + "/cgi-bin/"

    def _fetch_access_token(self, url, params):
        return super()._fetch_access_token(url.replace("https://api.weixin.qq.com", base), params)


client = Client(appid, secret)


def say(**words):
    print(json.dumps(words), flush=True)


def ask(**words):
    say(**words)
    sys.stdin.readline()


def post(path, body):
    return client.post(base + path, data=body)


def get(path, **params):
    return client.get(base + path, params=params)


def rooms():
    return post("/wxa/business/getliveinfo", {"start": 0, "limit": 10})["room_info"]


assert client.access_token
say(done="token")

with open(picture, "rb") as file:
    image = client.media.upload("image", file)["media_id"]
say(done="upload")

start = int(time.time()) + 7200
room = post("/wxaapi/broadcast/room/create", {
    "name": "年货节专场", "coverImg": image, "shareImg": image, "feedsImg": image,
    "startTime": start, "endTime": start + 3600, "anchorName": "小林", "anchorWechat": anchor,
    "type": 1, "closeLike": 0, "closeGoods": 0, "closeComment": 0,
})["roomId"]
say(done="create")

assert [(row["roomid"], row["live_status"]) for row in rooms()] == [(room, 102)]
say(done="list")

goods = post("/wxaapi/broadcast/goods/add", {"goodsInfo": {
    "coverImgUrl": image, "name": "帆布双肩包", "priceType": 3, "price": 99, "price2": 59.9,
    "url": "pages/goods/detail?id=7",
}})["goodsId"]
say(done="goods/add")

while post("/wxa/business/getgoodswarehouse", {"goods_ids": [goods]})["goods"][0]["audit_status"] != 2:
    time.sleep(0.05)
row = get("/wxaapi/broadcast/goods/getapproved", offset=0, limit=30, status=2)["goods"][0]
assert (row["goodsId"], row["price"], row["price2"]) == (goods, 99, 59.9), row
say(done="goods/approved")

post("/wxaapi/broadcast/room/addgoods", {"ids": [goods], "roomId": room})
shelf = rooms()[0]["goods"]
assert (shelf[0]["goods_id"], shelf[0]["price2"]) == (goods, 5990), shelf
say(done="shelf")

address = get("/wxaapi/broadcast/room/getpushurl", roomId=room)["pushAddr"]
ask(goLive={"roomId": room, "pushAddr": address})
assert rooms()[0]["live_status"] == 101
post("/wxaapi/broadcast/goods/push", {"roomId": room, "goodsId": goods})
say(done="push")

post("/wxaapi/broadcast/role/addrole", {"username": "operator_one", "role": 3})
assert get("/wxaapi/broadcast/role/getrolelist", role=3, offset=0, limit=10)["list"][0]["roleList"] == [3]
post("/wxaapi/broadcast/role/deleterole", {"username": "operator_one", "role": 3})
say(done="roles")

ask(end={"roomId": room})
post("/wxaapi/broadcast/room/deleteroom", {"id": room})
post("/wxaapi/broadcast/goods/delete", {"goodsId": goods})
try:
    rooms()
    raise AssertionError("the deleted room is still listed")
except WeChatClientException as refusal:
    assert refusal.errcode == 9410000, refusal
say(done="delete")

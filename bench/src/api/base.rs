//! A large database: one room with its goods made through the API, then copied by SQL, since making
//! as many rooms through the API would take minutes and tell nothing more.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::load::Call;
use crate::server::{self, House, Shop};

/// Rooms in the database.
pub(crate) const ROOMS: i64 = 100_000;
/// Rooms of a page.
pub(crate) const ROWS: i64 = 50;
/// Goods of a room.
pub(crate) const GOODS: usize = 10;
/// Rooms that are still to come; the others are over.
const PLANNED: i64 = 60;

/// A data folder that is used by nobody.
pub(crate) struct Base {
    data: PathBuf,
    _folder: TempDir,
    app: Value,
    /// The room that was made.
    room: i64,
}

impl Base {
    pub(crate) fn make(bin: &Path) -> anyhow::Result<Self> {
        let folder = TempDir::with_prefix("kaibo-bench-")?;
        let data = folder.path().join("data");
        let house = House::open(bin, &data)?;
        let app = server::create_app(bin, &data)?;
        let shop = Shop::open(house.at, &app)?;
        let room = stocked_room(&shop)?;
        drop(house);
        let base = Self {
            data,
            _folder: folder,
            app,
            room,
        };
        base.copy_room()?;
        Ok(base)
    }

    pub(crate) fn data(&self) -> &Path {
        &self.data
    }

    pub(crate) fn app(&self) -> &Value {
        &self.app
    }

    /// A change of one room, there and back.
    pub(crate) fn change(&self, shop: &Shop) -> [Call; 2] {
        [0, 1].map(|closed| {
            let body = json!({"roomId": self.room, "closeReplay": closed});
            Call::post(&shop.path("wxaapi/broadcast/room/updatereplay"), &body)
        })
    }
}

impl Base {
    /// Nobody may use the folder meanwhile. The app gets as many calls as a figure needs.
    fn copy_room(&self) -> anyhow::Result<()> {
        let sql = COPY
            .replace("{room}", &self.room.to_string())
            .replace("{copies}", &(ROOMS - 1).to_string())
            .replace("{planned}", &PLANNED.to_string());
        let mut sqlite = Command::new("sqlite3")
            .args(["-bail", "-batch"])
            .arg(self.data.join("kaibo.db"))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .context("sqlite3 does not start; install it")?;
        let mut stdin = sqlite.stdin.take().context("sqlite3 takes no input")?;
        stdin.write_all(sql.as_bytes())?;
        drop(stdin);
        let status = sqlite.wait()?;
        ensure!(status.success(), "the room cannot be copied: {status}");
        Ok(())
    }
}

/// A room with a full shelf.
fn stocked_room(shop: &Shop) -> anyhow::Result<i64> {
    let image = shop.upload()?;
    let mut goods = Vec::new();
    for n in 0..GOODS {
        let info = json!({
            "name": format!("手工羊毛围巾{n}号"), "coverImgUrl": image, "priceType": 1,
            "price": 128 + n, "url": format!("pages/goods/index.html?id={n}"),
        });
        let made = shop.post("wxaapi/broadcast/goods/add", &json!({"goodsInfo": info}))?;
        goods.push(made["goodsId"].clone());
    }
    let room = shop.post("wxaapi/broadcast/room/create", &server::plan(&image))?;
    let room = room["roomId"].as_i64().context("a room has a number")?;
    let shelve = json!({"roomId": room, "ids": goods});
    let mut tries = 0;
    loop {
        // Refused until every one of the goods is approved.
        match shop.post("wxaapi/broadcast/room/addgoods", &shelve) {
            Ok(_) => return Ok(room),
            Err(error) if tries == 100 => return Err(error.context("the goods are not approved")),
            Err(_) => tries += 1,
        }
        thread::sleep(Duration::from_millis(100));
    }
}

/// All but a few rooms are over, and lie two years back, some hundred a day. Ids are beyond those
/// that Kaibo gives out.
const COPY: &str = "\
BEGIN IMMEDIATE;
CREATE TEMP TABLE copied AS
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {copies})
    SELECT room.* FROM n, room WHERE room.id = {room};
UPDATE copied SET id = 2147483648 + rowid, start_at = start_at - 86400000 - rowid * 630720,
    status = 103, next_deadline = NULL;
UPDATE copied SET start_at = start_at + 86400000 + rowid * 690720 + 7200000, status = 102
    WHERE rowid <= {planned};
UPDATE copied SET end_at = start_at + 3600000;
UPDATE copied SET next_deadline = end_at WHERE status = 102;
INSERT INTO room SELECT * FROM copied;
INSERT INTO shelf (room_id, app_id, version) SELECT id, app_id, 1 FROM copied;
INSERT INTO shelf_item (room_id, goods_id, app_id, place, on_sale, added_at)
    SELECT copied.id, goods_id, item.app_id, place, on_sale, added_at
    FROM copied, shelf_item AS item WHERE item.room_id = {room};
INSERT INTO calendar (app_id, day, rooms)
    SELECT app_id, start_at / 86400000, COUNT(*) FROM copied WHERE TRUE GROUP BY 1, 2
    ON CONFLICT DO UPDATE SET rooms = rooms + excluded.rooms;
INSERT INTO app_door (app_id, profile, allowed, quotas) SELECT app_id, NULL, '[]',
    '{\"roomsPerDay\":100000000,\"calls\":{
        \"getliveinfo\":{\"perDay\":100000000,\"perMinute\":100000000},
        \"room/create\":{\"perDay\":100000000,\"perMinute\":100000000}}}' FROM app;
COMMIT;
ANALYZE;
";

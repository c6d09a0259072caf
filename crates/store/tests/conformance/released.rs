//! Databases that released versions have left: each is opened, and nothing in it is lost.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use kaibo_domain::HOUR_MS;
use kaibo_domain::anchor::Verification;
use kaibo_domain::event::{Cause, RoomEvent};
use kaibo_domain::role::Role;
use kaibo_domain::room::{Change, Status};
use kaibo_store::{AccessToken, DATABASE_FILE, Image, KEY_FILE, RoomQuery, Store, TokenKind};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, SqliteConnection};

use crate::{House, NOW, a_room, add_app, app_id};

const DUMP: &str = "postgres.sql";
const IMAGE: &str = "ab01ab01ab01ab01ab01ab01ab01ab01";

fn released() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/released")
}

/// Something of everything.
pub(crate) async fn fill(store: &Store) {
    let one = add_app(store, "wx_one").await;
    let token = AccessToken {
        id: vec![7; 16],
        app_id: one.clone(),
        kind: TokenKind::Stable,
        issued_at: NOW,
        expires_at: NOW + 2 * HOUR_MS,
        superseded_at: None,
    };
    store.issue_token(&token, NOW).await.unwrap();
    let image = Image {
        name: IMAGE.into(),
        media_id: "media-1".into(),
        app_id: one.clone(),
        format: "png".into(),
        width: 800,
        height: 640,
        bytes: 4,
        sent_bytes: 4,
        created_at: NOW,
    };
    store.put_image(&image, b"\x89PNG").await.unwrap();
    let due_at = NOW + 181 * 24 * HOUR_MS;
    let verified = store.verify_anchor(&one, "anchor_01", "door", due_at, NOW);
    assert!(verified.await.unwrap().is_some());
    let room = a_room(store, &one, "canary-code").await;
    let mut live = room.clone();
    live.status = Status::Live;
    live.draft.cover = Some(IMAGE.into());
    let (from, to, cause) = (Status::Planned, Status::Live, Cause::Command);
    let change = Change {
        room: live,
        events: vec![RoomEvent::Status { from, to, cause }],
        dirty: true,
    };
    store
        .save_room(&change, Some(NOW + 1), None, NOW)
        .await
        .unwrap();
    store.revoke_push(&one, room.id, NOW).await.unwrap();
    a_room(store, &one, "second-code").await;
    store.set_setup_token(b"token").await.unwrap();
    let owner = store
        .create_owner("boss", "hash", b"token", NOW)
        .await
        .unwrap();
    let owner = owner.unwrap();
    let begun = store.create_session(b"cookie", &owner, "csrf", NOW + 1, NOW);
    assert!(begun.await.unwrap());
    store.note_applied(3, NOW).await.unwrap();
}

async fn nothing_is_lost(store: &Store) {
    let one = app_id("wx_one");
    assert_eq!(
        store.app(&one).await.unwrap().unwrap().secret_hash,
        [1, 2, 3]
    );
    let token = store.token(&[7; 16]).await.unwrap().unwrap();
    assert_eq!((token.kind, token.issued_at), (TokenKind::Stable, NOW));
    let (image, bytes) = store.image(IMAGE).await.unwrap().unwrap();
    assert_eq!((image.width, &bytes[..]), (800, &b"\x89PNG"[..]));
    let anchor = store.anchor_by_token("door").await.unwrap().unwrap();
    assert_eq!(anchor.state, Verification::Verified);
    assert_eq!(anchor.due_at, Some(NOW + 181 * 24 * HOUR_MS));
    let person = store.person(&one, "anchor_01").await.unwrap().unwrap();
    assert_eq!((person.roles, person.known_at), (vec![Role::Anchor], NOW));
    assert!(
        store
            .has_role(&one, "anchor_01", Role::Anchor)
            .await
            .unwrap()
    );

    let (_, id) = store.room_by_code("canary-code").await.unwrap().unwrap();
    let room = store.room(&one, id).await.unwrap().unwrap();
    assert_eq!((room.status, room.version), (Status::Live, 1));
    assert_eq!(room.draft.name, "双十一专场");
    assert_eq!(room.draft.cover.as_deref(), Some(IMAGE));
    let access = store.room_access(&one, id).await.unwrap().unwrap();
    assert_eq!((access.push_seed, access.push_version), ([9; 32], 1));
    assert_eq!(access.code, "canary-code");
    assert!(store.room_by_code("second-code").await.unwrap().is_some());
    assert_eq!(store.next_deadline().await.unwrap(), Some(NOW + 1));

    let every = RoomQuery {
        limit: 10,
        ..RoomQuery::default()
    };
    let (total, listed) = store.rooms(&one, &every).await.unwrap();
    assert_eq!((total, listed.len()), (2, 2));

    let events = store.events_after(0, 10).await.unwrap();
    let (from, to, cause) = (Status::Planned, Status::Live, Cause::Command);
    let told: Vec<RoomEvent> = events.into_iter().map(|e| e.event).collect();
    let status = RoomEvent::Status { from, to, cause };
    let created = || RoomEvent::Created;
    assert_eq!(
        told,
        [created(), status, RoomEvent::PushKeyRevoked, created()]
    );
    assert_eq!(store.applied_offset().await.unwrap(), 3);
    let (user, csrf) = store.session(b"cookie", NOW).await.unwrap().unwrap();
    assert_eq!((user.name.as_str(), csrf.as_str()), ("boss", "csrf"));

    // And it goes on from there.
    assert_ne!(a_room(store, &one, "third-code").await.id, id);
    assert_eq!(store.events_after(4, 10).await.unwrap().len(), 1);
    store.close().await;
}

/// Puts a version's folder in a house, with its key as private as it must be.
fn move_in(version: &Path, house: &House) {
    let to = house.dir.path();
    for name in [KEY_FILE, DATABASE_FILE] {
        if name == DATABASE_FILE && house.is_postgres() {
            continue;
        }
        fs::copy(version.join(name), to.join(name)).unwrap();
        fs::set_permissions(to.join(name), fs::Permissions::from_mode(0o600)).unwrap();
    }
    let images = to.join("images/ab");
    fs::create_dir_all(&images).unwrap();
    fs::copy(version.join("images/ab").join(IMAGE), images.join(IMAGE)).unwrap();
}

async fn a_database_of_each_released_version_is_opened_with_all_that_it_holds(house: House) {
    let versions = fs::read_dir(released()).unwrap().map(|e| e.unwrap().path());
    let versions: Vec<PathBuf> = versions.filter(|path| path.is_dir()).collect();
    assert!(!versions.is_empty());
    for version in versions {
        let house = house.another().await;
        move_in(&version, &house);
        if house.is_postgres() {
            let dump = fs::read_to_string(version.join(DUMP)).unwrap();
            let mut conn = PgConnection::connect(&house.url).await.unwrap();
            conn.execute(AssertSqlSafe(dump)).await.unwrap();
            conn.close().await.unwrap();
        }
        nothing_is_lost(&house.open().await).await;
    }
}

/// Writes `tests/released/<version>`; run once with the version that is about to be released.
#[tokio::test]
#[ignore = "makes files of the repository"]
async fn record_what_this_version_leaves() {
    let to = released().join(env!("CARGO_PKG_VERSION"));
    fs::create_dir_all(to.join("images/ab")).unwrap();
    let (lite, large) = (House::sqlite(), House::postgres().await);
    let store = lite.open().await;
    fill(&store).await;
    store.close().await;
    for name in [KEY_FILE, &format!("images/ab/{IMAGE}")] {
        fs::copy(lite.dir.path().join(name), to.join(name)).unwrap();
    }
    let file = lite.dir.path().join(DATABASE_FILE);
    let url = format!("sqlite://{}", file.display());
    let mut conn = SqliteConnection::connect(&url).await.unwrap();
    // Small pages, since most of them are nearly empty.
    let copy = to.join(DATABASE_FILE);
    let whole = format!("PRAGMA page_size = 1024; VACUUM INTO '{}'", copy.display());
    conn.execute(AssertSqlSafe(whole)).await.unwrap();

    fs::copy(
        lite.dir.path().join(KEY_FILE),
        large.dir.path().join(KEY_FILE),
    )
    .unwrap();
    let store = large.open().await;
    fill(&store).await;
    store.close().await;
    let dump = test_postgres::shared().await.dump(&large.url);
    fs::write(to.join(DUMP), dump).unwrap();
}

cases![a_database_of_each_released_version_is_opened_with_all_that_it_holds];

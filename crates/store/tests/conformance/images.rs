//! Images: rows and files.

use kaibo_domain::draft::Draft;
use kaibo_domain::id::AppId;
use kaibo_store::{Image, NewRoom, Store, StoreError};

use crate::{DAY, House, NOW, add_app, app_id, draft};

pub(crate) fn image(app_id: &AppId, name: &str, media_id: &str) -> Image {
    Image {
        name: name.into(),
        media_id: media_id.into(),
        app_id: app_id.clone(),
        format: "png".into(),
        width: 800,
        height: 640,
        bytes: 4,
        sent_bytes: 9,
        created_at: NOW,
    }
}

async fn an_image_comes_back_with_its_bytes(house: House) {
    let (store, one) = house.store().await;
    let two = add_app(&store, "wx_two").await;
    let name = "ab01".repeat(8);
    let put = image(&one, &name, "media-1");
    store.put_image(&put, b"\x89PNG").await.unwrap();
    let (got, bytes) = store.image(&name).await.unwrap().unwrap();
    assert_eq!((&got, &bytes[..]), (&put, &b"\x89PNG"[..]));
    let by_id = store.image_by_media_id(&one, "media-1").await.unwrap();
    assert_eq!(by_id.as_ref(), Some(&put));
    assert_eq!(store.image_of(&one, &name).await.unwrap(), Some(put));
    assert_eq!(
        store.image_by_media_id(&two, "media-1").await.unwrap(),
        None
    );
    assert_eq!(store.image_of(&two, &name).await.unwrap(), None);
    let file = store.data_dir().join("images/ab").join(&name);
    assert_eq!(std::fs::read(file).unwrap(), b"\x89PNG");
}

async fn names_that_are_no_names_reach_no_file(house: House) {
    let (store, one) = house.store().await;
    let long = "../".repeat(11);
    for name in [
        "",
        "../../master.key",
        &long[..32],
        &"A".repeat(32),
        &"é".repeat(16),
    ] {
        let put = store.put_image(&image(&one, name, "m"), b"x").await;
        assert!(matches!(put, Err(StoreError::ImageName)), "{name}");
        assert!(store.image(name).await.unwrap().is_none(), "{name}");
    }
    assert!(!store.data_dir().join("images").exists());
}

async fn an_image_without_a_row_leaves_no_file(house: House) {
    let (store, _) = house.store().await;
    let name = "0".repeat(32);
    let put = store
        .put_image(&image(&app_id("wx_nobody"), &name, "m"), b"x")
        .await;
    assert!(put.is_err());
    assert!(store.image(&name).await.unwrap().is_none());
    let left = std::fs::read_dir(store.data_dir().join("images/00")).unwrap();
    assert_eq!(left.count(), 0);
}

async fn a_name_in_use_keeps_its_image(house: House) {
    let (store, one) = house.store().await;
    let name = "7".repeat(32);
    store
        .put_image(&image(&one, &name, "first"), b"first")
        .await
        .unwrap();
    assert!(
        store
            .put_image(&image(&one, &name, "second"), b"second")
            .await
            .is_err()
    );
    let (kept, bytes) = store.image(&name).await.unwrap().unwrap();
    assert_eq!(
        (kept.media_id.as_str(), &bytes[..]),
        ("first", &b"first"[..])
    );
}

async fn room_with(store: &Store, app_id: &AppId, code: &str, change: impl FnOnce(&mut Draft)) {
    let mut draft = draft();
    change(&mut draft);
    let new = NewRoom {
        app_id,
        draft: &draft,
        day: DAY,
        rooms_per_day: 1000,
        push_seed: [9; 32],
        code,
        next_deadline: draft.end_at,
    };
    assert!(store.create_room(new, NOW).await.unwrap().is_some());
}

async fn purge_takes_old_images_that_no_room_shows(house: House) {
    let (store, one) = house.store().await;
    let other = add_app(&store, "wx_other").await;
    let names = ["1", "2", "3", "4"].map(|digit| digit.repeat(32));
    for (name, at) in names.iter().zip([10, 10, 20, 10]) {
        let old = Image {
            created_at: at,
            ..image(&one, name, name)
        };
        store.put_image(&old, b"x").await.unwrap();
    }
    room_with(&store, &one, "code-1", |d| d.share = Some(names[1].clone())).await;
    // Another app's room does not keep it.
    room_with(&store, &other, "code-2", |d| {
        d.cover = Some(names[3].clone());
    })
    .await;

    assert_eq!(store.purge_images(20).await.unwrap(), 2);
    let mut left = Vec::new();
    for name in &names {
        left.push(store.image(name).await.unwrap().is_some());
    }
    assert_eq!(left, [false, true, true, false]);
    assert!(!store.data_dir().join("images/11").join(&names[0]).exists());
    assert_eq!(store.purge_images(20).await.unwrap(), 0);
}

cases![
    an_image_comes_back_with_its_bytes,
    names_that_are_no_names_reach_no_file,
    an_image_without_a_row_leaves_no_file,
    a_name_in_use_keeps_its_image,
    purge_takes_old_images_that_no_room_shows,
];

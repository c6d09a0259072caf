//! The data folder is its owner's alone.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::house::House;
use crate::shop::Shop;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    let mut files = Vec::new();
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            files.extend(self::files(&path));
        } else {
            files.push(path);
        }
    }
    files
}

#[tokio::test]
async fn the_data_folder_is_its_owners_alone() {
    let house = House::new();
    let server = house.serve().await;
    let shop = Shop::new(&house, &server).await;
    shop.room().await;
    let folder = house.data_dir();
    assert_eq!(mode(&folder.join("master.key")), 0o600);
    assert_eq!(mode(&folder), 0o700);
    let files = files(&folder);
    assert!(
        files
            .iter()
            .any(|path| path.starts_with(folder.join("images")))
    );
    for path in files {
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
}

#[tokio::test]
async fn a_master_key_that_others_can_read_is_refused() {
    let house = House::new();
    house.order(&["app", "create"]).await.json();
    let key = house.data_dir().join("master.key");
    fs::set_permissions(&key, Permissions::from_mode(0o644)).unwrap();
    let refused = house.order(&["app", "create"]).await;
    refused.refused_with("can be read by others");
    refused.refused_with("chmod 600");
    assert!(
        !refused
            .err
            .contains(fs::read_to_string(&key).unwrap().trim())
    );
}

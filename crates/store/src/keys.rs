//! The master key: one file, from which every other key is derived and by which secrets are sealed.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use chacha20poly1305::XChaCha20Poly1305;
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use crate::crash;

/// Name of the key's file in the data folder: 64 hexadecimal digits and a line feed, mode 0600.
pub const KEY_FILE: &str = "master.key";

/// First byte of a sealed value: XChaCha20-Poly1305, then 24 bytes of nonce, then the ciphertext
/// with its 16-byte tag.
const SEALED_XCHACHA: u8 = 1;
const NONCE_BYTES: usize = 24;

/// The installation's key, 32 random bytes. Never printed.
#[derive(Clone)]
pub struct MasterKey([u8; 32]);

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(…)")
    }
}

/// Why the master key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file is not there, but a database made with it is.
    #[error("{} is missing beside an existing database: put back the key from your backup (without it no stored secret opens), or name an empty folder or database to begin anew", .0.display())]
    Missing(PathBuf),
    /// Others than the owner can read the file.
    #[error("{} can be read by others (mode {mode:03o}): run `chmod 600` on it", path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file does not hold 64 hexadecimal digits.
    #[error("{} does not hold 64 hexadecimal digits: put back the key from your backup", .0.display())]
    Damaged(PathBuf),
    /// The database was made with another key.
    #[error("{} is not the key that the database was made with: restore both from the same backup", .0.display())]
    Foreign(PathBuf),
    /// The file could not be read or written.
    #[error("cannot use {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// A sealed value does not open: another key, another context, or changed bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("sealed with another key, for another place, or damaged")]
pub struct SealError;

impl MasterKey {
    /// A key for one purpose: HMAC-SHA-256 of the purpose under the master key.
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes any key length");
        mac.update(b"kaibo/");
        mac.update(purpose.as_bytes());
        mac.finalize().into_bytes().into()
    }

    /// Encrypts `plain` so that it opens only with this key and the same `context` (where it is
    /// kept), which keeps one row's secret from being moved to another.
    pub fn seal(&self, context: &str, plain: &[u8]) -> Vec<u8> {
        let nonce: [u8; NONCE_BYTES] = random();
        let payload = Payload {
            msg: plain,
            aad: context.as_bytes(),
        };
        let sealed = self
            .cipher()
            .encrypt(&nonce.into(), payload)
            .expect("a value in memory is far below the cipher's limit of 256 GiB");
        [&[SEALED_XCHACHA][..], &nonce, &sealed].concat()
    }

    /// Opens what [`MasterKey::seal`] made.
    pub fn open(&self, context: &str, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        let (&version, rest) = sealed.split_first().ok_or(SealError)?;
        let (nonce, ciphertext) = rest.split_first_chunk::<NONCE_BYTES>().ok_or(SealError)?;
        if version != SEALED_XCHACHA {
            return Err(SealError);
        }
        let payload = Payload {
            msg: ciphertext,
            aad: context.as_bytes(),
        };
        self.cipher()
            .decrypt(&(*nonce).into(), payload)
            .map_err(|_| SealError)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&self.derive("seal").into())
    }

    /// Reads the key of `data_dir`, or makes one when there is neither a key nor a database.
    pub(crate) fn load_or_create(data_dir: &Path, database_exists: bool) -> Result<Self, KeyError> {
        let path = data_dir.join(KEY_FILE);
        match Self::read(&path) {
            Err(KeyError::File { source, .. }) if source.kind() == io::ErrorKind::NotFound => {}
            read => return read,
        }
        if database_exists {
            return Err(KeyError::Missing(path));
        }
        create(data_dir, &path).map_err(|source| KeyError::File {
            path: path.clone(),
            source,
        })?;
        Self::read(&path)
    }

    fn read(path: &Path) -> Result<Self, KeyError> {
        let failed = |source| KeyError::File {
            path: path.to_owned(),
            source,
        };
        let mode = fs::metadata(path).map_err(failed)?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(KeyError::Exposed {
                path: path.to_owned(),
                mode,
            });
        }
        let text = fs::read(path).map_err(failed)?;
        from_hex(text.trim_ascii())
            .map(Self)
            .ok_or_else(|| KeyError::Damaged(path.to_owned()))
    }
}

/// Writes a new key whole or not at all, and never over another.
fn create(data_dir: &Path, path: &Path) -> io::Result<()> {
    let draft = data_dir.join(format!("{KEY_FILE}.{}", hex(&random::<8>())));
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&draft)?;
    let written = file
        .write_all(format!("{}\n", hex(&random::<32>())).as_bytes())
        .inspect(|()| crash::point("key written"))
        .and_then(|()| file.sync_all())
        // A hard link fails where a key already is; a rename would replace it.
        .and_then(|()| fs::hard_link(&draft, path));
    crash::point("key linked");
    fs::remove_file(&draft)?;
    crash::point("key's draft removed");
    match written {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
        Ok(()) => fs::File::open(data_dir)?.sync_all(),
    }
}

/// Bytes nobody can guess.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |n: u8| char::from(DIGITS[usize::from(n)]);
    bytes
        .iter()
        .flat_map(|b| [digit(b >> 4), digit(b & 15)])
        .collect()
}

fn from_hex(text: &[u8]) -> Option<[u8; 32]> {
    let text: &[u8; 64] = text.try_into().ok()?;
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
        let high = char::from(pair[0]).to_digit(16)?;
        let low = char::from(pair[1]).to_digit(16)?;
        *byte = (high * 16 + low) as u8;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path, bits: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(bits)).unwrap();
    }

    #[test]
    fn first_start_makes_a_private_key_and_later_starts_read_it() {
        let dir = tempfile::tempdir().unwrap();
        let first = MasterKey::load_or_create(dir.path(), false).unwrap();
        let again = MasterKey::load_or_create(dir.path(), true).unwrap();
        assert_eq!(first.derive("x"), again.derive("x"));
        let meta = fs::metadata(dir.path().join(KEY_FILE)).unwrap();
        assert_eq!(meta.permissions().mode() & 0o777, 0o600);
        assert_eq!(meta.len(), 65);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_key_that_others_can_read_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        MasterKey::load_or_create(dir.path(), false).unwrap();
        for bits in [0o640, 0o604, 0o660] {
            mode(&dir.path().join(KEY_FILE), bits);
            let error = MasterKey::load_or_create(dir.path(), true).unwrap_err();
            assert!(matches!(error, KeyError::Exposed { .. }), "{error}");
            assert!(error.to_string().contains("chmod 600"));
        }
    }

    #[test]
    fn a_database_without_its_key_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let error = MasterKey::load_or_create(dir.path(), true).unwrap_err();
        assert!(matches!(error, KeyError::Missing(_)));
        assert!(!dir.path().join(KEY_FILE).exists());
    }

    #[test]
    fn a_key_cut_short_is_refused_and_not_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(KEY_FILE);
        for text in ["", "00", &"zz".repeat(32)] {
            fs::write(&path, text).unwrap();
            mode(&path, 0o600);
            let error = MasterKey::load_or_create(dir.path(), false).unwrap_err();
            assert!(matches!(error, KeyError::Damaged(_)));
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
    }

    #[test]
    fn sealed_values_open_only_whole_and_in_their_own_place() {
        let key = MasterKey([7; 32]);
        let sealed = key.seal("room/1/code", b"secret");
        assert_eq!(key.open("room/1/code", &sealed).unwrap(), b"secret");
        assert_eq!(key.open("room/2/code", &sealed), Err(SealError));
        assert_eq!(
            MasterKey([8; 32]).open("room/1/code", &sealed),
            Err(SealError)
        );
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(key.open("room/1/code", &changed), Err(SealError), "{at}");
            assert_eq!(key.open("room/1/code", &sealed[..at]), Err(SealError));
        }
        assert_ne!(key.seal("room/1/code", b"secret"), sealed);
    }

    #[test]
    fn purposes_give_keys_of_their_own_and_nothing_is_printed() {
        let key = MasterKey([7; 32]);
        assert_ne!(key.derive("a"), key.derive("b"));
        assert_eq!(format!("{key:?}"), "MasterKey(…)");
    }
}

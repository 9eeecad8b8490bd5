//! The server key: 32 random bytes in the data directory, made at the first start. Everything signed or sealed
//! by the portal hangs on it, each use with a key of its own derived by a label.
//!
//! `certportal rotate-key` puts a new key in its place. The old ones stay in `server.key.previous`, for reading only, so
//! that nothing signed or sealed before is lost; what is sealed in the database is sealed anew in the same command.
//! `certportal rotate-key --forget-old` throws them away.

use super::random;
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use subtle::ConstantTimeEq;

/// Bytes of one key.
const KEY: usize = 32;
/// First byte of what is sealed: XChaCha20-Poly1305, then 4 bytes that name the key, then the nonce.
const SEAL_VERSION: u8 = 1;
const NONCE: usize = 24;

/// The key in use, and those that were in use before it, newest first.
#[derive(Clone)]
pub struct ServerKey(Arc<[[u8; KEY]]>);

impl ServerKey {
    /// A key for tests.
    pub fn from_bytes(bytes: [u8; KEY]) -> Self {
        Self([bytes].into())
    }

    /// The same with an older key behind it (tests).
    pub fn with_previous(current: [u8; KEY], previous: [u8; KEY]) -> Self {
        Self([current, previous].into())
    }

    /// Reads `server.key` of the data directory, or makes it (mode 0600), and `server.key.previous`, if there is one.
    ///
    /// # Errors
    /// A file cannot be read or written, or does not hold whole keys, or others may read it.
    pub fn load_or_create(data_dir: &Path) -> std::io::Result<Self> {
        let (path, previous) = paths(data_dir);
        let mut keys = match read_keys(&path)? {
            Some(keys) if keys.len() == 1 => keys,
            Some(_) => return Err(std::io::Error::other(format!("{} is not {KEY} bytes long", path.display()))),
            None => {
                let key = random::bytes();
                write_new(&path, &key)?;
                vec![key]
            }
        };
        keys.extend(read_keys(&previous)?.unwrap_or_default());
        Ok(Self(keys.into()))
    }

    /// Puts a new key in the place of the present one, which goes to the front of the previous ones.
    ///
    /// # Errors
    /// A file cannot be read or written; the key in use is then still the old one.
    pub fn rotate(data_dir: &Path) -> std::io::Result<Self> {
        let old = Self::load_or_create(data_dir)?;
        let (path, previous) = paths(data_dir);
        // The old key is safe before the new one replaces it.
        replace(&previous, &old.0.concat())?;
        replace(&path, &random::bytes::<KEY>())?;
        Self::load_or_create(data_dir)
    }

    /// Whether there are keys from before the one in use.
    pub fn has_previous(&self) -> bool {
        self.0.len() > 1
    }

    /// Throws the previous keys away: what they signed or sealed is worthless from the next start on.
    ///
    /// # Errors
    /// The file cannot be removed.
    pub fn forget_previous(data_dir: &Path) -> std::io::Result<()> {
        match std::fs::remove_file(paths(data_dir).1) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// HMAC-SHA-256 of `message` under the present key for `label`.
    pub fn mac(&self, label: &str, message: &[u8]) -> Vec<u8> {
        mac_with(&self.0[0], label, message)
    }

    /// Whether `mac` was made of `message` under the present key or one before it.
    pub fn verify_mac(&self, label: &str, message: &[u8], mac: &[u8]) -> bool {
        self.0.iter().any(|key| mac_with(key, label, message).ct_eq(mac).into())
    }

    /// Encrypts what must not be readable in a copy of the database. `bound_to`: what it belongs to (an account's id); sealed
    /// bytes copied to another row do not open there.
    pub fn seal(&self, label: &str, bound_to: &[u8], secret: &[u8]) -> Vec<u8> {
        let nonce = random::bytes::<NONCE>();
        let cipher = cipher(&self.0[0], label);
        let sealed = cipher.encrypt(&XNonce::from(nonce), Payload { msg: secret, aad: bound_to }).expect("a short secret can be encrypted");
        [&[SEAL_VERSION][..], &key_id(&self.0[0]), &nonce, &sealed].concat()
    }

    /// What [`ServerKey::seal`] was given. `None`: sealed by a key that is gone, for something else, or tampered with.
    pub fn open(&self, label: &str, bound_to: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (version, rest) = sealed.split_first()?;
        let (id, rest) = rest.split_at_checked(4)?;
        let (nonce, sealed) = rest.split_at_checked(NONCE)?;
        let key = self.0.iter().find(|key| key_id(key) == id).filter(|_| *version == SEAL_VERSION)?;
        let nonce: [u8; NONCE] = nonce.try_into().ok()?;
        cipher(key, label).decrypt(&XNonce::from(nonce), Payload { msg: sealed, aad: bound_to }).ok()
    }

    /// Whether something was sealed by the key in use, rather than by one before it.
    pub fn is_current(&self, sealed: &[u8]) -> bool {
        sealed.get(1..5).is_some_and(|id| id == key_id(&self.0[0]))
    }
}

fn paths(data_dir: &Path) -> (PathBuf, PathBuf) {
    (data_dir.join("server.key"), data_dir.join("server.key.previous"))
}

/// `None`: no such file.
fn read_keys(path: &Path) -> std::io::Result<Option<Vec<[u8; KEY]>>> {
    let bytes = match std::fs::read(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        other => other?,
    };
    if std::fs::metadata(path)?.permissions().mode() & 0o077 != 0 {
        return Err(std::io::Error::other(format!("{} can be read by others: chmod 600 it", path.display())));
    }
    let (keys, rest) = bytes.as_chunks::<KEY>();
    if keys.is_empty() || !rest.is_empty() {
        return Err(std::io::Error::other(format!("{} does not hold whole keys of {KEY} bytes", path.display())));
    }
    Ok(Some(keys.to_vec()))
}

fn write_new(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Whole or not at all.
fn replace(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let draft = path.with_extension("draft");
    let _ = std::fs::remove_file(&draft);
    write_new(&draft, bytes)?;
    std::fs::rename(&draft, path)
}

fn key_id(key: &[u8; KEY]) -> [u8; 4] {
    let digest = Sha256::digest(key);
    [digest[0], digest[1], digest[2], digest[3]]
}

fn cipher(key: &[u8; KEY], label: &str) -> XChaCha20Poly1305 {
    let derived = hmac(key, format!("seal {label}").as_bytes());
    XChaCha20Poly1305::new_from_slice(&derived).expect("HMAC-SHA-256 gives 32 bytes")
}

fn mac_with(key: &[u8; KEY], label: &str, message: &[u8]) -> Vec<u8> {
    hmac(&hmac(key, label.as_bytes()), message)
}

/// HMAC-SHA-256.
pub fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_only_where_it_belongs() {
        let key = ServerKey::from_bytes([1; 32]);
        let sealed = key.seal("totp", b"account 1", b"secret");
        assert_eq!(key.open("totp", b"account 1", &sealed).as_deref(), Some(&b"secret"[..]));
        assert!(!sealed.windows(6).any(|window| window == b"secret"));
        assert_ne!(sealed, key.seal("totp", b"account 1", b"secret"), "another nonce every time");
        assert_eq!(key.open("totp", b"account 2", &sealed), None);
        assert_eq!(key.open("phone", b"account 1", &sealed), None);
        assert_eq!(ServerKey::from_bytes([2; 32]).open("totp", b"account 1", &sealed), None);
        let mut broken = sealed.clone();
        *broken.last_mut().unwrap() ^= 1;
        assert_eq!(key.open("totp", b"account 1", &broken), None);
        for length in 0..sealed.len() {
            assert_eq!(key.open("totp", b"account 1", &sealed[..length]), None, "{length}");
        }
    }

    #[test]
    fn after_a_rotation_the_old_key_reads_and_the_new_one_writes() {
        let directory = std::env::temp_dir().join(format!("certportal-key-{}", random::token()));
        std::fs::create_dir(&directory).unwrap();
        let old = ServerKey::load_or_create(&directory).unwrap();
        let (sealed, mac) = (old.seal("totp", b"1", b"secret"), old.mac("device", b"1"));
        let new = ServerKey::rotate(&directory).unwrap();
        assert_eq!(new.open("totp", b"1", &sealed).as_deref(), Some(&b"secret"[..]));
        assert!(new.verify_mac("device", b"1", &mac) && !new.verify_mac("device", b"2", &mac));
        assert!(old.is_current(&sealed) && !new.is_current(&sealed));
        assert_eq!(old.open("totp", b"1", &new.seal("totp", b"1", b"secret")), None);
        // And again: both old keys still read.
        let newest = ServerKey::rotate(&directory).unwrap();
        assert!(newest.open("totp", b"1", &sealed).is_some() && newest.open("totp", b"1", &new.seal("totp", b"1", b"x")).is_some());
        let mode = std::fs::metadata(directory.join("server.key.previous")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        ServerKey::forget_previous(&directory).unwrap();
        ServerKey::forget_previous(&directory).unwrap();
        let alone = ServerKey::load_or_create(&directory).unwrap();
        assert!(newest.has_previous() && !alone.has_previous());
        assert!(alone.open("totp", b"1", &sealed).is_none() && alone.open("totp", b"1", &newest.seal("totp", b"1", b"x")).is_some());
        std::fs::remove_dir_all(&directory).unwrap();
    }
}

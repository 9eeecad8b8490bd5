//! The server key: 32 random bytes in the data directory, made at the first start. Everything signed or sealed
//! by the portal hangs on it, each use with a key of its own derived by a label.

use super::ids;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

#[derive(Clone)]
pub struct ServerKey([u8; 32]);

impl ServerKey {
    /// A key for tests.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Reads `server.key` of the data directory, or makes it (mode 0600).
    ///
    /// # Errors
    /// The file cannot be read or written, or is not 32 bytes, or others may read it.
    pub fn load_or_create(data_dir: &Path) -> std::io::Result<Self> {
        let path = data_dir.join("server.key");
        match std::fs::read(&path) {
            Ok(bytes) => {
                if std::fs::metadata(&path)?.permissions().mode() & 0o077 != 0 {
                    return Err(std::io::Error::other(format!("{} can be read by others: chmod 600 it", path.display())));
                }
                let bytes: [u8; 32] =
                    bytes.try_into().map_err(|_| std::io::Error::other(format!("{} is not 32 bytes long", path.display())))?;
                Ok(Self(bytes))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let bytes = ids::random_bytes();
                let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
                file.write_all(&bytes)?;
                file.sync_all()?;
                Ok(Self(bytes))
            }
            Err(error) => Err(error),
        }
    }

    /// HMAC-SHA-256 of `message` under the key for `label`.
    pub fn mac(&self, label: &str, message: &[u8]) -> Vec<u8> {
        let derived = hmac(&self.0, label.as_bytes());
        hmac(&derived, message)
    }
}

/// HMAC-SHA-256.
pub fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

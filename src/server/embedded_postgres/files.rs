//! Directories, the lock, and the socket.

use super::*;

pub(super) fn create_data_dir(path: &Path) -> Result<PathBuf> {
    // The server's key and people's documents live here: nobody else may look. An existing directory keeps the mode its owner gave it.
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(file_error("create", path))?;
    fs::canonicalize(path).map_err(file_error("read", path))
}

pub(super) fn lock(data_dir: &Path) -> Result<File> {
    let path = data_dir.join("lock");
    let mut file =
        OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(file_error("create", &path))?;
    // A child that is just being started has the lock's descriptor for the moment between fork and exec: a program that stopped a
    // cluster and starts it again must not take itself for another one.
    let patience = Instant::now() + Duration::from_millis(500);
    let locked = loop {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) if Instant::now() < patience => thread::sleep(POLL),
            other => break other,
        }
    };
    match locked {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut owner = String::new();
            let _ = file.read_to_string(&mut owner);
            return Err(EmbeddedError::AlreadyRunning { data_dir: data_dir.to_owned(), pid: owner.trim().parse().ok() });
        }
        Err(TryLockError::Error(source)) => return Err(file_error("lock", &path)(source)),
    }
    // The pid is for the reader of the error message; the lock itself is the kernel's and ends with the process, however that ends.
    file.set_len(0)
        .and_then(|()| file.rewind())
        .and_then(|()| writeln!(file, "{}", std::process::id()))
        .map_err(file_error("write", &path))?;
    Ok(file)
}

pub(super) fn create_dir(path: &Path, mode: u32, owner: Option<(Uid, Gid)>) -> Result<()> {
    match DirBuilder::new().mode(mode).create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        other => other.map_err(file_error("create", path))?,
    }
    if let Some((uid, gid)) = owner {
        chown(path, Some(uid.as_raw()), Some(gid.as_raw())).map_err(file_error("give away", path))?;
    }
    Ok(())
}

/// Where the socket lies: in the data directory, or, when that path is too long for a socket's address, in a short directory with a name
/// that is always the same for the same data directory (other commands find it without asking).
pub(super) fn socket_dir(data_dir: &Path) -> PathBuf {
    let beside_cluster = data_dir.join("postgres/socket");
    let file_name = format!("/.s.PGSQL.{PORT}");
    if beside_cluster.as_os_str().len() + file_name.len() <= LONGEST_SOCKET_PATH {
        return beside_cluster;
    }
    let digest = Sha256::digest(data_dir.as_os_str().as_bytes());
    let name: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    // Not $TMPDIR or $XDG_RUNTIME_DIR: they differ between a login, cron and systemd, and may be long themselves.
    PathBuf::from(format!("/tmp/certportal-{}-{name}", geteuid()))
}

pub(super) fn create_socket_dir(path: &Path, runner: &Runner) -> Result<()> {
    create_dir(path, 0o700, None)?;
    let metadata = fs::symlink_metadata(path).map_err(file_error("read", path))?;
    // In /tmp somebody else may have made it first, and would then own our door.
    let mine = metadata.uid() == geteuid().as_raw() || metadata.uid() == runner.uid.as_raw();
    if !metadata.is_dir() || !mine {
        let source = io::Error::new(io::ErrorKind::PermissionDenied, "it exists and is not ours");
        return Err(file_error("use", path)(source));
    }
    fs::set_permissions(path, Permissions::from_mode(0o700)).map_err(file_error("protect", path))?;
    chown(path, Some(runner.uid.as_raw()), Some(runner.gid.as_raw())).map_err(file_error("give away", path))
}

//! Where everything comes from that is not written here (security.md line 79). What has become known about it is asked by
//! `scripts/audit`.

const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";
const LOCK: &str = include_str!("../../Cargo.lock");
const BINDGEN_LOCK: &str = include_str!("../../tools/bindgen/Cargo.lock");
const NPM: &str = "https://registry.npmjs.org/";

#[test]
fn security_79_every_crate_comes_from_crates_io_and_is_pinned_by_its_checksum() {
    for (own, lock, at_least) in [(env!("CARGO_PKG_NAME"), LOCK, 100), ("certportal-bindgen", BINDGEN_LOCK, 20)] {
        let packages = locked(lock);
        assert!(packages.len() > at_least);
        for package in packages {
            let text = |key: &str| package.get(key).and_then(|value| value.as_str());
            let name = text("name").unwrap();
            if name == own {
                assert_eq!(text("source"), None);
                continue;
            }
            assert_eq!(text("source"), Some(CRATES_IO), "{name}");
            let checksum = text("checksum").unwrap_or_else(|| panic!("{name} has no checksum"));
            assert!(checksum.len() == 64 && checksum.chars().all(|c| c.is_ascii_hexdigit()), "{name}");
        }
    }
}

/// The program and what makes its JavaScript speak a private protocol: of another version it fails, or worse.
#[test]
fn the_builds_wasm_bindgen_has_the_programs_version() {
    let version = |lock: &str| {
        let found = locked(lock).into_iter().find(|package| package["name"].as_str() == Some("wasm-bindgen-shared"));
        found.unwrap()["version"].as_str().unwrap().to_owned()
    };
    assert_eq!(
        version(LOCK),
        version(BINDGEN_LOCK),
        "change tools/bindgen/Cargo.toml, then: cargo update --manifest-path tools/bindgen/Cargo.toml"
    );
}

fn locked(lock: &str) -> Vec<toml::Value> {
    let lock: toml::Table = toml::from_str(lock).unwrap();
    lock["package"].as_array().unwrap().clone()
}

#[test]
fn security_79_every_npm_package_comes_from_its_registry_and_is_pinned_by_its_digest() {
    let locks = [
        ("tools", include_str!("../../tools/package-lock.json"), include_str!("../../tools/package.json")),
        ("end2end", include_str!("../../end2end/package-lock.json"), include_str!("../../end2end/package.json")),
    ];
    for (project, lock, wanted) in locks {
        let lock: serde_json::Value = serde_json::from_str(lock).unwrap();
        let wanted: serde_json::Value = serde_json::from_str(wanted).unwrap();
        let packages = lock["packages"].as_object().unwrap();
        for (path, package) in packages {
            let name = format!("{project}: {path}");
            if path.is_empty() {
                // The lock file is of this package.json.
                for kind in ["dependencies", "devDependencies"] {
                    assert_eq!(package.get(kind), wanted.get(kind), "{name}");
                }
                continue;
            }
            assert!(package["integrity"].as_str().is_some_and(|digest| digest.starts_with("sha512-")), "{name} has no digest");
            // Without an address, npm takes the one of its registry.
            let address = package.get("resolved").map(|address| address.as_str().unwrap());
            assert!(address.is_none_or(|address| address.starts_with(NPM)), "{name} comes from {address:?}");
            assert_ne!(package.get("link"), Some(&true.into()), "{name} is a directory");
        }
    }
}

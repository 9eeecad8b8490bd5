//! `Leptos.toml` (read by the server) and `Cargo.toml` (read by cargo-leptos) say the same.

use std::{fs, path::Path};

fn leptos_keys(file: &str) -> toml::Table {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).expect(file);
    let document: toml::Table = text.parse().expect(file);
    document["package"]["metadata"]["leptos"].as_table().expect("[package.metadata.leptos]").clone()
}

#[test]
fn run_time_settings_have_the_same_values_as_build_settings() {
    let (run_time, build) = (leptos_keys("Leptos.toml"), leptos_keys("Cargo.toml"));
    for (key, value) in &run_time {
        assert_eq!(build.get(key), Some(value), "{key}");
    }
    let known: Vec<_> = run_time.keys().collect();
    assert_eq!(known, ["site-addr", "site-root"], "what the server reads");
}

//! Turns `locales/` into typed keys: a key that a page names and no file has, does not compile.

use leptos_i18n_build::{Config, ParseOptions, TranslationsInfos};
use std::path::PathBuf;

/// One file a language for each of these, named as the capability whose words it holds.
const NAMESPACES: &[&str] = &[
    "common",
    "errors",
    "accounts",
    "activity",
    "contact",
    "factors",
    "guardians",
    "merge",
    "privacy",
    "catalog",
    "scheduling",
    "checkout",
    "results",
    "credentials",
    "staff",
    "acting",
    "approvals",
    "demo",
];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=migrations");
    // The browser gets its words from the server: it needs none of this.
    if std::env::var_os("CARGO_FEATURE_SSR").is_none() {
        return;
    }
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR")).join("i18n");
    let config = Config::new("en")
        .and_then(|config| config.add_locale("es"))
        .and_then(|config| config.add_namespaces(NAMESPACES))
        .expect("the languages and namespaces are named well")
        .parse_options(ParseOptions::new().interpolate_display(true));
    let translations = TranslationsInfos::parse(config).expect("the locale files are well formed");
    translations.rerun_if_locales_changed();
    translations.emit_diagnostics();
    translations.generate_i18n_module(out).expect("the module of keys can be written");
}

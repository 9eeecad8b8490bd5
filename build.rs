//! Turns `locales/` into typed keys: a key that a page names and no file has, does not compile.
//!
//! With the parts of `leptos_i18n_build` that do this: the whole of it brings ICU's data generator, a WebAssembly interpreter and an HTTP client,
//! for the formatters that the portal's texts don't use.

#[cfg(feature = "ssr")]
fn main() {
    use leptos_i18n_parser::parse_locales::options::{Config, ParseOptions};
    use std::path::PathBuf;

    rerun_when_needed();
    let config = Config::new("en")
        .and_then(|config| config.add_locale("es"))
        .and_then(|config| config.add_namespaces(NAMESPACES))
        .expect("the languages and namespaces are named well")
        .parse_options(ParseOptions::new().interpolate_display(true));
    let locales = leptos_i18n_parser::parse_locales::parse_locales(None, config).expect("the locale files are well formed");
    for file in locales.tracked_files.iter().flatten() {
        println!("cargo::rerun-if-changed={file}");
    }
    for warning in locales.diag.warnings().iter() {
        println!("cargo::warning={warning}");
    }
    for error in locales.diag.errors().iter() {
        println!("cargo::error={error}");
    }
    let keys = leptos_i18n_codegen::gen_code(&locales, None, false, None, true).expect("the module of keys can be made");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR")).join("i18n");
    std::fs::create_dir_all(&out)
        .and_then(|()| std::fs::write(out.join("mod.rs"), keys.to_string()))
        .expect("the module of keys can be written");
}

/// The browser gets its words from the server: it needs none of this.
#[cfg(not(feature = "ssr"))]
fn main() {
    rerun_when_needed();
}

fn rerun_when_needed() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=migrations");
}

/// One file a language for each of these, named as the capability whose words it holds.
#[cfg(feature = "ssr")]
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

//! Every language says everything, with the same values in it.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Texts of a language by `namespace.key`.
fn texts(language: &str) -> BTreeMap<String, String> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("locales").join(language);
    let mut texts = BTreeMap::new();
    for entry in std::fs::read_dir(&directory).unwrap() {
        let path = entry.unwrap().path();
        let namespace = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let file: Value =
            serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap_or_else(|error| panic!("{path:?}: {error}"));
        collect(&namespace, &file, &mut texts);
    }
    texts
}

fn collect(key: &str, value: &Value, texts: &mut BTreeMap<String, String>) {
    match value {
        Value::String(text) => {
            texts.insert(key.to_owned(), text.clone());
        }
        Value::Object(entries) => entries.iter().for_each(|(part, value)| collect(&format!("{key}.{part}"), value, texts)),
        other => panic!("{key} is no text: {other}"),
    }
}

/// Names in `{{ … }}`.
fn values(text: &str) -> BTreeSet<&str> {
    text.split("{{").skip(1).filter_map(|part| part.split("}}").next()).map(str::trim).collect()
}

#[test]
fn english_and_spanish_are_complete_and_take_the_same_values() {
    let (english, spanish) = (texts("en"), texts("es"));
    let missing: Vec<_> = english.keys().filter(|key| !spanish.contains_key(*key)).collect();
    assert!(missing.is_empty(), "missing in Spanish: {missing:?}");
    // Spanish has a plural for millions ("many"), which English has not.
    let known = |key: &str| {
        english.contains_key(key) || key.strip_suffix("_many").is_some_and(|stem| english.contains_key(&format!("{stem}_other")))
    };
    let surplus: Vec<_> = spanish.keys().filter(|key| !known(key)).collect();
    assert!(surplus.is_empty(), "only in Spanish: {surplus:?}");
    for (key, text) in &english {
        let other = &spanish[key];
        assert!(!text.trim().is_empty() && !other.trim().is_empty(), "{key} is empty");
        // "One day" may leave the number out.
        if !key.ends_with("_one") {
            assert_eq!(values(text), values(other), "{key}");
        }
    }
}

#[test]
fn braces_are_closed() {
    for language in ["en", "es"] {
        for (key, text) in texts(language) {
            assert_eq!(text.matches("{{").count(), text.matches("}}").count(), "{language} {key}");
        }
    }
}

#[test]
fn every_text_is_used() {
    let mut code = String::new();
    let mut directories = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path);
            } else {
                code.push_str(&std::fs::read_to_string(path).unwrap());
            }
        }
    }
    // `tr!` takes names of the source only: `scheduling.title`.
    let used: BTreeSet<&str> = code.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.'))).collect();
    let plural = ["_one", "_other", "_zero", "_two", "_few", "_many"];
    let texts = texts("en");
    let unused: Vec<_> = texts
        .keys()
        .filter(|key| {
            !used.contains(key.as_str()) && plural.iter().all(|form| key.strip_suffix(form).is_none_or(|stem| !used.contains(stem)))
        })
        .collect();
    assert!(unused.is_empty(), "used by nobody: {unused:?}");
}

//! Data that whoever runs the portal brings as TOML files: read field by field, so that every problem is told at once, each by its
//! file and field.

use chrono::NaiveDate;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt;
use std::ops::RangeInclusive;

/// One field that cannot be used, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub file: String,
    /// Where in the file, e.g. `exam[SAA-C03].minutes`; empty: the file as a whole.
    pub field: String,
    pub problem: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.field.as_str() {
            "" => write!(f, "{}: {}", self.file, self.problem),
            field => write!(f, "{}: {field} {}", self.file, self.problem),
        }
    }
}

/// What is wrong so far.
#[derive(Debug, Default)]
pub struct Problems(RefCell<Vec<Problem>>);

impl Problems {
    pub fn add(&self, file: &str, field: impl Into<String>, problem: impl Into<String>) {
        self.0.borrow_mut().push(Problem { file: file.to_owned(), field: field.into(), problem: problem.into() });
    }

    pub fn into_vec(self) -> Vec<Problem> {
        self.0.into_inner()
    }
}

/// One table of a file. What is asked of it and cannot be had is a problem; the answer is then an empty value, so that reading goes on.
pub struct Fields<'a> {
    file: &'a str,
    at: String,
    table: toml::Table,
    asked: RefCell<BTreeSet<String>>,
    problems: &'a Problems,
}

impl<'a> Fields<'a> {
    /// The whole file. One that is no TOML has one problem and no field.
    pub fn of(file: &'a str, text: &str, problems: &'a Problems) -> Option<Self> {
        match text.parse::<toml::Table>() {
            Ok(table) => Some(Self::new(file, String::new(), table, problems)),
            Err(error) => {
                let line = error.span().map_or(1, |span| text[..span.start.min(text.len())].lines().count().max(1));
                problems.add(file, format!("line {line}"), error.message().to_owned());
                None
            }
        }
    }

    fn new(file: &'a str, at: String, table: toml::Table, problems: &'a Problems) -> Self {
        Self { file, at, table, asked: RefCell::default(), problems }
    }

    fn get(&self, name: &str) -> Option<&toml::Value> {
        self.asked.borrow_mut().insert(name.to_owned());
        self.table.get(name)
    }

    fn path(&self, name: &str) -> String {
        if self.at.is_empty() { name.to_owned() } else { format!("{}.{name}", self.at) }
    }

    pub fn problem(&self, name: &str, problem: impl Into<String>) {
        self.problems.add(self.file, self.path(name), problem);
    }

    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// `[name]`. A missing one is empty: its fields are told as missing.
    pub fn section(&self, name: &str) -> Self {
        let table = match self.get(name) {
            None => toml::Table::new(),
            Some(toml::Value::Table(table)) => table.clone(),
            Some(_) => {
                self.problem(name, "is not a section");
                toml::Table::new()
            }
        };
        Self::new(self.file, self.path(name), table, self.problems)
    }

    /// Each `[[name]]`, called by what stands in its field `key`.
    pub fn entries(&self, name: &str, key: &str) -> Vec<Self> {
        let entries = match self.get(name) {
            None => return vec![],
            Some(toml::Value::Array(entries)) => entries,
            Some(_) => {
                self.problem(name, "is not a list of sections");
                return vec![];
            }
        };
        let tables = entries.iter().enumerate().filter_map(|(index, entry)| {
            let Some(table) = entry.as_table() else {
                self.problem(name, "is not a list of sections");
                return None;
            };
            let called = table.get(key).and_then(toml::Value::as_str).map_or_else(|| (index + 1).to_string(), str::to_owned);
            Some(Self::new(self.file, format!("{}[{called}]", self.path(name)), table.clone(), self.problems))
        });
        tables.collect()
    }

    pub fn optional_text(&self, name: &str) -> Option<String> {
        match self.get(name)? {
            toml::Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
            _ => {
                self.problem(name, "is not a text");
                None
            }
        }
    }

    pub fn text(&self, name: &str) -> String {
        let is_text = self.get(name).is_none_or(toml::Value::is_str);
        self.optional_text(name).unwrap_or_else(|| {
            if is_text {
                self.problem(name, "is missing");
            }
            String::new()
        })
    }

    /// `name_en` and `name_es`, by language.
    pub fn words(&self, name: &str) -> Value {
        json!({ "en": self.text(&format!("{name}_en")), "es": self.text(&format!("{name}_es")) })
    }

    /// The same where neither has to be there.
    pub fn optional_words(&self, name: &str) -> Value {
        let (en, es) = (format!("{name}_en"), format!("{name}_es"));
        if self.has(&en) || self.has(&es) { self.words(name) } else { json!({}) }
    }

    /// A text that `fits`, which is said as `form` where it does not.
    pub fn fitting(&self, name: &str, form: &str, fits: impl Fn(&str) -> bool) -> String {
        let text = self.text(name);
        if !text.is_empty() && !fits(&text) {
            self.problem(name, format!("`{text}` is not {form}"));
        }
        text
    }

    /// `#` and six small hexadecimal digits.
    pub fn color(&self, name: &str) -> String {
        self.fitting(name, "a colour such as #0d4f5c", |text| {
            text.strip_prefix('#').is_some_and(|hex| hex.len() == 6 && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')))
        })
    }

    pub fn optional_number(&self, name: &str, range: RangeInclusive<i64>) -> Option<i64> {
        match self.get(name)? {
            toml::Value::Integer(number) if range.contains(number) => Some(*number),
            toml::Value::Integer(number) => {
                self.problem(name, format!("is {number}, which is not between {} and {}", range.start(), range.end()));
                None
            }
            _ => {
                self.problem(name, "is not a whole number");
                None
            }
        }
    }

    pub fn optional_small(&self, name: &str, range: RangeInclusive<i32>) -> Option<i32> {
        let range = i64::from(*range.start())..=i64::from(*range.end());
        self.optional_number(name, range).and_then(|number| i32::try_from(number).ok())
    }

    pub fn small(&self, name: &str, range: RangeInclusive<i32>) -> i32 {
        let least = *range.start();
        if !self.has(name) {
            self.problem(name, "is missing");
            return least;
        }
        self.optional_small(name, range).unwrap_or(least)
    }

    pub fn day(&self, name: &str) -> Option<NaiveDate> {
        let day = match self.get(name)? {
            toml::Value::Datetime(day) => day.to_string().parse().ok(),
            _ => None,
        };
        if day.is_none() {
            self.problem(name, "is not a day such as 2026-09-01");
        }
        day
    }

    pub fn list(&self, name: &str) -> Vec<String> {
        let texts = match self.get(name) {
            None => return vec![],
            Some(toml::Value::Array(values)) => values.iter().map(|value| value.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>(),
            Some(_) => None,
        };
        texts.unwrap_or_else(|| {
            self.problem(name, "is not a list of texts");
            vec![]
        })
    }

    /// Every field with its value, for tables whose names are data.
    pub fn pairs(&self) -> Vec<(String, toml::Value)> {
        self.asked.borrow_mut().extend(self.table.keys().cloned());
        self.table.iter().map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    /// Fields that the file may have and nothing reads.
    pub fn unread(&self, names: &[&str]) {
        self.asked.borrow_mut().extend(names.iter().map(|name| (*name).to_owned()));
    }

    /// A field that nothing asked for is misspelt.
    pub fn end(&self) {
        for name in self.table.keys().filter(|name| !self.asked.borrow().contains(*name)) {
            self.problem(name, "is not known here");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_that_cannot_be_used_is_told() {
        let problems = Problems::default();
        let text = "name = \"\"\nsize = 700\nday = \"soon\"\ncolour = \"#fff\"\n[[item]]\ncode = \"A\"\nweigth = 3\n";
        let file = Fields::of("x.toml", text, &problems).unwrap();
        file.text("name");
        file.small("size", 1..=600);
        file.day("day");
        file.color("accent");
        for item in file.entries("item", "code") {
            item.text("code");
            item.small("weight", 1..=100);
            item.end();
        }
        file.end();
        let told: Vec<String> = problems.into_vec().iter().map(Problem::to_string).collect();
        assert_eq!(
            told,
            [
                "x.toml: name is missing",
                "x.toml: size is 700, which is not between 1 and 600",
                "x.toml: day is not a day such as 2026-09-01",
                "x.toml: accent is missing",
                "x.toml: item[A].weight is missing",
                "x.toml: item[A].weigth is not known here",
                "x.toml: colour is not known here",
            ]
        );
    }

    #[test]
    fn a_file_that_is_no_toml_names_the_line() {
        let problems = Problems::default();
        assert!(Fields::of("x.toml", "a = 1\nb = = 2\n", &problems).is_none());
        let problems = problems.into_vec();
        assert!(problems.len() == 1 && problems[0].field == "line 2", "{problems:?}");
    }
}

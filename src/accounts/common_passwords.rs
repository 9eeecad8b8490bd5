//! The bundled list of common passwords (security.md line 3): lower case, sorted by bytes, one a line.

use flate2::read::GzDecoder;
use std::io::Read;
use std::sync::LazyLock;

// One block of text and a binary search over its lines: a set would take five times the memory.
static LIST: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut list = Vec::new();
    GzDecoder::new(&include_bytes!("../../seed/reference/common_passwords.txt.gz")[..])
        .read_to_end(&mut list)
        .expect("the bundled list is a gzip file");
    list
});

/// Whether a password, in any case, is on the list.
pub fn contains(password: &str) -> bool {
    let wanted = password.to_lowercase();
    let list = &LIST[..];
    let (mut low, mut high) = (0, list.len());
    while low < high {
        let middle = low + (high - low) / 2;
        // The whole line around the middle.
        let start = list[low..middle].iter().rposition(|byte| *byte == b'\n').map_or(low, |at| low + at + 1);
        let end = list[middle..].iter().position(|byte| *byte == b'\n').map_or(list.len(), |at| middle + at);
        match list[start..end].cmp(wanted.as_bytes()) {
            std::cmp::Ordering::Equal => return true,
            std::cmp::Ordering::Less => low = end + 1,
            std::cmp::Ordering::Greater => high = start,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_list_is_found_in_any_case() {
        let text = String::from_utf8(LIST.clone()).unwrap();
        assert!(text.lines().count() > 50_000);
        for line in text.lines().step_by(97).chain(text.lines().next()).chain(text.lines().last()) {
            assert!(contains(line), "{line}");
            assert!(contains(&line.to_uppercase()) || line.to_uppercase().to_lowercase() != line, "{line}");
        }
        for rare in ["", "a", "harbor-lantern-42", "zzzzzzzzzzzzzzzzzzzz-not", "\u{10ffff}"] {
            assert!(!contains(rare), "{rare}");
        }
    }
}

//! Reading a delivery partner's CSV file, and writing CSV that a spreadsheet cannot be tricked with.

use super::model::ImportRow;
use crate::error::{Code, FieldError};
use csv::{ReaderBuilder, Trim};

/// Bytes of the largest file taken.
pub const FILE_LIMIT: usize = 2 * 1024 * 1024;
/// Rows of the largest file taken: a preview that a person can look through.
pub const ROW_LIMIT: usize = 5000;
/// Characters of the longest cell kept; longer ones are cut and refused by the check.
pub const CELL_LIMIT: usize = 100;

/// The columns every file has, in the order of the example; `domain_1` to `domain_n` follow.
pub const COLUMNS: [&str; 6] = ["appointment_reference", "candidate_id", "exam_code", "taken_at", "raw_score", "scaled_score"];
const DOMAIN: &str = "domain_";

/// Reads a file: UTF-8 with or without a byte order mark, any line ends, comma or semicolon between the cells, columns
/// in any order.
///
/// # Errors
/// What stops the whole file, for the field `field`: no text, missing, unknown or repeated columns (named), no rows, too
/// many rows.
pub fn read(bytes: &[u8], field: &str) -> Result<Vec<ImportRow>, Vec<FieldError>> {
    let refuse = |code: Code, parameter: String| vec![FieldError::with(field, code, parameter)];
    let text = std::str::from_utf8(bytes).map_err(|_| vec![FieldError::new(field, Code::FileNotText)])?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.contains('\0') {
        return Err(vec![FieldError::new(field, Code::FileNotText)]);
    }
    if text.trim().is_empty() {
        return Err(vec![FieldError::new(field, Code::FileEmpty)]);
    }
    let header = text.lines().next().unwrap_or_default();
    // Spreadsheets of much of the world separate cells with semicolons.
    let delimiter = if header.contains(';') && !header.contains(',') { b';' } else { b',' };
    let mut reader = ReaderBuilder::new().delimiter(delimiter).flexible(true).trim(Trim::All).from_reader(text.as_bytes());
    let names: Vec<String> = match reader.headers() {
        Ok(header) => header.iter().map(str::to_lowercase).collect(),
        Err(_) => return Err(vec![FieldError::new(field, Code::FileNotText)]),
    };
    let columns = columns(&names, field)?;
    let lines = LineNumbers::new(text);
    let mut rows = vec![];
    for record in reader.records() {
        let record = record.map_err(|_| vec![FieldError::new(field, Code::FileNotText)])?;
        let line = lines.of(record.position().map_or(0, csv::Position::byte));
        if record.iter().all(str::is_empty) {
            continue;
        }
        if rows.len() == ROW_LIMIT {
            return Err(refuse(Code::FileTooManyRows, ROW_LIMIT.to_string()));
        }
        let cell = |index: usize| record.get(index).unwrap_or_default().chars().take(CELL_LIMIT + 1).collect::<String>();
        let mut domains: Vec<String> = columns.domains.iter().map(|index| cell(*index)).collect();
        // Cells beyond the header belong to no column; the check will say that there are too many.
        domains.extend((names.len()..record.len()).map(cell));
        while domains.last().is_some_and(String::is_empty) {
            domains.pop();
        }
        let [reference, candidate, exam, taken, raw, scaled] = columns.fixed;
        rows.push(ImportRow {
            line,
            appointment_reference: cell(reference).to_uppercase(),
            candidate_id: cell(candidate).to_uppercase(),
            exam_code: cell(exam).to_uppercase(),
            taken_at: cell(taken),
            raw_score: cell(raw),
            scaled_score: cell(scaled),
            domains,
        });
    }
    if rows.is_empty() {
        return Err(vec![FieldError::new(field, Code::FileEmpty)]);
    }
    Ok(rows)
}

/// Where each column stands.
struct Columns {
    fixed: [usize; 6],
    domains: Vec<usize>,
}

fn columns(names: &[String], field: &str) -> Result<Columns, Vec<FieldError>> {
    let find = |wanted: &str| names.iter().position(|name| name == wanted);
    let mut missing: Vec<String> = COLUMNS.iter().filter(|name| find(name).is_none()).map(|name| (*name).to_owned()).collect();
    let count = names.iter().filter(|name| name.starts_with(DOMAIN)).count().max(1);
    let numbered: Vec<String> = (1..=count).map(|number| format!("{DOMAIN}{number}")).collect();
    missing.extend(numbered.iter().filter(|name| find(name).is_none()).cloned());
    let known = |name: &String| COLUMNS.contains(&name.as_str()) || numbered.contains(name);
    // What a typo looks like is shown without what could fill the page.
    let shown = |name: &String| if name.is_empty() { "\u{201c}\u{201d}".to_owned() } else { name.chars().take(40).collect() };
    let unknown: Vec<String> = names.iter().filter(|name| !known(name)).take(20).map(shown).collect();
    let mut repeated: Vec<String> = names.iter().filter(|name| known(name)).cloned().collect();
    repeated.sort();
    repeated = repeated.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0].clone()).collect();
    repeated.dedup();
    let mut errors = vec![];
    for (code, names) in [(Code::ColumnsMissing, missing), (Code::ColumnsUnknown, unknown), (Code::ColumnsRepeated, repeated)] {
        if !names.is_empty() {
            errors.push(FieldError::with(field, code, names.join(", ")));
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let position = |name: &str| find(name).unwrap_or_default();
    Ok(Columns { fixed: COLUMNS.map(position), domains: numbered.iter().map(|name| position(name)).collect() })
}

/// Lines of a text by byte offset. (The CSV reader's own count is off after CRLF and empty lines.)
struct LineNumbers {
    /// Byte offsets of line feeds.
    ends: Vec<u64>,
    text: Vec<u8>,
}

impl LineNumbers {
    fn new(text: &str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(index, _)| index as u64).collect();
        Self { ends, text: text.as_bytes().to_vec() }
    }

    /// The line of the first cell at or after an offset, counted from 1.
    fn of(&self, byte: u64) -> u64 {
        let mut at = byte as usize;
        while self.text.get(at).is_some_and(|byte| matches!(byte, b'\r' | b'\n')) {
            at += 1;
        }
        self.ends.partition_point(|end| *end < at as u64) as u64 + 1
    }
}

/// A file like the one partners send, for download.
pub fn example() -> String {
    let header: Vec<String> = COLUMNS.iter().map(|name| (*name).to_owned()).chain((1..=4).map(|n| format!("{DOMAIN}{n}"))).collect();
    crate::server::csv::write(
        &header,
        [["NLX7K2M9QX", "CP7K2M9QXW", "SAA-C03", "2026-12-03T16:10:00+01:00", "41", "782", "80", "77", "83", "70"]
            .map(str::to_owned)
            .to_vec()],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "appointment_reference,candidate_id,exam_code,taken_at,raw_score,scaled_score,domain_1,domain_2";

    fn codes(text: &str) -> Vec<(Code, String)> {
        read(text.as_bytes(), "file").unwrap_err().into_iter().map(|error| (error.code, error.parameter.unwrap_or_default())).collect()
    }

    #[test]
    fn byte_order_mark_crlf_quotes_semicolons_and_column_order_are_forgiven() {
        let plain = read(format!("{HEADER}\nr1,cp1,saa-c03,2026-01-01T00:00Z,40,720,10,20\n").as_bytes(), "file").unwrap();
        assert_eq!((plain[0].line, plain[0].appointment_reference.as_str(), plain[0].domains.len()), (2, "R1", 2));
        let fancy =
            format!("\u{feff}{}\r\n\"r1\"; cp1 ;saa-c03;2026-01-01T00:00Z;40;720;10;20\r\n", HEADER.replace(',', ";").to_uppercase());
        assert_eq!(read(fancy.as_bytes(), "file").unwrap(), plain);
        let swapped = "scaled_score,domain_2,domain_1,raw_score,taken_at,exam_code,candidate_id,appointment_reference\n\
                       720,20,10,40,2026-01-01T00:00Z,saa-c03,cp1,r1";
        assert_eq!(read(swapped.as_bytes(), "file").unwrap(), plain);
    }

    #[test]
    fn rows_are_numbered_as_an_editor_shows_them() {
        for end in ["\n", "\r\n"] {
            let text = [HEADER, "a,b,c,d,e,f,1,2", "", "g,h,i,j,k,l,1,2", ",,,,,,,", "m,n,o,p,q,r,1,2"].join(end);
            let lines: Vec<u64> = read(text.as_bytes(), "file").unwrap().iter().map(|row| row.line).collect();
            assert_eq!(lines, [2, 4, 6], "{end:?}");
        }
    }

    #[test]
    fn wrong_columns_are_named() {
        let wrong = "appointment_reference,candidate,exam_code,taken_at,raw_score,raw_score,domain_1,domain_3\n1,2,3,4,5,6,7,8";
        assert_eq!(
            codes(wrong),
            [
                (Code::ColumnsMissing, "candidate_id, scaled_score, domain_2".to_owned()),
                (Code::ColumnsUnknown, "candidate, domain_3".to_owned()),
                (Code::ColumnsRepeated, "raw_score".to_owned()),
            ]
        );
        assert_eq!(codes("hello\nworld")[0].0, Code::ColumnsMissing);
    }

    #[test]
    fn what_is_no_table_is_refused_whole() {
        assert_eq!(codes(""), [(Code::FileEmpty, String::new())]);
        assert_eq!(codes(&format!("{HEADER}\n\n")), [(Code::FileEmpty, String::new())]);
        assert_eq!(read(&[0xff, 0xfe, b'a', 0], "file").unwrap_err()[0].code, Code::FileNotText);
        assert_eq!(codes("a\0b"), [(Code::FileNotText, String::new())]);
        let many = format!("{HEADER}\n{}", "a,b,c,d,e,f,1,2\n".repeat(ROW_LIMIT + 1));
        assert_eq!(codes(&many), [(Code::FileTooManyRows, "5000".to_owned())]);
    }

    #[test]
    fn cells_beyond_the_header_are_kept_for_the_check() {
        let rows = read(format!("{HEADER}\na,b,c,d,e,f,1,2,3\na,b,c\n").as_bytes(), "file").unwrap();
        assert_eq!(rows[0].domains, ["1", "2", "3"]);
        assert_eq!((rows[1].scaled_score.as_str(), rows[1].domains.len()), ("", 0));
    }

    #[test]
    fn the_example_is_a_file_we_read() {
        assert_eq!(read(example().as_bytes(), "file").unwrap()[0].domains, ["80", "77", "83", "70"]);
    }
}

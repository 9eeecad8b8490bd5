//! CSV files for people's spreadsheets.

use axum::http::header;
use axum::response::{IntoResponse, Response};
use csv::WriterBuilder;

/// CSV with the cells made harmless (security.md line 53): one that a spreadsheet would run as a formula gets an
/// apostrophe before it.
pub fn write(header: &[String], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut writer = WriterBuilder::new().flexible(true).terminator(csv::Terminator::CRLF).from_writer(vec![]);
    // Writing to memory does not fail.
    let _ = writer.write_record(header);
    for row in rows {
        let _ = writer.write_record(row.iter().map(|cell| harmless(cell)));
    }
    String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
}

fn harmless(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell.to_owned() }
}

/// A download. With a byte order mark: spreadsheets take a file without one for their own old encoding.
pub fn response(name: &str, csv: &str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    (headers, format!("\u{feff}{csv}")).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn security_53_cells_that_a_spreadsheet_would_run_are_neutralised() {
        let out = write(&["x".into()], ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "plain", "a,\"b\""].map(|cell| vec![cell.to_owned()]));
        assert_eq!(out, "x\r\n'=1+1\r\n'+1\r\n'-1\r\n'@SUM(A1)\r\n'\t=1\r\nplain\r\n\"a,\"\"b\"\"\"\r\n");
    }
}

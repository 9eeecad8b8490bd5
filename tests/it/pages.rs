//! Every page is looked at in a real browser, light and dark, wide and narrow: none is forgotten.

use certportal::app::PAGES;
use std::collections::BTreeSet;

#[test]
fn the_browsers_list_of_pages_has_every_row_of_pages_and_no_other() {
    let list = include_str!("../../end2end/pages.ts");
    let listed: BTreeSet<&str> = list.split("row: \"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let rows: BTreeSet<&str> = PAGES.iter().map(|(path, _)| *path).collect();
    let missing: Vec<_> = rows.difference(&listed).collect();
    assert!(missing.is_empty(), "end2end/pages.ts has no page of {missing:?}");
    let unknown: Vec<_> = listed.difference(&rows).collect();
    assert!(unknown.is_empty(), "end2end/pages.ts has rows that src/app.rs has not: {unknown:?}");
}

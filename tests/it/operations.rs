//! The command line's promises about settings.

use crate::support::Portal;
use certportal::server::check;
use certportal::server::config::SETTINGS;

#[test]
fn the_readme_lists_every_setting_as_the_program_reads_it() {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    for (name, default, meaning) in SETTINGS {
        let default = if default.is_empty() { "–".to_owned() } else { format!("`{default}`") };
        let row = format!("| `{name}` | {default} | {meaning} |");
        assert!(readme.contains(&row), "the README's table should have the line\n{row}");
    }
}

#[tokio::test]
async fn check_names_the_setting_of_everything_that_is_missing() {
    let portal = Portal::new().await;
    let names: Vec<_> = check::problems(&portal.state).await.into_iter().map(|problem| problem.setting).collect();
    assert_eq!(names, ["LEPTOS_SITE_ROOT"], "a test has no built browser files, and a database that is up to date");
    portal.db().close().await;
    let names: Vec<_> = check::problems(&portal.state).await.into_iter().map(|problem| problem.setting).collect();
    assert_eq!(names, ["LEPTOS_SITE_ROOT", "DATABASE_URL"]);
}

//! `certportal check`: everything that would stop the portal or a part of it, told at once, each with its setting's name.

use super::config::{Config, GatewayKind, Problem};
use super::mail::Mailer;
use super::state::AppState;
use std::path::Path;
use std::time::Duration;

/// What cannot be seen in the settings alone: files, the database, the mail server.
pub async fn problems(state: &AppState) -> Vec<Problem> {
    let mut problems = without_database(&state.config).await;
    problems.extend(database(state).await);
    problems.extend(audit_log(state).await);
    problems.extend(programme(state).await);
    problems.extend(waiting_jobs(state).await);
    problems
}

/// The part of [`problems`] that is left when no database can be had.
pub async fn without_database(config: &Config) -> Vec<Problem> {
    let mut problems = files(config);
    problems.extend(gateway(config));
    problems.extend(public_url(config));
    problems.extend(mail(config).await);
    problems
}

fn files(config: &Config) -> Vec<Problem> {
    // As Leptos does when it names the files in a page.
    let program = std::env::current_exe().unwrap_or_default();
    let mut problems: Vec<Problem> = browser_files(config, &program.with_file_name("hash.txt")).into_iter().collect();
    if let Some(Err(problem)) = config.places_db.as_deref().map(super::places::Places::open) {
        problems.push(Problem::new("CERTPORTAL_PLACES_DB", problem));
    }
    problems
}

/// Whether the files that every page names are there: with a digest in the name, as the list beside the program says it, or without.
fn browser_files(config: &Config, list: &Path) -> Option<Problem> {
    let pkg = config.site_root.join("pkg");
    if !pkg.is_dir() {
        let problem = format!("{} has no pkg directory: build the browser files first (./run build does)", config.site_root.display());
        return Some(Problem::new("LEPTOS_SITE_ROOT", problem));
    }
    let digests = match config.hash_files.then(|| std::fs::read_to_string(list)) {
        None => String::new(),
        Some(Ok(digests)) => digests,
        Some(Err(error)) => {
            let problem =
                format!("is true, and {} cannot be read: {error}; it is built with the program and belongs beside it", list.display());
            return Some(Problem::new("LEPTOS_HASH_FILES", problem));
        }
    };
    for kind in ["css", "js"] {
        let digest = digests.lines().filter_map(|line| line.split_once(':')).find(|(of, _)| *of == kind);
        let name = match digest {
            Some((_, digest)) => format!("certportal.{}.{kind}", digest.trim()),
            None => format!("certportal.{kind}"),
        };
        if !pkg.join(&name).is_file() {
            let (setting, why) = match config.hash_files {
                true => ("LEPTOS_SITE_ROOT", "is of another build than the program"),
                false => ("LEPTOS_HASH_FILES", "has digests in the names of its files, most likely: ./run build makes them so"),
            };
            return Some(Problem::new(setting, format!("pages name {name}, which is not in {}: it {why}", pkg.display())));
        }
    }
    None
}

fn gateway(config: &Config) -> Option<Problem> {
    let takes_test_cards = !config.demo && config.gateway == GatewayKind::Sandbox;
    takes_test_cards.then(|| Problem::new("CERTPORTAL_GATEWAY", "sandbox takes no money: whoever knows a test card books for nothing"))
}

/// Settings that cannot be used are told before; this is the address that production starts with on one's own machine.
fn public_url(config: &Config) -> Option<Problem> {
    let is_open = !config.demo && !config.public_url.starts_with("https://");
    is_open.then(|| {
        let problem = format!("is {}: links in mails lead nowhere for others, and production needs https", config.public_url);
        Problem::new("CERTPORTAL_PUBLIC_URL", problem)
    })
}

async fn database(state: &AppState) -> Option<Problem> {
    let tell = |problem: String| Some(Problem::new("DATABASE_URL", problem));
    let applied = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM _sqlx_migrations WHERE success").fetch_one(&state.db).await;
    match applied {
        Ok(applied) if applied < super::database::migrations() => {
            tell("the database is behind this program: run `certportal migrate`".into())
        }
        Ok(_) => None,
        Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("42P01") => {
            tell("the database is empty: run `certportal migrate`".into())
        }
        Err(error) => tell(format!("the database cannot be used: {error}")),
    }
}

/// The audit log's chain holds from its first link to its last (security.md line 77).
async fn audit_log(state: &AppState) -> Option<Problem> {
    let tell = |problem: String| Some(Problem::new("audit log", problem));
    if super::database::may_change_audit_log(&state.db).await.unwrap_or(false) {
        let problem = "connects as a role that owns the tables and so could change the audit log: let DATABASE_URL name a role of its own \
                       for the running portal, and CERTPORTAL_OWNER_DATABASE_URL the owner";
        return Some(Problem::new("DATABASE_URL", problem));
    }
    match super::audit::verify(state).await {
        Ok(chain) => chain.broken.and_then(tell),
        // Told by the check of the database.
        Err(_) => None,
    }
}

/// Without a programme the portal has no name, no sender, no agreement and nothing to book. The demo loads its own.
async fn programme(state: &AppState) -> Option<Problem> {
    if state.config.demo {
        return None;
    }
    match sqlx::query_scalar::<_, bool>("SELECT EXISTS (SELECT FROM programme)").fetch_one(&state.db).await {
        Ok(true) => None,
        Ok(false) => Some(Problem::new("programme", "there is none: load yours with `certportal programme load DIR` (README, Deploying)")),
        // Told by the check of the database.
        Err(_) => None,
    }
}

/// What is owed and not done: mails, refunds, messages.
async fn waiting_jobs(state: &AppState) -> Vec<Problem> {
    // A database that cannot be read is told by its own check.
    let waiting = super::jobs::waiting(state).await.unwrap_or_default();
    let tell = |jobs: super::jobs::Waiting| {
        let what = match &jobs.last_error {
            Some(error) => format!("last error: {error}"),
            None => "nobody has taken them: does a worker run?".to_owned(),
        };
        let problem = format!(
            "{} {} wait since {}, tried up to {} times; {what}",
            jobs.count,
            jobs.kind,
            jobs.since.format("%F %R UTC"),
            jobs.attempts
        );
        Problem::new("jobs", problem)
    };
    waiting.into_iter().map(tell).collect()
}

async fn mail(config: &Config) -> Option<Problem> {
    let tell = |problem: String| Some(Problem::new("CERTPORTAL_SMTP_URL", problem));
    match Mailer::from_config(config) {
        Mailer::Mailbox if config.smtp_url.is_some() => tell("cannot be read as an address of a mail server".into()),
        Mailer::Mailbox if !config.demo => tell("is not set: no mail can leave, and nobody can verify an address".into()),
        Mailer::Mailbox => None,
        Mailer::Smtp(transport) => match tokio::time::timeout(Duration::from_secs(10), transport.test_connection()).await {
            Ok(Ok(true)) => None,
            Ok(Ok(false)) => tell("the mail server does not answer".into()),
            Ok(Err(error)) => tell(format!("the mail server refuses: {error}")),
            Err(_) => tell("the mail server does not answer within 10 seconds".into()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn the_files_that_pages_name_are_looked_for() {
        let directory = std::env::temp_dir().join(format!("certportal-check-{}", crate::server::random::token()));
        let (pkg, list) = (directory.join("site/pkg"), directory.join("hash.txt"));
        let config = |hash_files: bool| Config { hash_files, ..Config::for_tests(&directory) };
        let told = |hash_files: bool| browser_files(&config(hash_files), &list).map(|problem| problem.to_string()).unwrap_or_default();
        assert!(told(true).starts_with("LEPTOS_SITE_ROOT: ") && told(false).starts_with("LEPTOS_SITE_ROOT: "));

        fs::create_dir_all(&pkg).unwrap();
        assert!(told(true).starts_with("LEPTOS_HASH_FILES: is true, and "), "{}", told(true));
        fs::write(&list, "css: 12\nwasm: 34\njs: 56\n").unwrap();
        assert!(told(true).contains("pages name certportal.12.css"), "{}", told(true));
        fs::write(pkg.join("certportal.12.css"), "").unwrap();
        fs::write(pkg.join("certportal.56.js"), "").unwrap();
        assert_eq!(told(true), "");
        assert!(told(false).starts_with("LEPTOS_HASH_FILES: pages name certportal.css"), "{}", told(false));
        fs::write(pkg.join("certportal.css"), "").unwrap();
        fs::write(pkg.join("certportal.js"), "").unwrap();
        assert_eq!(told(false), "");
        fs::remove_dir_all(&directory).unwrap();
    }
}

//! `certportal check`: everything that would stop the portal or a part of it, told at once, each with its setting's name.

use super::config::{Config, GatewayKind, Problem};
use super::mail::Mailer;
use super::state::AppState;
use std::time::Duration;

/// What cannot be seen in the settings alone: files, the database, the mail server.
pub async fn problems(state: &AppState) -> Vec<Problem> {
    let mut problems = files(&state.config);
    problems.extend(gateway(&state.config));
    problems.extend(database(state).await);
    problems.extend(audit_log(state).await);
    problems.extend(mail(state).await);
    problems
}

fn files(config: &Config) -> Vec<Problem> {
    let mut problems = vec![];
    if !config.site_root.join("pkg").is_dir() {
        let problem = format!("{} has no pkg directory: build the browser files first (./run does)", config.site_root.display());
        problems.push(Problem { setting: "LEPTOS_SITE_ROOT", problem });
    }
    if let Some(Err(problem)) = config.places_db.as_deref().map(super::places::Places::open) {
        problems.push(Problem { setting: "CERTPORTAL_PLACES_DB", problem });
    }
    problems
}

fn gateway(config: &Config) -> Option<Problem> {
    let takes_test_cards = !config.demo && config.gateway == GatewayKind::Sandbox;
    takes_test_cards.then(|| Problem {
        setting: "CERTPORTAL_GATEWAY",
        problem: "sandbox takes no money: whoever knows a test card books for nothing".into(),
    })
}

async fn database(state: &AppState) -> Option<Problem> {
    let tell = |problem: String| Some(Problem { setting: "DATABASE_URL", problem });
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
    let tell = |problem: String| Some(Problem { setting: "audit log", problem });
    if super::database::may_change_audit_log(&state.db).await.unwrap_or(false) {
        let problem = "connects as a role that owns the tables and so could change the audit log: let DATABASE_URL name a role of its own \
                       for the running portal, and CERTPORTAL_OWNER_DATABASE_URL the owner";
        return Some(Problem { setting: "DATABASE_URL", problem: problem.into() });
    }
    match super::audit::verify(state).await {
        Ok(chain) => chain.broken.and_then(tell),
        // Told by the check of the database.
        Err(_) => None,
    }
}

async fn mail(state: &AppState) -> Option<Problem> {
    let tell = |problem: String| Some(Problem { setting: "CERTPORTAL_SMTP_URL", problem });
    match &state.mailer {
        Mailer::Mailbox if state.config.smtp_url.is_some() => tell("cannot be read as an address of a mail server".into()),
        Mailer::Mailbox if !state.config.demo => tell("is not set: no mail can leave, and nobody can verify an address".into()),
        Mailer::Mailbox => None,
        Mailer::Smtp(transport) => match tokio::time::timeout(Duration::from_secs(10), transport.test_connection()).await {
            Ok(Ok(true)) => None,
            Ok(Ok(false)) => tell("the mail server does not answer".into()),
            Ok(Err(error)) => tell(format!("the mail server refuses: {error}")),
            Err(_) => tell("the mail server does not answer within 10 seconds".into()),
        },
    }
}

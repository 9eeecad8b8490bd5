//! Who may come, decided before anything is rendered, and what the audit log gets to know of those who may not.

use super::request::{Permission, RequestContext};
use super::router::Site;
use crate::error::AppError;
use crate::server::audit;
use axum::http::StatusCode;

/// Who may see a page. Checked before anything is rendered; a path without a rule does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    Public,
    /// Any account whose login is complete.
    SignedIn,
    /// An account with a candidate ID.
    Candidate,
    /// Staff whose roles allow this.
    Staff(Permission),
    /// Exists in demo mode only.
    Demo,
}

/// Whether a path is one of a pattern's, whose `:parts` stand for anything.
pub fn fits(pattern: &str, path: &str) -> bool {
    let pattern: Vec<&str> = pattern.trim_matches('/').split('/').collect();
    let path: Vec<&str> = path.trim_matches('/').split('/').collect();
    pattern.len() == path.len() && pattern.iter().zip(&path).all(|(p, w)| p.starts_with(':') && !w.is_empty() || p == w)
}

/// The pages that staff without a second factor may see: where they enrol one, and where they prove who they are for it.
pub const ENROLMENT: [&str; 3] = ["/account/security/totp", "/account/security/passkeys", "/account/confirm"];

/// Why the page at the request's path is not for who asks.
pub fn refusal(site: &Site, cx: &RequestContext) -> Option<AppError> {
    refused_by(site, cx, (site.access)(&cx.path))
}

pub fn refused_by(site: &Site, cx: &RequestContext, rule: Option<Access>) -> Option<AppError> {
    match rule {
        None => Some(AppError::NotFound),
        Some(Access::Public) => None,
        Some(Access::Demo) => (!site.state.config.demo).then_some(AppError::NotFound),
        Some(Access::SignedIn) => cx.viewer().err(),
        Some(Access::Candidate) => cx.candidate().err(),
        Some(Access::Staff(permission)) => cx.staff(permission).err(),
    }
}

/// Somebody signed in wanted what is not theirs to do: into the audit log (security.md line 76).
pub async fn note_refusal(cx: &RequestContext, error: &AppError, what: &str) {
    if matches!(error, AppError::Forbidden) {
        let subject: String = what.chars().take(200).collect();
        audit::refused(cx, "access.refused", &subject, serde_json::json!({})).await;
    }
}

/// Somebody signed in asked for what does not exist for them: another's, or nobody's (security.md lines 37 and 76). Which of the two is
/// not looked up; many in a row are somebody who tries.
pub async fn note_missing(cx: &RequestContext, error: &AppError, what: &str) {
    if matches!(error, AppError::NotFound) && cx.viewer().is_ok() {
        audit::refused_sometimes(cx, "access.not_found", &shortened(what), serde_json::json!({})).await;
    }
}

/// The same of a page that came to be rendered and was not found.
pub async fn note_if_missing(cx: &RequestContext, status: StatusCode) {
    if status == StatusCode::NOT_FOUND {
        note_missing(cx, &AppError::NotFound, &cx.path).await;
    }
}

/// A path for the log: its own words and ids, and nothing else that somebody typed there.
pub fn shortened(path: &str) -> String {
    let kept = |part: &str| {
        let word = part.chars().all(|c| c.is_ascii_lowercase() || "-_.".contains(c));
        let id = part.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') && part.contains(|c: char| c.is_ascii_digit());
        part.len() <= 80 && (word || id)
    };
    let parts: Vec<&str> = path.split('/').map(|part| if kept(part) { part } else { "…" }).collect();
    parts.join("/").chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_gets_the_words_and_ids_of_a_path() {
        for (path, kept) in [
            ("/exams/NL-4F2K/calendar.ics", "/exams/NL-4F2K/calendar.ics"),
            ("/results/7c9e6679-7425-40de-944b-e07fc1f90ae7", "/results/7c9e6679-7425-40de-944b-e07fc1f90ae7"),
            ("/orders/ana@example.com", "/orders/…"),
            ("/orders/Ana%20Prueba", "/orders/…"),
            ("/orders/Ana", "/orders/…"),
        ] {
            assert_eq!(shortened(path), kept);
        }
    }
}

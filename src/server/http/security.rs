//! What browsers and researchers tell us and ask us about security.

use super::router::Site;
use crate::error::AppError;
use crate::server::RequestContext;
use crate::server::limits::{Limit, address_key};
use axum::body::Bytes;
use axum::extract::{Extension, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{SecondsFormat, TimeDelta};
use std::sync::Arc;

/// Where browsers report what the Content-Security-Policy stopped (security.md line 46).
pub const REPORTS: &str = "/csp-report";
/// Anybody can post here: a browser with a meddling extension sends a few, not hundreds.
const REPORTS_PER_ADDRESS: Limit = Limit::new("csp.reports", 20, TimeDelta::seconds(30));
/// The file says how long it is to be believed; it is made anew whenever it is asked for.
const GOOD_FOR: TimeDelta = TimeDelta::days(180);

/// `/.well-known/security.txt` (RFC 9116).
pub async fn security_txt(State(site): State<Site>) -> Response {
    let expires = (site.state.clock.now() + GOOD_FOR).to_rfc3339_opts(SecondsFormat::Secs, true);
    let contact = &site.state.config.security_contact;
    let contact = match contact {
        Some(contact) => contact.clone(),
        None => format!("mailto:{}", site.state.programme.get().support_email),
    };
    let canonical = site.state.config.url("/.well-known/security.txt");
    let text = format!("Contact: {contact}\nExpires: {expires}\nPreferred-Languages: en, es\nCanonical: {canonical}\n");
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}

/// `/.well-known/change-password`: password managers lead people there (W3C "A Well-Known URL for Changing Passwords").
pub async fn change_password() -> Redirect {
    Redirect::to("/account/security/password")
}

/// Writes a browser's report to the log: directive and blocked address, cut short and on one line.
pub async fn policy_report(State(site): State<Site>, Extension(cx): Extension<Arc<RequestContext>>, body: Bytes) -> Response {
    match REPORTS_PER_ADDRESS.spend(&site.state.db, cx.now(), &address_key(cx.address)).await {
        Ok(()) => {}
        Err(error @ AppError::RateLimited(_)) => return error.into_response(),
        Err(error) => return error.into_response(),
    }
    let report: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
    // `report-uri` sends one object, the Reporting API a list of others.
    let report = report.get(0).unwrap_or(&report);
    let body = report.get("csp-report").or_else(|| report.get("body")).unwrap_or(report);
    let text = |names: [&str; 2]| {
        let value = names.iter().find_map(|name| body.get(*name)?.as_str()).unwrap_or("-");
        value.chars().filter(|c| !c.is_control()).take(200).collect::<String>()
    };
    tracing::warn!(
        csp.directive = %text(["effective-directive", "effectiveDirective"]),
        csp.blocked = %text(["blocked-uri", "blockedURL"]),
        csp.page = %text(["document-uri", "documentURL"]),
        "a browser's Content-Security-Policy stopped something"
    );
    StatusCode::NO_CONTENT.into_response()
}

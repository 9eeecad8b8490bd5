//! The demo's requests: one for an exam manager's colleague to decide, one for the exam manager. Asked for through the same code as
//! everything else.

use super::model::{Act, Kind, NewRequest};
use super::service;
use crate::accounts::addressee::Addressee;
use crate::accounts::demo::seeded_account_id;
use crate::credentials::revocation::model::{Cause, Revocation};
use crate::ids::{self, SessionId};
use crate::results::corrections::{rules, store as results};
use crate::server::http::permissions::Role;
use crate::server::http::request::Viewer;
use crate::server::{AppState, RequestContext};
use std::error::Error;
use std::net::{IpAddr, Ipv4Addr};

/// Asks for what the demo shows as waiting. Changes nothing the second time, also when somebody has decided meanwhile. What a
/// request needs and the database has not is left out.
///
/// # Errors
/// The database does not answer.
pub async fn load(state: &AppState) -> Result<(), Box<dyn Error>> {
    correction(state).await?;
    revocation(state).await?;
    Ok(())
}

/// Maya's first attempt at SAA-C03: two questions were scored wrongly, which changes the score and not the outcome.
async fn correction(state: &AppState) -> Result<(), Box<dyn Error>> {
    let mut tx = state.db.begin().await?;
    let Some(id) = super::store::demo::result(&mut tx, seeded_account_id("maya"), "SAA-C03", false).await? else { return Ok(()) };
    let Some(result) = results::locked(&mut tx, id).await? else { return Ok(()) };
    let percents: Vec<String> =
        result.percents().iter().enumerate().map(|(nth, percent)| (percent + [4, 0, 0, 0][nth % 4]).to_string()).collect();
    let scaled = (result.scaled_score + 15).min(result.scale.pass_mark - 1).to_string();
    let Ok(correction) = rules::correction(&result, &scaled, &percents) else { return Ok(()) };
    let new = NewRequest {
        id: ids::named("approval", "score_correction"),
        act: Act::ScoreCorrection(correction),
        subject_id: id.into(),
        account_id: result.account_id,
        reason: "Two questions of the form had the wrong key. The delivery partner has sent the corrected scoring.".into(),
    };
    ask(tx, state, Role::ExamManager, Kind::ScoreCorrection, &new).await
}

/// Maya's oldest credential, asked for by the administrator.
async fn revocation(state: &AppState) -> Result<(), Box<dyn Error>> {
    let mut tx = state.db.begin().await?;
    let Some(found) = super::store::demo::oldest_credential(&mut tx, seeded_account_id("maya")).await? else { return Ok(()) };
    let new = NewRequest {
        id: ids::named("approval", "credential_revocation"),
        act: Act::CredentialRevocation(Revocation {
            public_id: found.public_id,
            certification: found.certification,
            state_before: found.state,
            cause: Cause::HolderRequest,
        }),
        subject_id: found.id.into(),
        account_id: found.account_id,
        reason: "You wrote to us that you would rather show the associate certification only.".into(),
    };
    ask(tx, state, Role::Administrator, Kind::CredentialRevocation, &new).await
}

async fn ask(
    mut tx: sqlx::Transaction<'static, sqlx::Postgres>,
    state: &AppState,
    role: Role,
    kind: Kind,
    new: &NewRequest,
) -> Result<(), Box<dyn Error>> {
    let cx = request_of(state, role);
    let known = service::is_asked(&mut tx, &cx, new.id, kind, new.subject_id).await;
    if matches!(known, Ok(false)) && Addressee::of(&mut tx, cx.viewer()?.account_id).await?.is_some_and(|to| !to.disabled) {
        service::ask(&mut tx, &cx, new).await.map_err(crate::error::AppError::from)?;
        tx.commit().await?;
    }
    Ok(())
}

/// A request of the demo's person with this role, who has just signed in.
fn request_of(state: &AppState, role: Role) -> RequestContext {
    let cx = RequestContext::new(state.clone(), IpAddr::V4(Ipv4Addr::LOCALHOST));
    let now = cx.now();
    cx.with(|cx| {
        cx.viewer = Some(Viewer {
            session_id: SessionId::from_u128(0),
            account_id: seeded_account_id(role.as_str()),
            candidate_id: None,
            given_name: String::new(),
            family_name: String::new(),
            email: String::new(),
            email_verified: true,
            language: "en".into(),
            time_zone: "UTC".into(),
            country: String::new(),
            roles: vec![role],
            has_factor: true,
            awaiting_factor: false,
            proved_at: now,
            acting: None,
        });
    })
}

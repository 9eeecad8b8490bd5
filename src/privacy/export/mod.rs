//! The copy of everything: asked for with a fresh proof, made by a job, fetched within 24 hours (security.md, "Personal data").

mod archive;
mod store;

pub use store::ExportRow;

use super::rules::{EXPORT_LASTS, next_export};
use super::{mails, store as people};
use crate::error::{AppError, AppResult};
use crate::ids::ExportId;
use crate::server::database::{DbError, OnConstraint};
use crate::server::jobs::{self, JobError};
use crate::server::limits::refused_for;
use crate::server::{AppState, RequestContext, audit, mail, random};
use futures_util::future::BoxFuture;
use serde_json::{Value, json};

/// The kind of the job that makes an archive.
pub const MAKE: &str = "privacy.export";

/// Where an archive stands, for its owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Preparing,
    Ready,
    Expired,
}

impl ExportRow {
    pub fn state(&self, now: chrono::DateTime<chrono::Utc>) -> State {
        match self.expires_at {
            None => State::Preparing,
            Some(until) if now < until => State::Ready,
            Some(_) => State::Expired,
        }
    }
}

/// Asks for an archive of the viewer's data. While one is being made, asking again asks for that one.
///
/// # Errors
/// [`AppError::StepUpRequired`]; [`AppError::RateLimited`] after three in a day.
pub async fn ask(cx: &RequestContext) -> AppResult<()> {
    let viewer = cx.fresh_proof()?;
    let now = cx.now();
    let mut tx = cx.state.db.begin().await?;
    let person = people::lock_person(&mut tx, viewer.account_id).await?.ok_or(AppError::Unauthenticated)?;
    let known = store::of_account(&mut tx, person.account_id).await?;
    if known.iter().any(|export| export.expires_at.is_none()) {
        return Ok(());
    }
    let asked: Vec<_> = known.iter().rev().map(|export| export.requested_at).collect();
    if let Some(next) = next_export(&asked, now) {
        return Err(refused_for(next - now));
    }
    let id = random::id();
    let written: Result<(), DbError> = store::insert(&mut tx, id, person.account_id, now)
        .await
        .on_constraint("data_export_pending_key", || crate::error::Conflict::Stale.into());
    written?;
    jobs::enqueue(&mut tx, now, MAKE, id, None).await?;
    audit::record(&mut tx, cx, "privacy.export_requested", &person.account_id.to_string(), json!({"export": id})).await?;
    tx.commit().await?;
    Ok(())
}

/// The viewer's archives, newest first.
pub async fn own(cx: &RequestContext) -> AppResult<Vec<ExportRow>> {
    let viewer = cx.viewer()?;
    let mut conn = cx.state.db.acquire().await?;
    Ok(store::of_account(&mut conn, viewer.account_id).await?)
}

/// The file of one of the viewer's archives.
///
/// # Errors
/// [`AppError::StepUpRequired`]; [`AppError::NotFound`] for somebody else's and for one whose time is over.
pub async fn download(cx: &RequestContext, id: &str) -> AppResult<Vec<u8>> {
    let account_id = cx.viewer()?.account_id;
    let id: ExportId = id.parse().map_err(|_| AppError::NotFound)?;
    let mut tx = cx.state.db.begin().await?;
    // That it exists is told only to its owner, and the proof is asked for only then.
    let file = store::file(&mut tx, id, account_id, cx.now()).await?.ok_or(AppError::NotFound)?;
    cx.fresh_proof()?;
    audit::record(&mut tx, cx, "privacy.export_downloaded", &account_id.to_string(), json!({"export": id})).await?;
    tx.commit().await?;
    Ok(file)
}

/// Makes an archive that was asked for; one that is made already is left alone.
pub fn make(state: AppState, payload: Value) -> BoxFuture<'static, Result<(), JobError>> {
    Box::pin(async move {
        let id: ExportId = serde_json::from_value(payload)?;
        let owner = {
            let mut conn = state.db.acquire().await?;
            store::pending(&mut conn, id).await?
        };
        let Some(owner) = owner else { return Ok(()) };
        let files = archive::files(&state, owner).await?;
        let zip = tokio::task::spawn_blocking(move || archive::zip(files)).await??;
        let now = state.clock.now();
        let mut tx = state.db.begin().await?;
        let person = people::lock_person(&mut tx, owner).await?;
        if let Some(person) = person
            && store::set_ready(&mut tx, id, &zip, now, now + EXPORT_LASTS).await?
        {
            mail::enqueue(&mut tx, &state, now, mails::export_ready(&state, &person, id, now + EXPORT_LASTS)).await?;
        }
        tx.commit().await?;
        Ok(())
    })
}

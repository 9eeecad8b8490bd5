use super::check::{Facts, check, forget_erased};
use super::model::*;
use super::{csv_file, mails, store};
use crate::credentials;
use crate::error::{AppError, AppResult, Conflict};
use crate::ids::{ImportId, ResultId};
use crate::scheduling::{self, rules::Again};
use crate::server::database::{DbError, OnConstraint, expect_one, internal, retrying};
use crate::server::programme::Policies;
use crate::server::{Permission, RequestContext, audit, random};
use serde_json::json;
use sha2::{Digest, Sha256};
use sqlx::PgConnection;
use std::collections::HashMap;

/// Imports and waiting results on a page of a list.
pub const PAGE: i64 = 50;

/// What became of an uploaded file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Uploaded {
    New(ImportId),
    /// The same bytes came before: this is their import.
    Known(ImportId),
}

/// Reads and checks a partner's file and keeps it for the preview. Nothing of it counts before [`apply`].
///
/// # Errors
/// [`AppError::Validation`] for `field` when the file as a whole cannot be read.
pub async fn upload(cx: &RequestContext, field: &str, file_name: &str, bytes: &[u8]) -> AppResult<Uploaded> {
    let viewer = cx.staff(Permission::ManageResults)?;
    let mut rows = csv_file::read(bytes, field).map_err(AppError::Validation)?;
    let digest = Sha256::digest(bytes).to_vec();
    // The name is shown, never used as a path.
    let file_name: String =
        file_name.rsplit(['/', '\\']).next().unwrap_or_default().chars().filter(|c| !c.is_control()).take(120).collect();
    let mut tx = cx.state.db.begin().await?;
    let facts = store::facts(&mut tx, &rows).await?;
    let (_, errors) = check(&rows, &facts, cx.now());
    forget_erased(&mut rows, &facts);
    let (id, known) = store::insert_import(
        &mut tx,
        cx.now(),
        random::id(),
        viewer.account_id,
        if file_name.is_empty() { "results.csv" } else { &file_name },
        &digest,
        json!(rows),
        json!(errors),
    )
    .await?;
    if !known {
        let detail = json!({ "rows": rows.len(), "errors": errors.len() });
        audit::record(&mut tx, cx, "results.import_uploaded", &id.to_string(), detail).await?;
    }
    tx.commit().await?;
    Ok(if known { Uploaded::Known(id) } else { Uploaded::New(id) })
}

/// An import with its rows, checked against what is known now.
#[derive(Debug)]
pub struct Preview {
    pub import: Import,
    pub rows: Vec<ImportRow>,
    pub errors: Vec<RowError>,
    pub passes: usize,
    pub fails: usize,
    /// What was taken over, by the appointment's reference.
    pub results: HashMap<String, ResultId>,
}

/// The preview of an import; what was taken over is not checked again.
pub async fn preview(cx: &RequestContext, id: ImportId) -> AppResult<Preview> {
    cx.staff(Permission::ReadResults)?;
    let mut import = store::imports(&cx.state.db, Some(id), 1, 0).await?.pop().ok_or(AppError::NotFound)?;
    let mut conn = cx.state.db.acquire().await?;
    let rows = store::import_rows(&mut conn, id).await?.ok_or(AppError::NotFound)?;
    let rows = parse_rows(rows)?;
    let mut facts = store::facts(&mut conn, &rows).await?;
    let applied = import.applied_at.is_some();
    if applied {
        forget_later_changes(&mut facts);
    }
    let (results, mut errors) = check(&rows, &facts, cx.now());
    if applied {
        errors.clear();
    }
    import.errors = errors.len() as i64;
    let passes = results.iter().filter(|result| result.passed).count();
    let received = store::references_of_import(&mut conn, id).await?.into_iter().collect();
    Ok(Preview { fails: results.len() - passes, passes, import, rows, errors, results: received })
}

/// Counts of an import that was taken over come from the same check, for which its own effects did not happen.
fn forget_later_changes(facts: &mut Facts) {
    for appointment in facts.appointments.values_mut() {
        appointment.has_result = false;
        appointment.state = "delivered".into();
    }
}

fn parse_rows(rows: serde_json::Value) -> AppResult<Vec<ImportRow>> {
    serde_json::from_value(rows).map_err(|error| internal(&error))
}

/// Takes an import over: every row becomes a received result, or none. Doing it twice changes nothing.
///
/// # Errors
/// [`AppError::StepUpRequired`]; [`AppError::NotFound`]; [`Conflict::ImportHasErrors`] when a row has errors by now.
pub async fn apply(cx: &RequestContext, id: ImportId) -> AppResult<()> {
    cx.staff_with_fresh_proof(Permission::ManageResults)?;
    let errors = retrying(|| async {
        let mut tx = cx.state.db.begin().await?;
        let (rows, applied_at) = store::lock_import(&mut tx, id).await?.ok_or(AppError::NotFound)?;
        if applied_at.is_some() {
            return Ok(vec![]);
        }
        let rows = parse_rows(rows)?;
        // The preview may be old: what counts is what is known now.
        store::lock_appointments(&mut tx, &rows).await?;
        let facts = store::facts(&mut tx, &rows).await?;
        let (results, errors) = check(&rows, &facts, cx.now());
        if !errors.is_empty() {
            expect_one(store::set_errors(&mut tx, id, json!(errors)).await?)?;
            tx.commit().await?;
            return Ok(errors);
        }
        receive(&mut tx, cx, Some(id), &results).await?;
        expect_one(store::set_applied(&mut tx, id, cx.now()).await?)?;
        audit::record(&mut tx, cx, "results.import_applied", &id.to_string(), json!({ "results": results.len() })).await?;
        tx.commit().await?;
        Ok(vec![])
    })
    .await?;
    if errors.is_empty() { Ok(()) } else { Err(Conflict::ImportHasErrors.into()) }
}

/// Writes results as received; gives their ids in the same order.
pub async fn receive(
    tx: &mut PgConnection,
    cx: &RequestContext,
    import: Option<ImportId>,
    results: &[NewResult],
) -> Result<Vec<ResultId>, DbError> {
    let results: Vec<(ResultId, NewResult)> = results.iter().map(|result| (random::id(), result.clone())).collect();
    let actor = cx.viewer.as_ref().map(|viewer| viewer.account_id);
    store::insert_results(tx, cx.now(), import, actor, &results)
        .await
        .on_constraint("exam_result_appointment_id_key", || Conflict::ImportHasErrors.into())?;
    Ok(results.into_iter().map(|(id, _)| id).collect())
}

/// Which results are released.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    /// All of an import that wait.
    Import(ImportId),
    Results(Vec<ResultId>),
}

/// Results released in one transaction. Their candidates' accounts are locked as long as it lasts.
const RELEASED_AT_ONCE: usize = 200;

/// Releases results: the candidate gets a mail and sees the report, a pass awards its certification. Results that were
/// released before are left as they are, so doing it twice changes nothing: what an interruption leaves waiting is released by asking
/// again. Gives the number released now.
///
/// # Errors
/// [`AppError::StepUpRequired`]: what awards credentials needs a fresh proof; [`AppError::NotFound`]: the import or one of the results
/// does not exist, or the import was not taken over.
pub async fn release(cx: &RequestContext, selection: &Selection) -> AppResult<usize> {
    cx.staff_with_fresh_proof(Permission::ManageResults)?;
    let ids = match selection {
        Selection::Import(import) => {
            let mut conn = cx.state.db.acquire().await?;
            store::applied_at(&mut conn, *import).await?.flatten().ok_or(AppError::NotFound)?;
            store::waiting_of_import(&mut conn, *import).await?
        }
        Selection::Results(ids) => {
            let mut ids = ids.clone();
            ids.sort();
            ids.dedup();
            ids
        }
    };
    let mut released = 0;
    for ids in ids.chunks(RELEASED_AT_ONCE) {
        released += retrying(|| async {
            let mut tx = cx.state.db.begin().await?;
            let released = release_in(&mut tx, cx, ids).await?;
            tx.commit().await?;
            Ok(released)
        })
        .await?;
    }
    Ok(released)
}

/// [`release`] of some results, each named once, inside a transaction of the caller's: all of them or none.
pub async fn release_in(tx: &mut PgConnection, cx: &RequestContext, ids: &[ResultId]) -> Result<usize, DbError> {
    let results = store::lock_results(tx, ids).await?;
    if results.len() != ids.len() {
        return Err(AppError::NotFound.into());
    }
    let releasing: Vec<_> = results.into_iter().filter(|result| result.state == "received").collect();
    let ids: Vec<ResultId> = releasing.iter().map(|result| result.id).collect();
    let actor = cx.viewer.as_ref().map(|viewer| viewer.account_id);
    let changed = store::set_released(tx, cx.now(), actor, &ids).await?;
    if changed != ids.len() as u64 {
        return Err(Conflict::Stale.into());
    }
    for result in &releasing {
        audit::record(tx, cx, "results.released", &result.id.to_string(), json!({ "passed": result.passed })).await?;
        if result.passed {
            let pass = credentials::service::Pass {
                result_id: result.id,
                account_id: result.account_id,
                certification_id: result.certification_id,
                exam_id: result.exam_id,
            };
            credentials::service::award(tx, cx, &pass).await?;
        }
        mails::released(tx, cx, result).await?;
    }
    Ok(releasing.len())
}

/// Imports of a page (from 1) and how many pages there are.
pub async fn imports(cx: &RequestContext, page: i64) -> AppResult<(Vec<Import>, i64)> {
    cx.staff(Permission::ReadResults)?;
    let count = store::count_imports(&cx.state.db).await?;
    Ok((store::imports(&cx.state.db, None, PAGE, (page - 1) * PAGE).await?, pages(count)))
}

/// Results that wait for release, oldest first: a page of them (from 1), how many pages there are, and how many in all.
pub async fn waiting(cx: &RequestContext, page: i64) -> AppResult<(Vec<WaitingResult>, i64, i64)> {
    cx.staff(Permission::ReadResults)?;
    let count = store::count_waiting(&cx.state.db).await?;
    Ok((store::waiting(&cx.state.db, None, PAGE, (page - 1) * PAGE).await?, pages(count), count))
}

fn pages(count: i64) -> i64 {
    (count + PAGE - 1) / PAGE
}

/// What the staff's start page says of results.
#[derive(Debug, Clone, Copy)]
pub struct Counts {
    pub waiting: i64,
    pub open_imports: i64,
}

pub async fn counts(cx: &RequestContext) -> AppResult<Counts> {
    cx.staff(Permission::ReadResults)?;
    let pool = &cx.state.db;
    Ok(Counts { waiting: store::count_waiting(pool).await?, open_imports: store::count_open_imports(pool).await? })
}

/// The candidate's own results, and the exams whose result is on its way.
pub async fn mine(cx: &RequestContext) -> AppResult<(Vec<PendingExam>, Vec<ListedResult>)> {
    let account = cx.candidate()?.account_id;
    let pending = store::pending_of(&cx.state.db, account, cx.now()).await?;
    Ok((pending, store::released_of(&cx.state.db, account).await?))
}

/// One of the candidate's own score reports; of a fail also what a booking of the same exam would be told today.
///
/// # Errors
/// [`AppError::NotFound`]: no such result, another candidate's, or not released.
pub async fn report(cx: &RequestContext, id: &str) -> AppResult<(ScoreReport, Option<Again>)> {
    let account = cx.candidate()?.account_id;
    let id = id.parse().map_err(|_| AppError::NotFound)?;
    let report = store::report(&cx.state.db, account, id).await?.ok_or(AppError::NotFound)?;
    let again = if report.passed { None } else { Some(scheduling::service::again(cx, &report.exam_code).await?) };
    Ok((report, again))
}

/// The rules that an appointment was bought under.
pub fn policies_of(snapshot: &serde_json::Value) -> Policies {
    serde_json::from_value(snapshot.clone()).unwrap_or_default()
}

//! Carries out what was approved three days ago, and ends what nobody decided.

use super::store::{self, State};
use crate::accounts::mails::SecurityChange;
use crate::accounts::service::announce;
use crate::accounts::{factors, store as accounts};
use crate::ids::FactorRecoveryId;
use crate::server::http::sessions;
use crate::server::jobs::JobError;
use crate::server::{AppState, RequestContext, audit};
use futures_util::future::BoxFuture;
use serde_json::json;

/// Periodic.
pub fn finish(state: AppState) -> BoxFuture<'static, Result<(), JobError>> {
    Box::pin(async move {
        let due = {
            let mut conn = state.db.acquire().await?;
            store::due(&mut conn, state.clock.now()).await?
        };
        for id in due {
            finish_one(&state, id).await?;
        }
        Ok(())
    })
}

async fn finish_one(state: &AppState, id: FactorRecoveryId) -> Result<(), sqlx::Error> {
    let cx = RequestContext::new(state.clone(), [127, 0, 0, 1].into());
    let now = cx.now();
    let mut tx = state.db.begin().await?;
    // It may have been stopped since it was looked for.
    let Some(recovery) = store::locked(&mut tx, id).await? else { return Ok(()) };
    let is_due = recovery.state == State::Approved && recovery.due_at.is_some_and(|due_at| due_at <= now);
    let is_over = recovery.state == State::Requested && recovery.expires_at <= now;
    if !is_due && !is_over {
        return Ok(());
    }
    // A disabled account keeps its factors; its request is over.
    let account = accounts::by_id(&mut tx, recovery.account_id).await?;
    let (end, action) = match account.is_some() && is_due {
        true => (State::Done, "account.factors_removed"),
        false => (State::Expired, "account.factor_recovery_expired"),
    };
    store::end(&mut tx, id, end, now).await?;
    if let Some(account) = account {
        let change = if is_due {
            factors::remove_all(&mut tx, account.id).await?;
            sessions::end_others(&mut tx, now, account.id, None).await?;
            SecurityChange::FactorsLost
        } else {
            SecurityChange::RecoveryExpired
        };
        announce(&mut tx, &cx, &account, change).await?;
    }
    audit::record(&mut tx, &cx, action, &recovery.account_id.to_string(), json!({"request": id})).await?;
    tx.commit().await
}

//! What the worker does for people's data, again and again.

use super::{erasure, store};
use crate::server::AppState;
use crate::server::jobs::JobError;
use futures_util::future::BoxFuture;

/// Reminders, and erasures whose time has come.
pub fn erasures(state: AppState) -> BoxFuture<'static, Result<(), JobError>> {
    Box::pin(async move { erasure::carry_out(&state).await })
}

/// Takes what has served its time: archives, kept records, names, last mails.
pub fn forget(state: AppState) -> BoxFuture<'static, Result<(), JobError>> {
    Box::pin(async move {
        let mut conn = state.db.acquire().await?;
        store::forget_exports(&mut conn, state.clock.now()).await?;
        drop(conn);
        erasure::forget_kept(&state).await
    })
}

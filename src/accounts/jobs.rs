//! What the worker does for accounts, again and again.

use super::{factors, passkeys, service, store};
use crate::server::jobs::JobError;
use crate::server::{AppState, limits, sms};
use futures_util::future::BoxFuture;

/// Forgets what has served its time: old failures, full buckets, expired links and codes, browsers that are trusted no more,
/// ceremonies that are over, SMS of the month before, registrations whose address nobody has proved.
pub fn forget_old(state: AppState) -> BoxFuture<'static, Result<(), JobError>> {
    Box::pin(async move {
        let now = state.clock.now();
        limits::forget_old(&state.db, now).await?;
        let mut conn = state.db.acquire().await?;
        store::forget_old(&mut conn, now).await?;
        passkeys::store::forget_old(&mut conn, now).await?;
        factors::forget_codes(&mut conn, now).await?;
        sms::forget_old(&mut conn, now).await?;
        drop(conn);
        service::unproved::forget(&state).await
    })
}

//! Ends what nobody decided.

use super::{service, store};
use crate::server::AppState;
use crate::server::jobs::JobError;
use futures_util::future::BoxFuture;

/// Periodic.
pub fn lapse(state: AppState) -> BoxFuture<'static, Result<(), JobError>> {
    Box::pin(async move {
        let due = {
            let mut conn = state.db.acquire().await?;
            store::due(&mut conn, state.clock.now()).await?
        };
        for id in due {
            let mut tx = state.db.begin().await?;
            service::lapse(&mut tx, &state, id).await?;
            tx.commit().await?;
        }
        Ok(())
    })
}

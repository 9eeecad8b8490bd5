//! What the worker does.

use crate::server::AppState;
use crate::server::http::acting;
use crate::server::jobs::JobError;
use futures_util::future::BoxFuture;

/// Ends what is over though no request came to find it, so that the audit log says when.
pub fn finish(state: AppState) -> BoxFuture<'static, Result<(), JobError>> {
    Box::pin(async move { Ok(acting::end_all_over(&state.db, state.clock.now()).await?) })
}

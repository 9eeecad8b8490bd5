//! The advice that is due, and putting it away.

use super::{Nudge, rules, store};
use crate::accounts::addresses;
use crate::error::{AppError, AppResult};
use crate::server::RequestContext;

/// What the viewer is advised now.
pub async fn due(cx: &RequestContext) -> AppResult<Vec<Nudge>> {
    let viewer = cx.viewer()?;
    // Whoever acts for a candidate can follow none of it.
    if cx.acting.is_some() {
        return Ok(vec![]);
    }
    let mut conn = cx.state.db.acquire().await?;
    let mut due = vec![];
    let changed_at = store::password_changed_at(&mut conn, viewer.account_id).await?;
    let dismissed_at = store::dismissed_at(&mut conn, viewer.account_id, Nudge::Password.as_str()).await?;
    if rules::password_is_due(changed_at, dismissed_at, cx.now()) {
        due.push(Nudge::Password);
    }
    let verified = addresses::service::verified_count(&mut conn, viewer.account_id).await?;
    let dismissed_at = store::dismissed_at(&mut conn, viewer.account_id, Nudge::SecondAddress.as_str()).await?;
    if rules::second_address_is_due(verified, dismissed_at) {
        due.push(Nudge::SecondAddress);
    }
    Ok(due)
}

/// Puts a piece of advice away.
///
/// # Errors
/// [`AppError::NotFound`]: there is no such advice.
pub async fn dismiss(cx: &RequestContext, nudge: &str) -> AppResult<()> {
    let viewer = cx.viewer()?;
    let nudge = Nudge::parse(nudge).ok_or(AppError::NotFound)?;
    let mut conn = cx.state.db.acquire().await?;
    Ok(store::dismiss(&mut conn, viewer.account_id, nudge.as_str(), cx.now()).await?)
}

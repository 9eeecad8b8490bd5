//! What a candidate finds after signing in: what to do next, and what there is.

mod store;
mod view;

pub use store::{Appointment, Credential, NewestResult};
pub use view::DashboardPage;

use super::nudges::{self, Nudge};
use crate::error::AppResult;
use crate::server::RequestContext;
use chrono::{DateTime, TimeDelta, Utc};

/// How long before its end a credential is said to expire soon (product.md section 8: the first reminder at twelve months is
/// early enough for mail; here it is six).
const EXPIRES_SOON: TimeDelta = TimeDelta::days(183);

/// Everything the dashboard shows.
#[derive(Debug, Clone)]
pub struct Overview {
    pub email_verified: bool,
    pub agreement_accepted: bool,
    /// Advice that has not been put away.
    pub nudges: Vec<Nudge>,
    /// A seat that is held and not paid for yet.
    pub held: Option<Appointment>,
    pub next: Option<Appointment>,
    /// Booked appointments after the next one.
    pub more: i64,
    pub result: Option<NewestResult>,
    /// Active ones; those that end first come first.
    pub credentials: Vec<Credential>,
}

impl Overview {
    /// Nothing booked, taken or earned yet.
    pub fn is_new(&self) -> bool {
        self.held.is_none() && self.next.is_none() && self.result.is_none() && self.credentials.is_empty()
    }
}

/// Whether a credential ends soon enough to say so.
pub fn expires_soon(expires_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    expires_at - now <= EXPIRES_SOON
}

/// The viewer's overview: four short reads, whatever there is.
pub async fn overview(cx: &RequestContext) -> AppResult<Overview> {
    let viewer = cx.candidate()?;
    let (id, now) = (viewer.account_id, cx.now());
    let mut conn = cx.state.db.acquire().await?;
    let agreement_accepted = store::agreement_accepted(&mut conn, id, &cx.programme().agreement_version).await?;
    let appointments = store::appointments(&mut conn, id, now).await?;
    let result = store::newest_result(&mut conn, id).await?;
    let credentials = store::credentials(&mut conn, id, now).await?;
    drop(conn);
    let nudges = nudges::service::due(cx).await?;
    let (held, booked): (Vec<_>, Vec<_>) = appointments.into_iter().partition(|appointment| appointment.hold_expires_at.is_some());
    let more = booked.len().saturating_sub(1);
    Ok(Overview {
        email_verified: viewer.email_verified,
        agreement_accepted,
        nudges,
        held: held.into_iter().min_by_key(|appointment| appointment.hold_expires_at),
        next: booked.into_iter().next(),
        more: i64::try_from(more).unwrap_or(i64::MAX),
        result,
        credentials,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_year_before_its_end_a_credential_expires_soon() {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        assert!(expires_soon(now + TimeDelta::days(183), now));
        assert!(!expires_soon(now + TimeDelta::days(184), now));
    }
}

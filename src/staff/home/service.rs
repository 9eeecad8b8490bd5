use super::store::{self, PlaceToday};
use crate::accounts::factor_recovery;
use crate::error::AppResult;
use crate::results;
use crate::server::{Permission, RequestContext, format};
use crate::staff::approvals;
use chrono::Days;

/// What waits for the viewer: only what their roles open.
#[derive(Debug)]
pub struct Overview {
    pub results: Option<results::service::Counts>,
    /// Requests to remove lost second factors that nobody has decided.
    pub recoveries: Option<i64>,
    /// Acts that wait for a second person, whom the viewer could be.
    pub approvals: Option<i64>,
    /// Today's appointments (the viewer's day) by place.
    pub today: Option<Vec<PlaceToday>>,
}

pub async fn overview(cx: &RequestContext) -> AppResult<Overview> {
    cx.staff(Permission::EnterStaffArea)?;
    let results = if cx.staff(Permission::ReadResults).is_ok() { Some(results::service::counts(cx).await?) } else { None };
    let today = if cx.staff(Permission::SeeSchedule).is_ok() {
        let zone = cx.time_zone();
        let day = format::day_in(cx.now(), zone);
        Some(store::appointments_between(&cx.state.db, format::midnight(zone, day), format::midnight(zone, day + Days::new(1))).await?)
    } else {
        None
    };
    let recoveries = match cx.staff(Permission::CheckIdentity) {
        Ok(_) => Some(factor_recovery::undecided(cx).await?),
        Err(_) => None,
    };
    let approvals = if cx.staff(Permission::DecideApprovals).is_ok() { Some(approvals::service::count_waiting(cx).await?) } else { None };
    Ok(Overview { results, recoveries, approvals, today })
}

use crate::error::AppError;
use leptos::prelude::*;

/// Moves the demo's clock forward by an hour, a day or a week (`by`). Staff only, demo mode only.
#[server(endpoint = "demo/advance_clock")]
pub async fn advance_clock(#[server(default)] by: String) -> Result<(), AppError> {
    use crate::error::Code;
    use chrono::TimeDelta;

    let cx = crate::server::request();
    if !cx.state.config.demo {
        return Err(AppError::NotFound);
    }
    cx.staff(crate::server::Permission::EnterStaffArea)?;
    let by = match by.as_str() {
        "hour" => TimeDelta::hours(1),
        "day" => TimeDelta::days(1),
        "week" => TimeDelta::days(7),
        _ => return Err(AppError::field("by", Code::NotAChoice)),
    };
    super::clock::advance(&cx.state, by).await
}

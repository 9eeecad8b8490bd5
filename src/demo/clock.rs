//! How far ahead the demo's clock is, kept in the database so that a restart does not turn back time.

use super::store;
use crate::error::AppError;
use crate::server::AppState;
use chrono::TimeDelta;

/// Moves the clock forward and remembers it.
pub async fn advance(state: &AppState, by: TimeDelta) -> Result<(), AppError> {
    set(state, store::advance_clock(&state.db, by).await?);
    Ok(())
}

/// Sets the clock as the last run of the program left it.
pub async fn restore(state: &AppState) -> Result<(), sqlx::Error> {
    if let Some(seconds) = store::clock_ahead(&state.db).await? {
        set(state, seconds);
    }
    Ok(())
}

fn set(state: &AppState, seconds: f64) {
    state.clock.advance(TimeDelta::milliseconds((seconds * 1000.0) as i64) - state.clock.ahead());
}

//! How far ahead the demo's clock is, kept in the database so that a restart does not turn back time.

use crate::error::AppError;
use crate::server::AppState;
use chrono::TimeDelta;

/// Moves the clock forward and remembers it.
pub async fn advance(state: &AppState, by: TimeDelta) -> Result<(), AppError> {
    let seconds = sqlx::query_scalar!(
        r#"INSERT INTO demo_clock (ahead) VALUES (make_interval(secs => $1))
           ON CONFLICT (only_one) DO UPDATE SET ahead = demo_clock.ahead + excluded.ahead
           RETURNING extract(epoch FROM ahead)::float8 AS "seconds!""#,
        by.num_seconds() as f64
    )
    .fetch_one(&state.db)
    .await?;
    set(state, seconds);
    Ok(())
}

/// Sets the clock as the last run of the program left it.
pub async fn restore(state: &AppState) -> Result<(), sqlx::Error> {
    let seconds =
        sqlx::query_scalar!(r#"SELECT extract(epoch FROM ahead)::float8 AS "seconds!" FROM demo_clock"#).fetch_optional(&state.db).await?;
    if let Some(seconds) = seconds {
        set(state, seconds);
    }
    Ok(())
}

fn set(state: &AppState, seconds: f64) {
    state.clock.advance(TimeDelta::milliseconds((seconds * 1000.0) as i64) - state.clock.ahead());
}

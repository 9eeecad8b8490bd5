use crate::error::{AppError, AppResult};
use crate::server::database::DbError;
use crate::server::{AppState, RequestContext};
use sqlx::PgConnection;
use uuid::Uuid;

/// A day with free seats, in the reader's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FreeDay {
    /// Formatted for the reader.
    pub day: String,
    /// A centre's name and city, or the word for online.
    pub place: String,
}

/// The next days on which an exam can be taken, soonest first: for the certification page.
pub async fn next_free_days(_cx: &RequestContext, _exam_id: Uuid, _limit: usize) -> AppResult<Vec<FreeDay>> {
    Ok(vec![])
}

/// Turns a paid hold into a booking, inside the payment's transaction: takes the seat again if the hold has expired and
/// it is still free, writes the event, enqueues the confirmation mail. Doing it twice changes nothing.
///
/// # Errors
/// [`crate::error::Conflict::HoldExpired`]: the seat is gone; the caller refunds.
pub async fn confirm_booking(_tx: &mut PgConnection, _state: &AppState, _appointment_id: Uuid) -> Result<(), DbError> {
    Err(DbError::App(AppError::NotFound))
}

/// Gives a hold back (the item was taken out of the cart).
pub async fn release_hold(_tx: &mut PgConnection, _state: &AppState, _appointment_id: Uuid) -> Result<(), DbError> {
    Ok(())
}

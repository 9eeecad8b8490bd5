use crate::money::Money;
use crate::server::database::DbError;
use crate::server::{AppState, RequestContext};
use sqlx::PgConnection;
use uuid::Uuid;

/// Puts a held appointment into its candidate's cart, at the exam's price in the programme's currency, with a copy of
/// the policies in force. Doing it twice changes nothing.
pub async fn add_to_cart(_tx: &mut PgConnection, _cx: &RequestContext, _appointment_id: Uuid) -> Result<(), DbError> {
    Ok(())
}

/// Gives the money for an appointment back to where it came from: writes the refund and the job that asks the gateway
/// for it. `key` names the cause: the same cause refunds once. `None`: nothing had been paid.
pub async fn refund_appointment(
    _tx: &mut PgConnection,
    _state: &AppState,
    _appointment_id: Uuid,
    _reason: &str,
    _key: &str,
) -> Result<Option<Money>, DbError> {
    Ok(None)
}

/// What was paid for an appointment, if anything: for "full refund of …" before somebody cancels.
pub async fn paid_for(_conn: &mut PgConnection, _appointment_id: Uuid) -> Result<Option<Money>, DbError> {
    Ok(None)
}

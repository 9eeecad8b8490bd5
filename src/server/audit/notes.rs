//! What staff typed about an act: beside the log, so that it can go with the account it is about.

use crate::ids::{AccountId, NoteId};
use crate::server::random;
use chrono::{DateTime, Utc};
use sqlx::PgConnection;

/// The key in an event's detail under which the id of a note stands.
pub const NOTE: &str = "note_id";

/// Keeps a note about an act on an account; its id goes into the event's detail as [`NOTE`].
pub async fn note(conn: &mut PgConnection, now: DateTime<Utc>, account_id: AccountId, text: &str) -> Result<NoteId, sqlx::Error> {
    let id: NoteId = random::id();
    sqlx::query!("INSERT INTO staff_note (id, account_id, note, written_at) VALUES ($1, $2, $3, $4)", id as _, account_id as _, text, now)
        .execute(conn)
        .await?;
    Ok(id)
}

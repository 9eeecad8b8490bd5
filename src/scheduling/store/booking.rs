//! What takes a seat, keeps it and gives it back.

use crate::ids::{AccountId, AppointmentId, CenterId, ExamId, SeatId};
use crate::server::random;
use chrono::{DateTime, Utc};
use sqlx::PgConnection;

/// A hold to be written.
#[derive(Debug, Clone)]
pub struct NewHold {
    pub account_id: AccountId,
    pub exam_id: ExamId,
    pub language: String,
    pub delivery: &'static str,
    pub center_id: Option<CenterId>,
    pub time_zone: String,
    pub starts_at: DateTime<Utc>,
    pub minutes: i32,
    pub occupied_until: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub replaces: Option<AppointmentId>,
    pub policies: serde_json::Value,
}

/// Takes a seat for a hold; `None`: somebody has it. Which of two is first is decided by the exclusion constraint
/// `appointment_seat_overlap`, and ON CONFLICT makes the loser an empty answer instead of a broken transaction.
pub async fn take_seat(
    conn: &mut PgConnection,
    now: DateTime<Utc>,
    seat_id: SeatId,
    hold: &NewHold,
) -> Result<Option<AppointmentId>, sqlx::Error> {
    sqlx::query_scalar!(
        "INSERT INTO appointment (id, reference, account_id, exam_id, language, delivery, center_id, seat_id, time_zone, starts_at,
                                  minutes, occupies, state, hold_expires_at, replaces, policies, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, tstzrange($10, $12), 'held', $13, $14, $15, $16)
         ON CONFLICT DO NOTHING RETURNING id",
        random::id::<AppointmentId>() as _,
        random::reference(),
        hold.account_id as _,
        hold.exam_id as _,
        hold.language,
        hold.delivery,
        hold.center_id as _,
        seat_id as _,
        hold.time_zone,
        hold.starts_at,
        hold.minutes,
        hold.occupied_until,
        hold.expires_at,
        hold.replaces as _,
        hold.policies,
        now,
    )
    .fetch_optional(conn)
    .await
}

/// Seats of a centre, or lanes of a language, that are free in a range; ordinary ones before accessible ones, and in an
/// order of the asker's own, so that a crowd doesn't try one seat after the other in step. Counted seat by seat: as `NOT EXISTS` it was made
/// a join with everything in the range anywhere.
pub async fn free_seats(
    conn: &mut PgConnection,
    center_id: Option<CenterId>,
    language: &str,
    accessible: bool,
    (from, to): (DateTime<Utc>, DateTime<Utc>),
    now: DateTime<Utc>,
    asker: AccountId,
) -> Result<Vec<SeatId>, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT s.id FROM seat s
         WHERE s.active AND (s.accessible OR NOT $3)
           AND (s.center_id = $1 OR $1::uuid IS NULL AND s.center_id IS NULL AND s.language = $2)
           AND (SELECT count(*) FROM appointment a
                WHERE a.seat_id = s.id AND a.occupies && tstzrange($4, $5) AND a.state NOT IN ('cancelled', 'expired')
                  AND NOT (a.state = 'held' AND a.hold_expires_at <= $6)) = 0
         ORDER BY s.accessible, md5(s.id::text || $7)",
        center_id as _,
        language,
        accessible,
        from,
        to,
        now,
        asker.to_string(),
    )
    .fetch_all(conn)
    .await
}

/// Ends lapsed holds before they can be in the way: on these seats in this range, and the candidate's own. Asked seat by seat (OFFSET 0 keeps it
/// so), and by the candidate: with `&&` alone PostgreSQL may take the seats' index for everything in the range, at every centre.
pub async fn expire_in_the_way(
    conn: &mut PgConnection,
    seats: &[SeatId],
    account_id: AccountId,
    (from, to): (DateTime<Utc>, DateTime<Utc>),
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE appointment SET state = 'expired', hold_expires_at = NULL, ended_at = $5
         WHERE id IN (SELECT id FROM appointment
                      WHERE id IN (SELECT a.id FROM unnest($1::uuid[]) AS s (id)
                                   CROSS JOIN LATERAL (SELECT id FROM appointment
                                                       WHERE seat_id = s.id AND occupies && tstzrange($3, $4)
                                                         AND state NOT IN ('cancelled', 'expired') AND hold_expires_at <= $5 OFFSET 0) a
                                   UNION ALL
                                   SELECT id FROM appointment
                                   WHERE account_id = $2 AND hold_expires_at <= $5 AND lower(occupies) < $4 AND upper(occupies) > $3)
                        AND state = 'held' AND hold_expires_at <= $5
                      FOR UPDATE SKIP LOCKED)",
        seats as _,
        account_id as _,
        from,
        to,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Ends a hold; of anything else nothing changes. Gives whether it was one.
pub async fn expire(conn: &mut PgConnection, id: AppointmentId, now: DateTime<Utc>) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "UPDATE appointment SET state = 'expired', hold_expires_at = NULL, ended_at = $2 WHERE id = $1 AND state = 'held'",
        id as _,
        now
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends all holds that have lapsed.
pub async fn expire_lapsed(conn: &mut PgConnection, now: DateTime<Utc>) -> Result<u64, sqlx::Error> {
    let done = sqlx::query!(
        "UPDATE appointment SET state = 'expired', hold_expires_at = NULL, ended_at = $1
         WHERE id IN (SELECT id FROM appointment WHERE state = 'held' AND hold_expires_at <= $1 FOR UPDATE SKIP LOCKED)",
        now
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// A candidate's hold that has not lapsed.
#[derive(Debug, Clone)]
pub struct LiveHold {
    pub id: AppointmentId,
    pub exam_id: ExamId,
    pub language: String,
    pub center_id: Option<CenterId>,
    pub starts_at: DateTime<Utc>,
    pub replaces: Option<AppointmentId>,
    pub accessible: bool,
}

pub async fn live_holds(conn: &mut PgConnection, account_id: AccountId, now: DateTime<Utc>) -> Result<Vec<LiveHold>, sqlx::Error> {
    sqlx::query_as!(
        LiveHold,
        "SELECT a.id, a.exam_id, a.language, a.center_id, a.starts_at, a.replaces, s.accessible
         FROM appointment a JOIN seat s ON s.id = a.seat_id
         WHERE a.account_id = $1 AND a.state = 'held' AND a.hold_expires_at > $2 ORDER BY a.created_at",
        account_id as _,
        now
    )
    .fetch_all(conn)
    .await
}

/// The candidate's other appointments that overlap a window. `but`: those that don't count. Without `&&`, for the reason of
/// [`expire_in_the_way`].
pub async fn own_ranges(
    conn: &mut PgConnection,
    account_id: AccountId,
    (from, to): (DateTime<Utc>, DateTime<Utc>),
    now: DateTime<Utc>,
    but: &[AppointmentId],
) -> Result<Vec<(DateTime<Utc>, DateTime<Utc>)>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT lower(occupies) AS "from!", upper(occupies) AS "to!" FROM appointment
           WHERE account_id = $1 AND lower(occupies) < $3 AND upper(occupies) > $2 AND state NOT IN ('cancelled', 'expired')
             AND NOT (state = 'held' AND hold_expires_at <= $4) AND id <> ALL($5)"#,
        account_id as _,
        from,
        to,
        now,
        but as _
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.from, row.to)).collect())
}

/// Puts a hold on another seat of the same place.
pub async fn change_seat(conn: &mut PgConnection, id: AppointmentId, seat_id: SeatId) -> Result<u64, sqlx::Error> {
    let done =
        sqlx::query!("UPDATE appointment SET seat_id = $2 WHERE id = $1 AND state = 'held'", id as _, seat_id as _).execute(conn).await?;
    Ok(done.rows_affected())
}

pub async fn set_name_on_id(conn: &mut PgConnection, id: AppointmentId, name: &str) -> Result<u64, sqlx::Error> {
    let done = sqlx::query!("UPDATE appointment SET name_on_id = $2 WHERE id = $1 AND state = 'held'", id as _, name).execute(conn).await?;
    Ok(done.rows_affected())
}

/// Turns a hold, lapsed or not, into a booking on `seat_id`. The constraints have the last word.
pub async fn book(conn: &mut PgConnection, id: AppointmentId, seat_id: SeatId, now: DateTime<Utc>) -> Result<u64, sqlx::Error> {
    let done = sqlx::query!(
        "UPDATE appointment SET state = 'booked', hold_expires_at = NULL, ended_at = NULL, seat_id = $2, booked_at = $3
         WHERE id = $1 AND state IN ('held', 'expired')",
        id as _,
        seat_id as _,
        now
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// Gives a booked appointment the place and time of the hold that replaces it, and counts the move.
pub async fn move_to(conn: &mut PgConnection, id: AppointmentId, hold_id: AppointmentId) -> Result<u64, sqlx::Error> {
    let done = sqlx::query!(
        "UPDATE appointment a
         SET delivery = h.delivery, center_id = h.center_id, seat_id = h.seat_id, time_zone = h.time_zone, starts_at = h.starts_at,
             minutes = h.minutes, occupies = h.occupies, reschedule_count = a.reschedule_count + 1
         FROM appointment h WHERE a.id = $1 AND a.state = 'booked' AND h.id = $2",
        id as _,
        hold_id as _
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

pub async fn cancel(conn: &mut PgConnection, id: AppointmentId, now: DateTime<Utc>) -> Result<u64, sqlx::Error> {
    let done = sqlx::query!("UPDATE appointment SET state = 'cancelled', ended_at = $2 WHERE id = $1 AND state = 'booked'", id as _, now)
        .execute(conn)
        .await?;
    Ok(done.rows_affected())
}

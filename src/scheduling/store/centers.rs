//! Writing a programme's centres, seats, lanes and closed days.

use crate::ids::{CenterId, SeatId};
use crate::scheduling::centers_file::CenterRow;
use chrono::{NaiveDate, NaiveTime};
use sqlx::PgConnection;

pub async fn put_center(conn: &mut PgConnection, row: &CenterRow) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO test_center (id, code, name, address_lines, city, country, latitude, longitude, position, time_zone, phone, arrival,
                                  same_day_changes, closed_on)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, ll_to_earth($7, $8), $9, $10, $11, $12, $13)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, address_lines = excluded.address_lines, city = excluded.city,
             country = excluded.country, latitude = excluded.latitude, longitude = excluded.longitude, position = excluded.position,
             time_zone = excluded.time_zone, phone = excluded.phone, arrival = excluded.arrival,
             same_day_changes = excluded.same_day_changes, closed_on = excluded.closed_on",
        row.id as _,
        row.code,
        row.name,
        &row.address_lines,
        row.city,
        row.country,
        row.latitude,
        row.longitude,
        row.time_zone,
        row.phone,
        row.arrival,
        row.same_day_changes,
        row.closed_on,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Replaces a centre's hours: `(ISO weekday, opens, closes)`.
pub async fn replace_opening_hours(
    conn: &mut PgConnection,
    center: CenterId,
    hours: &[(u32, NaiveTime, NaiveTime)],
) -> Result<(), sqlx::Error> {
    let weekdays: Vec<i32> = hours.iter().map(|(weekday, ..)| *weekday as i32).collect();
    let opens: Vec<NaiveTime> = hours.iter().map(|(_, opens, _)| *opens).collect();
    let closes: Vec<NaiveTime> = hours.iter().map(|(.., closes)| *closes).collect();
    sqlx::query!("DELETE FROM opening_hours WHERE center_id = $1", center as _).execute(&mut *conn).await?;
    sqlx::query!(
        "INSERT INTO opening_hours (center_id, weekday, opens, closes)
         SELECT $1, weekday, opens, closes FROM unnest($2::int[], $3::time[], $4::time[]) AS h (weekday, opens, closes)
         ON CONFLICT DO NOTHING",
        center as _,
        &weekdays,
        &opens,
        &closes
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A centre's workstations are these. One that is no longer there keeps its appointments and takes no new ones.
pub async fn replace_seats(
    conn: &mut PgConnection,
    center: CenterId,
    ids: &[SeatId],
    labels: &[String],
    accessible: &[bool],
) -> Result<(), sqlx::Error> {
    sqlx::query!("UPDATE seat SET active = false WHERE center_id = $1 AND active AND id <> ALL($2)", center as _, ids as _)
        .execute(&mut *conn)
        .await?;
    sqlx::query!(
        "INSERT INTO seat (id, center_id, label, accessible)
         SELECT id, $1, label, accessible FROM unnest($2::uuid[], $3::text[], $4::bool[]) AS s (id, label, accessible)
         ON CONFLICT (id) DO UPDATE SET accessible = excluded.accessible, active = true",
        center as _,
        ids as _,
        labels,
        accessible
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The lanes of a language are these.
pub async fn replace_lanes(conn: &mut PgConnection, language: &str, ids: &[SeatId], labels: &[String]) -> Result<(), sqlx::Error> {
    sqlx::query!("UPDATE seat SET active = false WHERE language = $1 AND active AND id <> ALL($2)", language, ids as _)
        .execute(&mut *conn)
        .await?;
    sqlx::query!(
        "INSERT INTO seat (id, language, label) SELECT id, $3, label FROM unnest($1::uuid[], $2::text[]) AS s (id, label)
         ON CONFLICT (id) DO UPDATE SET active = true",
        ids as _,
        labels,
        language
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Replaces the days from `today` on which a centre is closed; what is past stays as it was.
pub async fn replace_closed_days(
    conn: &mut PgConnection,
    center: CenterId,
    today: NaiveDate,
    closed: &[(NaiveDate, &str)],
) -> Result<(), sqlx::Error> {
    let days: Vec<NaiveDate> = closed.iter().map(|(day, _)| *day).collect();
    let reasons: Vec<&str> = closed.iter().map(|(_, reason)| *reason).collect();
    sqlx::query!("DELETE FROM opening_exception WHERE center_id = $1 AND on_day >= $2 AND opens IS NULL", center as _, today)
        .execute(&mut *conn)
        .await?;
    sqlx::query!(
        "INSERT INTO opening_exception (center_id, on_day, reason)
         SELECT $1, day, reason FROM unnest($2::date[], $3::text[]) AS d (day, reason) ON CONFLICT DO NOTHING",
        center as _,
        &days,
        &reasons as &[&str]
    )
    .execute(conn)
    .await?;
    Ok(())
}

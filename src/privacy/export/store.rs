//! What is stored of a person, as JSON; and the archives made of it.

use crate::accounts;
use crate::ids::{AccountId, AppointmentId, ExportId};
use crate::privacy::inventory::{Export, INVENTORY, SECRET_COLUMNS};
use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::{AssertSqlSafe, PgConnection};

type Sql<T> = Result<T, sqlx::Error>;

/// An archive without its file.
#[derive(Debug, Clone)]
pub struct ExportRow {
    pub id: ExportId,
    pub requested_at: DateTime<Utc>,
    /// Absent while it is being made.
    pub expires_at: Option<DateTime<Utc>>,
}

pub async fn of_account(conn: &mut PgConnection, account_id: AccountId) -> Sql<Vec<ExportRow>> {
    sqlx::query_as!(
        ExportRow,
        "SELECT id, requested_at, expires_at FROM data_export WHERE account_id = $1 ORDER BY requested_at DESC, id",
        account_id as _
    )
    .fetch_all(conn)
    .await
}

pub async fn insert(conn: &mut PgConnection, id: ExportId, account_id: AccountId, now: DateTime<Utc>) -> Sql<()> {
    sqlx::query!("INSERT INTO data_export (id, account_id, requested_at) VALUES ($1, $2, $3)", id as _, account_id as _, now)
        .execute(conn)
        .await?;
    Ok(())
}

pub async fn file(conn: &mut PgConnection, id: ExportId, account_id: AccountId, now: DateTime<Utc>) -> Sql<Option<Vec<u8>>> {
    sqlx::query_scalar!(
        r#"SELECT file AS "file!" FROM data_export WHERE id = $1 AND account_id = $2 AND expires_at > $3 AND file IS NOT NULL"#,
        id as _,
        account_id as _,
        now
    )
    .fetch_optional(conn)
    .await
}

/// Whose archive is still to be made.
pub async fn pending(conn: &mut PgConnection, id: ExportId) -> Sql<Option<AccountId>> {
    sqlx::query_scalar!("SELECT account_id FROM data_export WHERE id = $1 AND ready_at IS NULL", id as _).fetch_optional(conn).await
}

pub async fn set_ready(conn: &mut PgConnection, id: ExportId, file: &[u8], now: DateTime<Utc>, until: DateTime<Utc>) -> Sql<bool> {
    let done = sqlx::query!(
        "UPDATE data_export SET file = $2, ready_at = $3, expires_at = $4 WHERE id = $1 AND ready_at IS NULL",
        id as _,
        file,
        now,
        until
    );
    Ok(done.execute(conn).await?.rows_affected() == 1)
}

/// Columns that no file shows: those known to be secret, and everything in bytes (hashes, keys, sealed secrets).
pub async fn hidden_columns(conn: &mut PgConnection) -> Sql<Vec<String>> {
    let mut hidden = sqlx::query_scalar!(
        r#"SELECT DISTINCT column_name::text AS "name!" FROM information_schema.columns
           WHERE table_schema = current_schema() AND data_type = 'bytea'"#
    )
    .fetch_all(conn)
    .await?;
    hidden.extend(SECRET_COLUMNS.iter().map(|name| (*name).to_owned()));
    Ok(hidden)
}

/// The account and those it has taken over.
pub async fn accounts_of(conn: &mut PgConnection, account_id: AccountId) -> Sql<Vec<AccountId>> {
    sqlx::query_scalar!("SELECT id FROM account WHERE id = $1 OR merged_into = $1", account_id as _).fetch_all(conn).await
}

/// The files of tables that are given out as they are stored. The statement's names come from the inventory, a constant.
pub async fn as_stored(conn: &mut PgConnection, accounts: &[AccountId], hidden: &[String]) -> Sql<Vec<(&'static str, Value)>> {
    let mut files = vec![];
    for holding in INVENTORY {
        if let Export::AsStored(file) = holding.export {
            let statement =
                format!("SELECT jsonb_agg(to_jsonb(t) - $2::text[]) FROM {} t WHERE t.{} = ANY($1)", holding.table, holding.column);
            let rows: Option<Value> =
                sqlx::query_scalar(AssertSqlSafe(statement)).bind(accounts).bind(hidden).fetch_one(&mut *conn).await?;
            files.push((file, rows.unwrap_or_else(|| Value::Array(vec![]))));
        }
    }
    Ok(files)
}

/// The other files: what hangs on a person's rows, in one file with them.
pub async fn described(conn: &mut PgConnection, accounts: &[AccountId], hidden: &[String]) -> Sql<Vec<(&'static str, Value)>> {
    let profile = sqlx::query_scalar!(
        "SELECT jsonb_agg((to_jsonb(a) - $2::text[])
                || jsonb_build_object('country_name', c.name_en, 'subdivision_name', s.name,
                                      'second_factor_by_app', a.totp_secret IS NOT NULL) ORDER BY a.created_at)
         FROM account a JOIN country c ON c.code = a.country LEFT JOIN subdivision s ON s.code = a.subdivision WHERE a.id = ANY($1)",
        accounts as _,
        hidden
    )
    .fetch_one(&mut *conn)
    .await?;
    let mails = sqlx::query_scalar!(
        "SELECT jsonb_agg(jsonb_build_object('template', m.template, 'language', m.language, 'to_name', m.to_name, 'to_address', m.to_address,
                                             'subject', m.subject, 'created_at', m.created_at, 'sent_at', m.sent_at) ORDER BY m.created_at)
         FROM mail_message m WHERE m.account_id = ANY($1)",
        accounts as _
    )
    .fetch_one(&mut *conn)
    .await?;
    let appointments = sqlx::query_scalar!(
        "SELECT jsonb_agg((to_jsonb(p) - $2::text[])
                || jsonb_build_object('exam_code', e.code, 'certification', c.name, 'test_center', t.name, 'test_center_address', t.address_lines,
                                      'events', (SELECT jsonb_agg(to_jsonb(v) ORDER BY v.id) FROM appointment_event v
                                                 WHERE v.appointment_id = p.id))
                ORDER BY p.created_at)
         FROM appointment p JOIN exam e ON e.id = p.exam_id JOIN certification c ON c.id = e.certification_id
         LEFT JOIN test_center t ON t.id = p.center_id WHERE p.account_id = ANY($1)",
        accounts as _,
        hidden
    )
    .fetch_one(&mut *conn)
    .await?;
    let orders = sqlx::query_scalar!(
        "SELECT jsonb_agg(to_jsonb(o) || jsonb_build_object(
                    'items', (SELECT jsonb_agg(to_jsonb(i) ORDER BY i.created_at) FROM purchase_item i WHERE i.purchase_id = o.id),
                    'payments', (SELECT jsonb_agg((to_jsonb(y) - 'redirect_url') || jsonb_build_object('refunds',
                                    (SELECT jsonb_agg(to_jsonb(r) - ARRAY['key', 'asked_by', 'request_id'] ORDER BY r.created_at) FROM refund r WHERE r.payment_id = y.id))
                                    ORDER BY y.created_at) FROM payment y WHERE y.purchase_id = o.id)) ORDER BY o.created_at)
         FROM purchase o WHERE o.account_id = ANY($1)",
        accounts as _
    )
    .fetch_one(&mut *conn)
    .await?;
    // A result is told when it is released, here as everywhere.
    let results = sqlx::query_scalar!(
        "SELECT jsonb_agg((to_jsonb(r) - ARRAY['released_by', 'import_id']) || jsonb_build_object('exam_code', e.code, 'domains',
                    (SELECT jsonb_agg(jsonb_build_object('domain', d.name, 'percent', x.percent) ORDER BY x.position)
                     FROM exam_result_domain x LEFT JOIN exam_domain d ON d.exam_id = r.exam_id AND d.position = x.position
                     WHERE x.result_id = r.id),
                    'corrections', (SELECT jsonb_agg(jsonb_build_object('corrected_at', k.corrected_at, 'scaled_before', k.scaled_before,
                                        'scaled_after', k.scaled_after, 'passed_before', k.passed_before, 'passed_after', k.passed_after,
                                        'percents_before', k.percents_before, 'percents_after', k.percents_after, 'reason', q.reason)
                                        ORDER BY k.corrected_at)
                                    FROM exam_result_correction k JOIN approval_request q ON q.id = k.request_id WHERE k.result_id = r.id))
                ORDER BY r.taken_at)
         FROM exam_result r JOIN exam e ON e.id = r.exam_id WHERE r.account_id = ANY($1) AND r.state = 'released'",
        accounts as _
    )
    .fetch_one(&mut *conn)
    .await?;
    let credentials = sqlx::query_scalar!(
        "SELECT jsonb_agg(to_jsonb(k) || jsonb_build_object('certification', c.name, 'exam_code', e.code) ORDER BY k.issued_at)
         FROM credential k JOIN certification c ON c.id = k.certification_id JOIN exam e ON e.id = k.exam_id WHERE k.account_id = ANY($1)",
        accounts as _
    )
    .fetch_one(&mut *conn)
    .await?;
    let activity = activity(conn, accounts).await?;
    let files = [
        ("profile.json", profile),
        ("mails.json", mails),
        ("appointments.json", appointments),
        ("orders.json", orders),
        ("results.json", results),
        ("credentials.json", credentials),
        ("activity.json", activity),
    ];
    Ok(files.into_iter().map(|(name, rows)| (name, rows.unwrap_or_else(|| Value::Array(vec![])))).collect())
}

/// What they did, what was done for them, and of what was done to their account what its activity page tells. Where a member of staff
/// acted, the staff's own address and browser are not theirs to have; those of a stranger who tried to sign in are.
async fn activity(conn: &mut PgConnection, accounts: &[AccountId]) -> Sql<Option<Value>> {
    let subjects: Vec<String> = accounts.iter().map(AccountId::to_string).collect();
    let rows = sqlx::query!(
        r#"SELECT v.action, v.outcome, coalesce(v.actor_id = ANY($1), false) OR coalesce(v.on_behalf_of = ANY($1), false) AS "own!",
                  CASE WHEN v.on_behalf_of = ANY($1) OR NOT v.actor_id = ANY($1) THEN to_jsonb(v) - ARRAY['address', 'user_agent']
                       ELSE to_jsonb(v) END AS "event!"
           FROM audit_event v WHERE v.actor_id = ANY($1) OR v.on_behalf_of = ANY($1) OR v.subject = ANY($2) ORDER BY v.id"#,
        accounts as _,
        &subjects
    )
    .fetch_all(conn)
    .await?;
    let told = rows.into_iter().filter(|row| row.own || accounts::activity::is_told(&row.action, row.outcome == "refused"));
    Ok(Some(Value::Array(told.map(|row| row.event).collect())))
}

/// Appointments that were booked: `(id, reference)`.
pub async fn booked(conn: &mut PgConnection, account_id: AccountId) -> Sql<Vec<(AppointmentId, String)>> {
    let rows = sqlx::query!(
        "SELECT id, reference FROM appointment WHERE account_id = $1 AND booked_at IS NOT NULL ORDER BY starts_at",
        account_id as _
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.reference)).collect())
}

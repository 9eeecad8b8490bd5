//! The SQL of erasure and of what is kept.

use crate::ids::{AccountId, ErasureId};
use crate::privacy::inventory::{Erasure as Fate, INVENTORY};
use crate::server::programme::Policies;
use chrono::{DateTime, Utc};
use sqlx::{AssertSqlSafe, PgConnection};

type Sql<T> = Result<T, sqlx::Error>;

#[derive(Debug, Clone)]
pub struct Erasure {
    pub id: ErasureId,
    pub account_id: AccountId,
    pub credentials: String,
    pub requested_at: DateTime<Utc>,
    pub due_at: DateTime<Utc>,
}

pub async fn open(conn: &mut PgConnection, account_id: AccountId) -> Sql<Option<Erasure>> {
    sqlx::query_as!(
        Erasure,
        "SELECT id, account_id, credentials, requested_at, due_at FROM account_erasure WHERE account_id = $1 AND stopped_at IS NULL",
        account_id as _
    )
    .fetch_optional(conn)
    .await
}

pub async fn insert(
    conn: &mut PgConnection,
    id: ErasureId,
    account_id: AccountId,
    choice: &str,
    now: DateTime<Utc>,
    due_at: DateTime<Utc>,
) -> Sql<()> {
    sqlx::query!(
        "INSERT INTO account_erasure (id, account_id, credentials, requested_at, due_at) VALUES ($1, $2, $3, $4, $5)",
        id as _,
        account_id as _,
        choice,
        now,
        due_at
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub async fn stop(conn: &mut PgConnection, account_id: AccountId, now: DateTime<Utc>) -> Sql<Option<ErasureId>> {
    sqlx::query_scalar!(
        "UPDATE account_erasure SET stopped_at = $2 WHERE account_id = $1 AND stopped_at IS NULL RETURNING id",
        account_id as _,
        now
    )
    .fetch_optional(conn)
    .await
}

/// Those that end before `until` and after `now`, and were not reminded yet.
pub async fn to_remind(conn: &mut PgConnection, until: DateTime<Utc>, now: DateTime<Utc>) -> Sql<Vec<Erasure>> {
    sqlx::query_as!(
        Erasure,
        "SELECT id, account_id, credentials, requested_at, due_at FROM account_erasure
         WHERE stopped_at IS NULL AND reminded_at IS NULL AND due_at <= $1 AND due_at > $2 ORDER BY due_at LIMIT 500",
        until,
        now
    )
    .fetch_all(conn)
    .await
}

pub async fn set_reminded(conn: &mut PgConnection, id: ErasureId, now: DateTime<Utc>) -> Sql<bool> {
    let done = sqlx::query!(
        "UPDATE account_erasure SET reminded_at = $2 WHERE id = $1 AND reminded_at IS NULL AND stopped_at IS NULL",
        id as _,
        now
    );
    Ok(done.execute(conn).await?.rows_affected() == 1)
}

pub async fn due(conn: &mut PgConnection, now: DateTime<Utc>) -> Sql<Vec<AccountId>> {
    sqlx::query_scalar!("SELECT account_id FROM account_erasure WHERE stopped_at IS NULL AND due_at <= $1 ORDER BY due_at", now)
        .fetch_all(conn)
        .await
}

/// The account and those it has taken over.
pub async fn accounts_of(conn: &mut PgConnection, account_id: AccountId) -> Sql<Vec<AccountId>> {
    sqlx::query_scalar!("SELECT id FROM account WHERE id = $1 OR merged_into = $1", account_id as _).fetch_all(conn).await
}

/// Something that has to be settled before an account can go.
#[derive(Debug, Clone)]
pub struct Blocker {
    /// `appointment`, `result`, `payment` or `refund`.
    pub kind: String,
    /// The appointment's reference or the order's number.
    pub reference: String,
}

/// Booked appointments that are not over, results that are not released yet, payments and refunds on their way. An exam that was taken
/// waits for its result as long as one is expected: a beta's comes when nobody knows, and one that has not come by the day on which support
/// is asked may never.
pub async fn blockers(conn: &mut PgConnection, accounts: &[AccountId], now: DateTime<Utc>) -> Sql<Vec<Blocker>> {
    sqlx::query_as!(
        Blocker,
        r#"SELECT 'appointment' AS "kind!", p.reference AS "reference!" FROM appointment p
           WHERE p.account_id = ANY($1) AND p.state IN ('booked', 'checked_in', 'admitted', 'started') AND upper(p.occupies) > $2
           UNION ALL
           SELECT 'result', p.reference FROM exam_result r JOIN appointment p ON p.id = r.appointment_id
           WHERE r.account_id = ANY($1) AND r.state = 'received'
           UNION ALL
           SELECT 'result', p.reference FROM appointment p JOIN exam e ON e.id = p.exam_id
           WHERE p.account_id = ANY($1)
             AND p.state IN ('booked', 'checked_in', 'admitted', 'started', 'delivered', 'under_review', 'interrupted')
             AND upper(p.occupies) <= $2 AND e.status <> 'beta'
             AND upper(p.occupies) + make_interval(days => coalesce((p.policies->>'support_after_days_without_result')::int, $3)) > $2
             AND NOT EXISTS (SELECT FROM exam_result r WHERE r.appointment_id = p.id)
           UNION ALL
           SELECT 'payment', o.number FROM purchase o WHERE o.account_id = ANY($1) AND o.state = 'awaiting_payment'
           UNION ALL
           SELECT 'refund', o.number FROM refund f JOIN payment y ON y.id = f.payment_id JOIN purchase o ON o.id = y.purchase_id
           WHERE o.account_id = ANY($1) AND f.state = 'pending'
           ORDER BY 1, 2"#,
        accounts as _,
        now,
        Policies::default().support_after_days_without_result
    )
    .fetch_all(conn)
    .await
}

/// From when the periods of kept records count; absent where there is nothing to keep.
#[derive(Debug, Clone)]
pub struct KeptRecords {
    pub newest_order: Option<DateTime<Utc>>,
    pub newest_exam: Option<DateTime<Utc>>,
    pub last_expiry: Option<DateTime<Utc>>,
}

pub async fn kept_records(conn: &mut PgConnection, accounts: &[AccountId]) -> Sql<KeptRecords> {
    sqlx::query_as!(
        KeptRecords,
        "SELECT (SELECT max(coalesce(placed_at, created_at)) FROM purchase WHERE account_id = ANY($1) AND state <> 'draft') AS newest_order,
                (SELECT max(starts_at) FROM appointment WHERE account_id = ANY($1) AND state NOT IN ('held', 'expired')) AS newest_exam,
                (SELECT max(expires_at) FROM credential WHERE account_id = ANY($1)) AS last_expiry",
        accounts as _
    )
    .fetch_one(conn)
    .await
}

/// What else than ids could name the person in texts.
#[derive(Debug, Clone)]
pub struct Traces {
    pub addresses: Vec<String>,
    pub phones: Vec<String>,
    pub names: Vec<String>,
    pub candidate_ids: Vec<String>,
}

pub async fn traces(conn: &mut PgConnection, accounts: &[AccountId]) -> Sql<Traces> {
    sqlx::query_as!(
        Traces,
        r#"SELECT ARRAY(SELECT DISTINCT lower(address) FROM account_email WHERE account_id = ANY($1)) AS "addresses!",
                  ARRAY(SELECT DISTINCT phone FROM account WHERE id = ANY($1) AND phone IS NOT NULL) AS "phones!",
                  ARRAY(SELECT DISTINCT given_name || ' ' || family_name FROM account WHERE id = ANY($1)) AS "names!",
                  ARRAY(SELECT DISTINCT candidate_id FROM account WHERE id = ANY($1) AND candidate_id IS NOT NULL) AS "candidate_ids!""#,
        accounts as _
    )
    .fetch_one(conn)
    .await
}

/// Carts, and seats that were held and never booked: nobody needs them.
pub async fn drop_unfinished(conn: &mut PgConnection, accounts: &[AccountId], now: DateTime<Utc>) -> Sql<()> {
    sqlx::query!("DELETE FROM purchase WHERE account_id = ANY($1) AND state = 'draft'", accounts as _).execute(&mut *conn).await?;
    sqlx::query!(
        "UPDATE appointment SET state = 'expired', hold_expires_at = NULL, ended_at = $2 WHERE account_id = ANY($1) AND state = 'held'",
        accounts as _,
        now
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "DELETE FROM appointment p WHERE account_id = ANY($1) AND state = 'expired'
           AND NOT EXISTS (SELECT FROM purchase_item i WHERE i.appointment_id = p.id)
           AND NOT EXISTS (SELECT FROM appointment q WHERE q.replaces = p.id)",
        accounts as _
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// An account that stands for nobody. Country and language stay: documents and statistics are made for them.
pub async fn insert_nobody(conn: &mut PgConnection, id: AccountId, of: AccountId, candidate_id: &str, now: DateTime<Utc>) -> Sql<()> {
    sqlx::query!(
        "INSERT INTO account (id, candidate_id, given_name, family_name, country, language, time_zone, created_at, disabled_at, erased_at)
         SELECT $1, $3, 'Erased', 'account', country, language, 'UTC', $4, $4, $4 FROM account WHERE id = $2",
        id as _,
        of as _,
        candidate_id,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Takes the name off appointments, and off credentials if that was chosen; a certificate without its name is a new version.
pub async fn forget_names(conn: &mut PgConnection, accounts: &[AccountId], on_credentials: bool) -> Sql<()> {
    sqlx::query!("UPDATE appointment SET name_on_id = NULL WHERE account_id = ANY($1)", accounts as _).execute(&mut *conn).await?;
    if on_credentials {
        sqlx::query!("UPDATE credential SET holder_name = NULL, version = version + 1 WHERE account_id = ANY($1)", accounts as _)
            .execute(conn)
            .await?;
    }
    Ok(())
}

/// What staff wrote about the person in their own words: why a score was corrected, a credential revoked, money given back. That it was
/// done, by whom and when, stays; the notes beside the audit log go with the account.
pub async fn forget_reasons(conn: &mut PgConnection, accounts: &[AccountId]) -> Sql<()> {
    // The mail to who asked for an act carries the words of who decided.
    sqlx::query!(
        "WITH gone AS (DELETE FROM mail_message WHERE dedup_key IN
                           (SELECT 'approvals.ended:' || id FROM approval_request WHERE account_id = ANY($1)) RETURNING id)
         DELETE FROM job WHERE kind = 'mail.deliver' AND payload #>> '{}' IN (SELECT id::text FROM gone)",
        accounts as _
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "UPDATE approval_request SET reason = '–', decision = CASE WHEN decision IS NULL THEN NULL ELSE '–' END WHERE account_id = ANY($1)",
        accounts as _
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!("UPDATE credential SET revoked_note = NULL WHERE account_id = ANY($1)", accounts as _).execute(&mut *conn).await?;
    sqlx::query!(
        "UPDATE refund SET note = NULL WHERE payment_id IN
             (SELECT y.id FROM payment y JOIN purchase o ON o.id = y.purchase_id WHERE o.account_id = ANY($1))",
        accounts as _
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Partners' files name candidates by their ID, and could hold more than they should: what names the person gives way to the
/// new ID.
pub async fn replace_in_imports(conn: &mut PgConnection, traces: &Traces, candidate_id: &str) -> Sql<()> {
    let known = [&traces.candidate_ids, &traces.addresses, &traces.phones, &traces.names];
    for trace in known.into_iter().flatten() {
        // As it stands inside a JSON string.
        let inside = serde_json::to_string(trace).unwrap_or_default().trim_matches('"').to_owned();
        sqlx::query!(
            "UPDATE result_import SET rows = replace(rows::text, $1, $2)::jsonb, errors = replace(errors::text, $1, $2)::jsonb,
                                      file_name = replace(file_name, $3, $2)
             WHERE strpos(rows::text, $1) > 0 OR strpos(errors::text, $1) > 0 OR strpos(file_name, $3) > 0",
            inside,
            candidate_id,
            trace
        )
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}

/// Mails to the person's addresses whoever they tell of, jobs that carry them or name the person, and counters under an
/// address, a phone number or the account's id.
pub async fn forget_traces(conn: &mut PgConnection, accounts: &[AccountId], traces: &Traces) -> Sql<()> {
    sqlx::query!(
        "WITH gone AS (DELETE FROM mail_message WHERE account_id = ANY($1) OR lower(to_address) = ANY($2) RETURNING id)
         DELETE FROM job WHERE kind = 'mail.deliver' AND payload #>> '{}' IN (SELECT id::text FROM gone)",
        accounts as _,
        &traces.addresses
    )
    .execute(&mut *conn)
    .await?;
    let ids: Vec<String> = accounts.iter().map(AccountId::to_string).collect();
    // Names are shared by many: work that is still to do is only dropped when a value of its own is the trace.
    for trace in traces.addresses.iter().chain(&traces.phones).chain(&traces.names).chain(&ids) {
        sqlx::query!(
            "DELETE FROM job WHERE CASE WHEN finished_at IS NULL
                 THEN strpos(lower(payload::text), lower(to_jsonb($1::text)::text)) > 0
                 ELSE strpos(lower(payload::text), lower($1)) > 0 OR strpos(lower(coalesce(last_error, '')), lower($1)) > 0 END",
            trace
        )
        .execute(&mut *conn)
        .await?;
    }
    for trace in traces.addresses.iter().chain(&traces.phones).chain(&ids) {
        sqlx::query!("DELETE FROM rate_bucket WHERE strpos(lower(key), lower($1)) > 0", trace).execute(&mut *conn).await?;
        sqlx::query!("DELETE FROM login_failure WHERE strpos(lower(key), lower($1)) > 0", trace).execute(&mut *conn).await?;
        sqlx::query!("DELETE FROM login_streak WHERE strpos(lower(key), lower($1)) > 0", trace).execute(&mut *conn).await?;
    }
    Ok(())
}

/// Every row that the inventory knows: kept ones get nobody for their person, the others go. The statements' names come from
/// the inventory, a constant.
pub async fn by_inventory(conn: &mut PgConnection, accounts: &[AccountId], nobody: AccountId) -> Sql<()> {
    let fate = |fate: Fate| matches!(fate, Fate::Pseudonymised(_));
    for holding in INVENTORY.iter().filter(|holding| fate(holding.erasure)) {
        let statement = format!("UPDATE {} SET {} = $2 WHERE {} = ANY($1)", holding.table, holding.column, holding.column);
        sqlx::query(AssertSqlSafe(statement)).bind(accounts).bind(nobody).execute(&mut *conn).await?;
    }
    for holding in INVENTORY.iter().filter(|holding| holding.erasure == Fate::Deleted) {
        let statement = format!("DELETE FROM {} WHERE {} = ANY($1)", holding.table, holding.column);
        sqlx::query(AssertSqlSafe(statement)).bind(accounts).execute(&mut *conn).await?;
    }
    Ok(())
}

pub async fn delete_accounts(conn: &mut PgConnection, accounts: &[AccountId]) -> Sql<()> {
    sqlx::query!("DELETE FROM account WHERE id = ANY($1)", accounts as _).execute(conn).await?;
    Ok(())
}

pub async fn insert_retention(
    conn: &mut PgConnection,
    account_id: AccountId,
    records: &str,
    legal_basis: &str,
    keep_until: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Sql<()> {
    sqlx::query!(
        "INSERT INTO retention (account_id, records, legal_basis, keep_until, created_at) VALUES ($1, $2, $3, $4, $5)",
        account_id as _,
        records,
        legal_basis,
        keep_until,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Names that were to stay until the credential expires.
pub async fn forget_expired_names(conn: &mut PgConnection, now: DateTime<Utc>) -> Sql<()> {
    sqlx::query!(
        "UPDATE credential k SET holder_name = NULL, version = version + 1 FROM account a
         WHERE a.id = k.account_id AND a.erased_at IS NOT NULL AND k.holder_name IS NOT NULL AND k.expires_at < $1",
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Kept records whose time is over: `(account, records)`.
pub async fn over(conn: &mut PgConnection, now: DateTime<Utc>) -> Sql<Vec<(AccountId, String)>> {
    let rows =
        sqlx::query!("SELECT account_id, records FROM retention WHERE keep_until <= $1 ORDER BY keep_until FOR UPDATE SKIP LOCKED", now)
            .fetch_all(conn)
            .await?;
    Ok(rows.into_iter().map(|row| (row.account_id, row.records)).collect())
}

/// Deletes one kind of kept records, and with the last kind the account that stood for nobody. An appointment stays as long
/// as an order that is kept names it.
pub async fn delete_kept(conn: &mut PgConnection, account_id: AccountId, records: &str) -> Sql<()> {
    sqlx::query!("DELETE FROM retention WHERE account_id = $1 AND records = $2", account_id as _, records).execute(&mut *conn).await?;
    match records {
        "orders" => {
            sqlx::query!(
                "DELETE FROM refund WHERE payment_id IN
                     (SELECT y.id FROM payment y JOIN purchase o ON o.id = y.purchase_id WHERE o.account_id = $1)",
                account_id as _
            )
            .execute(&mut *conn)
            .await?;
            sqlx::query!("DELETE FROM payment WHERE purchase_id IN (SELECT id FROM purchase WHERE account_id = $1)", account_id as _)
                .execute(&mut *conn)
                .await?;
            sqlx::query!("DELETE FROM purchase WHERE account_id = $1", account_id as _).execute(&mut *conn).await?;
        }
        "exams" => {
            sqlx::query!("UPDATE credential SET result_id = NULL WHERE account_id = $1", account_id as _).execute(&mut *conn).await?;
            sqlx::query!("DELETE FROM exam_result WHERE account_id = $1", account_id as _).execute(&mut *conn).await?;
        }
        _ => {
            sqlx::query!("DELETE FROM credential WHERE account_id = $1", account_id as _).execute(&mut *conn).await?;
        }
    }
    sqlx::query!(
        "DELETE FROM appointment p WHERE account_id = $1
           AND NOT EXISTS (SELECT FROM retention t WHERE t.account_id = $1 AND t.records = 'exams')
           AND NOT EXISTS (SELECT FROM purchase_item i WHERE i.appointment_id = p.id)",
        account_id as _
    )
    .execute(&mut *conn)
    .await?;
    delete_nobody(conn, account_id).await
}

/// Deletes an account that stands for nobody, unless something is kept on it: records, or what somebody who once was staff
/// did for others.
pub async fn delete_nobody(conn: &mut PgConnection, account_id: AccountId) -> Sql<()> {
    sqlx::query!(
        "DELETE FROM account a WHERE id = $1 AND NOT EXISTS (SELECT FROM retention t WHERE t.account_id = $1)
           AND NOT EXISTS (SELECT FROM result_import i WHERE i.uploaded_by = $1)
           AND NOT EXISTS (SELECT FROM exam_result r WHERE r.released_by = $1)
           AND NOT EXISTS (SELECT FROM approval_request q WHERE q.requested_by = $1 OR q.decided_by = $1)
           AND NOT EXISTS (SELECT FROM refund f WHERE f.asked_by = $1)",
        account_id as _
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Last mails that were sent, and those that could not be sent for long, with the jobs that carried them.
pub async fn forget_last_mails(conn: &mut PgConnection, template: &str, now: DateTime<Utc>, oldest: DateTime<Utc>) -> Sql<()> {
    sqlx::query!(
        "WITH gone AS (DELETE FROM mail_message WHERE template = $1 AND (sent_at <= $2 OR created_at < $3) RETURNING id)
         DELETE FROM job WHERE kind = 'mail.deliver' AND payload #>> '{}' IN (SELECT id::text FROM gone)",
        template,
        now - chrono::TimeDelta::minutes(10),
        oldest
    )
    .execute(conn)
    .await?;
    Ok(())
}

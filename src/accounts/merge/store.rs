//! The SQL of merges.

use crate::ids::{AccountId, EmailId, MergeId};
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::{AssertSqlSafe, PgConnection};

type Sql<T> = Result<T, sqlx::Error>;

/// What moves: table, column, the row's key, what is set beside, and which rows. Tests hold it equal to the inventory of
/// personal data. Carts and held seats stay behind and lapse.
const MOVED: &[(&str, &str, &str, &str, &str)] = &[
    ("account_email", "account_id", "id", ", is_primary = false", "true"),
    (
        "agreement_acceptance",
        "account_id",
        "version",
        "",
        "NOT EXISTS (SELECT FROM agreement_acceptance mine WHERE mine.account_id = $2 AND mine.version = t.version)",
    ),
    ("mail_message", "account_id", "id", "", "true"),
    ("appointment", "account_id", "id", "", "t.state <> 'held'"),
    ("purchase", "account_id", "id", "", "t.state <> 'draft'"),
    ("exam_result", "account_id", "id", "", "true"),
    ("credential", "account_id", "id", "", "true"),
    ("approval_request", "account_id", "id", "", "true"),
    ("account", "merged_into", "id", "", "true"),
];
/// Under this name a merge notes the credentials it superseded.
const SUPERSEDED: &str = "credential.state";

/// Table and column of what moves.
pub fn moved_columns() -> impl Iterator<Item = (&'static str, &'static str)> {
    MOVED.iter().map(|(table, column, ..)| (*table, *column))
}

/// What a merge needs to know of an account.
#[derive(Debug, Clone)]
pub struct Facts {
    pub id: AccountId,
    pub candidate_id: Option<String>,
    pub given_name: String,
    pub family_name: String,
    pub date_of_birth: Option<NaiveDate>,
    pub is_staff: bool,
    pub is_open: bool,
    pub merged_into: Option<AccountId>,
    pub primary_email_id: Option<EmailId>,
    pub address: Option<String>,
}

/// Both accounts, `mine` first. Locked in one order, so that two merges of the same accounts do not wait for each other.
pub async fn locked(conn: &mut PgConnection, mine: AccountId, other: AccountId) -> Sql<Option<(Facts, Facts)>> {
    sqlx::query_scalar!("SELECT id FROM account WHERE id = ANY($1) ORDER BY id FOR UPDATE", &[mine, other][..] as _)
        .fetch_all(&mut *conn)
        .await?;
    facts(conn, mine, other).await
}

pub async fn facts(conn: &mut PgConnection, mine: AccountId, other: AccountId) -> Sql<Option<(Facts, Facts)>> {
    let mut found = sqlx::query_as!(
        Facts,
        r#"SELECT a.id AS "id!", a.candidate_id, a.given_name AS "given_name!", a.family_name AS "family_name!", a.date_of_birth,
                  a.disabled_at IS NULL AS "is_open!", a.merged_into,
                  EXISTS (SELECT FROM account_role r WHERE r.account_id = a.id) AS "is_staff!",
                  e.id AS "primary_email_id?", e.address AS "address?"
           FROM account a LEFT JOIN account_email e ON e.account_id = a.id AND e.is_primary WHERE a.id = ANY($1)"#,
        &[mine, other][..] as _
    )
    .fetch_all(conn)
    .await?;
    found.sort_by_key(|facts| facts.id != mine);
    let mut found = found.into_iter();
    Ok(found.next().zip(found.next()))
}

/// A merge, begun or done.
#[derive(Debug, Clone)]
pub struct MergeRow {
    pub id: MergeId,
    pub account_id: AccountId,
    pub other_id: AccountId,
    pub state: String,
    pub created_at: DateTime<Utc>,
    pub merged_at: Option<DateTime<Utc>>,
    pub undone_at: Option<DateTime<Utc>>,
    pub primary_email_id: Option<EmailId>,
    pub other_candidate_id: Option<String>,
}

/// Every merge into an account, newest first.
pub async fn of_account(conn: &mut PgConnection, account_id: AccountId) -> Sql<Vec<MergeRow>> {
    sqlx::query_as!(
        MergeRow,
        r#"SELECT m.id, m.account_id, m.other_id, m.state, m.created_at, m.merged_at, m.undone_at, m.primary_email_id,
                  a.candidate_id AS other_candidate_id
           FROM account_merge m JOIN account a ON a.id = m.other_id WHERE m.account_id = $1 ORDER BY m.created_at DESC, m.id"#,
        account_id as _
    )
    .fetch_all(conn)
    .await
}

pub async fn of_account_with_id(conn: &mut PgConnection, account_id: AccountId, id: MergeId) -> Sql<Option<MergeRow>> {
    Ok(of_account(conn, account_id).await?.into_iter().find(|merge| merge.id == id))
}

pub async fn insert(
    conn: &mut PgConnection,
    id: MergeId,
    account_id: AccountId,
    other_id: AccountId,
    state: &str,
    now: DateTime<Utc>,
) -> Sql<()> {
    forget_begun(conn, account_id).await?;
    sqlx::query!(
        "INSERT INTO account_merge (id, account_id, other_id, state, created_at) VALUES ($1, $2, $3, $4, $5)",
        id as _,
        account_id as _,
        other_id as _,
        state,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Forgets sign-ins to other accounts that led to no merge.
pub async fn forget_begun(conn: &mut PgConnection, account_id: AccountId) -> Sql<()> {
    sqlx::query!("DELETE FROM account_merge WHERE account_id = $1 AND state IN ('code_owed', 'proved')", account_id as _)
        .execute(conn)
        .await?;
    Ok(())
}

pub async fn set_proved(conn: &mut PgConnection, id: MergeId) -> Sql<()> {
    sqlx::query!("UPDATE account_merge SET state = 'proved' WHERE id = $1 AND state = 'code_owed'", id as _).execute(conn).await?;
    Ok(())
}

/// How much would move, with a few examples of each.
#[derive(Debug, Clone)]
pub struct Counts {
    pub counts: Vec<(&'static str, i64)>,
    pub appointments: Vec<String>,
    pub results: Vec<String>,
    pub credentials: Vec<String>,
    pub orders: Vec<String>,
    pub addresses: Vec<String>,
}

pub async fn counts(conn: &mut PgConnection, mine: AccountId, other: AccountId) -> Sql<Counts> {
    let mut counts = vec![];
    for (table, column, _, _, which) in MOVED {
        // $2 is named in every statement, or it would have no type.
        let statement = format!("SELECT count(*) FROM {table} t WHERE t.{column} = $1 AND $2::uuid IS NOT NULL AND {which}");
        let count: i64 = sqlx::query_scalar(AssertSqlSafe(statement)).bind(other).bind(mine).fetch_one(&mut *conn).await?;
        counts.push((*table, count));
    }
    let examples = sqlx::query!(
        r#"SELECT ARRAY(SELECT reference FROM appointment WHERE account_id = $1 AND state <> 'held' ORDER BY starts_at DESC LIMIT 3) AS "appointments!",
                  ARRAY(SELECT e.code FROM exam_result r JOIN exam e ON e.id = r.exam_id WHERE r.account_id = $1 ORDER BY r.taken_at DESC LIMIT 3)
                      AS "results!",
                  ARRAY(SELECT c.name FROM credential k JOIN certification c ON c.id = k.certification_id WHERE k.account_id = $1
                        ORDER BY k.issued_at DESC LIMIT 3) AS "credentials!",
                  ARRAY(SELECT number FROM purchase WHERE account_id = $1 AND number IS NOT NULL ORDER BY created_at DESC LIMIT 3) AS "orders!",
                  ARRAY(SELECT address FROM account_email WHERE account_id = $1 ORDER BY is_primary DESC, created_at LIMIT 3) AS "addresses!""#,
        other as _
    )
    .fetch_one(conn)
    .await?;
    Ok(Counts {
        counts,
        appointments: examples.appointments,
        results: examples.results,
        credentials: examples.credentials,
        orders: examples.orders,
        addresses: examples.addresses,
    })
}

/// Appointments of both at the same time: their references, mine first.
pub async fn overlaps(conn: &mut PgConnection, mine: AccountId, other: AccountId) -> Sql<Vec<(String, String)>> {
    let rows = sqlx::query!(
        "SELECT a.reference AS mine, b.reference AS other FROM appointment a JOIN appointment b ON a.occupies && b.occupies
         WHERE a.account_id = $1 AND b.account_id = $2 AND a.replaces IS NULL AND b.replaces IS NULL
           AND a.state NOT IN ('cancelled', 'expired') AND b.state NOT IN ('cancelled', 'expired', 'held') ORDER BY a.starts_at LIMIT 20",
        mine as _,
        other as _
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.mine, row.other)).collect())
}

/// Orders of an account that wait for their payment.
pub async fn awaiting_payment(conn: &mut PgConnection, account_id: AccountId) -> Sql<Vec<String>> {
    sqlx::query_scalar!(
        r#"SELECT number AS "number!" FROM purchase WHERE account_id = $1 AND state = 'awaiting_payment' AND number IS NOT NULL ORDER BY number"#,
        account_id as _
    )
    .fetch_all(conn)
    .await
}

/// Certifications of which both hold an active credential.
pub async fn held_twice(conn: &mut PgConnection, mine: AccountId, other: AccountId, now: DateTime<Utc>) -> Sql<Vec<String>> {
    sqlx::query_scalar!(
        "SELECT c.name FROM certification c WHERE
           EXISTS (SELECT FROM credential k WHERE k.certification_id = c.id AND k.account_id = $1 AND k.state = 'active' AND k.expires_at >= $3)
           AND EXISTS (SELECT FROM credential k WHERE k.certification_id = c.id AND k.account_id = $2 AND k.state = 'active' AND k.expires_at >= $3)
         ORDER BY c.name",
        mine as _,
        other as _,
        now
    )
    .fetch_all(conn)
    .await
}

/// Moves everything and notes what was moved.
pub async fn move_rows(conn: &mut PgConnection, merge: MergeId, mine: AccountId, other: AccountId) -> Sql<()> {
    for (table, column, key, beside, which) in MOVED {
        let statement = format!(
            "WITH moved AS (UPDATE {table} t SET {column} = $2{beside} WHERE t.{column} = $1 AND {which} RETURNING t.{key}::text AS key)
             INSERT INTO account_merge_item (merge_id, table_name, row_key) SELECT $3, '{table}', key FROM moved"
        );
        sqlx::query(AssertSqlSafe(statement)).bind(other).bind(mine).bind(merge).execute(&mut *conn).await?;
    }
    Ok(())
}

/// Of two active credentials of one certification the newest stays active.
pub async fn supersede_older(conn: &mut PgConnection, merge: MergeId, account_id: AccountId, now: DateTime<Utc>) -> Sql<()> {
    sqlx::query!(
        "WITH ranked AS (SELECT id, row_number() OVER (PARTITION BY certification_id ORDER BY issued_at DESC, id) AS place FROM credential
                         WHERE account_id = $1 AND state = 'active' AND expires_at >= $2),
              older AS (UPDATE credential k SET state = 'superseded' FROM ranked r WHERE r.id = k.id AND r.place > 1 RETURNING k.id)
         INSERT INTO account_merge_item (merge_id, table_name, row_key) SELECT $3, $4, id::text FROM older",
        account_id as _,
        now,
        merge as _,
        SUPERSEDED
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Closes the other account: nobody signs in to it, no link of it works, no browser is trusted by it.
pub async fn close(conn: &mut PgConnection, merge: &MergeRow, primary: Option<EmailId>, now: DateTime<Utc>) -> Sql<()> {
    sqlx::query!("UPDATE account SET disabled_at = $3, merged_into = $2 WHERE id = $1", merge.other_id as _, merge.account_id as _, now)
        .execute(&mut *conn)
        .await?;
    sqlx::query!("DELETE FROM trusted_device WHERE account_id = $1", merge.other_id as _).execute(&mut *conn).await?;
    sqlx::query!("UPDATE account_link SET used_at = $2 WHERE account_id = $1 AND used_at IS NULL", merge.other_id as _, now)
        .execute(&mut *conn)
        .await?;
    sqlx::query!(
        "UPDATE account_merge SET state = 'merged', merged_at = $2, primary_email_id = $3 WHERE id = $1 AND state = 'proved'",
        merge.id as _,
        now,
        primary as _
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The moved addresses that are still this account's: `(id, is its primary one now, verified)`.
pub async fn moved_addresses(conn: &mut PgConnection, merge: MergeId, mine: AccountId) -> Sql<Vec<(EmailId, bool, bool)>> {
    let rows = sqlx::query!(
        r#"SELECT e.id, e.is_primary, e.verified_at IS NOT NULL AS "verified!" FROM account_email e
           JOIN account_merge_item i ON i.merge_id = $1 AND i.table_name = 'account_email' AND i.row_key = e.id::text
           WHERE e.account_id = $2 ORDER BY e.created_at, e.id"#,
        merge as _,
        mine as _
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.is_primary, row.verified)).collect())
}

/// Gives back exactly what was moved, with what has come to hang on it since: the result of a moved appointment, and its
/// credential.
pub async fn give_back(conn: &mut PgConnection, merge: &MergeRow, primary: EmailId, now: DateTime<Utc>) -> Sql<()> {
    for (table, column, key, ..) in MOVED {
        let statement = format!(
            "UPDATE {table} t SET {column} = $1 WHERE t.{column} = $2
               AND t.{key}::text IN (SELECT row_key FROM account_merge_item WHERE merge_id = $3 AND table_name = '{table}')"
        );
        sqlx::query(AssertSqlSafe(statement)).bind(merge.other_id).bind(merge.account_id).bind(merge.id).execute(&mut *conn).await?;
    }
    sqlx::query!(
        "UPDATE exam_result r SET account_id = $1 FROM appointment p WHERE p.id = r.appointment_id AND p.account_id = $1 AND r.account_id = $2",
        merge.other_id as _,
        merge.account_id as _
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "UPDATE credential k SET account_id = $1 FROM exam_result r WHERE r.id = k.result_id AND r.account_id = $1 AND k.account_id = $2",
        merge.other_id as _,
        merge.account_id as _
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "UPDATE credential SET state = 'active' WHERE state = 'superseded'
           AND id::text IN (SELECT row_key FROM account_merge_item WHERE merge_id = $1 AND table_name = $2)",
        merge.id as _,
        SUPERSEDED
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!("UPDATE account_email SET is_primary = true WHERE id = $1 AND account_id = $2", primary as _, merge.other_id as _)
        .execute(&mut *conn)
        .await?;
    sqlx::query!("UPDATE account SET disabled_at = NULL, merged_into = NULL WHERE id = $1", merge.other_id as _)
        .execute(&mut *conn)
        .await?;
    sqlx::query!("UPDATE account_merge SET state = 'undone', undone_at = $2 WHERE id = $1", merge.id as _, now).execute(conn).await?;
    Ok(())
}

/// Where a mail about a merge goes.
#[derive(Debug, Clone)]
pub struct MailTo {
    pub account_id: AccountId,
    pub email_id: EmailId,
    pub address: String,
    pub given_name: String,
    pub family_name: String,
    pub language: String,
    pub time_zone: String,
}

/// Primary and verified addresses of accounts.
pub async fn addresses(conn: &mut PgConnection, accounts: &[AccountId]) -> Sql<Vec<MailTo>> {
    sqlx::query_as!(
        MailTo,
        "SELECT a.id AS account_id, e.id AS email_id, e.address, a.given_name, a.family_name, a.language, a.time_zone
         FROM account a JOIN account_email e ON e.account_id = a.id
         WHERE a.id = ANY($1) AND (e.is_primary OR e.verified_at IS NOT NULL) ORDER BY e.created_at, e.id",
        accounts as _
    )
    .fetch_all(conn)
    .await
}

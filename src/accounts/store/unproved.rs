//! Accounts whose owner has not proved an address yet.

use super::{NewAccount, Sql};
use crate::ids::AccountId;
use chrono::{DateTime, Utc};
use sqlx::PgConnection;

/// Whether nobody has proved an address of the account so far.
pub async fn is_unproved(conn: &mut PgConnection, account_id: AccountId) -> Sql<bool> {
    sqlx::query_scalar!(
        r#"SELECT NOT EXISTS (SELECT 1 FROM account_email WHERE account_id = $1 AND verified_at IS NOT NULL) AS "unproved!""#,
        account_id as _
    )
    .fetch_one(conn)
    .await
}

/// What whoever registered has asked for and chosen: none of it is the owner's of the address.
pub async fn forget_wishes(conn: &mut PgConnection, account_id: AccountId, now: DateTime<Utc>) -> Sql<()> {
    sqlx::query!("UPDATE account_erasure SET stopped_at = $2 WHERE account_id = $1 AND stopped_at IS NULL", account_id as _, now)
        .execute(&mut *conn)
        .await?;
    sqlx::query!("DELETE FROM data_export WHERE account_id = $1", account_id as _).execute(&mut *conn).await?;
    sqlx::query!("DELETE FROM factor_recovery WHERE account_id = $1", account_id as _).execute(&mut *conn).await?;
    sqlx::query!("DELETE FROM guardian_consent WHERE account_id = $1", account_id as _).execute(&mut *conn).await?;
    sqlx::query!("DELETE FROM notice_choice WHERE account_id = $1", account_id as _).execute(&mut *conn).await?;
    sqlx::query!("DELETE FROM account_nudge WHERE account_id = $1", account_id as _).execute(conn).await?;
    Ok(())
}

/// Puts a new registration in the place of the one before; the candidate ID stays.
pub async fn register_anew(conn: &mut PgConnection, account_id: AccountId, new: &NewAccount<'_>, address: &str) -> Sql<u64> {
    sqlx::query!("UPDATE account_email SET address = $2 WHERE account_id = $1 AND is_primary", account_id as _, address)
        .execute(&mut *conn)
        .await?;
    let done = sqlx::query!(
        "UPDATE account SET given_name = $2, family_name = $3, password_hash = $4, password_changed_at = $5, country = $6, subdivision = $7,
                            language = $8, time_zone = $9, company = $10, job_role = $11, industry = $12, created_at = $5,
                            password_stands_alone = $13, date_of_birth = NULL, address_lines = '{}', organisation_address_lines = '{}'
         WHERE id = $1",
        account_id as _,
        new.given_name,
        new.family_name,
        new.password_hash,
        new.created_at,
        new.country,
        new.subdivision,
        new.language,
        new.time_zone,
        new.company,
        new.job_role,
        new.industry,
        new.password_stands_alone,
    );
    Ok(done.execute(conn).await?.rows_affected())
}

/// Takes the password off an account that an invitation is to give another one, and writes the names of the invitation.
pub async fn invite_anew(conn: &mut PgConnection, account_id: AccountId, given_name: &str, family_name: &str) -> Sql<()> {
    sqlx::query!(
        "UPDATE account SET password_hash = NULL, password_changed_at = NULL, password_stands_alone = false, given_name = $2, family_name = $3
         WHERE id = $1",
        account_id as _,
        given_name,
        family_name
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Accounts registered before `before` whose address was never proved and with which nothing was done; not those for which a link is
/// still under way, nor staff, nor disabled ones.
pub async fn stale(conn: &mut PgConnection, before: DateTime<Utc>, now: DateTime<Utc>) -> Sql<Vec<AccountId>> {
    sqlx::query_scalar!(
        "SELECT a.id FROM account a JOIN account_email e ON e.account_id = a.id AND e.is_primary
         WHERE e.verified_at IS NULL AND a.created_at <= $1 AND a.disabled_at IS NULL
           AND NOT EXISTS (SELECT FROM account_email o WHERE o.account_id = a.id AND o.verified_at IS NOT NULL)
           AND NOT EXISTS (SELECT FROM account_role r WHERE r.account_id = a.id)
           AND NOT EXISTS (SELECT FROM appointment p WHERE p.account_id = a.id)
           AND NOT EXISTS (SELECT FROM purchase p WHERE p.account_id = a.id)
           AND NOT EXISTS (SELECT FROM account_link l WHERE l.account_id = a.id AND l.used_at IS NULL AND l.expires_at > $2)
         ORDER BY a.created_at LIMIT 500",
        before,
        now
    )
    .fetch_all(conn)
    .await
}

/// The mails of an account that goes: they hold the name and the address.
pub async fn delete_mails(conn: &mut PgConnection, account_id: AccountId) -> Sql<()> {
    sqlx::query!("DELETE FROM mail_message WHERE account_id = $1", account_id as _).execute(conn).await?;
    Ok(())
}

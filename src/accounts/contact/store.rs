//! Postal addresses in the database.

use crate::ids::AccountId;
use sqlx::PgConnection;

/// The lines of both addresses; none where nothing was given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contact {
    pub address: Vec<String>,
    pub organisation: Vec<String>,
}

pub async fn contact(conn: &mut PgConnection, account_id: AccountId) -> Result<Contact, sqlx::Error> {
    sqlx::query_as!(
        Contact,
        "SELECT address_lines AS address, organisation_address_lines AS organisation FROM account WHERE id = $1",
        account_id as _
    )
    .fetch_one(conn)
    .await
}

pub async fn set_contact(conn: &mut PgConnection, account_id: AccountId, contact: &Contact) -> Result<u64, sqlx::Error> {
    let done = sqlx::query!(
        "UPDATE account SET address_lines = $2, organisation_address_lines = $3 WHERE id = $1",
        account_id as _,
        &contact.address,
        &contact.organisation
    );
    Ok(done.execute(conn).await?.rows_affected())
}

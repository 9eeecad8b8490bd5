//! The viewer's postal addresses.

use super::rules;
use super::store;
use crate::accounts::store::lock_account;
use crate::error::{AppError, AppResult};
use crate::server::{RequestContext, audit, database};
use serde_json::json;

pub use store::Contact;

pub async fn contact(cx: &RequestContext) -> AppResult<Contact> {
    let viewer = cx.viewer()?;
    let mut conn = cx.state.db.acquire().await?;
    Ok(store::contact(&mut conn, viewer.account_id).await?)
}

/// Changes both addresses to what was typed.
///
/// # Errors
/// [`AppError::Validation`] at `address` and `organisation_address`.
pub async fn change(cx: &RequestContext, address: &str, organisation: &str) -> AppResult<()> {
    let viewer = cx.viewer()?;
    let (address, organisation) = (rules::parse("address", address), rules::parse("organisation_address", organisation));
    let (address, organisation) = match (address, organisation) {
        (Ok(address), Ok(organisation)) => (address, organisation),
        (address, organisation) => return Err(AppError::Validation(address.err().into_iter().chain(organisation.err()).collect())),
    };
    let contact = Contact { address, organisation };
    let mut tx = cx.state.db.begin().await?;
    lock_account(&mut tx, viewer.account_id).await?;
    let before = store::contact(&mut tx, viewer.account_id).await?;
    if before == contact {
        return Ok(());
    }
    database::expect_one(store::set_contact(&mut tx, viewer.account_id, &contact).await?)?;
    let changed: Vec<_> =
        [("address", before.address != contact.address), ("organisation_address", before.organisation != contact.organisation)]
            .into_iter()
            .filter_map(|(field, differs)| differs.then_some(field))
            .collect();
    audit::record(&mut tx, cx, "account.contact_changed", &viewer.account_id.to_string(), json!({"fields": changed})).await?;
    tx.commit().await?;
    Ok(())
}

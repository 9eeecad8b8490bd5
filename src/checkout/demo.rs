//! The orders behind the exams that the demo's people have booked and taken, paid at the sandbox when they were booked: so that there is
//! something to look at under orders, and money to give back when one of them is cancelled.

use super::gateway::{CheckoutRequest, sandbox};
use super::model::{PaymentState, PurchaseState};
use super::rules;
use super::store::{self, NewItem};
use crate::accounts::demo::seeded_candidates;
use crate::ids::AccountId;
use crate::money::Money;
use crate::server::config::GatewayKind;
use crate::server::{AppState, random};
use chrono::{Datelike, TimeDelta};
use sqlx::PgConnection;
use std::error::Error;

/// From the order to the money.
const TYPING: TimeDelta = TimeDelta::minutes(2);

/// Writes an order for every appointment of the demo's people that has none. Changes nothing the second time.
///
/// # Errors
/// The database does not answer.
pub async fn load(state: &AppState) -> Result<(), Box<dyn Error>> {
    if state.config.gateway != GatewayKind::Sandbox {
        return Ok(());
    }
    let currency = state.programme.get().currency.clone();
    for account_id in seeded_candidates()? {
        let mut tx = state.db.begin().await?;
        // Two starts of the program do not write one order twice.
        if !store::demo::lock_account(&mut tx, account_id).await? {
            continue;
        }
        for appointment in store::demo::without_order(&mut tx, account_id).await? {
            // Somebody uses this account already: what is in its cart is theirs to buy.
            if store::cart_id(&mut tx, account_id).await?.is_none() {
                order(&mut tx, state, account_id, &currency, appointment).await?;
            }
        }
        tx.commit().await?;
    }
    Ok(())
}

async fn order(
    tx: &mut PgConnection,
    state: &AppState,
    account_id: AccountId,
    currency: &str,
    appointment: store::demo::Appointment,
) -> Result<(), Box<dyn Error>> {
    let Some(bought) = store::held_appointment(tx, appointment.id, account_id, currency).await? else { return Ok(()) };
    let Some(price_minor) = bought.price_minor else { return Ok(()) };
    let (placed_at, paid_at) = (appointment.booked_at - TYPING, appointment.booked_at);
    let purchase_id = store::lock_cart(tx, account_id, random::id(), currency, placed_at).await?;
    let item = NewItem {
        id: random::id(),
        purchase_id,
        exam_id: bought.exam_id,
        appointment_id: appointment.id,
        description: &bought.description,
        price_minor,
        policies: appointment.policies,
    };
    store::insert_item(tx, item, placed_at).await?;
    let number = rules::order_number(placed_at.year(), store::next_number(tx).await?);
    store::place(tx, purchase_id, &number, price_minor, placed_at).await?;
    let (payment_id, amount) = (random::id(), Money::new(price_minor, currency));
    store::insert_payment(tx, payment_id, purchase_id, sandbox::NAME, &amount, placed_at).await?;
    let back = state.config.url(&format!("/checkout/return/{number}"));
    let request = CheckoutRequest {
        key: payment_id.to_string(),
        amount,
        description: format!("{number}: {}", bought.description),
        cancel_url: back.clone(),
        return_url: back,
    };
    let checkout = sandbox::paid_checkout(tx, &request, &state.config.public_url, placed_at, paid_at).await?;
    store::set_checkout(tx, payment_id, &checkout.reference, &checkout.redirect_url).await?;
    store::settle_payment(tx, payment_id, PaymentState::Pending, PaymentState::Succeeded, None, paid_at).await?;
    store::set_purchase_state(tx, purchase_id, PurchaseState::Paid, Some(paid_at)).await?;
    Ok(())
}

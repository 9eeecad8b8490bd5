//! The cart and the order, up to the door of the payment page.

use super::gateway::{self, CheckoutRequest};
use super::model::{PaymentState, PurchaseState};
use super::rules::{self, LineState};
use super::settlement;
use super::store::{self, NewItem, NewRefund};
pub use super::store::{Line, OrderRow, Payment, Purchase, Refund};
use crate::error::{AppError, AppResult, Conflict};
use crate::ids::{AccountId, AppointmentId, PaymentId, PurchaseId, PurchaseItemId};
use crate::money::Money;
use crate::scheduling;
use crate::server::database::{DbError, expect_one, retrying};
use crate::server::{AppState, RequestContext, audit, random};
use chrono::{Datelike, TimeDelta};
use serde_json::json;
use sqlx::PgConnection;

/// Orders on a page of the history.
pub const ORDERS_A_PAGE: i64 = 20;

// What other capabilities call.

/// Puts a held appointment into its candidate's cart, at the exam's price in the programme's currency, with a copy of
/// the appointment's policies. Doing it twice changes nothing. What had lapsed for the same exam makes room.
///
/// # Errors
/// [`AppError::NotFound`]: not the candidate's appointment; [`Conflict::ExamClosed`]: it has no price in the currency;
/// [`Conflict::BeingPaid`]: an order with it waits for its payment.
pub async fn add_to_cart(tx: &mut PgConnection, cx: &RequestContext, appointment_id: AppointmentId) -> Result<(), DbError> {
    let account_id = cx.candidate()?.account_id;
    let currency = cx.programme().currency.clone();
    let held = store::held_appointment(tx, appointment_id, account_id, &currency).await?.ok_or(AppError::NotFound)?;
    let price_minor = held.price_minor.ok_or(Conflict::ExamClosed)?;
    let purchase_id = store::lock_cart(tx, account_id, random::id(), &currency, cx.now()).await?;
    // Asked after the cart's lock: an order that another tab has just placed is seen.
    not_being_paid(tx, appointment_id).await?;
    store::delete_lapsed_of_exam(tx, purchase_id, held.exam_id, cx.now()).await?;
    let item = NewItem {
        id: random::id(),
        purchase_id,
        exam_id: held.exam_id,
        appointment_id,
        description: &held.description,
        price_minor,
        policies: held.policies,
    };
    store::insert_item(tx, item, cx.now()).await?;
    Ok(())
}

/// The number of the order with this appointment that waits for its payment, if there is one.
pub async fn order_being_paid(conn: &mut PgConnection, appointment_id: AppointmentId) -> Result<Option<String>, sqlx::Error> {
    store::waiting_order_with(conn, appointment_id).await
}

/// A seat whose payment may come any moment is not put into another order, and neither replaced nor given back: that goes by
/// changing the order, which closes its payment page first.
///
/// # Errors
/// [`Conflict::BeingPaid`].
pub async fn not_being_paid(conn: &mut PgConnection, appointment_id: AppointmentId) -> Result<(), DbError> {
    match order_being_paid(conn, appointment_id).await? {
        Some(_) => Err(Conflict::BeingPaid.into()),
        None => Ok(()),
    }
}

/// Gives the money for an appointment back to where it came from: writes the refund and the job that asks the gateway
/// for it. `key` names the cause: the same cause refunds once. `reason`: a word of `model::refund_reason`. An appointment
/// that was moved is refunded by what was paid for the first. `None`: nothing had been paid, or all of it went back.
pub async fn refund_appointment(
    tx: &mut PgConnection,
    state: &AppState,
    appointment_id: AppointmentId,
    reason: &str,
    key: &str,
) -> Result<Option<Money>, DbError> {
    let Some(item) = store::item_paid_for(tx, appointment_id).await? else { return Ok(None) };
    store::lock_item(tx, item.item_id).await?;
    // After the item's lock: a second call for the same cause waits for the first, and finds it.
    if let Some(amount) = store::refund_amount_by_key(tx, key).await? {
        return Ok(Some(Money::new(amount, item.currency)));
    }
    let amount_minor = item.price_minor - store::refund_asked(tx, item.item_id).await?;
    if amount_minor <= 0 {
        return Ok(None);
    }
    let refund = NewRefund { id: random::id(), payment_id: item.payment_id, item_id: Some(item.item_id), amount_minor, reason, key };
    settlement::ask_refund(tx, &refund, state.clock.now()).await?;
    Ok(Some(Money::new(amount_minor, item.currency)))
}

/// What was paid for an appointment and has not gone back: for "full refund of …" before somebody cancels.
pub async fn paid_for(conn: &mut PgConnection, appointment_id: AppointmentId) -> Result<Option<Money>, DbError> {
    let Some(item) = store::item_paid_for(conn, appointment_id).await? else { return Ok(None) };
    let left = item.price_minor - store::refund_asked(conn, item.item_id).await?;
    Ok((left > 0).then(|| Money::new(left, item.currency)))
}

// The cart.

/// What the candidate is about to buy.
#[derive(Debug, Clone)]
pub struct Cart {
    /// The cart, or an order that still waits for its payment.
    pub purchase_id: Option<PurchaseId>,
    pub held: Vec<Line>,
    /// Their holds are over: not part of the sum, but not forgotten either.
    pub lapsed: Vec<Line>,
    /// Of what is held.
    pub total: Money,
    /// What the review page shows, for the form to send back (`rules::reviewed`).
    pub reviewed: String,
    /// Number of the order that waits for its payment, if there is one.
    pub waiting_order: Option<String>,
    /// This is that order, not the cart.
    pub is_order: bool,
}

/// The candidate's cart.
pub async fn cart(cx: &RequestContext) -> AppResult<Cart> {
    let account_id = cx.candidate()?.account_id;
    let mut conn = cx.state.db.acquire().await?;
    let waiting = waiting_order(&mut conn, account_id).await?;
    let id = store::cart_id(&mut conn, account_id).await?;
    let cart = read(cx, &mut conn, id, false).await?;
    Ok(Cart { waiting_order: waiting.map(|order| order.number), ..cart })
}

/// What the review page is about: the cart, or where it is empty, the order that waits for its payment.
pub async fn review(cx: &RequestContext) -> AppResult<Cart> {
    let account_id = cx.candidate()?.account_id;
    let cart = cart(cx).await?;
    if !cart.held.is_empty() || cart.waiting_order.is_none() {
        return Ok(cart);
    }
    let mut conn = cx.state.db.acquire().await?;
    let Some(order) = waiting_order(&mut conn, account_id).await? else { return Ok(cart) };
    let review = read(cx, &mut conn, Some(order.id), true).await?;
    Ok(Cart { waiting_order: Some(order.number), ..review })
}

async fn waiting_order(conn: &mut PgConnection, account_id: AccountId) -> Result<Option<Purchase>, sqlx::Error> {
    match store::waiting_order(conn, account_id).await? {
        None => Ok(None),
        Some(id) => store::purchase(conn, id).await,
    }
}

async fn read(cx: &RequestContext, conn: &mut PgConnection, id: Option<PurchaseId>, is_order: bool) -> AppResult<Cart> {
    // The cart's own: the programme's may have changed since.
    let (currency, lines) = match id {
        None => (cx.programme().currency.clone(), vec![]),
        Some(id) => {
            let purchase = store::purchase(conn, id).await?.ok_or(AppError::NotFound)?;
            (purchase.total.currency, store::lines(conn, id, cx.now()).await?)
        }
    };
    let (held, lapsed) = split(lines);
    let total = Money::new(sum(&held), currency);
    let reviewed = reviewed(&held, &total.currency);
    Ok(Cart { purchase_id: id, held, lapsed, total, reviewed, waiting_order: None, is_order })
}

/// What can be bought, and what cannot any more.
fn split(lines: Vec<Line>) -> (Vec<Line>, Vec<Line>) {
    lines.into_iter().partition(|line| matches!(line.state, LineState::Held(_)))
}

fn sum(lines: &[Line]) -> i64 {
    lines.iter().map(|line| line.price_minor).sum()
}

fn reviewed(lines: &[Line], currency: &str) -> String {
    rules::reviewed(lines.iter().map(|line| (line.item_id, line.appointment_id, line.price_minor)), currency)
}

/// Takes an item out of the cart and gives its seat back. An item that is not there (any more) is out already.
///
/// # Errors
/// [`Conflict::BeingPaid`]: another tab has made an order of the cart meanwhile.
pub async fn remove_item(cx: &RequestContext, item_id: PurchaseItemId) -> AppResult<()> {
    let account_id = cx.candidate()?.account_id;
    retrying(|| async {
        let mut tx = cx.state.db.begin().await?;
        let Some(cart_id) = store::cart_id(&mut tx, account_id).await? else { return Ok(()) };
        let locked = store::lock_purchase(&mut tx, cart_id).await?;
        if locked.is_some_and(|purchase| purchase.state != PurchaseState::Draft) {
            return Err(Conflict::BeingPaid.into());
        }
        if let Some(appointment_id) = store::delete_item(&mut tx, item_id, cart_id).await? {
            scheduling::service::release_hold(&mut tx, &cx.state, appointment_id).await?;
            audit::record(&mut tx, cx, "checkout.item_removed", &item_id.to_string(), json!({ "appointment": appointment_id })).await?;
        }
        tx.commit().await?;
        Ok(())
    })
    .await
}

// The order.

/// Where a payer goes next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// The gateway's page.
    Gateway(String),
    /// Paid: the confirmation of this order.
    Confirmation(String),
}

/// Places the order for what was reviewed and opens the gateway's page for it. The purchase's id is the key of the
/// intent: a second click, another tab or the back button finds the same order, and leads to the same payment or, once
/// paid, to the confirmation.
///
/// # Errors
/// [`AppError::NotFound`]: not the candidate's. [`Conflict::CartEmpty`], [`Conflict::HoldExpired`]: a hold is over;
/// [`Conflict::Stale`]: the cart is not what was reviewed; [`Conflict::NotEligible`]: one of the exams was booked otherwise meanwhile;
/// [`Conflict::EmailNotVerified`]; [`AppError::Unavailable`]: the gateway does not answer (the order waits).
pub async fn pay(cx: &RequestContext, purchase_id: PurchaseId, reviewed: &str) -> AppResult<Next> {
    let viewer = cx.candidate()?;
    if !viewer.email_verified {
        return Err(Conflict::EmailNotVerified.into());
    }
    let account_id = viewer.account_id;
    let placed = retrying(|| async {
        let mut tx = cx.state.db.begin().await?;
        let placed = place(&mut tx, cx, account_id, purchase_id, reviewed).await?;
        tx.commit().await?;
        Ok(placed)
    })
    .await?;
    match placed {
        Placed::Paid(number) => Ok(Next::Confirmation(number)),
        Placed::Due(payment_id) => Ok(Next::Gateway(open_checkout(&cx.state, payment_id).await?)),
    }
}

enum Placed {
    Paid(String),
    Due(PaymentId),
}

async fn place(
    tx: &mut PgConnection,
    cx: &RequestContext,
    account_id: AccountId,
    purchase_id: PurchaseId,
    seen: &str,
) -> Result<Placed, DbError> {
    let now = cx.now();
    scheduling::service::lock_candidate(tx, account_id).await?;
    let purchase = store::lock_purchase(tx, purchase_id).await?.filter(|purchase| purchase.account_id == account_id);
    let purchase = purchase.ok_or(AppError::NotFound)?;
    let (held, lapsed) = split(store::lines(tx, purchase_id, now).await?);
    match purchase.state {
        PurchaseState::Paid | PurchaseState::PartlyRefunded | PurchaseState::Refunded => return Ok(Placed::Paid(purchase.number)),
        PurchaseState::Cancelled | PurchaseState::Expired => return Err(Conflict::Stale.into()),
        PurchaseState::AwaitingPayment if !lapsed.is_empty() => return Err(Conflict::HoldExpired.into()),
        PurchaseState::AwaitingPayment => {
            let under_way = store::current_payment(tx, purchase_id).await?.filter(|payment| payment.state == PaymentState::Pending);
            return Ok(Placed::Due(match under_way {
                Some(payment) => payment.id,
                None => begin_payment(tx, cx, &purchase).await?,
            }));
        }
        PurchaseState::Draft => {}
    }
    if held.is_empty() {
        let conflict = if lapsed.is_empty() { Conflict::CartEmpty } else { Conflict::HoldExpired };
        return Err(conflict.into());
    }
    if reviewed(&held, &purchase.total.currency) != seen {
        let conflict = if lapsed.is_empty() { Conflict::Stale } else { Conflict::HoldExpired };
        return Err(conflict.into());
    }
    for line in &held {
        if scheduling::service::is_booked_otherwise(tx, account_id, line.exam_id, line.appointment_id, now).await? {
            return Err(Conflict::NotEligible.into());
        }
    }
    let number = rules::order_number(now.year(), store::next_number(tx).await?);
    let total = Money::new(sum(&held), purchase.total.currency.clone());
    expect_one(store::place(tx, purchase_id, &number, total.minor, now).await?)?;
    if !lapsed.is_empty() {
        // The candidate saw that they are not part of the order; they stay in the cart to be chosen again.
        let cart = store::lock_cart(tx, account_id, random::id(), &total.currency, now).await?;
        let items: Vec<PurchaseItemId> = lapsed.iter().map(|line| line.item_id).collect();
        store::move_items(tx, &items, cart).await?;
    }
    let purchase = Purchase { number, total, ..purchase };
    if purchase.total.minor == 0 {
        settlement::complete_free(tx, &cx.state, &purchase).await?;
        return Ok(Placed::Paid(purchase.number));
    }
    Ok(Placed::Due(begin_payment(tx, cx, &purchase).await?))
}

/// Writes the payment that is about to be made, gives the holds time for it, and makes sure that somebody asks what
/// became of it.
async fn begin_payment(tx: &mut PgConnection, cx: &RequestContext, purchase: &Purchase) -> Result<PaymentId, DbError> {
    let now = cx.now();
    if purchase.extended_at.is_none() {
        store::extend_holds(tx, purchase, now + rules::TIME_TO_PAY, now).await?;
    }
    let payment_id = random::id();
    let gateway = gateway::configured(&cx.state)?;
    store::insert_payment(tx, payment_id, purchase.id, gateway.name(), &purchase.total, now).await?;
    settlement::enqueue_reconcile(tx, payment_id, 0, now, now).await?;
    let detail = json!({ "order": purchase.number, "amount_minor": purchase.total.minor, "currency": purchase.total.currency });
    audit::record(tx, cx, "checkout.order_placed", &purchase.id.to_string(), detail).await?;
    Ok(payment_id)
}

/// Asks the gateway for its page, once: the payment's id is the key, so that a crash between its answer and our note
/// of it leads to the same page.
async fn open_checkout(state: &AppState, payment_id: PaymentId) -> AppResult<String> {
    let (payment, purchase, description) = {
        let mut conn = state.db.acquire().await?;
        let payment = store::payment(&mut conn, payment_id).await?.ok_or(AppError::NotFound)?;
        if let Some(url) = payment.redirect_url {
            return Ok(url);
        }
        let purchase = store::purchase(&mut conn, payment.purchase_id).await?.ok_or(AppError::NotFound)?;
        let lines = store::lines(&mut conn, purchase.id, state.clock.now()).await?;
        let exams: Vec<&str> = lines.iter().map(|line| line.description.as_str()).collect();
        let description = format!("{}: {}", purchase.number, exams.join(", "));
        (payment, purchase, description)
    };
    let back = state.config.url(&format!("/checkout/return/{}", purchase.number));
    let request =
        CheckoutRequest { key: payment.id.to_string(), amount: payment.amount, description, cancel_url: back.clone(), return_url: back };
    let gateway = gateway::named(state, &payment.gateway)?;
    let checkout = gateway.create_checkout(&request).await?;
    let mut conn = state.db.acquire().await?;
    expect_one(store::set_checkout(&mut conn, payment_id, &checkout.reference, &checkout.redirect_url).await?)?;
    Ok(checkout.redirect_url)
}

/// Puts an order that waits for its payment back into the cart, to be changed. Its payment page is closed first; money
/// that comes all the same goes back by itself. Doing it twice changes nothing.
///
/// # Errors
/// [`AppError::NotFound`]: not the candidate's; [`Conflict::AlreadyPaid`]: paid, or the payment is being worked on.
pub async fn reopen(cx: &RequestContext, number: &str) -> AppResult<()> {
    let account_id = cx.candidate()?.account_id;
    let purchase_id = own(cx, number).await?;
    let payment = {
        let mut conn = cx.state.db.acquire().await?;
        store::current_payment(&mut conn, purchase_id).await?
    };
    if let Some(payment) = payment.filter(|payment| payment.state == PaymentState::Pending)
        && let Some(reference) = &payment.gateway_ref
    {
        let outcome = gateway::named(&cx.state, &payment.gateway)?.close(reference).await?;
        settlement::settle(&cx.state, &payment.gateway, reference, &outcome).await?;
        if outcome == gateway::Outcome::Processing {
            return Err(Conflict::AlreadyPaid.into());
        }
    }
    retrying(|| async {
        let mut tx = cx.state.db.begin().await?;
        let purchase = store::lock_purchase(&mut tx, purchase_id).await?.ok_or(AppError::NotFound)?;
        match purchase.state {
            PurchaseState::AwaitingPayment => {}
            PurchaseState::Draft | PurchaseState::Cancelled | PurchaseState::Expired => return Ok(()),
            _ => return Err(Conflict::AlreadyPaid.into()),
        }
        if let Some(payment) = store::current_payment(&mut tx, purchase_id).await?.filter(|payment| payment.state == PaymentState::Pending)
        {
            store::settle_payment(&mut tx, payment.id, PaymentState::Pending, PaymentState::Failed, Some("cancelled"), cx.now()).await?;
        }
        expect_one(store::set_purchase_state(&mut tx, purchase_id, PurchaseState::Cancelled, None).await?)?;
        let cart = store::lock_cart(&mut tx, account_id, random::id(), &purchase.total.currency, cx.now()).await?;
        let items = store::lines(&mut tx, purchase_id, cx.now()).await?;
        let copies: Vec<PurchaseItemId> = items.iter().map(|_| random::id()).collect();
        store::copy_items(&mut tx, purchase_id, cart, &copies, cx.now()).await?;
        tx.commit().await?;
        Ok(())
    })
    .await
}

/// The id of the candidate's own order.
async fn own(cx: &RequestContext, number: &str) -> AppResult<PurchaseId> {
    let account_id = cx.candidate()?.account_id;
    let mut conn = cx.state.db.acquire().await?;
    store::purchase_id(&mut conn, account_id, number).await?.ok_or(AppError::NotFound)
}

/// An order with everything its pages show.
#[derive(Debug, Clone)]
pub struct Order {
    pub purchase: Purchase,
    pub lines: Vec<Line>,
    pub payment: Option<Payment>,
    pub refunds: Vec<Refund>,
}

impl Order {
    /// Why a line was paid for and not booked, as a word of `model::refund_reason`.
    pub fn why_lost(&self, line: &Line) -> Option<&'static str> {
        use super::model::refund_reason::{BOOKED_ALREADY, SEAT_LOST};
        let given_back = |reason| self.refunds.iter().any(|refund| refund.item_id == Some(line.item_id) && refund.reason == reason);
        // What cost nothing has no refund to tell it by.
        let free = self.purchase.state.was_paid() && line.price_minor == 0 && line.state == LineState::Lapsed;
        [SEAT_LOST, BOOKED_ALREADY].into_iter().find(|reason| given_back(*reason)).or_else(|| free.then_some(SEAT_LOST))
    }
}

/// The candidate's own order by its number.
///
/// # Errors
/// [`AppError::NotFound`]: unknown, or somebody else's.
pub async fn order(cx: &RequestContext, number: &str) -> AppResult<Order> {
    let id = own(cx, number).await?;
    let mut conn = cx.state.db.acquire().await?;
    let purchase = store::purchase(&mut conn, id).await?.ok_or(AppError::NotFound)?;
    let lines = store::lines(&mut conn, id, cx.now()).await?;
    let payment = store::current_payment(&mut conn, id).await?;
    let refunds = store::refunds(&mut conn, id).await?;
    Ok(Order { purchase, lines, payment, refunds })
}

/// A page (counted from 1) of the candidate's orders, newest first, and the number of pages.
pub async fn orders(cx: &RequestContext, page: i64) -> AppResult<(Vec<OrderRow>, i64)> {
    let account_id = cx.candidate()?.account_id;
    let mut conn = cx.state.db.acquire().await?;
    let offset = (page.clamp(1, 10_000) - 1) * ORDERS_A_PAGE;
    let (rows, all) = store::orders(&mut conn, account_id, ORDERS_A_PAGE, offset).await?;
    Ok((rows, (all + ORDERS_A_PAGE - 1) / ORDERS_A_PAGE))
}

/// How the payer's payment stands when they come back from the gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    Paid,
    /// The answer is not here yet.
    Waiting,
    /// Nothing was paid; the gateway's page still stands, with the reason why a card was refused.
    Open {
        failure: Option<String>,
        url: String,
    },
    /// The payment failed for good; another can be begun while the seats are held.
    Failed(String),
    /// The order was put back into the cart, or ran out.
    Over,
}

/// What became of an order's payment. Asks the gateway itself, so that a webhook which is late or lost keeps nobody
/// waiting; if the gateway does not answer, what is known here counts.
pub async fn returned(cx: &RequestContext, number: &str) -> AppResult<(Order, Standing)> {
    let before = order(cx, number).await?;
    let pending = before.payment.as_ref().filter(|payment| payment.state == PaymentState::Pending).cloned();
    let mut known = None;
    if let Some(payment) = &pending
        && let Some(reference) = &payment.gateway_ref
    {
        match settlement::ask(&cx.state, &payment.gateway, reference).await {
            Ok(outcome) => {
                settlement::settle(&cx.state, &payment.gateway, reference, &outcome).await?;
                known = Some(outcome);
            }
            Err(error) => tracing::warn!(error.cause = %error, "the payment gateway did not say what became of a payment"),
        }
    }
    let after = order(cx, number).await?;
    let standing = match (after.purchase.state, &after.payment) {
        (state, _) if state.was_paid() => Standing::Paid,
        (PurchaseState::Cancelled | PurchaseState::Expired, _) => Standing::Over,
        (_, Some(payment)) if payment.state == PaymentState::Failed => {
            Standing::Failed(payment.failure_code.clone().unwrap_or_else(|| "card_declined".into()))
        }
        (_, Some(Payment { redirect_url: Some(url), failure_code, .. })) => match known {
            Some(gateway::Outcome::Open { .. }) => Standing::Open { failure: failure_code.clone(), url: url.clone() },
            _ => Standing::Waiting,
        },
        (_, _) => Standing::Failed("not_started".into()),
    };
    Ok((after, standing))
}

/// When the first of some holds ends.
pub fn held_until(lines: &[Line]) -> Option<chrono::DateTime<chrono::Utc>> {
    lines
        .iter()
        .filter_map(|line| match line.state {
            LineState::Held(until) => Some(until),
            _ => None,
        })
        .min()
}

/// Seconds until then, for a countdown.
pub fn seconds_left(cx: &RequestContext, until: chrono::DateTime<chrono::Utc>) -> i64 {
    (until - cx.now()).max(TimeDelta::zero()).num_seconds()
}

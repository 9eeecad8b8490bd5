//! One function a use case.

use super::model::{Buyer, FoundOrder, PaymentRow, RefundRow, StaffRefund};
use super::{rules, store};
use crate::accounts::factor_recovery::parse_text;
use crate::checkout::model::{PaymentState, refund_reason};
use crate::checkout::settlement;
use crate::checkout::store::{self as checkout, Line, NewRefund, Payment, Purchase};
use crate::error::{AppError, AppResult, Code, Conflict, FieldError};
use crate::ids::{AccountId, ApprovalId, PurchaseId, PurchaseItemId};
use crate::money::Money;
use crate::server::database::{DbError, expect_one, retrying};
use crate::server::programme::policies;
use crate::server::{Permission, RequestContext, audit, format, random};
use crate::staff::approvals::model::{Act, Approved, Kind, NewRequest, Request};
use crate::staff::approvals::service as approvals;
use serde_json::json;
use sqlx::PgConnection;

/// Lines of a search.
const SEARCH_LIMIT: i64 = 50;

/// What a search found, and whether there is more.
#[derive(Debug)]
pub struct Search {
    pub found: Vec<FoundOrder>,
    pub more: bool,
}

/// Looks for orders by a whole number or candidate ID, or a part of the buyer's name.
///
/// # Errors
/// [`AppError::Forbidden`] without [`Permission::ReadOrders`].
pub async fn search(cx: &RequestContext, wanted: &str) -> AppResult<Search> {
    cx.staff(Permission::ReadOrders)?;
    let mut tx = cx.state.db.begin().await?;
    let mut found = store::search(&mut tx, wanted.trim(), SEARCH_LIMIT + 1).await?;
    let more = found.len() > SEARCH_LIMIT as usize;
    found.truncate(SEARCH_LIMIT as usize);
    audit::record(&mut tx, cx, "staff.orders_searched", "orders", json!({ "found": found.len() })).await?;
    tx.commit().await?;
    Ok(Search { found, more })
}

/// An order with everything its page shows to staff.
#[derive(Debug)]
pub struct Look {
    pub purchase: Purchase,
    pub buyer: Buyer,
    pub lines: Vec<Line>,
    pub payments: Vec<PaymentRow>,
    pub refunds: Vec<RefundRow>,
    pub requests: Vec<Request>,
    /// Up to so much one person may refund on this order in all.
    pub limit: Money,
}

impl Look {
    /// What of an item can still go back; nothing of what was not paid.
    pub fn left(&self, line: &Line) -> Money {
        let asked: i64 = self
            .refunds
            .iter()
            .filter(|refund| refund.item_id == Some(line.item_id) && refund.state != "failed")
            .map(|refund| refund.amount_minor)
            .sum();
        let minor = if self.is_paid() { line.price_minor - asked } else { 0 };
        Money::new(minor.max(0), self.purchase.total.currency.clone())
    }

    /// Money was taken that can go back to its payer.
    pub fn is_paid(&self) -> bool {
        let paid = self.payments.iter().any(|payment| payment.state == PaymentState::Succeeded);
        paid && self.purchase.state.was_paid() && !self.buyer.erased
    }

    /// There is something to refund.
    pub fn refundable(&self) -> bool {
        self.lines.iter().any(|line| self.left(line).minor > 0)
    }
}

/// # Errors
/// [`AppError::NotFound`]; [`AppError::Forbidden`] without [`Permission::ReadOrders`].
pub async fn look(cx: &RequestContext, number: &str) -> AppResult<Look> {
    cx.staff(Permission::ReadOrders)?;
    let mut tx = cx.state.db.begin().await?;
    let id = store::purchase_id(&mut tx, number).await?.ok_or(AppError::NotFound)?;
    let purchase = checkout::purchase(&mut tx, id).await?.ok_or(AppError::NotFound)?;
    let lines = checkout::lines(&mut tx, id, cx.now()).await?;
    let limit = policies(&mut tx, cx.now()).await?.refund_approval_limit_minor;
    let look = Look {
        buyer: store::buyer(&mut tx, purchase.account_id).await?.ok_or(AppError::NotFound)?,
        payments: store::payments(&mut tx, id).await?,
        refunds: store::refunds(&mut tx, id).await?,
        requests: approvals::about(&mut tx, lines.iter().map(|line| line.item_id.into()).collect()).await?,
        limit: Money::new(limit, cx.programme().currency.clone()),
        purchase,
        lines,
    };
    audit::record(&mut tx, cx, "staff.order_read", &id.to_string(), json!({ "account": look.buyer.account_id })).await?;
    tx.commit().await?;
    Ok(look)
}

/// What the form of a refund says.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The order's number.
    pub order: &'a str,
    /// Made with the form: sending it twice refunds once.
    pub intent: &'a str,
    /// The item's id.
    pub item: &'a str,
    pub amount: &'a str,
    pub reason: &'a str,
}

/// What became of a refund that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refunded {
    /// The money is on its way.
    Now,
    /// It waits for a second person: the request.
    Asked(ApprovalId),
}

/// Refunds a part of an order: at once, or above the limit by a second person's approval. What went back on the order before counts
/// towards the limit, so that two small refunds are one large one.
///
/// # Errors
/// Those of a staff act; [`AppError::NotFound`]; [`AppError::Validation`] of `item`, `amount` and `reason`;
/// [`Conflict::ApprovalPending`]; [`Conflict::OwnAccount`].
pub async fn refund(cx: &RequestContext, asked: &Asked<'_>) -> AppResult<Refunded> {
    let viewer = cx.staff_with_fresh_proof(Permission::RefundOrders)?.account_id;
    let intent: ApprovalId = asked.intent.parse().map_err(|_| AppError::NotFound)?;
    let key = format!("staff:{intent}");
    retrying(|| async {
        let mut tx = cx.state.db.begin().await?;
        let id = store::purchase_id(&mut tx, asked.order).await?.ok_or(AppError::NotFound)?;
        let (purchase, payment) = lock(&mut tx, id).await?.ok_or(AppError::NotFound)?;
        if purchase.account_id == viewer {
            return Err(Conflict::OwnAccount.into());
        }
        if checkout::refund_amount_by_key(&mut tx, &key).await?.is_some() {
            return Ok(Refunded::Now);
        }
        let lines = checkout::lines(&mut tx, id, cx.now()).await?;
        let line = asked.item.parse().ok().and_then(|item: PurchaseItemId| lines.iter().find(|line| line.item_id == item));
        if let Some(line) = line
            && approvals::is_asked(&mut tx, cx, intent, Kind::Refund, line.item_id.into()).await?
        {
            return Ok(Refunded::Asked(intent));
        }
        let refunded_minor = match line {
            Some(line) => checkout::refund_asked(&mut tx, line.item_id).await?,
            None => 0,
        };
        let left = line.map(|line| Money::new(line.price_minor - refunded_minor, payment.amount.currency.clone()));
        let (line, amount, reason) = check(cx, asked, line, left.as_ref(), &payment.amount.currency).map_err(AppError::Validation)?;
        let limit = policies(&mut tx, cx.now()).await?.refund_approval_limit_minor;
        let on_order = store::order_refund_asked(&mut tx, id).await?;
        if rules::takes_two(&amount, on_order, limit, &cx.programme().currency) {
            let act = Act::Refund(StaffRefund {
                order: purchase.number,
                description: line.description.clone(),
                amount,
                price_minor: line.price_minor,
                refunded_minor,
            });
            let new = NewRequest { id: intent, act, subject_id: line.item_id.into(), account_id: purchase.account_id, reason };
            approvals::ask(&mut tx, cx, &new).await?;
            tx.commit().await?;
            return Ok(Refunded::Asked(intent));
        }
        let by = By { account_id: viewer, note: &reason, request_id: None };
        give(&mut tx, cx, &purchase, &payment, line.item_id, &amount, &key, by).await?;
        tx.commit().await?;
        Ok(Refunded::Now)
    })
    .await
}

/// Every answer of the form, or every problem with one.
fn check<'a>(
    cx: &RequestContext,
    asked: &Asked<'_>,
    line: Option<&'a Line>,
    left: Option<&Money>,
    currency: &str,
) -> Result<(&'a Line, Money, String), Vec<FieldError>> {
    let mut errors = vec![];
    if line.is_none() {
        errors.push(FieldError::new("item", if asked.item.is_empty() { Code::Required } else { Code::NotAChoice }));
    }
    let amount = match rules::parse_amount(asked.amount, currency) {
        Ok(minor) => match left {
            Some(left) if minor > left.minor => {
                errors.push(FieldError::with("amount", Code::AmountTooLarge, format::money(cx.locale, left)));
                None
            }
            _ => Some(Money::new(minor, currency)),
        },
        Err(Code::AmountInvalid) => {
            let example = rules::plain_amount(&Money::new(150 * 10i64.pow(Money::exponent(currency)), currency));
            errors.push(FieldError::with("amount", Code::AmountInvalid, example));
            None
        }
        Err(code) => {
            errors.push(FieldError::new("amount", code));
            None
        }
    };
    let reason = parse_text("reason", asked.reason).map_err(|error| errors.push(error)).ok();
    match (line, amount, reason) {
        (Some(line), Some(amount), Some(reason)) if errors.is_empty() => Ok((line, amount, reason)),
        _ => Err(errors),
    }
}

/// An order that was paid, locked until the transaction ends, with the payment that paid it.
async fn lock(tx: &mut PgConnection, id: PurchaseId) -> Result<Option<(Purchase, Payment)>, sqlx::Error> {
    let Some(purchase) = checkout::lock_purchase(tx, id).await?.filter(|purchase| purchase.state.was_paid()) else { return Ok(None) };
    // A candidate who cancels at this moment locks the item and not the order.
    store::lock_items(tx, id).await?;
    let payment = checkout::current_payment(tx, id).await?.filter(|payment| payment.state == PaymentState::Succeeded);
    let erased = store::buyer(tx, purchase.account_id).await?.is_none_or(|buyer| buyer.erased);
    Ok(payment.filter(|_| !erased).map(|payment| (purchase, payment)))
}

/// Who gives a refund.
struct By<'a> {
    account_id: AccountId,
    note: &'a str,
    request_id: Option<ApprovalId>,
}

/// Writes the refund and the job that asks the gateway for it.
async fn give(
    tx: &mut PgConnection,
    cx: &RequestContext,
    purchase: &Purchase,
    payment: &Payment,
    item_id: PurchaseItemId,
    amount: &Money,
    key: &str,
    by: By<'_>,
) -> Result<(), DbError> {
    let id = random::id();
    let refund =
        NewRefund { id, payment_id: payment.id, item_id: Some(item_id), amount_minor: amount.minor, reason: refund_reason::STAFF, key };
    settlement::ask_refund(tx, &refund, cx.now()).await?;
    expect_one(store::sign_refund(tx, id, by.account_id, by.note, by.request_id).await?)?;
    let note = audit::note(tx, cx.now(), purchase.account_id, by.note).await?;
    let detail = json!({
        "refund": id, "order": purchase.number, "item": item_id, "amount_minor": amount.minor, "currency": amount.currency,
        "account": purchase.account_id, "requested_by": by.account_id, "request": by.request_id, audit::NOTE: note,
    });
    audit::record(tx, cx, "checkout.staff_refund", &purchase.id.to_string(), detail).await?;
    Ok(())
}

/// Whether the item is not any more as a request saw it.
pub async fn is_stale(conn: &mut PgConnection, item_id: PurchaseItemId, refund: &StaffRefund) -> Result<bool, sqlx::Error> {
    Ok(checkout::refund_asked(conn, item_id).await? != refund.refunded_minor)
}

/// Gives a refund, in the transaction of its approval.
///
/// # Errors
/// [`Conflict::ApprovalStale`]: other money went back meanwhile, or there is nobody to give it to.
pub async fn carry_out(tx: &mut PgConnection, cx: &RequestContext, approved: &Approved<'_>, refund: &StaffRefund) -> Result<(), DbError> {
    let order = store::purchase_of_item(tx, approved.subject_id.into()).await?.ok_or(Conflict::ApprovalStale)?;
    let (purchase, payment) = lock(tx, order).await?.ok_or(Conflict::ApprovalStale)?;
    if is_stale(tx, approved.subject_id.into(), refund).await? || payment.amount.currency != refund.amount.currency {
        return Err(Conflict::ApprovalStale.into());
    }
    let key = format!("approval:{}", approved.request_id);
    let by = By { account_id: approved.requested_by, note: approved.reason, request_id: Some(approved.request_id) };
    give(tx, cx, &purchase, &payment, approved.subject_id.into(), &refund.amount, &key, by).await
}

//! Mails about money: the receipt, a payment that failed after its payer had gone, a refund.

use super::pages::{failure_text, lost_text, place, refund_text};
use super::settlement::Lost;
use super::store::{self, DueRefund, Line, Payment, Purchase};
use crate::accounts::addressee::Addressee;
use crate::money::Money;
use crate::server::mail::{Block, enqueue};
use crate::server::{AppState, Locale, format};
use crate::tr;
use chrono::{DateTime, Utc};
use sqlx::PgConnection;

/// "We received your payment": every item, the sum, and what could not be booked any more.
pub async fn receipt(
    tx: &mut PgConnection,
    state: &AppState,
    purchase: &Purchase,
    lost: &[Lost],
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let Some(payer) = Addressee::of(tx, purchase.account_id).await? else { return Ok(()) };
    let locale = payer.locale;
    let lines = store::lines(tx, purchase.id, now).await?;
    let number = purchase.number.clone();
    let total = format::money(locale, &purchase.total);
    let paid = purchase.total.minor > 0;
    let mut facts =
        vec![(tr!(locale, checkout.order_number).to_owned(), number.clone()), (tr!(locale, checkout.paid_on).to_owned(), payer.when(now))];
    facts.extend(lines.iter().map(|line| (line.description.clone(), item_text(locale, line, &purchase.total.currency))));
    facts.push((tr!(locale, checkout.total).to_owned(), total.clone()));
    let opening = match paid {
        true => tr!(locale, checkout.mail_receipt_paid, total = total.clone()).to_string(),
        false => tr!(locale, checkout.mail_receipt_free).to_string(),
    };
    let mut blocks = vec![Block::Paragraph(opening), Block::Details(facts)];
    for line in &lines {
        let Some(lost) = lost.iter().find(|lost| lost.item_id == line.item_id) else { continue };
        let amount = Money::new(line.price_minor, purchase.total.currency.clone());
        blocks.push(Block::Notice(lost_text(locale, lost.reason, &line.description, &amount)));
    }
    if lost.len() < lines.len() {
        blocks.push(Block::Paragraph(tr!(locale, checkout.mail_receipt_next).to_owned()));
    }
    blocks.push(button(locale, state, &number));
    let subject = tr!(locale, checkout.mail_receipt_subject, number = number.clone()).to_string();
    let preheader = tr!(locale, checkout.mail_receipt_preheader, total = total).to_string();
    let mail = payer.mail("checkout.receipt", subject, preheader, blocks, format!("checkout.receipt:{}", purchase.id));
    enqueue(tx, state, now, mail).await
}

/// The payer has long left the payment page, and their bank said no.
pub async fn payment_failed(
    tx: &mut PgConnection,
    state: &AppState,
    purchase: &Purchase,
    payment: &Payment,
    code: &str,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let Some(payer) = Addressee::of(tx, purchase.account_id).await? else { return Ok(()) };
    let locale = payer.locale;
    let number = purchase.number.clone();
    let total = format::money(locale, &payment.amount);
    let blocks = vec![
        Block::Paragraph(tr!(locale, checkout.mail_failed_text, total = total, number = number.clone()).to_string()),
        Block::Notice(failure_text(locale, code).to_owned()),
        Block::Paragraph(tr!(locale, checkout.mail_failed_next).to_owned()),
        Block::Button {
            label: tr!(locale, checkout.mail_failed_button).to_owned(),
            url: state.config.url(&format!("/checkout/return/{}", purchase.number)),
        },
    ];
    let subject = tr!(locale, checkout.mail_failed_subject, number = number.clone()).to_string();
    let preheader = failure_text(locale, code).to_owned();
    let mail = payer.mail("checkout.payment_failed", subject, preheader, blocks, format!("checkout.payment_failed:{}", payment.id));
    enqueue(tx, state, now, mail).await
}

/// Money is on its way back.
pub async fn refund(
    tx: &mut PgConnection,
    state: &AppState,
    purchase: &Purchase,
    due: &DueRefund,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let Some(payer) = Addressee::of(tx, purchase.account_id).await? else { return Ok(()) };
    let locale = payer.locale;
    let amount = format::money(locale, &due.amount);
    let lines = store::lines(tx, purchase.id, now).await?;
    let item = lines.iter().find(|line| Some(line.item_id) == due.item_id).map(|line| line.description.clone());
    let mut facts = vec![
        (tr!(locale, checkout.refund_amount).to_owned(), amount.clone()),
        (tr!(locale, checkout.order_number).to_owned(), purchase.number.clone()),
    ];
    facts.extend(item.map(|item| (tr!(locale, checkout.exam).to_owned(), item)));
    let blocks = vec![
        Block::Paragraph(tr!(locale, checkout.mail_refund_text, amount = amount.clone()).to_string()),
        Block::Notice(refund_text(locale, &due.reason).to_owned()),
        Block::Details(facts),
        Block::Paragraph(tr!(locale, checkout.refund_when).to_owned()),
        button(locale, state, &purchase.number),
    ];
    let subject = tr!(locale, checkout.mail_refund_subject, amount = amount.clone()).to_string();
    let preheader = refund_text(locale, &due.reason).to_owned();
    let mail = payer.mail("checkout.refund", subject, preheader, blocks, format!("checkout.refund:{}", due.id));
    enqueue(tx, state, now, mail).await
}

fn item_text(locale: Locale, line: &Line, currency: &str) -> String {
    let when = format::date_time(locale, line.starts_at, format::zone(&line.time_zone));
    let price = format::money(locale, &Money::new(line.price_minor, currency));
    format!("{when}\n{}\n{price}", place(locale, line))
}

fn button(locale: Locale, state: &AppState, number: &str) -> Block {
    Block::Button { label: tr!(locale, checkout.mail_order_button).to_owned(), url: state.config.url(&format!("/orders/{number}")) }
}

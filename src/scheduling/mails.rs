//! What candidates are told about their appointments, in their language, in the place's zone and in their own.

use super::calendar;
use super::rules::Delivery;
use super::store::appointments::Appointment;
use super::terms::Terms;
use crate::accounts::addressee::Addressee;
use crate::accounts::notices::service::texted_to;
use crate::money::Money;
use crate::server::database::DbError;
use crate::server::i18n::{self, Locale};
use crate::server::mail::{self, Attachment, Block};
use crate::server::notices::Kind;
use crate::server::sms::{self, Sms};
use crate::server::{AppState, format};
use crate::tr;
use chrono::{DateTime, Utc};
use sqlx::PgConnection;

/// A booking is paid for and confirmed.
pub async fn booked(conn: &mut PgConnection, state: &AppState, now: DateTime<Utc>, appointment: &Appointment) -> Result<(), DbError> {
    let to = recipient(conn, appointment).await?;
    let locale = to.locale;
    let mut blocks =
        vec![Block::Paragraph(tr!(locale, scheduling.mail_booked_text, exam = exam(appointment)).to_string()), facts(&to, appointment)];
    blocks.extend(what_next(now, &to, appointment)?);
    blocks.push(manage(state, locale, appointment));
    let subject = tr!(locale, scheduling.mail_booked_subject, code = appointment.exam_code.clone()).to_string();
    let key = format!("booked:{}", appointment.id);
    send(conn, state, now, "scheduling.booked", to, appointment, subject, blocks, key).await
}

/// An appointment has another place or time.
pub async fn rescheduled(
    conn: &mut PgConnection,
    state: &AppState,
    now: DateTime<Utc>,
    old: &Appointment,
    new: &Appointment,
) -> Result<(), DbError> {
    let to = recipient(conn, new).await?;
    let locale = to.locale;
    let before = format!("{}, {}", format::date_time(locale, old.starts_at, old.zone()), place(locale, old));
    let mut blocks = vec![
        Block::Paragraph(tr!(locale, scheduling.mail_moved_text, exam = exam(new)).to_string()),
        facts(&to, new),
        Block::Notice(tr!(locale, scheduling.mail_moved_before, before = before).to_string()),
    ];
    blocks.extend(what_next(now, &to, new)?);
    blocks.push(manage(state, locale, new));
    let subject = tr!(locale, scheduling.mail_moved_subject, code = new.exam_code.clone()).to_string();
    let key = format!("rescheduled:{}:{}", new.id, new.reschedule_count);
    send(conn, state, now, "scheduling.rescheduled", to, new, subject, blocks, key).await
}

/// An appointment was cancelled; `refund` is on its way.
pub async fn cancelled(
    conn: &mut PgConnection,
    state: &AppState,
    now: DateTime<Utc>,
    appointment: &Appointment,
    refund: Option<&Money>,
) -> Result<(), DbError> {
    let to = recipient(conn, appointment).await?;
    let locale = to.locale;
    let refunded = match refund {
        Some(money) => tr!(locale, scheduling.mail_cancelled_refund, amount = format::money(locale, money)).to_string(),
        None => tr!(locale, scheduling.mail_cancelled_no_refund).to_owned(),
    };
    let blocks = vec![
        Block::Paragraph(tr!(locale, scheduling.mail_cancelled_text, exam = exam(appointment)).to_string()),
        facts(&to, appointment),
        Block::Notice(refunded),
        Block::Button {
            label: tr!(locale, scheduling.mail_book_again).to_owned(),
            url: state.config.url(&format!("/schedule/{}", appointment.exam_code)),
        },
    ];
    let subject = tr!(locale, scheduling.mail_cancelled_subject, code = appointment.exam_code.clone()).to_string();
    let key = format!("cancelled:{}", appointment.id);
    let mut ended = appointment.clone();
    ended.state = "cancelled".into();
    send(conn, state, now, "scheduling.cancelled", to, &ended, subject, blocks, key).await
}

/// The exam is in `days` days.
pub async fn reminder(
    conn: &mut PgConnection,
    state: &AppState,
    now: DateTime<Utc>,
    appointment: &Appointment,
    days: i64,
) -> Result<(), DbError> {
    let to = recipient(conn, appointment).await?;
    let locale = to.locale;
    let mut blocks =
        vec![Block::Paragraph(tr!(locale, scheduling.mail_reminder_text, exam = exam(appointment)).to_string()), facts(&to, appointment)];
    blocks.extend(what_next(now, &to, appointment)?);
    blocks.push(manage(state, locale, appointment));
    let subject = match days {
        1 => tr!(locale, scheduling.mail_reminder_subject_day, code = appointment.exam_code.clone()).to_string(),
        _ => tr!(locale, scheduling.mail_reminder_subject, code = appointment.exam_code.clone(), days = days).to_string(),
    };
    let key = format!("reminder:{}:{}:{days}", appointment.id, appointment.starts_at.timestamp());
    if let Some(to) = texted_to(conn, appointment.account_id, Kind::Reminders).await?.filter(|_| state.sms.is_there()) {
        let text = tr!(
            locale,
            scheduling.sms_reminder,
            programme = state.programme.get().short_name.clone(),
            code = appointment.exam_code.clone(),
            when = format::date_time(locale, appointment.starts_at, format::zone(&appointment.time_zone)),
            url = state.config.url(&format!("/exams/{}", appointment.reference))
        )
        .to_string();
        let sms = Sms {
            account_id: appointment.account_id,
            template: "scheduling.reminder",
            to,
            text,
            expires_at: Some(appointment.starts_at),
            once: Some(key.clone()),
        };
        sms::enqueue(conn, now, sms).await?;
    }
    send(conn, state, now, "scheduling.reminder", to, appointment, subject, blocks, key).await
}

async fn recipient(conn: &mut PgConnection, appointment: &Appointment) -> Result<Addressee, sqlx::Error> {
    // Appointments of a person without an account are all over, and nothing is told of them.
    Addressee::of(conn, appointment.account_id).await?.ok_or(sqlx::Error::RowNotFound)
}

fn exam(appointment: &Appointment) -> String {
    format!("{} ({})", appointment.exam_name, appointment.exam_code)
}

fn place(locale: Locale, appointment: &Appointment) -> String {
    match appointment.delivery() {
        Delivery::Online => tr!(locale, scheduling.online).to_owned(),
        Delivery::Center => calendar::place_lines(appointment).join("\n"),
    }
}

fn facts(to: &Addressee, appointment: &Appointment) -> Block {
    let (locale, own) = (to.locale, to.zone);
    let at = appointment.starts_at;
    let mut rows = vec![
        (tr!(locale, scheduling.reference).to_owned(), appointment.reference.clone()),
        (tr!(locale, scheduling.exam).to_owned(), exam(appointment)),
        (tr!(locale, scheduling.starts).to_owned(), format::date_time(locale, at, appointment.zone())),
    ];
    if format::zone_name(at, own) != format::zone_name(at, appointment.zone()) {
        rows.push((tr!(locale, scheduling.in_your_zone).to_owned(), format::date_time(locale, at, own)));
    }
    rows.push((tr!(locale, scheduling.length).to_owned(), tr!(locale, scheduling.minutes, count = appointment.minutes).to_string()));
    rows.push((tr!(locale, scheduling.language).to_owned(), i18n::language_name(&appointment.language, locale)));
    rows.push((tr!(locale, scheduling.place).to_owned(), place(locale, appointment)));
    if let Some(name) = &appointment.name_on_id {
        rows.push((tr!(locale, scheduling.name_on_id).to_owned(), name.clone()));
    }
    Block::Details(rows)
}

/// Arrival, IDs and the last moments for changes, with dates.
fn what_next(now: DateTime<Utc>, to: &Addressee, appointment: &Appointment) -> Result<Vec<Block>, DbError> {
    let locale = to.locale;
    let terms = Terms::of(locale, now, to.zone, appointment)?;
    let mut items = vec![terms.arrival, super::calendar::documents(locale, appointment.delivery()).to_owned()];
    if terms.movable {
        items.push(terms.reschedule);
    }
    items.push(terms.cancel);
    let mut blocks = vec![Block::List(items)];
    if let Some(arrival) = &appointment.center_arrival {
        blocks.push(Block::Paragraph(i18n::pick(arrival, locale)));
    }
    Ok(blocks)
}

fn manage(state: &AppState, locale: Locale, appointment: &Appointment) -> Block {
    Block::Button {
        label: tr!(locale, scheduling.mail_manage).to_owned(),
        url: state.config.url(&format!("/exams/{}", appointment.reference)),
    }
}

async fn send(
    conn: &mut PgConnection,
    state: &AppState,
    now: DateTime<Utc>,
    template: &'static str,
    to: Addressee,
    appointment: &Appointment,
    subject: String,
    blocks: Vec<Block>,
    key: String,
) -> Result<(), DbError> {
    let file = calendar::file(state, to.locale, now, appointment);
    let preheader = format::date_time(to.locale, appointment.starts_at, appointment.zone());
    let mut mail = to.mail(template, subject, preheader, blocks, key);
    let name = format!("exam-{}.ics", appointment.reference);
    mail.attachments = vec![Attachment::new(name, "text/calendar; charset=utf-8", file.as_bytes())];
    mail::enqueue(conn, state, now, mail).await?;
    Ok(())
}

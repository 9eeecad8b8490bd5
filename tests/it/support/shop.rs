//! A portal with something to sell: two exams with prices, a proctor's lane, candidates, and the sandbox to pay at.

use super::Portal;
use super::portal::{Answer, Browser};
use axum::http::StatusCode;
use certportal::checkout::gateway::sandbox::webhook;
use certportal::checkout::{service, settlement};
use certportal::error::AppError;
use certportal::ids::{AccountId, AppointmentId, CertificationId, ExamId, SeatId};
use certportal::server::http::sessions;
use certportal::server::programme::Policies;
use certportal::server::{RequestContext, random};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

pub const GOOD_CARD: &str = "4242 4242 4242 4242";

pub struct Shop {
    pub portal: Portal,
    /// $150.00.
    pub exam: ExamId,
    /// $100.00.
    pub other_exam: ExamId,
    pub lane: SeatId,
    pub amara: AccountId,
    pub bruno: AccountId,
}

impl Shop {
    pub async fn new() -> Self {
        let portal = Portal::new().await;
        sqlx::query(
            "INSERT INTO programme (name, short_name, accent, accent_dark, sender_name, sender_address, support_email, signatory_name,
                                    signatory_title, currency, agreement_version, agreement_text)
             VALUES ('Northlight', 'Northlight', '#0b5d6b', '#5cc8d7', 'Northlight', 'no@northlight.example', 'help@northlight.example',
                     'A', 'B', 'USD', '1', '{}')",
        )
        .execute(portal.db())
        .await
        .unwrap();
        portal.state.programme.refresh(portal.db()).await.unwrap();
        let exam = new_exam(&portal, "SAA-C03", "Solutions Architect", 15000).await;
        let other_exam = new_exam(&portal, "CLF-C02", "Cloud Practitioner", 10000).await;
        let lane = random::id();
        sqlx::query("INSERT INTO seat (id, label, language) VALUES ($1, 'Lane 1', 'en')").bind(lane).execute(portal.db()).await.unwrap();
        let amara = portal.account("amara@example.com", "Amara", "Okafor", &[]).await;
        let bruno = portal.account("bruno@example.com", "Bruno", "Silva", &[]).await;
        Self { portal, exam, other_exam, lane, amara, bruno }
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.portal.clock.now()
    }

    /// A request of a candidate, as their browser's.
    pub async fn cx(&self, account_id: AccountId) -> RequestContext {
        let browser = self.portal.signed_in(account_id).await;
        let token = browser.cookie(sessions::COOKIE).unwrap();
        let viewer = sessions::load(self.portal.db(), self.now(), token).await.unwrap();
        RequestContext::new(self.portal.state.clone(), "127.0.0.1".parse().unwrap()).with(|cx| cx.viewer = viewer)
    }

    /// Holds the lane for 15 minutes, for an exam `days` from now.
    pub async fn hold(&self, account_id: AccountId, exam_id: ExamId, days: i64) -> AppointmentId {
        let id = random::id();
        let starts_at = self.now() + TimeDelta::days(days);
        sqlx::query(
            "INSERT INTO appointment (id, reference, account_id, exam_id, language, delivery, seat_id, time_zone, starts_at, minutes, occupies,
                                      state, hold_expires_at, name_on_id, policies, created_at)
             VALUES ($1, $2, $3, $4, 'en', 'online', $5, 'Europe/Berlin', $6, 130, tstzrange($6, $6 + interval '145 minutes'),
                     'held', $7, 'Amara Okafor', $9, $8)",
        )
        .bind(id)
        .bind(format!("NL-{}", random::readable(8)))
        .bind(account_id)
        .bind(exam_id)
        .bind(self.lane)
        .bind(starts_at)
        .bind(self.now() + TimeDelta::minutes(15))
        .bind(self.now())
        .bind(serde_json::to_value(Policies::default()).unwrap())
        .execute(self.portal.db())
        .await
        .unwrap();
        id
    }

    pub async fn add_to_cart(&self, account_id: AccountId, appointment_id: AppointmentId) -> Result<(), AppError> {
        let cx = self.cx(account_id).await;
        let mut tx = self.portal.db().begin().await.unwrap();
        service::add_to_cart(&mut tx, &cx, appointment_id).await.map_err(AppError::from)?;
        tx.commit().await.unwrap();
        Ok(())
    }

    /// A held exam in the cart.
    pub async fn put(&self, account_id: AccountId, exam_id: ExamId, days: i64) -> AppointmentId {
        let appointment = self.hold(account_id, exam_id, days).await;
        self.add_to_cart(account_id, appointment).await.unwrap();
        appointment
    }

    /// What the sweeper of scheduling does with a hold whose time is over.
    pub async fn sweep(&self, appointment_id: AppointmentId) {
        sqlx::query("UPDATE appointment SET state = 'expired', hold_expires_at = NULL WHERE id = $1 AND state = 'held'")
            .bind(appointment_id)
            .execute(self.portal.db())
            .await
            .unwrap();
    }

    /// Presses "Pay" on the review page; gives the answer.
    pub async fn press_pay(&self, browser: &mut Browser) -> Answer {
        let review = browser.get("/checkout").await;
        let (purchase, reviewed) = (review.hidden("purchase"), review.hidden("reviewed"));
        browser.post_form("/checkout", "/api/checkout/pay", &[("purchase", &purchase), ("reviewed", &reviewed)]).await
    }

    /// The hosted page of an order just placed.
    pub async fn to_hosted_page(&self, browser: &mut Browser) -> String {
        let answer = self.press_pay(browser).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.words());
        assert!(answer.location().starts_with("/sandbox-pay/"), "{}", answer.location());
        answer.location().to_owned()
    }

    /// Types a card on the hosted page.
    pub async fn type_card(&self, browser: &mut Browser, page: &str, card: &str) -> Answer {
        let checkout = page.trim_start_matches("/sandbox-pay/");
        let fields = [("checkout", checkout), ("card", card), ("expiry", "12 / 30"), ("cvc", "123")];
        browser.post_form(page, "/api/sandbox/pay", &fields).await
    }

    /// Holds, orders and pays at the gateway: everything but that anybody here has heard of it. Gives the appointment,
    /// the order's number and the gateway's reference.
    pub async fn paid_at_gateway(&self, account_id: AccountId, exam_id: ExamId, days: i64) -> (AppointmentId, String, String) {
        let appointment = self.put(account_id, exam_id, days).await;
        let mut browser = self.portal.signed_in(account_id).await;
        let page = self.to_hosted_page(&mut browser).await;
        let answer = self.type_card(&mut browser, &page, GOOD_CARD).await;
        let number = answer.location().trim_start_matches("/checkout/return/").to_owned();
        assert!(number.starts_with("CP-2026-"), "{number}");
        (appointment, number, page.trim_start_matches("/sandbox-pay/").to_owned())
    }

    /// The same, settled.
    pub async fn paid(&self, account_id: AccountId, exam_id: ExamId, days: i64) -> (AppointmentId, String) {
        let (appointment, number, reference) = self.paid_at_gateway(account_id, exam_id, days).await;
        let outcome = settlement::ask(&self.portal.state, "sandbox", &reference).await.unwrap();
        settlement::settle(&self.portal.state, "sandbox", &reference, &outcome).await.unwrap();
        (appointment, number)
    }

    /// The webhooks the gateway has to send, oldest first.
    pub async fn webhooks(&self) -> Vec<Value> {
        sqlx::query_scalar("SELECT payload FROM job WHERE kind = 'sandbox.webhook' ORDER BY id").fetch_all(self.portal.db()).await.unwrap()
    }

    /// Delivers a webhook with a good signature.
    pub async fn deliver(&self, event: &Value) -> StatusCode {
        let body = serde_json::to_vec(event).unwrap();
        let signature = webhook::sign(&self.portal.state.key, &body, self.now());
        self.deliver_signed(body, &signature).await
    }

    pub async fn deliver_signed(&self, body: Vec<u8>, signature: &str) -> StatusCode {
        // No browser: no Sec-Fetch-Site, no cookie.
        let mut sender = self.portal.browser().with_header(webhook::HEADER, signature).with_header("sec-fetch-site", "same-origin");
        sender.post(webhook::PATH, "application/json", body).await.status
    }

    pub async fn count(&self, what: &'static str) -> i64 {
        sqlx::query_scalar(what).fetch_one(self.portal.db()).await.unwrap()
    }

    pub async fn order_state(&self, number: &str) -> String {
        sqlx::query_scalar("SELECT state FROM purchase WHERE number = $1").bind(number).fetch_one(self.portal.db()).await.unwrap()
    }

    pub async fn appointment_state(&self, id: AppointmentId) -> String {
        sqlx::query_scalar("SELECT state FROM appointment WHERE id = $1").bind(id).fetch_one(self.portal.db()).await.unwrap()
    }

    pub async fn held_until(&self, id: AppointmentId) -> Option<DateTime<Utc>> {
        sqlx::query_scalar("SELECT hold_expires_at FROM appointment WHERE id = $1").bind(id).fetch_one(self.portal.db()).await.unwrap()
    }

    /// Templates of the mails about money to an address, by name: mails of one moment have no order.
    pub async fn mailed(&self, to: &str) -> Vec<String> {
        let mails = self.portal.mails(to).await;
        let mut templates: Vec<String> =
            mails.into_iter().map(|mail| mail.template).filter(|template| template.starts_with("checkout.")).collect();
        templates.sort();
        templates
    }
}

async fn new_exam(portal: &Portal, code: &str, name: &str, minor: i64) -> ExamId {
    let (certification, exam): (CertificationId, ExamId) = (random::id(), random::id());
    sqlx::query(
        "INSERT INTO certification (id, slug, code, name, short_name, level, job_roles, summary, description, badge_color, validity_years, position)
         VALUES ($1, $2, $3, $4, $4, 'associate', '{}', $5, $5, '#0b5d6b', 3, 1)",
    )
    .bind(certification)
    .bind(code.to_lowercase())
    .bind(&code[..3])
    .bind(name)
    .bind(json!({}))
    .execute(portal.db())
    .await
    .unwrap();
    sqlx::query(
        "INSERT INTO exam (id, code, certification_id, status, minutes, questions, scale_min, scale_max, pass_mark, delivery_modes)
         VALUES ($1, $2, $3, 'active', 130, 65, 100, 1000, 720, '{online}')",
    )
    .bind(exam)
    .bind(code)
    .bind(certification)
    .execute(portal.db())
    .await
    .unwrap();
    sqlx::query("INSERT INTO exam_price (exam_id, currency, minor) VALUES ($1, 'USD', $2)")
        .bind(exam)
        .bind(minor)
        .execute(portal.db())
        .await
        .unwrap();
    exam
}

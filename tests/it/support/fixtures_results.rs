//! An exam with four domains, a centre, and appointments that were taken: what results and credentials need, without the
//! other capabilities.

#![allow(dead_code)]

use super::portal::{Answer, Browser, Portal};
use certportal::ids::{AccountId, AppointmentId, CenterId, CertificationId, ExamId, ResultId, SeatId};
use certportal::server::random;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

pub const EXAM: &str = "SAA-C03";
pub const HEADER: &str = "appointment_reference,candidate_id,exam_code,taken_at,raw_score,scaled_score,domain_1,domain_2,domain_3,domain_4";

/// A portal with a programme, one certification and its exam, and an exam manager.
pub struct World {
    pub portal: Portal,
    pub manager: AccountId,
    pub exam: ExamId,
    pub certification: CertificationId,
    center: CenterId,
}

/// A candidate with an appointment that is over.
pub struct Sitting {
    pub account: AccountId,
    pub candidate_id: String,
    pub reference: String,
    pub starts_at: DateTime<Utc>,
}

impl World {
    pub async fn new() -> Self {
        let portal = Portal::new().await;
        sqlx::query(
            "INSERT INTO programme (name, short_name, accent, accent_dark, sender_name, sender_address, support_email, signatory_name,
                                    signatory_title, currency, agreement_version, agreement_text)
             VALUES ('Northlight Cloud Certification', 'Northlight', '#0b5d6b', '#5cc8d7', 'Northlight', 'certification@northlight.example',
                     'support@northlight.example', 'Imani Sample', 'Director of Certification', 'USD', '1', '{\"en\": \"Text\"}')",
        )
        .execute(portal.db())
        .await
        .unwrap();
        portal.state.programme.refresh(portal.db()).await.unwrap();
        let manager = portal.account("manager@example.com", "Ellis", "Blueprint", &["exam_manager"]).await;
        let (certification, exam, center) = (random::id(), random::id(), random::id());
        sqlx::query(
            "INSERT INTO certification (id, slug, code, name, short_name, level, job_roles, summary, description, badge_color,
                                        validity_years, position)
             VALUES ($1, 'solutions-architect-associate', 'SAA', 'Certified Solutions Architect', 'Solutions Architect', 'associate', '{}',
                     '{}', '{}', '#0b5d6b', 3, 1)",
        )
        .bind(certification)
        .execute(portal.db())
        .await
        .unwrap();
        sqlx::query(
            "INSERT INTO exam (id, code, certification_id, status, minutes, questions, scored_questions, scale_min, scale_max, pass_mark,
                               delivery_modes)
             VALUES ($1, $2, $3, 'active', 130, 65, 50, 100, 1000, 720, '{center}')",
        )
        .bind(exam)
        .bind(EXAM)
        .bind(certification)
        .execute(portal.db())
        .await
        .unwrap();
        for (position, (name, weight)) in
            [("Secure", 30), ("Resilient", 26), ("High-Performing", 24), ("Cost-Optimized", 20)].into_iter().enumerate()
        {
            sqlx::query("INSERT INTO exam_domain (exam_id, position, name, weight) VALUES ($1, $2, $3, $4)")
                .bind(exam)
                .bind(position as i32 + 1)
                .bind(json!({ "en": format!("Design {name} Architectures"), "es": name }))
                .bind(weight)
                .execute(portal.db())
                .await
                .unwrap();
        }
        sqlx::query(
            "INSERT INTO test_center (id, code, name, address_lines, city, country, latitude, longitude, position, time_zone, arrival)
             VALUES ($1, 'DE-BER-01', 'Spree Testing', '{\"Uferweg 1\"}', 'Berlin', 'DE', 52.5, 13.4, ll_to_earth(52.5, 13.4), 'Europe/Berlin', '{}')",
        )
        .bind(center)
        .execute(portal.db())
        .await
        .unwrap();
        Self { portal, manager, exam, certification, center }
    }

    pub async fn staff(&self) -> Browser {
        self.portal.signed_in(self.manager).await
    }

    /// A new candidate who sat the exam three days ago.
    pub async fn sitting(&self, name: &str) -> Sitting {
        let address = format!("{}@example.com", random::readable(10));
        let account = self.portal.account(&address, name, "Prueba", &[]).await;
        self.sitting_of(account, self.portal.clock.now() - TimeDelta::days(3)).await
    }

    /// An appointment of a candidate that began at `starts_at`, on a seat of its own.
    pub async fn sitting_of(&self, account: AccountId, starts_at: DateTime<Utc>) -> Sitting {
        let seat: SeatId = random::id();
        sqlx::query("INSERT INTO seat (id, center_id, label) VALUES ($1, $2, 'A')")
            .bind(seat)
            .bind(self.center)
            .execute(self.portal.db())
            .await
            .unwrap();
        let reference = format!("NL{}", random::readable(8));
        sqlx::query(
            "INSERT INTO appointment (id, reference, account_id, exam_id, language, delivery, center_id, seat_id, time_zone, starts_at, minutes,
                                      occupies, state, policies, created_at)
             VALUES ($1, $2, $3, $4, 'en', 'center', $5, $6, 'Europe/Berlin', $7, 130, tstzrange($7, $7 + interval '160 minutes'), 'booked',
                     '{}', $8)",
        )
        .bind(random::id::<AppointmentId>())
        .bind(&reference)
        .bind(account)
        .bind(self.exam)
        .bind(self.center)
        .bind(seat)
        .bind(starts_at)
        .bind(starts_at - TimeDelta::days(5))
        .execute(self.portal.db())
        .await
        .unwrap();
        let candidate_id: String =
            sqlx::query_scalar("SELECT candidate_id FROM account WHERE id = $1").bind(account).fetch_one(self.portal.db()).await.unwrap();
        Sitting { account, candidate_id, reference, starts_at }
    }

    /// Uploads a file as the exam manager.
    pub async fn upload(&self, csv: &str) -> Answer {
        self.staff().await.upload("/staff/results/import", "file", "results.csv", csv.as_bytes()).await
    }

    /// Uploads a file and takes it over; gives the import's page.
    pub async fn import(&self, csv: &str) -> String {
        let page = self.upload(csv).await.location().split('?').next().unwrap().to_owned();
        let answer = self.apply(&page).await;
        assert_eq!(answer.status.as_u16(), 303, "{}", answer.words());
        page
    }

    pub async fn apply(&self, page: &str) -> Answer {
        let id = page.rsplit('/').next().unwrap();
        self.staff().await.post_form(page, "/api/results/apply", &[("import", id)]).await
    }

    pub async fn release(&self, page: &str) -> Answer {
        let id = page.rsplit('/').next().unwrap();
        self.staff().await.post_form(page, "/api/results/release", &[("import", id)]).await
    }

    /// Imports and releases one score; gives the credential ID of a pass.
    pub async fn score(&self, sitting: &Sitting, score: i32) -> Option<String> {
        let page = self.import(&file(&[sitting.row(score)])).await;
        assert_eq!(self.release(&page).await.status.as_u16(), 303);
        sqlx::query_scalar("SELECT k.public_id FROM credential k JOIN exam_result r ON r.id = k.result_id JOIN appointment a ON a.id = r.appointment_id WHERE a.reference = $1")
            .bind(&sitting.reference)
            .fetch_optional(self.portal.db())
            .await
            .unwrap()
    }

    pub async fn count(&self, table: &'static str) -> i64 {
        sqlx::query_scalar(sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {table}"))).fetch_one(self.portal.db()).await.unwrap()
    }

    /// The address of the candidate's only score report.
    pub async fn report_path(&self, account: AccountId) -> String {
        let id: ResultId = sqlx::query_scalar("SELECT id FROM exam_result WHERE account_id = $1 ORDER BY taken_at DESC LIMIT 1")
            .bind(account)
            .fetch_one(self.portal.db())
            .await
            .unwrap();
        format!("/results/{id}")
    }

    pub async fn email(&self, account: AccountId) -> String {
        sqlx::query_scalar("SELECT address FROM account_email WHERE account_id = $1")
            .bind(account)
            .fetch_one(self.portal.db())
            .await
            .unwrap()
    }
}

impl Sitting {
    pub fn row(&self, score: i32) -> String {
        let taken = (self.starts_at + TimeDelta::minutes(125)).to_rfc3339();
        format!("{},{},{EXAM},{taken},41,{score},80,60,83,70", self.reference, self.candidate_id)
    }
}

pub fn file(rows: &[String]) -> String {
    format!("{HEADER}\n{}\n", rows.join("\n"))
}

/// The text of a page with a space between elements, so that what stands side by side can be asked for.
pub trait Spoken {
    fn spoken(&self) -> String;
}

impl Spoken for Answer {
    fn spoken(&self) -> String {
        let bytes = self.text().replace("<!>", "").replace("<!---->", "").replace('<', " <").into_bytes();
        Answer { status: self.status, headers: self.headers.clone(), bytes }.words()
    }
}

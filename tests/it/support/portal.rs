//! A whole portal in the test's own process: the real router on a real database of its own, with a clock that stands
//! still until the test moves it.

// Every test file uses some of this.
#![allow(dead_code)]

use super::database::TestDatabase;
use super::temp::TempDir;
use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use certportal::app;
use certportal::ids::{AccountId, EmailId};
use certportal::server::clock::Clock;
use certportal::server::config::Config;
use certportal::server::server_key::ServerKey;
use certportal::server::{AppState, jobs, random};
use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use http_body_util::BodyExt;
use sqlx::PgPool;
use std::collections::BTreeMap;
use tower::ServiceExt;

/// The secret of the authenticator app of every member of staff that [`Portal::account`] makes.
pub const STAFF_SECRET: [u8; 20] = [1; 20];

/// The moment every test begins at: a Monday morning.
pub fn start() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 23, 9, 0, 0).unwrap()
}

pub struct Portal {
    pub state: AppState,
    pub clock: Clock,
    router: Router,
    // Dropped in this order: the pool's connections before their database.
    database: TestDatabase,
    _directory: TempDir,
}

impl Portal {
    /// A portal in demo mode (movable clock, mailbox) without any data.
    pub async fn new() -> Self {
        Self::on(TestDatabase::new().await).await
    }

    /// A portal without demo mode.
    pub async fn in_production() -> Self {
        Self::with(TestDatabase::new().await, |config| config.demo = false).await
    }

    /// A portal without demo mode that people know by another address.
    pub async fn in_production_at(public_url: &str) -> Self {
        let change = |config: &mut Config| (config.demo, config.public_url) = (false, public_url.to_owned());
        Self::with(TestDatabase::new().await, change).await
    }

    /// A portal whose settings differ.
    pub async fn configured(change: impl FnOnce(&mut Config)) -> Self {
        Self::with(TestDatabase::new().await, change).await
    }

    /// A portal whose settings differ, with countries and cities, as a first start loads them.
    pub async fn configured_with_reference_data(change: impl FnOnce(&mut Config)) -> Self {
        Self::with(TestDatabase::with_reference_data().await, change).await
    }

    async fn on(database: TestDatabase) -> Self {
        Self::with(database, |_| {}).await
    }

    async fn with(database: TestDatabase, change: impl FnOnce(&mut Config)) -> Self {
        let directory = TempDir::new("portal");
        let clock = Clock::fixed(start());
        let mut config = Config::for_tests(directory.path());
        change(&mut config);
        let state = AppState::new(config, database.pool().await, clock.clone(), ServerKey::from_bytes([7; 32]));
        let router = app::router(state.clone());
        Self { state, clock, router, database, _directory: directory }
    }

    /// A portal with the demo programme, its catalogue, centres and people, as `./run` starts it.
    pub async fn with_demo_data() -> Self {
        let portal = Self::on(TestDatabase::with_reference_data().await).await;
        app::load_reference_data(&portal.state).await.expect("the reference data loads");
        app::load_demo_data(&portal.state).await.expect("the demo data loads");
        portal.state.programme.refresh(&portal.state.db).await.expect("the programme is there");
        portal
    }

    /// The same portal, started again with another key.
    pub async fn restarted_with(&mut self, key: ServerKey) {
        self.state = AppState::new(self.state.config.clone(), self.state.db.clone(), self.clock.clone(), key);
        self.state.programme.refresh(&self.state.db).await.expect("the programme is there");
        self.router = app::router(self.state.clone());
    }

    /// The same portal, started again with other settings.
    pub async fn configured_anew(&mut self, change: impl FnOnce(&mut Config)) {
        let mut config = self.state.config.clone();
        change(&mut config);
        self.state = AppState::new(config, self.state.db.clone(), self.clock.clone(), self.state.key.clone());
        self.state.programme.refresh(&self.state.db).await.expect("the programme is there");
        self.router = app::router(self.state.clone());
    }

    /// What was sent by SMS, oldest first.
    pub async fn texts(&self, to: &str) -> Vec<String> {
        sqlx::query_scalar("SELECT body FROM sms_message WHERE to_number = $1 ORDER BY created_at, id")
            .bind(to)
            .fetch_all(self.db())
            .await
            .unwrap()
    }

    pub fn db(&self) -> &PgPool {
        &self.state.db
    }

    /// The database as its owner: for tests that take a guard off or tamper with what the portal itself cannot touch.
    pub async fn owner(&self) -> PgPool {
        sqlx::postgres::PgPoolOptions::new().max_connections(2).connect_with(self.database.owner()).await.unwrap()
    }

    /// Moves the clock.
    pub fn later(&self, by: TimeDelta) {
        self.clock.advance(by);
    }

    /// Runs every job that is due.
    pub async fn run_jobs(&self) -> usize {
        jobs::run_due(&self.state, &app::jobs()).await.expect("the jobs can be read")
    }

    /// A browser without cookies.
    pub fn browser(&self) -> Browser {
        Browser { router: self.router.clone(), cookies: BTreeMap::new(), headers: vec![] }
    }

    /// A browser in which an account is signed in, past every factor (the session is written directly).
    pub async fn signed_in(&self, account_id: AccountId) -> Browser {
        let mut connection = self.db().acquire().await.unwrap();
        let cookie = certportal::server::http::sessions::start(
            &mut connection,
            self.clock.now(),
            account_id,
            false,
            "127.0.0.1".parse().unwrap(),
            "test",
        )
        .await
        .unwrap();
        let mut browser = self.browser();
        browser.take_cookie(&cookie.to_string());
        browser
    }

    /// An account with a verified address, a candidate ID and every agreement accepted. Staff, if `roles` has some.
    pub async fn account(&self, email: &str, given_name: &str, family_name: &str, roles: &[&str]) -> AccountId {
        let (id, now) = (random::id(), self.clock.now());
        sqlx::query(
            "INSERT INTO country (code, name_en, name_es, distance_unit) VALUES ('DE', 'Germany', 'Alemania', 'km') ON CONFLICT DO NOTHING",
        )
        .execute(self.db())
        .await
        .unwrap();
        let candidate_id =
            if roles.is_empty() { Some(certportal::accounts::CandidateId::from_random(random::bytes()).to_string()) } else { None };
        sqlx::query(
            "INSERT INTO account (id, candidate_id, given_name, family_name, country, language, time_zone, totp_secret, created_at)
             VALUES ($1, $2, $3, $4, 'DE', 'en', 'Europe/Berlin', $5, $6)",
        )
        .bind(id)
        .bind(candidate_id)
        .bind(given_name)
        .bind(family_name)
        // Staff have a second factor.
        .bind((!roles.is_empty()).then(|| certportal::accounts::factors::seal_totp(&self.state.key, id, &STAFF_SECRET)))
        .bind(now)
        .execute(self.db())
        .await
        .unwrap();
        sqlx::query(
            "INSERT INTO account_email (id, account_id, address, is_primary, verified_at, created_at) VALUES ($1, $2, $3, true, $4, $4)",
        )
        .bind(random::id::<EmailId>())
        .bind(id)
        .bind(email)
        .bind(now)
        .execute(self.db())
        .await
        .unwrap();
        sqlx::query("INSERT INTO agreement_acceptance (account_id, version, accepted_at) SELECT $1, agreement_version, $2 FROM programme")
            .bind(id)
            .bind(now)
            .execute(self.db())
            .await
            .unwrap();
        for role in roles {
            sqlx::query("INSERT INTO account_role (account_id, role, granted_at) VALUES ($1, $2, $3)")
                .bind(id)
                .bind(role)
                .bind(now)
                .execute(self.db())
                .await
                .unwrap();
        }
        id
    }

    /// Subjects and texts of the mails to an address, oldest first.
    pub async fn mails(&self, to: &str) -> Vec<ReceivedMail> {
        sqlx::query_as(
            "SELECT template, subject, body_text, body_html FROM mail_message WHERE lower(to_address) = lower($1) ORDER BY created_at, id",
        )
        .bind(to)
        .fetch_all(self.db())
        .await
        .unwrap()
    }
}

#[derive(Debug, Clone, sqlx::FromRow)]
pub struct ReceivedMail {
    pub template: String,
    pub subject: String,
    pub body_text: String,
    pub body_html: String,
}

impl ReceivedMail {
    /// The first address in the text that contains `part`, as a path of the portal.
    pub fn link(&self, part: &str) -> String {
        let link = self.body_text.split_whitespace().find(|word| word.starts_with("http") && word.contains(part));
        let link = link.unwrap_or_else(|| panic!("no link with {part} in: {}", self.body_text));
        let rest = link.split_once("://").unwrap().1;
        rest[rest.find('/').unwrap()..].to_owned()
    }
}

/// Sends what a browser sends: cookies, Sec-Fetch-Site, forms in their default encoding.
pub struct Browser {
    router: Router,
    cookies: BTreeMap<String, String>,
    headers: Vec<(String, String)>,
}

#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: axum::http::HeaderMap,
    pub bytes: Vec<u8>,
}

/// Whether `word` stands in a text between characters that are no letters or digits.
pub fn has_word(text: &str, word: &str) -> bool {
    text.split(|c: char| !c.is_ascii_alphanumeric()).any(|other| other == word)
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// Whether something stands in the answer, markup included, as a word of its own: its digits alone stand in an id or a nonce now and
    /// then by chance.
    pub fn tells(&self, word: &str) -> bool {
        has_word(&self.text(), word)
    }

    /// The text a person reads: markup taken out, entities resolved, white space folded.
    pub fn words(&self) -> String {
        let mut out = String::new();
        let mut rest = self.text();
        // Scripts are not read.
        while let (Some(from), Some(to)) = (rest.find("<script"), rest.find("</script>")) {
            if to < from {
                break;
            }
            rest.replace_range(from..to + 9, " ");
        }
        let mut inside = false;
        for character in rest.chars() {
            match character {
                '<' => inside = true,
                '>' if inside => inside = false,
                _ if !inside => out.push(character),
                _ => {}
            }
        }
        let out = out
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&quot;", "\"")
            .replace("&#39;", "'")
            .replace("&#x27;", "'")
            .replace("&amp;", "&");
        out.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Where a redirect leads; empty if it is none.
    pub fn location(&self) -> &str {
        self.headers.get(header::LOCATION).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The value of a hidden input of the page.
    pub fn hidden(&self, name: &str) -> String {
        let text = self.text();
        let at = text.find(&format!("name=\"{name}\"")).unwrap_or_else(|| panic!("no input {name} in {text}"));
        let rest = &text[at..];
        let end = rest.find('>').unwrap();
        let value = rest[..end].split("value=\"").nth(1).unwrap_or_default();
        value.split('"').next().unwrap_or_default().to_owned()
    }
}

impl Browser {
    pub fn take_cookie(&mut self, set_cookie: &str) {
        let pair = set_cookie.split(';').next().unwrap_or_default();
        if let Some((name, value)) = pair.split_once('=') {
            if set_cookie.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.get(name).map(String::as_str)
    }

    pub fn set_cookie(&mut self, name: &str, value: &str) {
        self.cookies.insert(name.to_owned(), value.to_owned());
    }

    /// A header that is sent with every request from now on.
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        self.send(Method::GET, path, None, "text/html").await
    }

    /// Posts a page's form for a server function, as a browser without scripts does.
    pub async fn post_form(&mut self, page: &str, function: &str, fields: &[(&str, &str)]) -> Answer {
        let mut body = form(&[("__fn", function)]);
        if !fields.is_empty() {
            body.push('&');
            body.push_str(&form(fields));
        }
        self.send(Method::POST, page, Some(("application/x-www-form-urlencoded", body.into_bytes())), "text/html").await
    }

    /// Calls a server function that only reads, as an island does.
    pub async fn read(&mut self, path: &str) -> Answer {
        self.send(Method::GET, path, None, "application/json").await
    }

    /// Calls a server function as an island or a program does.
    pub async fn call(&mut self, function: &str, fields: &[(&str, &str)]) -> Answer {
        self.send(Method::POST, function, Some(("application/x-www-form-urlencoded", form(fields).into_bytes())), "application/json").await
    }

    /// A bare request of any method, without a body.
    pub async fn request(&mut self, method: Method, path: &str) -> Answer {
        self.send(method, path, None, "text/html").await
    }

    /// Posts bytes of any type.
    pub async fn post(&mut self, path: &str, content_type: &str, body: Vec<u8>) -> Answer {
        self.send(Method::POST, path, Some((content_type, body)), "text/html").await
    }

    /// Uploads one file with a multipart form.
    pub async fn upload(&mut self, path: &str, field: &str, file_name: &str, content: &[u8]) -> Answer {
        let boundary = "----certportal-test";
        let mut body = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"{file_name}\"\r\nContent-Type: application/octet-stream\r\n\r\n"
        )
        .into_bytes();
        body.extend_from_slice(content);
        body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
        self.send(Method::POST, path, Some((&format!("multipart/form-data; boundary={boundary}"), body)), "text/html").await
    }

    async fn send(&mut self, method: Method, path: &str, body: Option<(&str, Vec<u8>)>, accept: &str) -> Answer {
        let mut request = Request::builder().method(&method).uri(path).header(header::ACCEPT, accept);
        if !self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
            request = request.header(header::HOST, "127.0.0.1:3000");
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let sends_site =
            self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("sec-fetch-site") || name.eq_ignore_ascii_case("origin"));
        if method != Method::GET && !sends_site {
            request = request.header("sec-fetch-site", "same-origin");
        }
        if !self.cookies.is_empty() {
            let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header(header::COOKIE, cookies.join("; "));
        }
        let request = match body {
            Some((content_type, body)) => request.header(header::CONTENT_TYPE, content_type).body(Body::from(body)),
            None => request.body(Body::empty()),
        };
        let response = self.router.clone().oneshot(request.unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        for cookie in parts.headers.get_all(header::SET_COOKIE) {
            self.take_cookie(cookie.to_str().unwrap());
        }
        let bytes = body.collect().await.unwrap().to_bytes().to_vec();
        Answer { status: parts.status, headers: parts.headers, bytes }
    }
}

fn form(fields: &[(&str, &str)]) -> String {
    let encode = |text: &str| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
    fields.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect::<Vec<_>>().join("&")
}

//! The router around the pages: static files, server functions, file routes, and the pages themselves behind the
//! session, the access table and the security headers.

use super::forms::{self, FormState};
use super::request::{Permission, RequestContext, Viewer};
use super::respond::Cookie;
use super::{acting, csrf, headers, sessions};
use crate::error::AppError;
use crate::ids::ActingId;
use crate::server::state::AppState;
use crate::server::{audit, i18n};
use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use leptos::prelude::*;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, LazyLock};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::services::{ServeDir, ServeFile};

/// Who may see a page. Checked before anything is rendered; a path without a rule does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    Public,
    /// Any account whose login is complete.
    SignedIn,
    /// An account with a candidate ID.
    Candidate,
    /// Staff whose roles allow this.
    Staff(Permission),
    /// Exists in demo mode only.
    Demo,
}

/// Whether a path is one of a pattern's, whose `:parts` stand for anything.
pub fn fits(pattern: &str, path: &str) -> bool {
    let pattern: Vec<&str> = pattern.trim_matches('/').split('/').collect();
    let path: Vec<&str> = path.trim_matches('/').split('/').collect();
    pattern.len() == path.len() && pattern.iter().zip(&path).all(|(p, w)| p.starts_with(':') && !w.is_empty() || p == w)
}

/// What `app.rs` gives the router: the pages and who may see which.
#[derive(Clone)]
pub struct Site {
    pub state: AppState,
    /// The whole document.
    pub shell: fn() -> AnyView,
    /// The rule of a path; `None`: there is no such page.
    pub access: fn(&str) -> Option<Access>,
    /// The rule of a plain route's path; `None`: it is a page's, or closed.
    pub file_access: fn(&str) -> Option<Access>,
    /// Whether a page is shown only after a fresh proof of identity.
    pub needs_proof: fn(&str) -> bool,
}

/// A refusal decided before rendering: the document shows the error instead of a page.
#[derive(Clone)]
pub struct Refusal(pub AppError);

impl Site {
    /// Renders the page at `uri`.
    pub async fn render(&self, cx: Arc<RequestContext>, uri: Uri, refusal: Option<AppError>) -> Response {
        self.render_with(cx, uri, refusal.map(Refusal)).await
    }

    /// Renders the page at `uri`, which finds `given` in its context: what a plain route has found out for it.
    pub async fn render_given<T: Clone + Send + Sync + 'static>(&self, cx: Arc<RequestContext>, uri: Uri, given: T) -> Response {
        self.render_with(cx, uri, Some(given)).await
    }

    async fn render_with<T: Clone + Send + Sync + 'static>(&self, cx: Arc<RequestContext>, uri: Uri, given: Option<T>) -> Response {
        let mut request = Request::new(Body::empty());
        *request.uri_mut() = uri;
        request.headers_mut().insert(header::ACCEPT, HeaderValue::from_static("text/html"));
        let shell = self.shell;
        let context = move || {
            provide_context(cx.clone());
            if let Some(given) = &given {
                provide_context(given.clone());
            }
        };
        leptos_axum::render_app_async_with_context(context, shell)(request).await
    }

    /// Renders the page of a refused form again, with the status of the refusal.
    pub async fn render_refused(&self, cx: Arc<RequestContext>, uri: Uri, refused: FormState) -> Response {
        let status = StatusCode::from_u16(refused.error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let retry_after = retry_after(&refused.error);
        let again = cx.again().with(|again| again.form = Some(refused));
        let mut response = self.render(Arc::new(again), uri, None).await;
        if response.status() == StatusCode::OK {
            *response.status_mut() = status;
        }
        response.headers_mut().extend(retry_after);
        response
    }

    /// Renders the page for an error without a page of its own (file routes).
    pub async fn error_page(&self, cx: Arc<RequestContext>, error: AppError) -> Response {
        let uri = Uri::try_from(cx.path.as_str()).unwrap_or_default();
        self.render(cx, uri, Some(error)).await
    }
}

/// The whole program as one service. `routes` are the capabilities' plain routes (files, webhooks, uploads).
pub fn router(site: Site, routes: Router<Site>) -> Router {
    // Fails when it is set already (several routers in one test binary): that is fine.
    let _ = any_spawner::Executor::init_tokio();
    let pages = Router::new()
        .route("/api/{*function}", any(server_function))
        .merge(routes.layer(middleware::from_fn_with_state(site.clone(), guard_routes)))
        .fallback(page)
        .layer(middleware::from_fn_with_state(site.clone(), with_context))
        .layer(middleware::from_fn_with_state(site.clone(), refuse_cross_site));
    let site_root = site.state.config.site_root.clone();
    static_files(&site_root)
        .route("/health/live", get(|| async { "live" }))
        .route("/health/ready", get(ready))
        .merge(pages)
        .layer(CatchPanicLayer::custom(panicked))
        .layer(CompressionLayer::new().gzip(true).br(true).quality(tower_http::CompressionLevel::Fastest))
        .layer(middleware::from_fn(headers::secure))
        .layer(middleware::from_fn(known_methods))
        .with_state(site)
}

/// Files that the build made: each top-level entry of the site directory by its own name, compressed beforehand.
fn static_files(root: &std::path::Path) -> Router<Site> {
    let mut router = Router::new();
    for entry in std::fs::read_dir(root).into_iter().flatten().flatten() {
        let Ok(name) = entry.file_name().into_string() else { continue };
        if name.starts_with('.') || name.ends_with(".br") || name.ends_with(".gz") {
            continue;
        }
        router = if entry.path().is_dir() {
            router.nest_service(
                &format!("/{name}"),
                ServeDir::new(entry.path()).precompressed_br().precompressed_gzip().append_index_html_on_directories(false),
            )
        } else {
            router.route_service(&format!("/{name}"), ServeFile::new(entry.path()).precompressed_br().precompressed_gzip())
        };
    }
    router.layer(middleware::from_fn(cache_static))
}

/// Files of the build carry a hash in their name and never change; fonts and icons are asked for again after a day.
async fn cache_static(request: Request, next: Next) -> Response {
    let hashed = request.uri().path().starts_with("/pkg/") && request.uri().path().matches('.').count() > 1;
    let mut response = next.run(request).await;
    if response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED {
        let value = if hashed { "public, max-age=31536000, immutable" } else { "public, max-age=86400" };
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(value));
    }
    response
}

async fn known_methods(request: Request, next: Next) -> Response {
    match *request.method() {
        Method::GET | Method::HEAD | Method::POST | Method::PUT | Method::PATCH | Method::DELETE => next.run(request).await,
        _ => (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET, HEAD, POST")]).into_response(),
    }
}

/// What stands in the place of a page that panicked: it needs no other file, neither language nor style sheet.
const PANIC_PAGE: &str = include_str!("../../../public/500.html");

/// Its own style is allowed by its digest, and nothing else.
static PANIC_POLICY: LazyLock<String> = LazyLock::new(|| {
    let style = PANIC_PAGE.split_once("<style>").and_then(|(_, rest)| rest.split_once("</style>")).map_or("", |(style, _)| style);
    let digest = STANDARD.encode(Sha256::digest(style));
    format!("default-src 'none'; style-src 'sha256-{digest}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
});

fn panicked(_: Box<dyn std::any::Any + Send + 'static>) -> Response {
    let headers = [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CONTENT_SECURITY_POLICY, PANIC_POLICY.as_str())];
    (StatusCode::INTERNAL_SERVER_ERROR, headers, PANIC_PAGE).into_response()
}

/// Cross-site requests are refused before anything else looks at them.
async fn refuse_cross_site(State(site): State<Site>, request: Request, next: Next) -> Response {
    if csrf::is_allowed(&site.state.config, &request) {
        return next.run(request).await;
    }
    tracing::warn!(url.path = request.uri().path(), "a cross-site request was refused");
    let (parts, _) = request.into_parts();
    let (cx, _) = context_of(&site, &parts).await;
    audit::refused_sometimes(&cx, "access.cross_site", &shortened(&cx.path), serde_json::json!({})).await;
    csrf::refusal()
}

/// The programme's colours: the only style that is data.
pub async fn programme_css(State(site): State<Site>) -> Response {
    let programme = site.state.programme.get();
    // The database checks that both are #rrggbb.
    let css = if programme.accent.is_empty() {
        String::new()
    } else {
        format!(":root{{--programme-accent:{};--programme-accent-dark:{}}}", programme.accent, programme.accent_dark)
    };
    let headers = [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "public, max-age=300")];
    (headers, css).into_response()
}

/// Ready: the database answers.
async fn ready(State(site): State<Site>) -> Response {
    match sqlx::query_scalar!("SELECT 1").fetch_one(&site.state.db).await {
        Ok(_) => "ready".into_response(),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the database cannot be reached").into_response(),
    }
}

/// Reads the cookie, the language and the address once, for everything behind it. A database that is down is a 503,
/// never an anonymous visitor (security.md line 80).
async fn with_context(State(site): State<Site>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let (cx, found) = context_of(&site, &parts).await;
    let mut request = Request::from_parts(parts, body);
    let cx = Arc::new(cx);
    match found {
        Ok(None) => {}
        // A style sheet or the like: the next page shall find it, and say so.
        Ok(Some(_)) if acting::way(&cx.path) == acting::Way::Free => {}
        Ok(Some((id, why))) => return acting_is_over(site, cx, id, why).await,
        Err(error) => return site.error_page(cx, error).await,
    }
    // A choice made by a link in the header or footer is kept in a cookie; nothing changes on the server.
    let language = cx.query.get("lang").and_then(|tag| i18n::from_tag(tag)).map(|locale| Cookie::new("lang", i18n::tag(locale)));
    let theme = cx.query.contains_key("theme").then(|| Cookie::new("theme", cx.theme.clone()));
    if let Some(refused) = without_factor(&site, &cx, request.uri()).await {
        return refused;
    }
    request.extensions_mut().insert(cx.clone());
    let mut response = if cx.acting.is_some() { while_acting(site, cx, request, next).await } else { next.run(request).await };
    for cookie in [language, theme].into_iter().flatten() {
        if let Ok(value) = HeaderValue::from_str(&cookie.lasting(365 * 24 * 3600).to_string()) {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
    }
    response
}

/// Staff without a second factor reach nothing but what leads to one, whatever they ask for and however (security.md line 16). `None`: it
/// is open to them.
async fn without_factor(site: &Site, cx: &Arc<RequestContext>, uri: &Uri) -> Option<Response> {
    // Functions have a list of their own, which is asked where all of them are run.
    if !cx.owes_factor() || cx.path.starts_with("/api/") {
        return None;
    }
    let path = cx.path.as_str();
    match (site.access)(path) {
        Some(Access::Public | Access::Demo) => None,
        Some(_) if ENROLMENT.contains(&path) => None,
        Some(_) => Some(forms::see_other(&forms::with_next(ENROLMENT[0], uri.path_and_query().map_or("/", |path| path.as_str())))),
        // Files: what is the same for everybody.
        None if acting::way(path) == acting::Way::Free => None,
        None if matches!((site.file_access)(path), Some(Access::Public | Access::Demo)) => None,
        None => {
            note_refusal(cx, &AppError::Forbidden, path).await;
            Some(site.error_page(cx.clone(), AppError::Forbidden).await)
        }
    }
}

/// A request of a member of staff who acts as a candidate: what is not on the list is refused before anything else is asked, and
/// a look at what is on it is written to the audit log before it is given (security.md line 42).
async fn while_acting(site: Site, cx: Arc<RequestContext>, request: Request, next: Next) -> Response {
    // Functions have a list of their own, which is asked where all of them are run.
    if cx.path.starts_with("/api/") {
        return next.run(request).await;
    }
    let looks = matches!(*request.method(), Method::GET | Method::HEAD);
    match acting::way(&cx.path) {
        acting::Way::Closed if *request.method() == Method::POST && forms::is_form(request.headers()) => {
            forms::post(site, cx, request).await
        }
        acting::Way::Closed => {
            note_refusal(&cx, &AppError::Forbidden, &cx.path).await;
            site.error_page(cx, AppError::Forbidden).await
        }
        acting::Way::Logged if looks => match note_look(&cx).await {
            Ok(()) => next.run(request).await,
            Err(error) => site.error_page(cx, error).await,
        },
        acting::Way::Logged | acting::Way::Free => next.run(request).await,
    }
}

async fn note_look(cx: &RequestContext) -> Result<(), AppError> {
    let mut conn = cx.state.db.acquire().await?;
    let path: String = cx.path.chars().take(200).collect();
    let subject = cx.viewer()?.account_id.to_string();
    // Without the query: what somebody searched for may name a place or a person.
    Ok(audit::record(&mut conn, cx, "staff.acting_page_read", &subject, serde_json::json!({ "path": path })).await?)
}

/// The request that finds an acting to be over ends it. It was made in the candidate's name, so it is not answered in the staff
/// member's own, but leads back to the candidate's account page.
async fn acting_is_over(site: Site, cx: Arc<RequestContext>, id: ActingId, why: acting::End) -> Response {
    let ended = async {
        let session_id = cx.viewer()?.session_id;
        let mut tx = cx.state.db.begin().await?;
        let account_id = acting::end_by_itself(&mut tx, cx.now(), id, why).await?;
        // Who came first has given the session its new cookie.
        let cookie = match account_id {
            Some(_) => sessions::renew(&mut tx, session_id).await?,
            None => None,
        };
        tx.commit().await?;
        Ok::<_, AppError>((account_id, cookie))
    };
    let (account_id, cookie) = match ended.await {
        Ok(ended) => ended,
        Err(error) => return site.error_page(cx, error).await,
    };
    let mut response = if cx.path.starts_with("/api/") {
        error_response(&AppError::Forbidden)
    } else {
        let page = account_id.filter(|_| cx.staff(Permission::ReadAccounts).is_ok());
        forms::see_other(&page.map_or_else(|| "/".to_owned(), |id| format!("/staff/accounts/{id}?done=acting_over")))
    };
    if let Some(value) = cookie.and_then(|cookie| HeaderValue::from_str(&cookie.to_string()).ok()) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}

const THEMES: &[&str] = &["light", "dark", "system"];

/// What was found beside the context: an acting that is over and has to be ended.
type Found = Result<Option<(ActingId, acting::End)>, AppError>;

async fn context_of(site: &Site, request: &Parts) -> (RequestContext, Found) {
    let peer = request.extensions.get::<ConnectInfo<SocketAddr>>().map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |info| info.0.ip());
    let address = client_address(&request.headers, peer, site.state.config.trusted_proxies);
    let text = |name: header::HeaderName| request.headers.get(name).and_then(|value| value.to_str().ok());
    let mut cookies = cookies(&request.headers);
    let who = who(&site.state, cookies.remove(sessions::COOKIE)).await;
    let (Who { viewer, acting, over }, failure) = match who {
        Ok(who) => (who, None),
        Err(error) => (Who::default(), Some(AppError::from(error))),
    };
    // Words are for who reads them, though they act for somebody else.
    let reader = acting.as_ref().map(|acting| &acting.actor).or(viewer.as_ref());
    let query: HashMap<String, String> = request.uri.query().map(|query| forms::url_pairs(query).collect()).unwrap_or_default();
    let locale = query
        .get("lang")
        .and_then(|tag| i18n::from_tag(tag))
        .or_else(|| cookies.get("lang").and_then(|tag| i18n::from_tag(tag)))
        .or_else(|| reader.and_then(|reader| i18n::from_tag(&reader.language)))
        .or_else(|| text(header::ACCEPT_LANGUAGE).and_then(i18n::from_accept_language))
        .unwrap_or(i18n::Locale::en);
    let theme = query.get("theme").or_else(|| cookies.get("theme")).filter(|theme| THEMES.contains(&theme.as_str())).cloned();
    let cx = RequestContext::new(site.state.clone(), address).with(|cx| {
        cx.theme = theme.unwrap_or_else(|| "system".into());
        cx.viewer = viewer;
        cx.acting = acting;
        cx.locale = locale;
        cx.path = request.uri.path().to_owned();
        cx.query = query;
        cx.cookies = cookies;
        cx.host = text(header::HOST).unwrap_or_default().to_owned();
        cx.user_agent = text(header::USER_AGENT).unwrap_or_default().chars().take(300).collect();
    });
    (cx, failure.map_or(Ok(over), Err))
}

/// Who a request is by, and for whom.
#[derive(Default)]
struct Who {
    viewer: Option<Viewer>,
    acting: Option<acting::Acting>,
    over: Option<(ActingId, acting::End)>,
}

async fn who(state: &AppState, token: Option<String>) -> Result<Who, sqlx::Error> {
    let Some(token) = token else { return Ok(Who::default()) };
    let now = state.clock.now();
    let Some(viewer) = sessions::load(&state.db, now, &token).await? else { return Ok(Who::default()) };
    let Some(id) = viewer.acting else { return Ok(Who { viewer: Some(viewer), ..Who::default() }) };
    Ok(match acting::look(&state.db, now, &viewer, id).await? {
        acting::State::GoesOn(both) => {
            let (candidate, acting) = *both;
            Who { viewer: Some(candidate), acting: Some(acting), over: None }
        }
        acting::State::Over(id, why) => Who { viewer: Some(viewer), acting: None, over: Some((id, why)) },
        acting::State::Gone => Who { viewer: Some(viewer), ..Who::default() },
    })
}

pub fn cookies(headers: &HeaderMap) -> HashMap<String, String> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// The right-most address that a trusted proxy wrote; what stands further left is the client's own claim.
fn client_address(headers: &HeaderMap, peer: IpAddr, trusted: usize) -> IpAddr {
    if trusted == 0 {
        return peer;
    }
    let hops: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .collect();
    hops.len().checked_sub(trusted).and_then(|index| hops.get(index)).and_then(|hop| hop.parse().ok()).unwrap_or(peer)
}

/// A call by an island, or by a program.
async fn server_function(request: Request) -> Response {
    let function = request.uri().path().to_owned();
    let Some(cx) = request.extensions().get::<Arc<RequestContext>>().cloned() else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    match forms::run_server_function(cx.clone(), request).await {
        Ok(response) => response,
        Err(error) => {
            note_refusal(&cx, &error, &function).await;
            note_missing(&cx, &error, &function).await;
            error_response(&error)
        }
    }
}

/// An error as JSON with its status: for islands, programs and file routes.
pub fn error_response(error: &AppError) -> Response {
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = serde_json::to_string(error).unwrap_or_default();
    let mut response = (status, [(header::CONTENT_TYPE, "application/json")], body).into_response();
    // Tells leptos's client that the body is an error of the function.
    response.headers_mut().insert("serverfnerror", HeaderValue::from_static("1"));
    response.headers_mut().extend(retry_after(error));
    response
}

/// How long to wait before the next try, for those errors that pass by themselves.
fn retry_after(error: &AppError) -> Option<(header::HeaderName, HeaderValue)> {
    let seconds = match error {
        AppError::RateLimited(seconds) => *seconds,
        AppError::Unavailable => 5,
        _ => return None,
    };
    Some((header::RETRY_AFTER, HeaderValue::from(seconds)))
}

/// The pages that staff without a second factor may see: where they enrol one, and where they prove who they are for it.
pub const ENROLMENT: [&str; 3] = ["/account/security/totp", "/account/security/passkeys", "/account/confirm"];

/// Plain routes answer a refusal as JSON with its status.
impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        error_response(&self)
    }
}

/// A page: who may see it is decided here, before anything is rendered.
pub async fn page(State(site): State<Site>, request: Request) -> Response {
    let Some(cx) = request.extensions().get::<Arc<RequestContext>>().cloned() else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let uri = request.uri().clone();
    // Where a detour leads back to.
    let page = uri.path_and_query().map_or("/", |path| path.as_str());
    match refusal(&site, &cx) {
        Some(AppError::Unauthenticated) => return to_login(&cx, page),
        Some(error) => {
            note_refusal(&cx, &error, &cx.path).await;
            return site.render(cx, uri, Some(error)).await;
        }
        None => {}
    }
    match *request.method() {
        // Not a form that was sent: its function asks for itself, and signing out needs no proof.
        Method::GET | Method::HEAD if (site.needs_proof)(&cx.path) && cx.fresh_proof().is_err() => {
            forms::see_other(&forms::with_next("/account/confirm", page))
        }
        Method::GET | Method::HEAD => {
            let response = site.render(cx.clone(), uri, None).await;
            note_if_missing(&cx, response.status()).await;
            response
        }
        Method::POST => forms::post(site, cx, request).await,
        _ => StatusCode::METHOD_NOT_ALLOWED.into_response(),
    }
}

/// A plain route: who may come is decided by the tables of `app.rs` before its handler runs, and one that stands in none is closed. Some
/// stand at a page's address, to take its upload: those who may not are answered as by the page.
async fn guard_routes(State(site): State<Site>, request: Request, next: Next) -> Response {
    let Some(cx) = request.extensions().get::<Arc<RequestContext>>().cloned() else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let Some(rule) = (site.file_access)(&cx.path) else {
        return if refusal(&site, &cx).is_some() { page(State(site), request).await } else { next.run(request).await };
    };
    match refused_by(&site, &cx, Some(rule)) {
        None => {
            let response = next.run(request).await;
            note_if_missing(&cx, response.status()).await;
            response
        }
        Some(AppError::Unauthenticated) if matches!(*request.method(), Method::GET | Method::HEAD) => to_login(&cx, &cx.path),
        Some(error @ AppError::Unauthenticated) => error.into_response(),
        Some(error) => {
            note_refusal(&cx, &error, &cx.path).await;
            site.error_page(cx, error).await
        }
    }
}

/// To the page of the sign-in, or of the second factor that is still owed, and from there back.
fn to_login(cx: &RequestContext, page: &str) -> Response {
    let to = if cx.viewer.as_ref().is_some_and(|viewer| viewer.awaiting_factor) { "/login/code" } else { "/login" };
    forms::see_other(&forms::with_next(to, page))
}

/// Somebody signed in wanted what is not theirs to do: into the audit log (security.md line 76).
pub async fn note_refusal(cx: &RequestContext, error: &AppError, what: &str) {
    if matches!(error, AppError::Forbidden) {
        let subject: String = what.chars().take(200).collect();
        audit::refused(cx, "access.refused", &subject, serde_json::json!({})).await;
    }
}

/// Somebody signed in asked for what does not exist for them: another's, or nobody's (security.md lines 37 and 76). Which of the two is
/// not looked up; many in a row are somebody who tries.
pub async fn note_missing(cx: &RequestContext, error: &AppError, what: &str) {
    if matches!(error, AppError::NotFound) && cx.viewer().is_ok() {
        audit::refused_sometimes(cx, "access.not_found", &shortened(what), serde_json::json!({})).await;
    }
}

async fn note_if_missing(cx: &RequestContext, status: StatusCode) {
    if status == StatusCode::NOT_FOUND {
        note_missing(cx, &AppError::NotFound, &cx.path).await;
    }
}

/// A path for the log: its own words and ids, and nothing else that somebody typed there.
fn shortened(path: &str) -> String {
    let kept = |part: &str| {
        let word = part.chars().all(|c| c.is_ascii_lowercase() || "-_.".contains(c));
        let id = part.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') && part.contains(|c: char| c.is_ascii_digit());
        part.len() <= 80 && (word || id)
    };
    let parts: Vec<&str> = path.split('/').map(|part| if kept(part) { part } else { "…" }).collect();
    parts.join("/").chars().take(200).collect()
}

fn refusal(site: &Site, cx: &RequestContext) -> Option<AppError> {
    refused_by(site, cx, (site.access)(&cx.path))
}

fn refused_by(site: &Site, cx: &RequestContext, rule: Option<Access>) -> Option<AppError> {
    match rule {
        None => Some(AppError::NotFound),
        Some(Access::Public) => None,
        Some(Access::Demo) => (!site.state.config.demo).then_some(AppError::NotFound),
        Some(Access::SignedIn) => cx.viewer().err(),
        Some(Access::Candidate) => cx.candidate().err(),
        Some(Access::Staff(permission)) => cx.staff(permission).err(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_gets_the_words_and_ids_of_a_path() {
        for (path, kept) in [
            ("/exams/NL-4F2K/calendar.ics", "/exams/NL-4F2K/calendar.ics"),
            ("/results/7c9e6679-7425-40de-944b-e07fc1f90ae7", "/results/7c9e6679-7425-40de-944b-e07fc1f90ae7"),
            ("/orders/ana@example.com", "/orders/…"),
            ("/orders/Ana%20Prueba", "/orders/…"),
            ("/orders/Ana", "/orders/…"),
        ] {
            assert_eq!(shortened(path), kept);
        }
    }

    #[test]
    fn security_61_only_the_trusted_hop_counts() {
        let peer: IpAddr = "10.0.0.9".parse().unwrap();
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", HeaderValue::from_static("1.2.3.4, 203.0.113.7"));
        assert_eq!(client_address(&headers, peer, 0), peer);
        assert_eq!(client_address(&headers, peer, 1), "203.0.113.7".parse::<IpAddr>().unwrap());
        assert_eq!(client_address(&headers, peer, 2), "1.2.3.4".parse::<IpAddr>().unwrap());
        assert_eq!(client_address(&headers, peer, 3), peer);
    }
}

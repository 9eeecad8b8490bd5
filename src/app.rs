//! The map of the product: the document, the table of pages, who may see which, and what the worker runs.

use crate::checkout::gateway::sandbox;
use crate::checkout::{self, settlement};
use crate::chrome::{Area, ClockBar, Footer, Header, StaffNavigation, SubNavigation, area_of};
use crate::error::AppError;
use crate::server::http::access::{Access, fits};
use crate::server::http::headers::page_policy;
use crate::server::http::request::Permission;
use crate::server::http::respond;
use crate::server::http::router::{Refusal, Site};
use crate::server::http::security;
use crate::server::jobs::Registry;
use crate::server::server_key::ServerKey;
use crate::server::{AppState, RequestContext, audit, i18n, mail, request, sms};
use crate::staff::acting::{ActingBar, ClosedPage};
use crate::ui::ErrorView;
use crate::{catalog, credentials, demo, results, staff, tr};
use axum::extract::DefaultBodyLimit;
use chrono::TimeDelta;
use leptos::prelude::*;
use leptos_meta::{HashedStylesheet, MetaTags, Title, provide_meta_context};
use leptos_router::components::{Route, Router, Routes};
use leptos_router::path;

/// Every page's address and who may see it. A path without a row does not exist; a test holds the table equal to the
/// routes below.
pub const PAGES: &[(&str, Access)] = &[
    // catalog
    ("/", Access::Public),
    ("/certifications", Access::Public),
    ("/certifications/:slug", Access::Public),
    // accounts
    ("/register", Access::Public),
    ("/register/sent", Access::Public),
    ("/verify-email", Access::Public),
    ("/login", Access::Public),
    ("/login/code", Access::Public),
    ("/forgot", Access::Public),
    ("/reset", Access::Public),
    ("/invitation", Access::Public),
    ("/agreement", Access::Public),
    ("/dashboard", Access::Candidate),
    ("/account", Access::SignedIn),
    ("/account/edit", Access::SignedIn),
    ("/account/security", Access::SignedIn),
    ("/account/security/password", Access::SignedIn),
    ("/account/security/totp", Access::SignedIn),
    ("/account/security/passkeys", Access::SignedIn),
    ("/account/security/passkeys/:id", Access::SignedIn),
    ("/account/confirm", Access::SignedIn),
    ("/account/activity", Access::SignedIn),
    ("/account/emails", Access::SignedIn),
    ("/account/emails/add", Access::SignedIn),
    ("/account/emails/:id", Access::SignedIn),
    ("/account/contact", Access::SignedIn),
    ("/account/notifications", Access::SignedIn),
    ("/account/guardian", Access::Candidate),
    ("/guardian-consent", Access::Public),
    ("/account/security/phone", Access::SignedIn),
    ("/account/security/backup-codes", Access::SignedIn),
    ("/login/recovery", Access::Public),
    ("/login/recovery/stop", Access::Public),
    ("/staff/recoveries", Access::Staff(Permission::CheckIdentity)),
    ("/staff/recoveries/:id", Access::Staff(Permission::CheckIdentity)),
    ("/account/data", Access::SignedIn),
    ("/account/data/erase", Access::SignedIn),
    ("/account/merge", Access::Candidate),
    // scheduling
    ("/schedule/details/:appointment_id", Access::Candidate),
    ("/schedule/:exam_code", Access::Candidate),
    ("/schedule/:exam_code/centers", Access::Candidate),
    ("/schedule/:exam_code/times", Access::Candidate),
    ("/exams", Access::Candidate),
    ("/exams/:reference", Access::Candidate),
    ("/exams/:reference/reschedule", Access::Candidate),
    ("/exams/:reference/cancel", Access::Candidate),
    // checkout
    ("/cart", Access::Candidate),
    ("/checkout", Access::Candidate),
    ("/checkout/return/:number", Access::Candidate),
    ("/checkout/confirmation/:number", Access::Candidate),
    ("/orders", Access::Candidate),
    ("/orders/:number", Access::Candidate),
    ("/staff/orders", Access::Staff(Permission::ReadOrders)),
    ("/staff/orders/:number", Access::Staff(Permission::ReadOrders)),
    ("/staff/orders/:number/refund", Access::Staff(Permission::RefundOrders)),
    // Another company's page, in effect: whoever has its address may pay.
    ("/sandbox-pay/:id", Access::Public),
    // results
    ("/results", Access::Candidate),
    ("/results/:id", Access::Candidate),
    ("/staff/results", Access::Staff(Permission::ReadResults)),
    ("/staff/results/import", Access::Staff(Permission::ManageResults)),
    ("/staff/results/imports/:id", Access::Staff(Permission::ReadResults)),
    ("/staff/results/:id", Access::Staff(Permission::ReadResults)),
    ("/staff/results/:id/correct", Access::Staff(Permission::ManageResults)),
    // credentials
    ("/credentials", Access::Candidate),
    ("/credentials/:public_id", Access::Candidate),
    ("/staff/credentials", Access::Staff(Permission::ReadCredentials)),
    ("/staff/credentials/:public_id", Access::Staff(Permission::ReadCredentials)),
    ("/staff/credentials/:public_id/revoke", Access::Staff(Permission::RevokeCredentials)),
    ("/verify", Access::Public),
    ("/verify/:public_id", Access::Public),
    // staff
    ("/staff", Access::Staff(Permission::EnterStaffArea)),
    ("/staff/approvals", Access::Staff(Permission::ReadApprovals)),
    ("/staff/approvals/:id", Access::Staff(Permission::ReadApprovals)),
    ("/staff/accounts", Access::Staff(Permission::ReadAccounts)),
    ("/staff/accounts/:id", Access::Staff(Permission::ReadAccounts)),
    ("/staff/accounts/:id/:act", Access::Staff(Permission::ReadAccounts)),
    ("/staff/audit", Access::Staff(Permission::ReadAuditLog)),
    // demo
    ("/mailbox", Access::Demo),
    ("/mailbox/:id", Access::Demo),
    ("/_ui", Access::Demo),
];

/// The pages of [`PAGES`] whose forms need a fresh proof of identity (product.md section 2, "Step-up"). It is asked for before
/// they are shown, because nobody likes to fill in a form twice; what the forms call asks for it as well.
pub const PROVED: &[&str] = &[
    "/account/security/totp",
    "/account/security/passkeys",
    "/account/security/passkeys/:id",
    "/account/security/phone",
    "/account/security/backup-codes",
    "/account/emails/add",
    "/account/emails/:id",
    "/account/data",
    "/account/data/erase",
    "/account/merge",
    "/staff/orders/:number/refund",
    "/staff/results/imports/:id",
    "/staff/results/:id/correct",
    "/staff/credentials/:public_id/revoke",
    "/staff/accounts/:id/:act",
];

/// Every plain route's address and who may ask for it, whatever the method: files, uploads, what machines read. The handlers ask for
/// the owner of what they give; who may come at all is asked here, before them. A route without a row is closed.
pub const FILES: &[(&str, Access)] = &[
    ("/programme.css", Access::Public),
    ("/.well-known/security.txt", Access::Public),
    ("/.well-known/change-password", Access::Public),
    (security::REPORTS, Access::Public),
    // catalog
    ("/robots.txt", Access::Public),
    ("/sitemap.xml", Access::Public),
    // accounts
    ("/account/security/backup-codes.txt", Access::SignedIn),
    ("/account/data/download/:id", Access::SignedIn),
    // scheduling
    ("/exams/:reference/calendar.ics", Access::Candidate),
    // checkout: signed by the gateway
    (sandbox::webhook::PATH, Access::Public),
    // results
    ("/staff/results/example.csv", Access::Staff(Permission::ReadResults)),
    ("/staff/results/imports/:id/errors.csv", Access::Staff(Permission::ReadResults)),
    // credentials: what is under an ID that cannot be guessed, and the issuer's own documents
    ("/credentials/:public_id/:file", Access::Candidate),
    ("/badges/:file", Access::Public),
    ("/badges/status/:list", Access::Public),
    (credentials::issuer::routes::PROFILE, Access::Public),
    ("/.well-known/did.json", Access::Public),
    ("/.well-known/jwks.json", Access::Public),
    // staff
    ("/staff/audit.csv", Access::Staff(Permission::ReadAuditLog)),
    // demo
    ("/demo/clock", Access::Demo),
    ("/mailbox.json", Access::Demo),
    ("/mailbox/:id/html", Access::Demo),
    ("/mailbox/:id/attachments/:number", Access::Demo),
];

/// The first row of [`PAGES`] whose pattern fits a path.
fn row(path: &str) -> Option<&'static (&'static str, Access)> {
    PAGES.iter().find(|(pattern, _)| fits(pattern, path))
}

/// Who may see the page at a path.
pub fn access(path: &str) -> Option<Access> {
    row(path).map(|(_, access)| *access)
}

/// Who may ask for the file at a path.
pub fn file_access(path: &str) -> Option<Access> {
    FILES.iter().find(|(pattern, _)| fits(pattern, path)).map(|(_, access)| *access)
}

/// Whether the page at a path needs a fresh proof of identity.
pub fn needs_proof(path: &str) -> bool {
    row(path).is_some_and(|(pattern, _)| PROVED.contains(pattern))
}

/// What the worker runs.
pub fn jobs() -> Registry {
    Registry::default()
        .on(mail::DELIVER, mail::deliver)
        .on(sms::DELIVER, sms::deliver)
        .every(TimeDelta::seconds(5), "audit.seal", audit::seal)
        // accounts
        .every(TimeDelta::hours(1), "accounts.forget_old", crate::accounts::jobs::forget_old)
        .every(TimeDelta::minutes(1), "accounts.factor_recovery", crate::accounts::factor_recovery::jobs::finish)
        .on(crate::privacy::export::MAKE, crate::privacy::export::make)
        .every(TimeDelta::minutes(15), "privacy.erasures", crate::privacy::jobs::erasures)
        .every(TimeDelta::minutes(10), "privacy.forget", crate::privacy::jobs::forget)
        // staff
        .every(TimeDelta::minutes(1), "staff.acting", staff::acting::jobs::finish)
        // scheduling
        .on(crate::scheduling::jobs::EXPIRE_HOLDS, crate::scheduling::jobs::expire_holds)
        .on(crate::scheduling::jobs::REMIND, crate::scheduling::jobs::remind)
        // checkout
        .on(settlement::RECONCILE, checkout::jobs::reconcile)
        .on(settlement::REFUND, checkout::jobs::refund)
        .on(sandbox::FINISH, sandbox::finish)
        .on(sandbox::webhook::SEND, sandbox::webhook::send)
        // staff
        .every(TimeDelta::minutes(10), "approvals.lapse", staff::approvals::jobs::lapse)
}

/// Countries, cities and the like: loaded when the bundled files are newer than the database.
pub async fn load_reference_data(state: &AppState) -> Result<(), Box<dyn std::error::Error>> {
    // catalog
    catalog::reference::load(&state.db).await?;
    Ok(())
}

/// The demo programme with its catalogue, centres and people. Changes nothing the second time.
///
/// # Errors
/// Outside demo mode, before anything is written: the people's passwords are public.
pub async fn load_demo_data(state: &AppState) -> Result<(), Box<dyn std::error::Error>> {
    crate::accounts::demo::only_in_demo_mode(&state.config)?;

    // the programme: policies, certifications and exams, test centres and online lanes
    crate::programme::load_demo(state).await?;

    // accounts: people
    crate::accounts::demo::load_people(state).await?;

    // results: what the people have done so far
    results::demo::load(state).await?;

    // checkout: what they have paid for it
    checkout::demo::load(state).await?;

    // staff: what waits for a second person
    staff::approvals::demo::load(state).await?;
    Ok(())
}

/// Puts a new server key in the place of the present one and seals with it what the old one has sealed; gives the number of secrets.
/// A portal that runs meanwhile knows the old key only and must be restarted.
///
/// # Errors
/// A file cannot be written, or a secret does not open; everything opens as before then.
pub async fn rotate_key(state: &AppState) -> Result<usize, Box<dyn std::error::Error>> {
    let key = ServerKey::rotate(&state.config.data_dir)?;
    let count = crate::accounts::factors::reseal(&state.db, &key).await?;
    Ok(count + credentials::issuer::reseal(&state.db, &key).await?)
}

/// Throws away the server keys from before the one in use, once nothing is sealed by them any more and the audit log's chain holds; an
/// event in it takes the place of the macs that cannot be checked from then on. Whatever else they signed is worthless afterwards.
///
/// # Errors
/// There are none; a secret does not open; the chain is broken. The keys are kept then.
pub async fn forget_old_keys(state: &AppState) -> Result<(), Box<dyn std::error::Error>> {
    if !state.key.has_previous() {
        return Err("there are no old keys: server.key.previous is not there".into());
    }
    crate::accounts::factors::reseal(&state.db, &state.key).await?;
    credentials::issuer::reseal(&state.db, &state.key).await?;
    let seal = async || audit::seal(state.clone()).await.map_err(|error| format!("the audit log cannot be sealed: {error:?}"));
    seal().await?;
    let chain = audit::verify(state).await?;
    if let Some(problem) = chain.broken {
        return Err(format!("the audit log's chain does not hold ({problem}); the old keys are kept").into());
    }
    let detail = serde_json::json!({ "links": chain.links });
    let mut conn = state.db.acquire().await?;
    audit::record_by_program(&mut conn, state.clock.now(), audit::KEYS_FORGOTTEN, "server_key", detail, false).await?;
    drop(conn);
    seal().await?;
    Ok(ServerKey::forget_previous(&state.config.data_dir)?)
}

/// Plain routes of the capabilities: files, uploads, webhooks.
fn routes() -> axum::Router<Site> {
    use axum::routing::get;
    axum::Router::new()
        .route("/programme.css", get(crate::server::http::router::programme_css))
        .route("/.well-known/security.txt", get(security::security_txt))
        .route("/.well-known/change-password", get(security::change_password))
        .route(security::REPORTS, axum::routing::post(security::policy_report).layer(DefaultBodyLimit::max(16 * 1024)))
        // catalog
        .route("/robots.txt", get(catalog::routes::robots))
        .route("/sitemap.xml", get(catalog::routes::sitemap))
        // accounts
        .merge(crate::accounts::routes::routes())
        .merge(crate::privacy::routes::routes())
        // scheduling
        .merge(crate::scheduling::routes::routes())
        // checkout
        .route(sandbox::webhook::PATH, axum::routing::post(checkout::routes::sandbox_webhook).layer(DefaultBodyLimit::max(64 * 1024)))
        // results
        .merge(results::routes::routes())
        // credentials
        .merge(credentials::routes::routes())
        // staff
        .route("/staff/audit.csv", get(staff::audit::routes::file))
        // demo
        .route("/demo/clock", get(demo::routes::time).post(demo::routes::advance))
        .route("/mailbox.json", get(demo::routes::messages))
        .route("/mailbox/{id}/html", get(demo::routes::html))
        .route("/mailbox/{id}/attachments/{number}", get(demo::routes::attachment))
}

/// The whole program as a service.
pub fn router(state: AppState) -> axum::Router {
    crate::server::http::router::router(Site { state, shell, access, file_access, needs_proof }, routes())
}

/// The document.
pub fn shell() -> AnyView {
    let cx = request();
    let nonce = leptos::nonce::use_nonce().map(|nonce| nonce.to_string()).unwrap_or_default();
    let options = cx.state.leptos.clone();
    respond::header("content-security-policy", &page_policy(&nonce, cfg!(debug_assertions)));
    let lang = i18n::tag(cx.locale);
    view! {
        <!DOCTYPE html>
        <html lang=lang dir="ltr" data-theme=cx.theme.clone()>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <link rel="preload" href="/fonts/public-sans-latin.woff2" r#as="font" type="font/woff2" crossorigin="anonymous"/>
                <link rel="preload" href="/fonts/newsreader-latin.woff2" r#as="font" type="font/woff2" crossorigin="anonymous"/>
                <HashedStylesheet options=options.clone()/>
                <link rel="stylesheet" href="/programme.css"/>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                <AutoReload options=options.clone()/>
                <HydrationScripts options islands=true/>
                <MetaTags/>
            </head>
            <body class=body_class(&cx)>
                <App/>
            </body>
        </html>
    }
    .into_any()
}

/// The frame of a page. Staff's pages, and another brand's, are closed while acting: what says so gets the plain one.
fn frame(cx: &RequestContext) -> Area {
    match area_of(&cx.path) {
        Area::Staff | Area::Bare if cx.acting.is_some() => Area::Public,
        area => area,
    }
}

fn body_class(cx: &RequestContext) -> &'static str {
    let path = cx.path.as_str();
    match frame(cx) {
        Area::Staff => "page page--staff",
        Area::Bare => "page page--pay",
        _ if ["/login", "/register", "/forgot", "/reset", "/verify-email", "/invitation"].iter().any(|auth| path.starts_with(auth)) => {
            "page page--auth"
        }
        _ => "page",
    }
}

#[component]
fn App() -> impl IntoView {
    provide_meta_context();
    let cx = request();
    let locale = cx.locale;
    let programme = cx.programme();
    let area = frame(&cx);
    let page = match use_context::<Refusal>() {
        Some(Refusal(AppError::Forbidden)) if cx.acting.is_some() => view! { <div class="wrap"><ClosedPage/></div> }.into_any(),
        Some(Refusal(error)) => view! { <div class="wrap"><ErrorView error/></div> }.into_any(),
        None => view! { <Pages/> }.into_any(),
    };
    let name = programme.short_name.clone();
    // leptos_meta writes a title as it is: what people typed (names, files) must not end the element.
    let plain = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let for_whom = staff::acting::title(&cx);
    let title = move |title: String| {
        let title = if title.is_empty() { name.clone() } else { format!("{title} · {name}") };
        plain(&format!("{for_whom}{title}"))
    };
    let body = match area {
        Area::Bare => view! { <main id="main">{page}</main> }.into_any(),
        Area::Staff => view! {
            <div class="staff">
                <StaffNavigation/>
                <main id="main" class="staff__main" tabindex="-1">{page}</main>
            </div>
        }
        .into_any(),
        Area::Candidate => view! {
            {cx.candidate().is_ok().then(|| view! { <SubNavigation/> })}
            <main id="main" class="main" tabindex="-1">{page}</main>
        }
        .into_any(),
        Area::Public => view! { <main id="main" class="main" tabindex="-1">{page}</main> }.into_any(),
    };
    let framed = area != Area::Bare;
    view! {
        <Title formatter=title/>
        <a class="skip" href="#main">{tr!(locale, common.skip)}</a>
        <ActingBar/>
        {framed.then(|| view! { <ClockBar/> <Header/> })}
        {body}
        {framed.then(|| view! { <Footer/> })}
    }
}

#[component]
fn Pages() -> impl IntoView {
    use crate::accounts::pages as accounts;
    view! {
        <Router>
            <Routes fallback=|| view! { <div class="wrap"><ErrorView error=AppError::NotFound/></div> }>
                // catalog
                <Route path=path!("/") view=catalog::pages::HomePage/>
                <Route path=path!("/certifications") view=catalog::pages::CertificationsPage/>
                <Route path=path!("/certifications/:slug") view=catalog::pages::CertificationPage/>

                // accounts
                <Route path=path!("/register") view=accounts::RegisterPage/>
                <Route path=path!("/register/sent") view=accounts::RegisterSentPage/>
                <Route path=path!("/verify-email") view=accounts::VerifyEmailPage/>
                <Route path=path!("/login") view=accounts::LoginPage/>
                <Route path=path!("/login/code") view=accounts::LoginCodePage/>
                <Route path=path!("/forgot") view=accounts::ForgotPage/>
                <Route path=path!("/reset") view=accounts::ResetPage/>
                <Route path=path!("/invitation") view=accounts::InvitationPage/>
                <Route path=path!("/agreement") view=accounts::AgreementPage/>
                <Route path=path!("/dashboard") view=crate::accounts::dashboard::DashboardPage/>
                <Route path=path!("/account") view=accounts::ProfilePage/>
                <Route path=path!("/account/edit") view=accounts::ProfileEditPage/>
                <Route path=path!("/account/security") view=accounts::SecurityPage/>
                <Route path=path!("/account/security/password") view=accounts::PasswordPage/>
                <Route path=path!("/account/security/totp") view=accounts::TotpPage/>
                <Route path=path!("/account/security/passkeys") view=crate::accounts::passkeys::pages::PasskeysPage/>
                <Route path=path!("/account/security/passkeys/:id") view=crate::accounts::passkeys::pages::PasskeyPage/>
                <Route path=path!("/account/confirm") view=accounts::ConfirmPage/>
                <Route path=path!("/account/activity") view=crate::accounts::activity::ActivityPage/>
                <Route path=path!("/account/emails") view=accounts::EmailsPage/>
                <Route path=path!("/account/emails/add") view=accounts::AddEmailPage/>
                <Route path=path!("/account/emails/:id") view=accounts::EmailPage/>
                <Route path=path!("/account/contact") view=accounts::ContactPage/>
                <Route path=path!("/account/notifications") view=accounts::NoticesPage/>
                <Route path=path!("/account/guardian") view=accounts::GuardianPage/>
                <Route path=path!("/guardian-consent") view=accounts::GuardianConsentPage/>
                <Route path=path!("/account/security/phone") view=accounts::PhonePage/>
                <Route path=path!("/account/security/backup-codes") view=accounts::BackupCodesPage/>
                <Route path=path!("/login/recovery") view=accounts::FactorRecoveryPage/>
                <Route path=path!("/login/recovery/stop") view=accounts::StopRecoveryPage/>
                <Route path=path!("/staff/recoveries") view=accounts::StaffRecoveriesPage/>
                <Route path=path!("/staff/recoveries/:id") view=accounts::StaffRecoveryPage/>
                <Route path=path!("/account/data") view=crate::privacy::pages::DataPage/>
                <Route path=path!("/account/data/erase") view=crate::privacy::pages::ErasePage/>
                <Route path=path!("/account/merge") view=crate::accounts::merge::MergePage/>

                // scheduling
                <Route path=path!("/schedule/details/:appointment_id") view=crate::scheduling::pages::DetailsPage/>
                <Route path=path!("/schedule/:exam_code") view=crate::scheduling::pages::StartPage/>
                <Route path=path!("/schedule/:exam_code/centers") view=crate::scheduling::pages::CentersPage/>
                <Route path=path!("/schedule/:exam_code/times") view=crate::scheduling::pages::TimesPage/>
                <Route path=path!("/exams") view=crate::scheduling::pages::ExamsPage/>
                <Route path=path!("/exams/:reference") view=crate::scheduling::pages::ExamPage/>
                <Route path=path!("/exams/:reference/reschedule") view=crate::scheduling::pages::ReschedulePage/>
                <Route path=path!("/exams/:reference/cancel") view=crate::scheduling::pages::CancelPage/>

                // checkout
                <Route path=path!("/cart") view=checkout::pages::CartPage/>
                <Route path=path!("/checkout") view=checkout::pages::ReviewPage/>
                <Route path=path!("/checkout/return/:number") view=checkout::pages::ReturnPage/>
                <Route path=path!("/checkout/confirmation/:number") view=checkout::pages::ConfirmationPage/>
                <Route path=path!("/orders") view=checkout::pages::OrdersPage/>
                <Route path=path!("/orders/:number") view=checkout::pages::OrderPage/>
                <Route path=path!("/staff/orders") view=checkout::staff_orders::pages::StaffOrdersPage/>
                <Route path=path!("/staff/orders/:number") view=checkout::staff_orders::pages::StaffOrderPage/>
                <Route path=path!("/staff/orders/:number/refund") view=checkout::staff_orders::pages::RefundPage/>
                <Route path=path!("/sandbox-pay/:id") view=sandbox::page::SandboxPayPage/>

                // results
                <Route path=path!("/results") view=results::pages::ResultsPage/>
                <Route path=path!("/results/:id") view=results::pages::ReportPage/>
                <Route path=path!("/staff/results") view=results::pages::StaffResultsPage/>
                <Route path=path!("/staff/results/import") view=results::pages::UploadPage/>
                <Route path=path!("/staff/results/imports/:id") view=results::pages::ImportPage/>
                <Route path=path!("/staff/results/:id") view=results::corrections::pages::StaffResultPage/>
                <Route path=path!("/staff/results/:id/correct") view=results::corrections::pages::CorrectPage/>

                // credentials
                <Route path=path!("/credentials") view=credentials::pages::CredentialsPage/>
                <Route path=path!("/credentials/:public_id") view=credentials::pages::CredentialPage/>
                <Route path=path!("/staff/credentials") view=credentials::revocation::pages::StaffCredentialsPage/>
                <Route path=path!("/staff/credentials/:public_id") view=credentials::revocation::pages::StaffCredentialPage/>
                <Route path=path!("/staff/credentials/:public_id/revoke") view=credentials::revocation::pages::RevokePage/>
                <Route path=path!("/verify") view=credentials::pages::VerifyFormPage/>
                <Route path=path!("/verify/:public_id") view=credentials::pages::VerifyPage/>

                // staff
                <Route path=path!("/staff") view=staff::home::StaffHomePage/>
                <Route path=path!("/staff/approvals") view=staff::approvals::pages::ApprovalsPage/>
                <Route path=path!("/staff/approvals/:id") view=staff::approvals::pages::ApprovalPage/>
                <Route path=path!("/staff/accounts") view=staff::accounts::AccountsPage/>
                <Route path=path!("/staff/accounts/:id") view=staff::accounts::AccountPage/>
                <Route path=path!("/staff/accounts/:id/:act") view=staff::accounts::AccountActPage/>
                <Route path=path!("/staff/audit") view=staff::audit::AuditPage/>

                // demo
                <Route path=path!("/mailbox") view=demo::pages::MailboxPage/>
                <Route path=path!("/mailbox/:id") view=demo::pages::MailPage/>
                <Route path=path!("/_ui") view=demo::pages::StyleGuidePage/>
            </Routes>
        </Router>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::clock::Clock;
    use crate::server::config::Config;
    use crate::server::database;
    use crate::server::server_key::ServerKey;
    use std::collections::BTreeSet;
    use std::sync::Arc;

    #[tokio::test]
    async fn every_page_has_its_line_in_the_table_and_every_line_its_page() {
        let _ = any_spawner::Executor::init_tokio();
        let config = Config::for_tests(std::path::Path::new("/nonexistent"));
        let pool = database::pool("postgres://nobody@localhost/none".parse().expect("an address"), 1);
        let state = AppState::new(config, pool, Clock::real(), ServerKey::from_bytes([0; 32]));
        let cx = Arc::new(RequestContext::new(state, std::net::Ipv4Addr::LOCALHOST.into()));
        let (routes, _) = leptos_axum::generate_route_list_with_exclusions_and_ssg_and_context(
            || view! { <Pages/> },
            None,
            move || provide_context(cx.clone()),
        );
        let name = |path: &str| path.replace('{', ":").replace('}', "");
        let routed: BTreeSet<String> = routes.iter().map(|route| name(route.path())).collect();
        let listed: BTreeSet<String> = PAGES.iter().map(|(path, _)| (*path).to_owned()).collect();
        assert_eq!(listed.len(), PAGES.len(), "a path is listed twice");
        assert_eq!(routed, listed);
    }
}

//! The map of the product: the document, the table of pages, who may see which, and what the worker runs.

use crate::chrome::{Area, ClockBar, Footer, Header, StaffNavigation, SubNavigation, area_of};
use crate::server::http::headers::page_policy;
use crate::server::http::request::Role;
use crate::server::http::respond;
use crate::server::http::router::{Access, Refusal, Site};
use crate::server::jobs::Registry;
use crate::server::{AppState, i18n, mail, request};
use crate::tr;
use crate::ui::ErrorView;
use crate::{credentials, results, staff};
use leptos::prelude::*;
use leptos_meta::{HashedStylesheet, MetaTags, Title, provide_meta_context};
use leptos_router::components::{Route, Router, Routes};
use leptos_router::path;

/// Every page's address and who may see it. A path without a row does not exist; a test holds the table equal to the
/// routes below.
pub const PAGES: &[(&str, Access)] = &[
    // catalog
    ("/", Access::Public),
    // accounts

    // scheduling

    // checkout

    // results
    ("/results", Access::Candidate),
    ("/results/:id", Access::Candidate),
    ("/staff/results", Access::Staff(results::service::READERS)),
    ("/staff/results/import", Access::Staff(results::service::MANAGERS)),
    ("/staff/results/imports/:id", Access::Staff(results::service::READERS)),
    // credentials
    ("/credentials", Access::Candidate),
    ("/credentials/:public_id", Access::Candidate),
    ("/verify", Access::Public),
    ("/verify/:public_id", Access::Public),
    // staff
    ("/staff", Access::Staff(Role::ALL)),
    // demo
    //
];

/// The rule of a path: the first pattern of [`PAGES`] that fits.
pub fn access(path: &str) -> Option<Access> {
    let segments = |path: &str| path.trim_matches('/').split('/').map(str::to_owned).collect::<Vec<_>>();
    let wanted = segments(path);
    PAGES.iter().find_map(|(pattern, access)| {
        let pattern = segments(pattern);
        let fits = pattern.len() == wanted.len() && pattern.iter().zip(&wanted).all(|(p, w)| p.starts_with(':') && !w.is_empty() || p == w);
        fits.then_some(*access)
    })
}

/// What the worker runs.
pub fn jobs() -> Registry {
    Registry::default().on(mail::DELIVER, mail::deliver)
    // scheduling

    // checkout

    // results

    // credentials
    //
}

/// Countries, cities and the like: loaded when the bundled files are newer than the database.
pub async fn load_reference_data(_state: &AppState) -> Result<(), Box<dyn std::error::Error>> {
    // catalog
    Ok(())
}

/// The demo programme with its catalogue, centres and people. Changes nothing the second time.
pub async fn load_demo_data(state: &AppState) -> Result<(), Box<dyn std::error::Error>> {
    // catalog: programme, policies, certifications and exams

    // scheduling: test centres and online lanes

    // accounts: people

    // results: what the people have done so far
    results::demo::load(state).await?;
    //
    Ok(())
}

/// Plain routes of the capabilities: files, uploads, webhooks.
fn routes() -> axum::Router<Site> {
    axum::Router::new()
        .route("/programme.css", axum::routing::get(crate::server::http::router::programme_css))
        // scheduling
        // checkout
        // results
        .merge(results::routes::routes())
        // credentials
        .merge(credentials::routes::routes())
    // demo
    //
}

/// The whole program as a service.
pub fn router(state: AppState) -> axum::Router {
    crate::server::http::router::router(Site { state, shell, access }, routes())
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
            <body class=body_class(&cx.path)>
                <App/>
            </body>
        </html>
    }
    .into_any()
}

fn body_class(path: &str) -> &'static str {
    match area_of(path) {
        Area::Staff => "page page--staff",
        Area::Bare => "page page--pay",
        _ if ["/login", "/register", "/forgot", "/reset", "/verify-email"].iter().any(|auth| path.starts_with(auth)) => "page page--auth",
        _ => "page",
    }
}

#[component]
fn App() -> impl IntoView {
    provide_meta_context();
    let cx = request();
    let locale = cx.locale;
    let programme = cx.programme();
    let area = area_of(&cx.path);
    let page = match use_context::<Refusal>() {
        Some(Refusal(error)) => view! { <div class="wrap"><ErrorView error/></div> }.into_any(),
        None => view! { <Pages/> }.into_any(),
    };
    let name = programme.short_name.clone();
    // leptos_meta writes a title as it is: what people typed (names, files) must not end the element.
    let plain = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let title = move |title: String| if title.is_empty() { plain(&name) } else { plain(&format!("{title} · {name}")) };
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
        {framed.then(|| view! { <ClockBar/> <Header/> })}
        {body}
        {framed.then(|| view! { <Footer/> })}
    }
}

#[component]
fn Pages() -> impl IntoView {
    use crate::error::AppError;
    view! {
        <Router>
            <Routes fallback=|| view! { <div class="wrap"><ErrorView error=AppError::NotFound/></div> }>
                // catalog
                <Route path=path!("/") view=crate::chrome::Footer/>

                // accounts

                // scheduling

                // checkout

                // results
                <Route path=path!("/results") view=results::pages::ResultsPage/>
                <Route path=path!("/results/:id") view=results::pages::ReportPage/>
                <Route path=path!("/staff/results") view=results::pages::StaffResultsPage/>
                <Route path=path!("/staff/results/import") view=results::pages::UploadPage/>
                <Route path=path!("/staff/results/imports/:id") view=results::pages::ImportPage/>

                // credentials
                <Route path=path!("/credentials") view=credentials::pages::CredentialsPage/>
                <Route path=path!("/credentials/:public_id") view=credentials::pages::CredentialPage/>
                <Route path=path!("/verify") view=credentials::pages::VerifyFormPage/>
                <Route path=path!("/verify/:public_id") view=credentials::pages::VerifyPage/>

                // staff
                <Route path=path!("/staff") view=staff::pages::StaffHomePage/>

                // demo
                //
            </Routes>
        </Router>
    }
}

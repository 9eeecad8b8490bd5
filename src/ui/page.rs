//! Waiting for a page's data.

use super::feedback::ErrorView;
use crate::error::AppError;
use leptos::prelude::*;

/// Renders a page from what it has to wait for. An error gives the error page with its status; the document is sent
/// when everything in it is known, so the status is always right.
pub fn loaded<V, F>(work: F) -> AnyView
where
    V: IntoView + 'static,
    F: Future<Output = Result<V, AppError>> + Send + 'static,
{
    view! {
        <Suspense>
            {Suspend::new(async move {
                match work.await {
                    Ok(view) => view.into_any(),
                    Err(error) => view! { <div class="wrap"><ErrorView error/></div> }.into_any(),
                }
            })}
        </Suspense>
    }
    .into_any()
}

/// The page's title; says so when its form was refused.
#[component]
pub fn PageTitle(#[prop(into)] text: String) -> impl IntoView {
    let cx = crate::server::request();
    let prefix = if cx.form.is_some() { crate::tr!(cx.locale, errors.prefix) } else { "" };
    view! { <leptos_meta::Title text=format!("{prefix}{text}")/> }
}

/// A parameter of the page's address; empty where it is missing.
pub fn param(name: &str) -> String {
    leptos_router::hooks::use_params_map().with_untracked(|parameters| parameters.get(name).unwrap_or_default())
}

/// What search engines and messengers show of a public page. `path` is its one address, without a query; each
/// language has its own below it.
#[component]
pub fn PageMeta(#[prop(into)] title: String, #[prop(into)] text: String, #[prop(into)] path: String) -> impl IntoView {
    use crate::server::i18n::LANGUAGES;
    use leptos_meta::{Link, Meta};
    let cx = crate::server::request();
    let address = cx.state.config.url(&path);
    let in_language = |tag: &str| format!("{address}?lang={tag}");
    let canonical = if cx.query.contains_key("lang") { in_language(crate::server::i18n::tag(cx.locale)) } else { address.clone() };
    let alternates =
        LANGUAGES.iter().map(|(_, tag, _)| view! { <Link rel="alternate" hreflang=*tag href=in_language(tag)/> }).collect_view();
    view! {
        <Meta name="description" content=text.clone()/>
        <Link rel="canonical" href=canonical.clone()/>
        {alternates}
        <Link rel="alternate" hreflang="x-default" href=address/>
        <Meta property="og:type" content="website"/>
        <Meta property="og:site_name" content=cx.programme().name.clone()/>
        <Meta property="og:title" content=title/>
        <Meta property="og:description" content=text/>
        <Meta property="og:url" content=canonical/>
    }
}

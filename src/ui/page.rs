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
                    Err(error) => view! { <ErrorView error/> }.into_any(),
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

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

use leptos::prelude::*;
#[component]
pub fn StyleGuidePage() -> impl IntoView {}

//! The footer of every page.

use super::same_page_with;
use crate::server::request;
use crate::tr;
use crate::ui::Icon;
use chrono::Datelike;
use leptos::prelude::*;

#[component]
pub fn Footer() -> impl IntoView {
    let cx = request();
    let locale = cx.locale;
    let programme = cx.programme();
    let theme = cx.theme.clone();
    let pressed = move |value: &str| (theme == value).then_some("true");
    view! {
        <footer class="foot">
            <div class="foot__in wrap">
                <div class="foot__cols">
                    <div class="foot__col">
                        <h2 class="foot__title">{tr!(locale, common.footer_candidates)}</h2>
                        <ul class="foot__list">
                            <li><a href="/certifications">{tr!(locale, common.nav_certifications)}</a></li>
                            <li><a href="/register">{tr!(locale, common.nav_register)}</a></li>
                        </ul>
                    </div>
                    <div class="foot__col">
                        <h2 class="foot__title">{tr!(locale, common.footer_everybody)}</h2>
                        <ul class="foot__list">
                            <li><a href="/verify">{tr!(locale, common.nav_verify)}</a></li>
                        </ul>
                    </div>
                    <div class="foot__col">
                        <h2 class="foot__title">{tr!(locale, common.footer_contact)}</h2>
                        <ul class="foot__list">
                            <li>
                                <a href=format!("mailto:{}", programme.support_email)>{programme.support_email.clone()}</a>
                            </li>
                            {programme.support_phone.clone().map(|phone| view! { <li>{phone}</li> })}
                        </ul>
                    </div>
                </div>
                <div class="foot__base">
                    <p>"© " {cx.now().year()} " " {programme.name.clone()} " · " {tr!(locale, common.attribution)}</p>
                    <div class="foot__theme" role="group" aria-label=tr!(locale, common.theme)>
                        <a class="foot__themebtn" href=same_page_with(&cx, "theme", "light") rel="nofollow" aria-current=pressed("light")>
                            <Icon name="sun" class="icon icon--s"/>
                            {tr!(locale, common.theme_light)}
                        </a>
                        <a class="foot__themebtn" href=same_page_with(&cx, "theme", "dark") rel="nofollow" aria-current=pressed("dark")>
                            <Icon name="moon" class="icon icon--s"/>
                            {tr!(locale, common.theme_dark)}
                        </a>
                        <a class="foot__themebtn" href=same_page_with(&cx, "theme", "system") rel="nofollow" aria-current=pressed("system")>
                            {tr!(locale, common.theme_system)}
                        </a>
                    </div>
                </div>
            </div>
        </footer>
    }
}

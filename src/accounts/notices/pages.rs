//! `/account/notifications`.

use super::api::ChangeNotices;
use super::service;
use crate::accounts::pages::flash;
use crate::accounts::service as accounts;
use crate::server::i18n::LANGUAGES;
use crate::server::{format, request};
use crate::tr;
use crate::ui::{BackLink, CheckboxField, ErrorSummary, Form, PageHead, PageTitle, Summary, SummaryRow, loaded};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// `/account/notifications`: what always comes, what can be chosen, and in which language and zone.
#[component]
pub fn NoticesPage() -> impl IntoView {
    let cx = request();
    loaded(async move {
        let locale = cx.locale;
        let email = cx.viewer()?.email.clone();
        let ([reminders, results, news, sms], phone) = service::chosen(&cx).await?;
        let profile = accounts::profile(&cx).await?;
        let language = LANGUAGES.iter().find(|(_, tag, _)| *tag == profile.language).map_or("English", |(.., name)| name);
        let zone = format!("{}, {}", profile.time_zone.replace('_', " "), format::zone_name(cx.now(), format::zone(&profile.time_zone)));
        let by_text = match phone {
            Some(phone) => {
                let hint = tr!(locale, contact.sms_to, phone = phone).to_string();
                view! {
                    <CheckboxField name="sms_reminders" label=move || tr!(locale, contact.notice_reminders) hint checked=sms/>
                }
                .into_any()
            }
            None => view! {
                <p>
                    {tr!(locale, contact.sms_none)} " " <a href="/account/security">{tr!(locale, accounts.security_title)}</a>
                </p>
            }
            .into_any(),
        };
        Ok(view! {
            <div class="wrap wrap--narrow stack stack--l">
                <BackLink href="/account" label=tr!(locale, accounts.profile_title)/>
                <PageTitle text=tr!(locale, contact.notices_title)/>
                <ErrorSummary/>
                {flash(&cx, &[("saved", tr!(locale, contact.done_notices))])}
                <PageHead
                    title=tr!(locale, contact.notices_title)
                    lead=tr!(locale, contact.notices_lead, email = email).to_string()
                />
                <section>
                    <h2>{tr!(locale, contact.notices_always)}</h2>
                    <p>{tr!(locale, contact.notices_always_text)}</p>
                    <Summary>
                        <SummaryRow key=tr!(locale, contact.notice_security)>{tr!(locale, contact.notice_security_text)}</SummaryRow>
                        <SummaryRow key=tr!(locale, contact.notice_bookings)>{tr!(locale, contact.notice_bookings_text)}</SummaryRow>
                    </Summary>
                </section>
                <Form action=ChangeNotices::PATH class="stack stack--l">
                    <section class="form">
                        <h2>{tr!(locale, contact.notices_mail)}</h2>
                        <CheckboxField
                            name="mail_reminders"
                            label=move || tr!(locale, contact.notice_reminders)
                            hint=tr!(locale, contact.notice_reminders_text)
                            checked=reminders
                        />
                        <CheckboxField
                            name="mail_results"
                            label=move || tr!(locale, contact.notice_results)
                            hint=tr!(locale, contact.notice_results_text)
                            checked=results
                        />
                        <CheckboxField
                            name="mail_news"
                            label=move || tr!(locale, contact.notice_news)
                            hint=tr!(locale, contact.notice_news_text)
                            checked=news
                        />
                    </section>
                    <section class="form">
                        <h2>{tr!(locale, contact.notices_sms)}</h2>
                        {by_text}
                    </section>
                    <div class="actions">
                        <button class="btn btn--primary">{tr!(locale, common.save)}</button>
                    </div>
                </Form>
                <section>
                    <h2>{tr!(locale, contact.notices_display)}</h2>
                    <Summary>
                        <SummaryRow
                            key=tr!(locale, accounts.language)
                            change=("/account/edit#language".to_owned(), tr!(locale, common.change).to_owned())
                        >
                            {language}
                        </SummaryRow>
                        <SummaryRow
                            key=tr!(locale, accounts.time_zone)
                            change=("/account/edit#time_zone".to_owned(), tr!(locale, common.change).to_owned())
                        >
                            {zone}
                        </SummaryRow>
                    </Summary>
                </section>
            </div>
        })
    })
}

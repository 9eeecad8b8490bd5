//! Every component of `ui/` in every state, in light and dark: what to look at after a change of the look. The sample
//! words are data of the guide, in English only.

use crate::error::{AppError, Code, FieldError};
use crate::server::http::forms::{FormState, Submitted};
use crate::server::request;
use crate::tr;
use crate::ui::islands::Countdown;
use crate::ui::{
    Alert, AlertKind, BackLink, Check, CheckState, CheckboxField, Choice, CodeField, Confirm, CredentialCard, Crumbs, DateField, Details,
    DomainBar, Empty, ErrorSummary, ErrorView, FileField, Form, Icon, LinkCard, PageHead, PageTitle, Pages, PasswordField, RadioField, Row,
    ScoreScale, SearchForm, SelectField, Stat, Steps, Summary, SummaryRow, Table, Tag, TextArea, TextField, Ticket, Time, Tone, Totals,
    Verdict, VerdictKind, Weights,
};
use leptos::prelude::*;
use std::sync::Arc;

const LONG: &str = "Donaudampfschifffahrtsgesellschaftskapitänsprüfungsverordnung, Wolfeschlegelsteinhausenbergerdorff and the others";

const SECTIONS: &[(&str, &str)] = &[
    ("colours", "Colours"),
    ("type", "Type"),
    ("buttons", "Buttons"),
    ("icons", "Icons"),
    ("heads", "Page heads"),
    ("alerts", "Alerts"),
    ("tags", "Tags"),
    ("cards", "Cards"),
    ("rows", "Rows and facts"),
    ("tables", "Tables"),
    ("steps", "Steps and checks"),
    ("calendar", "Calendar and times"),
    ("tickets", "Tickets and credentials"),
    ("verdicts", "Verdicts"),
    ("scores", "Scores"),
    ("money", "Money"),
    ("empty", "Nothing, waiting, errors"),
    ("fields", "Fields"),
    ("refused", "A refused form"),
];

#[component]
pub fn StyleGuidePage() -> impl IntoView {
    let locale = request().locale;
    view! {
        <PageTitle text=tr!(locale, demo.guide_title)/>
        <div class="wrap wrap--wide stack">
            <PageHead title=tr!(locale, demo.guide_title) lead=tr!(locale, demo.guide_lead)/>
            <div class="guide">
                <nav class="guide__nav" aria-label=tr!(locale, demo.guide_contents)>
                    <ul class="plainlist">
                        {SECTIONS.iter().map(|(id, title)| view! { <li><a href=format!("#{id}")>{*title}</a></li> }).collect_view()}
                    </ul>
                </nav>
                <div class="guide__main">
                    <Specimen id="colours" content=colours/>
                    <Specimen id="type" content=typography/>
                    <Specimen id="buttons" content=buttons/>
                    <Specimen id="icons" content=icons/>
                    <Specimen id="heads" content=heads/>
                    <Specimen id="alerts" content=alerts/>
                    <Specimen id="tags" content=tags/>
                    <Specimen id="cards" content=cards/>
                    <Specimen id="rows" content=rows/>
                    <Specimen id="tables" content=tables/>
                    <Specimen id="steps" content=steps/>
                    <Specimen id="calendar" content=calendar/>
                    <Specimen id="tickets" content=tickets/>
                    <Specimen id="verdicts" content=|| verdicts(false) dark=|| verdicts(true)/>
                    <Specimen id="scores" content=scores/>
                    <Specimen id="money" content=money/>
                    <Specimen id="empty" content=nothing/>
                    <Specimen id="fields" content=|| fields(false) dark=|| fields(true)/>
                    <Specimen id="refused" content=|| refused(false) dark=|| refused(true)/>
                </div>
            </div>
        </div>
    }
}

/// A section of the guide: its components on the light ground and on the dark one, which has a view of its own where ids are in it.
#[component]
fn Specimen(id: &'static str, content: fn() -> AnyView, #[prop(optional)] dark: Option<fn() -> AnyView>) -> impl IntoView {
    let title = SECTIONS.iter().find(|(known, _)| *known == id).map_or(id, |(_, title)| *title);
    let dark = dark.unwrap_or(content);
    view! {
        <section class="specimen" id=id>
            <h2 class="specimen__title">{title}</h2>
            <div class="specimen__pair">
                <div class="specimen__stage" data-theme="light">{content()}</div>
                <div class="specimen__stage" data-theme="dark">{dark()}</div>
            </div>
        </section>
    }
}

/// The name of a field, which is its id too: of the two that the guide shows, the one on the dark ground has another.
macro_rules! named {
    ($dark:expr, $name:literal) => {
        if $dark { concat!("dark-", $name) } else { $name }
    };
}

fn colours() -> AnyView {
    let names = ["accent", "accent-soft", "ink", "muted", "line", "sunken", "ok", "warn", "bad", "info"];
    let items = names
        .map(|name| view! { <li class=format!("swatch swatch--{name}")><span class="swatch__name">{name}</span></li> })
        .into_iter()
        .collect_view();
    view! { <ul class="swatches">{items}</ul> }.into_any()
}

fn typography() -> AnyView {
    view! {
        <div class="stack">
            <p class="h1">"Proof of what you can do"</p>
            <p class="h2">"What the exam covers"</p>
            <p class="h3">"Exam versions"</p>
            <p class="h4">"At a test centre"</p>
            <p class="lead">"Book an exam, earn a certification, and let anybody check it."</p>
            <div class="prose">
                <p>"Running text with " <a href="#type">"a link"</a> ", a number " <span class="num">"1,234"</span> " and an identifier "
                <code class="id">"CP7K2M9QXW"</code> "."</p>
                <ul><li>"First point"</li><li>"Second point"</li></ul>
            </div>
            <p class="small muted">"Small and muted: what may be skipped."</p>
        </div>
    }
    .into_any()
}

fn buttons() -> AnyView {
    view! {
        <div class="stack">
            <div class="cluster">
                <button class="btn btn--primary" type="button">"Continue to payment"</button>
                <button class="btn" type="button">"Save draft"</button>
                <button class="btn btn--quiet" type="button">"Skip for now"</button>
                <button class="btn btn--danger" type="button">"Cancel appointment"</button>
                <button class="btn btn--link" type="button">"Remove"</button>
            </div>
            <div class="cluster">
                <button class="btn btn--primary btn--small" type="button">"Approve"</button>
                <button class="btn btn--small" type="button">"Ask for more"</button>
                <button class="btn btn--primary btn--large" type="button">"Book this exam"</button>
                <button class="btn btn--icon" type="button"><Icon name="copy"/><span class="vh">"Copy link"</span></button>
                <button class="btn btn--primary is-busy" type="button" aria-disabled="true">
                    <span class="btn__spin" aria-hidden="true"></span>
                    "Paying…"
                </button>
            </div>
            <button class="btn btn--primary btn--block" type="button">{LONG}</button>
        </div>
    }
    .into_any()
}

fn icons() -> AnyView {
    let names = [
        "award",
        "badge-check",
        "calendar",
        "check-circle",
        "clock",
        "credit-card",
        "download",
        "file-text",
        "globe",
        "inbox",
        "map-pin",
        "monitor",
        "search",
        "share",
        "shield-check",
        "ticket",
        "user",
        "x-circle",
    ];
    let items = names.map(|name| view! { <li class="cluster cluster--s"><Icon name/><span class="small">{name}</span></li> });
    view! { <ul class="plainlist grid grid--3">{items.into_iter().collect_view()}</ul> }.into_any()
}

fn heads() -> AnyView {
    let trail = vec![("/".to_owned(), "Home".to_owned()), ("/certifications".to_owned(), "Certifications".to_owned())];
    view! {
        <div class="stack">
            <Crumbs trail here="Solutions Architect"/>
            <BackLink href="#heads" label="Back to my exams"/>
            <header class="pagehead">
                <p class="pagehead__kicker">"SAA-C03 · Associate"</p>
                <h3 class="pagehead__title">"Solutions Architect – Associate"</h3>
                <p class="pagehead__lead">"Systems that are secure, resilient and worth their cost."</p>
                <div class="pagehead__actions"><a class="btn btn--primary" href="#heads">"Book this exam"</a></div>
            </header>
        </div>
    }
    .into_any()
}

fn alerts() -> AnyView {
    let all = [AlertKind::Info, AlertKind::Success, AlertKind::Warning, AlertKind::Danger];
    let items = all.map(|kind| {
        view! { <Alert kind title="Last day to reschedule"><p>"Until Wed 2 Dec, 09:30. Later the fee is kept."</p></Alert> }
    });
    view! {
        <div class="stack">
            {items.into_iter().collect_view()}
            <Alert kind=AlertKind::Info><p>{LONG}</p></Alert>
            <div class="inset"><p>"The name must match your ID letter by letter."</p></div>
        </div>
    }
    .into_any()
}

fn tags() -> AnyView {
    let all = [
        (Tone::Ok, "Active"),
        (Tone::Warn, "Expires soon"),
        (Tone::Bad, "Revoked"),
        (Tone::Info, "In review"),
        (Tone::Off, "Expired"),
        (Tone::Accent, "New"),
        (Tone::Plain, "Associate"),
    ];
    view! { <div class="cluster">{all.map(|(tone, text)| view! { <Tag tone text/> }).into_iter().collect_view()}</div> }.into_any()
}

fn cards() -> AnyView {
    let facts = || vec![("Length".to_owned(), "130 min".to_owned()), ("Price".to_owned(), "$150".to_owned())];
    let kicker = || vec!["SAA-C03".to_owned(), "Associate".to_owned()];
    view! {
        <ul class="cards">
            <LinkCard href="#cards" title="Solutions Architect" kicker=kicker() text="Secure, resilient systems." facts=facts()/>
            <LinkCard href="#cards" title="Developer" kicker=kicker() text="The version is about to be replaced." facts=facts()>
                <Tag tone=Tone::Warn text="Last day 1 December 2026"/>
            </LinkCard>
            <LinkCard href="#cards" title=LONG kicker=kicker() text=LONG/>
        </ul>
    }
    .into_any()
}

fn rows() -> AnyView {
    view! {
        <div class="stack">
            <ul class="rows">
                <Row title="Solutions Architect – Associate" href="#rows" text="Thu 3 Dec 2026, 14:00 · Dublin">
                    <Tag tone=Tone::Info text="Booked"/>
                </Row>
                <Row title=LONG text=LONG/>
            </ul>
            <Summary>
                <SummaryRow key="Exam" change=("#rows".to_owned(), "Change".to_owned())>"SAA-C03, English"</SummaryRow>
                <SummaryRow key="Name on ID">{LONG}</SummaryRow>
                <SummaryRow key="Date and time">
                    <Time datetime="2026-12-04T17:30:00Z" text="Friday, 4 December 2026, 9:30 AM PST (UTC−8)"/>
                </SummaryRow>
            </Summary>
            <Summary class="summary summary--plain"><SummaryRow key="To">"amara@example.com"</SummaryRow></Summary>
            <dl class="stats">
                <Stat label="Active credentials" value="2"/>
                <Stat label="Next expiry" value="412" unit=" days" note="12 June 2029"/>
            </dl>
        </div>
    }
    .into_any()
}

fn tables() -> AnyView {
    let columns = vec![("Order".to_owned(), false), ("State".to_owned(), false), ("Total".to_owned(), true)];
    view! {
        <Table caption="Orders" columns>
            <tr role="row">
                <th scope="row" role="rowheader"><a href="#tables">"NL-004187"</a></th>
                <td role="cell" data-label="State"><Tag tone=Tone::Ok text="Paid"/></td>
                <td role="cell" class="num" data-label="Total">"$150.00"</td>
            </tr>
            <tr role="row">
                <th scope="row" role="rowheader"><a href="#tables">"NL-003902"</a></th>
                <td role="cell" data-label="State"><Tag tone=Tone::Off text="Refunded"/></td>
                <td role="cell" class="num" data-label="Total">"$1,100.00"</td>
            </tr>
        </Table>
        <Pages current=2 total=9 href=|page| format!("?page={page}#tables")/>
    }
    .into_any()
}

fn steps() -> AnyView {
    let steps = ["Exam", "Place", "Date and time", "Check", "Pay"].map(|label| (label.to_owned(), Some("#steps".to_owned()))).to_vec();
    view! {
        <div class="stack">
            <Steps steps current=2/>
            <ul class="checks">
                <Check state=CheckState::Ok word="Fulfilled" title="E-mail address verified"/>
                <Check state=CheckState::Fail word="Not fulfilled" title="Retake wait not over">
                    <p>"You can book this exam again from Tue 8 December 2026."</p>
                </Check>
                <Check state=CheckState::Wait word="Waiting" title="Accommodation being decided"/>
                <Check state=CheckState::Skip word="Not checked" title="Revocation list not reachable"/>
            </ul>
            <ol class="next"><li>"We sent the confirmation."</li><li>"Bring two IDs."</li></ol>
            <Details summary="What counts as an ID?"><p>"A physical, unexpired government document."</p></Details>
        </div>
    }
    .into_any()
}

fn calendar() -> AnyView {
    let day = |number: u32, free: u32| {
        let inner = match free {
            0 => view! { <span class="cal__day cal__day--none">{number}</span> }.into_any(),
            free => {
                let class = if free <= 3 { "cal__day cal__day--few" } else { "cal__day cal__day--free" };
                let chosen = (number == 3).then_some("true");
                view! { <a class=class href="#calendar" aria-current=chosen>{number}<span class="cal__n">{free}</span></a> }.into_any()
            }
        };
        view! { <td>{inner}</td> }
    };
    let week = |days: [(u32, u32); 7]| view! { <tr>{days.map(|(number, free)| day(number, free)).into_iter().collect_view()}</tr> };
    let head = ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"].map(|name| view! { <th scope="col">{name}</th> });
    view! {
        <div class="stack">
            <div class="cal">
                <div class="cal__head">
                    <a class="btn btn--icon btn--quiet" href="#calendar">
                        <Icon name="chevron-left" class="icon icon--flip"/>
                        <span class="vh">"November 2026"</span>
                    </a>
                    <h3 class="cal__title">"December 2026"</h3>
                    <a class="btn btn--icon btn--quiet" href="#calendar">
                        <Icon name="chevron-right" class="icon icon--flip"/>
                        <span class="vh">"January 2027"</span>
                    </a>
                </div>
                <table class="cal__grid" aria-label="December 2026">
                    <thead><tr>{head.into_iter().collect_view()}</tr></thead>
                    <tbody>
                        {week([(1, 0), (2, 2), (3, 7), (4, 9), (5, 0), (6, 0), (7, 8)])}
                        {week([(8, 4), (9, 1), (10, 0), (11, 6), (12, 5), (13, 0), (14, 0)])}
                    </tbody>
                </table>
            </div>
            <Countdown seconds=761 label="Seat held for".to_owned() over="The hold is over".to_owned()/>
            <Countdown seconds=95 label="Seat held for".to_owned() over="The hold is over".to_owned()/>
        </div>
    }
    .into_any()
}

fn tickets() -> AnyView {
    let lines = || vec![("clock", "14:00–16:10 GMT".to_owned()), ("map-pin", "Dublin Harcourt Street, 2nd floor".to_owned())];
    let facts = || vec![("Issued".to_owned(), "12 June 2026".to_owned()), ("Expires".to_owned(), "12 June 2029".to_owned())];
    let id = || ("Credential ID".to_owned(), "NL-7QKD-93XP-M2VA".to_owned());
    view! {
        <div class="stack">
            <Ticket month="Dec" day="3" weekday="Thu" title="Solutions Architect – Associate" lines=lines()>
                <a class="btn btn--small" href="#tickets">"Manage"</a>
            </Ticket>
            <Ticket month="Dec" day="9" weekday="Wed" title=LONG lines=lines() state=(Tone::Off, "Cancelled".to_owned())/>
            <CredentialCard
                art="/badge-blank.svg"
                active=true
                state=(Tone::Ok, "Active".to_owned())
                title="Certified Cloud Practitioner"
                href="#tickets"
                facts=facts()
                id=id()
            >
                <a class="btn btn--small" href="#tickets">"Certificate"</a>
            </CredentialCard>
            <CredentialCard
                art="/badge-blank.svg"
                active=false
                state=(Tone::Off, "Expired".to_owned())
                title=LONG
                href="#tickets"
                facts=facts()
                id=id()
            />
        </div>
    }
    .into_any()
}

fn verdicts(dark: bool) -> AnyView {
    let all = [
        (VerdictKind::Active, "Active", "Amara Okafor holds Cloud Practitioner until 12 June 2029."),
        (VerdictKind::Expired, "Expired", "It was valid until 12 June 2026."),
        (VerdictKind::Superseded, "Superseded", "A newer version of this certificate was issued."),
        (VerdictKind::Revoked, "Revoked", "It is not valid any more."),
        (VerdictKind::Unknown, "Not found", "No credential has this number. Check each character."),
    ];
    let items = all.map(|(kind, title, text)| view! { <Verdict kind title><p class="verdict__text">{text}</p></Verdict> });
    view! {
        <div class="stack">
            {items.into_iter().collect_view()}
            <Confirm title="Your exam is booked" text="Reference" reference="NL-2026-004187" title_id=named!(dark, "confirm-title")/>
        </div>
    }
    .into_any()
}

fn scores() -> AnyView {
    let scale = |score: i32, passed: bool| {
        view! {
            <ScoreScale
                score
                min=100
                max=1000
                pass_mark=720
                passed
                of="of 1000"
                verdict=if passed { "Pass" } else { "Fail" }
                pass_mark_label="Pass mark 720"
                description=format!("Score {score} on a scale from 100 to 1000. Pass mark 720.")
            />
        }
    };
    let weights = vec![
        ("Design Secure Architectures".to_owned(), 30, "30 %".to_owned()),
        ("Design Resilient Architectures".to_owned(), 26, "26 %".to_owned()),
    ];
    view! {
        <div class="stack stack--l">
            {scale(782, true)}
            {scale(541, false)}
            <ul class="domains">
                <DomainBar name="Design Secure Architectures" meets=true verdict="Meets competencies" percent=78 note="30% of scored content"/>
                <DomainBar name=LONG meets=false verdict="Needs improvement" percent=41 note="20% of scored content"/>
            </ul>
            <Weights items=weights/>
        </div>
    }
    .into_any()
}

fn money() -> AnyView {
    let rows = [("Subtotal", "$150.00"), ("Voucher PASS50", "− $75.00"), ("VAT 23 %", "$17.25"), ("Total", "$92.25")];
    view! { <Totals rows=rows.map(|(label, amount)| (label.to_owned(), amount.to_owned())).to_vec()/> }.into_any()
}

fn nothing() -> AnyView {
    view! {
        <div class="stack">
            <Empty icon="calendar" title="No exams booked" text="Choose a certification and book a seat.">
                <a class="btn btn--primary" href="#empty">"Browse certifications"</a>
            </Empty>
            <div class="skel" role="status">
                <span class="vh">"Loading"</span>
                <span class="skel__line skel__line--title"></span>
                <span class="skel__line"></span>
                <span class="skel__line skel__line--short"></span>
                <span class="skel__block"></span>
            </div>
            <ErrorView error=AppError::NotFound sample=true/>
            <ErrorView error=AppError::Forbidden sample=true/>
            <ErrorView error=AppError::Unavailable sample=true/>
            <ErrorView error=AppError::Internal("9F3K22QX".to_owned()) sample=true/>
        </div>
    }
    .into_any()
}

fn choices() -> Vec<Choice> {
    vec![
        Choice::new("center", "At a test centre").hinted("Bring two IDs."),
        Choice::new("online", "Online, with a proctor"),
        Choice::new("long", LONG),
    ]
}

fn fields(dark: bool) -> AnyView {
    let form = view! {
        <Form action="/api/none/fields">
            <TextField name=named!(dark, "plain") label="Given name"/>
            <TextField name=named!(dark, "hinted") label="E-mail address" hint="We send the confirmation here." kind="email" value="amara@example.com"/>
            <TextField name=named!(dark, "voluntary") label="Company" optional=true/>
            <TextField name=named!(dark, "short") label="Postal code" width=6/>
            <CodeField name=named!(dark, "code") label="Code" hint="Six digits from your authenticator app."/>
            <TextField name=named!(dark, "long") label=LONG hint=LONG value=LONG/>
            <PasswordField name=named!(dark, "old-password") label="Password"/>
            <PasswordField name=named!(dark, "new-password") label="New password" rules=vec!["At least 8 characters".to_owned(), "A digit".to_owned()]/>
            <SelectField name=named!(dark, "country") label="Country" choices=choices() prompt="Choose one"/>
            <RadioField name=named!(dark, "where") legend="Where do you want to take the exam?" choices=choices() hint="You can change this later." value="center"/>
            <RadioField
                name=named!(dark, "yes")
                legend="Are you ready?"
                choices=vec![Choice::new("yes", "Yes"), Choice::new("no", "No")]
                inline=true
            />
            <CheckboxField name=named!(dark, "agree") label=|| view! { "I accept the agreement" }/>
            <DateField name=named!(dark, "birth") legend="Date of birth" hint="For example, 27 3 1994"/>
            <TextArea name=named!(dark, "why") label="What happened?" optional=true/>
            <FileField name=named!(dark, "file") label="Evidence" hint="PDF, PNG or JPEG, up to 10 MB." accept="application/pdf"/>
            <button class="btn btn--primary" type="button">"Continue"</button>
        </Form>
    };
    view! {
        <div class="stack stack--l">
            {form}
            <SearchForm name=named!(dark, "q") label="Find an order" hint="Its number, a name or an address." button="Search"/>
        </div>
    }
    .into_any()
}

/// The same fields as their form shows them after a refusal: summary, messages, what was typed.
fn refused(dark: bool) -> AnyView {
    let function = named!(dark, "/api/none/refused");
    let typed = [
        (named!(dark, "r-email"), "amara@"),
        (named!(dark, "r-age"), "abc"),
        (named!(dark, "r-country"), "long"),
        (named!(dark, "r-birth-day"), "31"),
        (named!(dark, "r-birth-month"), "2"),
    ];
    let errors = vec![
        FieldError::new(named!(dark, "r-email"), Code::EmailInvalid),
        FieldError::new(named!(dark, "r-password"), Code::PasswordNeedsDigit),
        FieldError::with(named!(dark, "r-age"), Code::TooLong, 2),
        FieldError::new(named!(dark, "r-country"), Code::NotAChoice),
        FieldError::new(named!(dark, "r-where"), Code::Required),
        FieldError::new(named!(dark, "r-agree"), Code::AgreementRequired),
        FieldError::new(named!(dark, "r-birth-day"), Code::DateInvalid),
        FieldError::new(named!(dark, "r-why"), Code::Required),
        FieldError::with(named!(dark, "r-file"), Code::FileTooLarge, 10),
    ];
    let form = FormState {
        function: function.to_owned(),
        submitted: Submitted::from_pairs(typed.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()),
        error: AppError::Validation(errors),
    };
    let cx = request().again().with(|cx| cx.form = Some(form));
    view! { <RefusedForm cx=Arc::new(cx) function dark/> }.into_any()
}

#[component]
fn RefusedForm(cx: Arc<crate::server::RequestContext>, function: &'static str, dark: bool) -> impl IntoView {
    provide_context(cx);
    view! {
        <div class="stack">
            <ErrorSummary title_id=named!(dark, "errors-title")/>
            <Form action=function>
                <TextField name=named!(dark, "r-email") label="E-mail address" hint="We send the confirmation here." kind="email"/>
                <PasswordField name=named!(dark, "r-password") label="New password" rules=vec!["At least 8 characters".to_owned(), "A digit".to_owned()]/>
                <TextField name=named!(dark, "r-age") label="Age" width=4/>
                <SelectField name=named!(dark, "r-country") label="Country" choices=choices()/>
                <RadioField name=named!(dark, "r-where") legend="Where?" choices=choices()/>
                <CheckboxField name=named!(dark, "r-agree") label=|| view! { "I accept the agreement" }/>
                <DateField name=named!(dark, "r-birth") legend="Date of birth"/>
                <TextArea name=named!(dark, "r-why") label="What happened?"/>
                <FileField name=named!(dark, "r-file") label="Evidence" accept="application/pdf"/>
            </Form>
        </div>
    }
}

//! Form fields: label, hint, error and control, wired for screen readers; they show again what was typed when the form
//! was refused. Inputs are plain HTML: the browser owns their value.

use super::errors::error_text;
use super::feedback::Icon;
use super::islands::{PasswordStrength, PasswordToggle};
use crate::error::FieldError;
use crate::server::http::acting;
use crate::server::http::forms::FUNCTION_FIELD;
use crate::server::{RequestContext, request};
use crate::tr;
use leptos::prelude::*;
use std::sync::Arc;

/// The server function of the form that a field stands in: only its own refusal is shown in it.
#[derive(Clone)]
pub struct CurrentForm(pub String);

/// A form for a server function. It posts to the page it stands on (see `server::http::forms`), so it works without
/// JavaScript, and a refused one is shown again with what was typed.
#[component]
pub fn Form(
    /// `<F as ServerFn>::PATH`.
    #[prop(into)]
    action: String,
    #[prop(default = "form")] class: &'static str,
    children: Children,
) -> impl IntoView {
    provide_context(CurrentForm(action.clone()));
    let made_for = request().acting.as_ref().map(|acting| acting.id.to_string());
    view! {
        <form class=class method="post" novalidate>
            <input type="hidden" name=FUNCTION_FIELD value=action/>
            {made_for.map(|id| view! { <input type="hidden" name=acting::FIELD value=id/> })}
            {children()}
        </form>
    }
}

fn refused() -> Option<(Arc<RequestContext>, bool)> {
    let cx = request();
    let form = cx.form.as_ref()?;
    let mine = use_context::<CurrentForm>().is_none_or(|current| current.0 == form.function);
    Some((cx.clone(), mine))
}

/// What a field shows: what was typed if its form was refused, else `initial`.
pub fn form_value(name: &str, initial: Option<String>) -> Option<String> {
    match refused() {
        Some((cx, true)) => cx.form.as_ref().map(|form| form.submitted.get(name).unwrap_or_default().to_owned()),
        _ => initial,
    }
}

fn error_of(name: &str) -> Option<String> {
    let (cx, mine) = refused()?;
    let form = cx.form.as_ref().filter(|_| mine)?;
    let errors: Vec<String> =
        form.field_errors().iter().filter(|error: &&FieldError| error.field == name).map(|error| error_text(cx.locale, error)).collect();
    (!errors.is_empty()).then(|| errors.join(". "))
}

/// Ids of hint and error for `aria-describedby`, in that order.
fn described_by(name: &str, hint: bool, error: bool, more: Option<&str>) -> Option<String> {
    let mut ids = vec![];
    if hint {
        ids.push(format!("{name}-hint"));
    }
    if error {
        ids.push(format!("{name}-error"));
    }
    ids.extend(more.map(str::to_owned));
    (!ids.is_empty()).then(|| ids.join(" "))
}

#[component]
fn Frame(name: String, label: String, hint: Option<String>, error: Option<String>, optional: bool, children: Children) -> impl IntoView {
    let cx = request();
    let locale = cx.locale;
    cx.label_field(&name, &label);
    let field_class = if error.is_some() { "field field--error" } else { "field" };
    view! {
        <div class=field_class>
            <label class="field__label" for=name.clone()>
                {label}
                {optional.then(|| view! { " " <span class="field__opt">{tr!(locale, common.optional)}</span> })}
            </label>
            {hint.map(|hint| view! { <p class="field__hint" id=format!("{name}-hint")>{hint}</p> })}
            <FieldMessage name=name.clone() error/>
            {children()}
        </div>
    }
}

#[component]
fn FieldMessage(name: String, error: Option<String>) -> impl IntoView {
    let locale = request().locale;
    error.map(|error| {
        view! {
            <p class="field__error" id=format!("{name}-error")>
                <Icon name="alert-triangle" class="icon icon--s"/>
                <span><span class="vh">{tr!(locale, errors.prefix)}</span>{error}</span>
            </p>
        }
    })
}

/// A line of text. `width`: the number of characters to expect (2, 4, 6, 10, 20 or 30).
#[component]
pub fn TextField(
    #[prop(into)] name: String,
    #[prop(into)] label: String,
    #[prop(optional, into)] hint: Option<String>,
    #[prop(optional, into)] value: Option<String>,
    #[prop(default = "text")] kind: &'static str,
    #[prop(optional)] autocomplete: Option<&'static str>,
    #[prop(optional)] inputmode: Option<&'static str>,
    #[prop(optional)] width: Option<u8>,
    #[prop(optional)] maxlength: Option<u32>,
    #[prop(optional)] optional: bool,
    /// An additional class, e.g. `input--code`.
    #[prop(default = "")]
    class: &'static str,
) -> impl IntoView {
    let error = error_of(&name);
    let value = form_value(&name, value);
    let described = described_by(&name, hint.is_some(), error.is_some(), None);
    let class = match width {
        Some(width) => format!("input input--{width} {class}"),
        None => format!("input {class}"),
    };
    let invalid = error.is_some().then_some("true");
    view! {
        <Frame name=name.clone() label hint error optional>
            <input
                class=class.trim_end().to_owned()
                id=name.clone()
                name=name
                type=kind
                value=value
                autocomplete=autocomplete
                inputmode=inputmode
                maxlength=maxlength
                spellcheck=matches!(kind, "email" | "tel").then_some("false")
                aria-invalid=invalid
                aria-describedby=described
            />
        </Frame>
    }
}

/// The field `code`, unless it has another name: digits from an authenticator app or a message, which the browser may fill in by itself.
#[component]
pub fn CodeField(#[prop(into)] label: String, #[prop(into)] hint: String, #[prop(default = "code")] name: &'static str) -> impl IntoView {
    view! { <TextField name label hint autocomplete="one-time-code" inputmode="numeric" maxlength=10 class="input--code"/> }
}

/// The form of a page that searches by the words in its own address, `?q=` unless they have another name.
#[component]
pub fn SearchForm(
    label: &'static str,
    hint: &'static str,
    button: &'static str,
    /// Whether searching is what the page is for.
    #[prop(default = true)]
    primary: bool,
    #[prop(default = "q")] name: &'static str,
) -> impl IntoView {
    let wanted = request().query(name).unwrap_or_default().to_owned();
    let hint_id = format!("{name}-hint");
    view! {
        <form class="form" method="get" role="search">
            <div class="field">
                <label class="field__label" for=name>{label}</label>
                <p class="field__hint" id=hint_id.clone()>{hint}</p>
                <input class="input" id=name name=name type="search" value=wanted autocomplete="off" aria-describedby=hint_id/>
            </div>
            <div class="actions"><button class=if primary { "btn btn--primary" } else { "btn" }>{button}</button></div>
        </form>
    }
}

/// A password. Never filled in again. With `rules` it is a new one: they are listed, and its strength is shown while it is typed.
#[component]
pub fn PasswordField(
    name: &'static str,
    #[prop(into)] label: String,
    #[prop(optional, into)] hint: Option<String>,
    #[prop(optional)] rules: Vec<String>,
) -> impl IntoView {
    let locale = request().locale;
    let error = error_of(name);
    let (new, items) = (!rules.is_empty(), rules);
    let rules = new.then(|| format!("{name}-rules"));
    let described = described_by(name, hint.is_some(), error.is_some(), rules.as_deref());
    let invalid = error.is_some().then_some("true");
    view! {
        <Frame name=name.to_owned() label hint error optional=false>
            <div class="password">
                <input
                    class="input"
                    id=name
                    name=name
                    type="password"
                    autocomplete=if new { "new-password" } else { "current-password" }
                    aria-invalid=invalid
                    aria-describedby=described
                />
                <PasswordToggle
                    input=name.to_owned()
                    show=tr!(locale, common.show).to_owned()
                    hide=tr!(locale, common.hide).to_owned()
                />
            </div>
            {new
                .then(|| {
                    view! {
                        <PasswordStrength
                            input=name.to_owned()
                            words=vec![
                                tr!(locale, common.strength_0).to_owned(),
                                tr!(locale, common.strength_1).to_owned(),
                                tr!(locale, common.strength_2).to_owned(),
                                tr!(locale, common.strength_3).to_owned(),
                                tr!(locale, common.strength_4).to_owned(),
                            ]
                        />
                        <ul class="rules" id=format!("{name}-rules")>
                            {items.into_iter().map(|item| view! { <li class="rules__item">{item}</li> }).collect_view()}
                        </ul>
                    }
                })}
        </Frame>
    }
}

#[component]
pub fn TextArea(
    name: &'static str,
    #[prop(into)] label: String,
    #[prop(optional, into)] hint: Option<String>,
    #[prop(optional, into)] value: Option<String>,
    #[prop(default = 4)] rows: u32,
    #[prop(optional)] optional: bool,
) -> impl IntoView {
    let error = error_of(name);
    // The framework writes the text of this element as it is (its list of raw elements, with script and style): what was typed
    // must not end it.
    let value = form_value(name, value).map(|typed| typed.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"));
    let described = described_by(name, hint.is_some(), error.is_some(), None);
    let invalid = error.is_some().then_some("true");
    view! {
        <Frame name=name.to_owned() label hint error optional>
            <textarea class="textarea" id=name name=name rows=rows aria-invalid=invalid aria-describedby=described>
                {value}
            </textarea>
        </Frame>
    }
}

/// One of the options of a choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    pub value: String,
    pub label: String,
    pub hint: Option<String>,
    /// Heading above it in a select; choices of one group stand together.
    pub group: Option<String>,
}

impl Choice {
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self { value: value.into(), label: label.into(), hint: None, group: None }
    }

    pub fn in_group(mut self, group: impl Into<String>) -> Self {
        self.group = Some(group.into());
        self
    }

    pub fn hinted(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// A long list to choose one from. `prompt`: the entry that stands for nothing chosen yet.
#[component]
pub fn SelectField(
    name: &'static str,
    #[prop(into)] label: String,
    choices: Vec<Choice>,
    #[prop(optional, into)] hint: Option<String>,
    #[prop(optional, into)] value: Option<String>,
    #[prop(optional, into)] prompt: Option<String>,
    #[prop(optional)] autocomplete: Option<&'static str>,
    #[prop(optional)] optional: bool,
) -> impl IntoView {
    let error = error_of(name);
    let value = form_value(name, value).unwrap_or_default();
    let described = described_by(name, hint.is_some(), error.is_some(), None);
    let invalid = error.is_some().then_some("true");
    view! {
        <Frame name=name.to_owned() label hint error optional>
            <select class="select" id=name name=name autocomplete=autocomplete aria-invalid=invalid aria-describedby=described>
                {prompt.map(|prompt| view! { <option value="">{prompt}</option> })}
                {option_groups(choices)
                    .into_iter()
                    .map(|(group, choices)| {
                        let options = choices
                            .into_iter()
                            .map(|choice| {
                                let selected = choice.value == value;
                                view! { <option value=choice.value selected=selected>{choice.label}</option> }
                            })
                            .collect_view();
                        match group {
                            Some(group) => view! { <optgroup label=group>{options}</optgroup> }.into_any(),
                            None => options.into_any(),
                        }
                    })
                    .collect_view()}
            </select>
        </Frame>
    }
}

/// Neighbours of one group together, in the order given.
fn option_groups(choices: Vec<Choice>) -> Vec<(Option<String>, Vec<Choice>)> {
    let mut groups: Vec<(Option<String>, Vec<Choice>)> = vec![];
    for choice in choices {
        match groups.last_mut() {
            Some((group, members)) if *group == choice.group => members.push(choice),
            _ => groups.push((choice.group.clone(), vec![choice])),
        }
    }
    groups
}

/// A few options to choose one from.
#[component]
pub fn RadioField(
    name: &'static str,
    #[prop(into)] legend: String,
    choices: Vec<Choice>,
    #[prop(optional, into)] hint: Option<String>,
    #[prop(optional, into)] value: Option<String>,
    #[prop(optional)] inline: bool,
) -> impl IntoView {
    request().label_field(name, &legend);
    let error = error_of(name);
    let value = form_value(name, value).unwrap_or_default();
    let described = described_by(name, hint.is_some(), error.is_some(), None);
    let fieldset_class = if error.is_some() { "fieldset fieldset--error" } else { "fieldset" };
    view! {
        <fieldset class=fieldset_class aria-describedby=described>
            <legend class="fieldset__legend">{legend}</legend>
            {hint.map(|hint| view! { <p class="field__hint" id=format!("{name}-hint")>{hint}</p> })}
            <FieldMessage name=name.to_owned() error/>
            <div class=if inline { "choices choices--inline" } else { "choices" }>
                {choices
                    .into_iter()
                    .enumerate()
                    .map(|(index, choice)| {
                        // The error summary links to the first one.
                        let id = if index == 0 { name.to_owned() } else { format!("{name}-{}", index + 1) };
                        let checked = choice.value == value;
                        view! {
                            <div class="choice">
                                <input class="choice__input" type="radio" name=name id=id.clone() value=choice.value checked=checked/>
                                <label class="choice__label" for=id>{choice.label}</label>
                                {choice.hint.map(|hint| view! { <p class="choice__hint">{hint}</p> })}
                            </div>
                        }
                    })
                    .collect_view()}
            </div>
        </fieldset>
    }
}

/// One box to tick; sends `on`.
#[component]
pub fn CheckboxField(
    name: &'static str,
    #[prop(into)] label: ViewFn,
    #[prop(optional, into)] hint: Option<String>,
    #[prop(optional)] checked: bool,
) -> impl IntoView {
    let error = error_of(name);
    let checked = match refused() {
        Some((cx, true)) => cx.form.as_ref().is_some_and(|form| form.submitted.has(name, "on")),
        _ => checked,
    };
    let described = described_by(name, hint.is_some(), error.is_some(), None);
    let invalid = error.is_some().then_some("true");
    let field_class = if error.is_some() { "field field--error" } else { "field" };
    view! {
        <div class=field_class>
            <FieldMessage name=name.to_owned() error/>
            <div class="choice">
                <input
                    class="choice__input"
                    type="checkbox"
                    id=name
                    name=name
                    value="on"
                    checked=checked
                    aria-invalid=invalid
                    aria-describedby=described
                />
                <label class="choice__label" for=name>{label.run()}</label>
                {hint.map(|hint| view! { <p class="choice__hint" id=format!("{name}-hint")>{hint}</p> })}
            </div>
        </div>
    }
}

/// A date typed as three numbers: fields `<name>-day`, `<name>-month`, `<name>-year`; errors are given for `<name>-day`.
#[component]
pub fn DateField(
    name: &'static str,
    #[prop(into)] legend: String,
    #[prop(optional, into)] hint: Option<String>,
    /// The date is the reader's birthday: browsers fill it in.
    #[prop(optional)]
    birthday: bool,
) -> impl IntoView {
    let cx = request();
    let locale = cx.locale;
    let first = format!("{name}-day");
    cx.label_field(&first, &legend);
    let error = error_of(&first);
    let described = described_by(name, hint.is_some(), false, error.is_some().then(|| format!("{first}-error")).as_deref());
    let part = |suffix: &str, label: &'static str, width: u8| {
        let id = format!("{name}-{suffix}");
        let value = form_value(&id, None);
        view! {
            <div class="dateinput__part">
                <label class="dateinput__label" for=id.clone()>{label}</label>
                <input
                    class=format!("input input--{width}")
                    id=id.clone()
                    name=id
                    inputmode="numeric"
                    value=value
                    maxlength=if width == 4 { 4 } else { 2 }
                    autocomplete=birthday.then(|| format!("bday-{suffix}"))
                    aria-invalid=error.is_some().then_some("true")
                />
            </div>
        }
    };
    let parts =
        (part("day", tr!(locale, common.day), 2), part("month", tr!(locale, common.month), 2), part("year", tr!(locale, common.year), 4));
    let fieldset_class = if error.is_some() { "fieldset fieldset--error" } else { "fieldset" };
    view! {
        <fieldset class=fieldset_class role="group" aria-describedby=described>
            <legend class="fieldset__legend">{legend}</legend>
            {hint.map(|hint| view! { <p class="field__hint" id=format!("{name}-hint")>{hint}</p> })}
            <FieldMessage name=first error=error.clone()/>
            <div class="dateinput">{parts}</div>
        </fieldset>
    }
}

/// A file of the reader's. The form it stands in posts to a plain route (`multipart/form-data`).
#[component]
pub fn FileField(
    name: &'static str,
    #[prop(into)] label: String,
    #[prop(optional, into)] hint: Option<String>,
    accept: &'static str,
) -> impl IntoView {
    let error = error_of(name);
    let described = described_by(name, hint.is_some(), error.is_some(), None);
    let invalid = error.is_some().then_some("true");
    view! {
        <Frame name=name.to_owned() label hint error optional=false>
            <div class="upload">
                <input class="upload__input" id=name name=name type="file" accept=accept aria-invalid=invalid aria-describedby=described/>
            </div>
        </Frame>
    }
}

/// A value the form carries along.
#[component]
pub fn HiddenField(name: &'static str, #[prop(into)] value: String) -> impl IntoView {
    view! { <input type="hidden" name=name value=value/> }
}

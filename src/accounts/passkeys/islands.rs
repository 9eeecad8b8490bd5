//! The button that asks the device for a passkey, or for a new one; and the autofill of the sign-in page.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What the button says: given by the server in the reader's language.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct PasskeyWords {
    pub button: String,
    /// While the device asks its owner.
    pub waiting: String,
    /// The browser has no passkeys.
    pub unsupported: String,
    /// The browser has passkeys, but is older than what we ask of it.
    pub outdated: String,
    /// The owner said no, took too long, or has no passkey on this device: browsers do not tell which.
    pub cancelled: String,
    /// The device has a passkey for this account already.
    pub already: String,
    /// The page was opened at another address than the portal's own.
    pub wrong_host: String,
    /// The server did not accept the answer.
    pub refused: String,
    /// The five minutes are over.
    pub over: String,
    /// Too many attempts.
    pub wait: String,
    /// Anything else: the network, the server.
    pub failed: String,
}

/// What a button is for, and what it says.
#[derive(Clone)]
#[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "read in the browser only"))]
struct Flow {
    purpose: String,
    input: String,
    next: String,
    autofill: bool,
    words: PasskeyWords,
    message: RwSignal<Option<String>>,
    busy: RwSignal<bool>,
}

/// Asks the device for a passkey and goes where the proof leads. `purpose`: `login`, `second_factor`, `confirm`, or `register` for
/// a new passkey, whose name is in the field of the id `input`. `autofill`: passkeys are offered in the page's
/// `autocomplete="… webauthn"` field as well. Appears only where scripts run; says so where the browser has no passkeys.
#[island]
pub fn PasskeyButton(purpose: String, input: String, next: String, autofill: bool, words: PasskeyWords) -> impl IntoView {
    let supported = RwSignal::new(None::<bool>);
    let (message, busy) = (RwSignal::new(None::<String>), RwSignal::new(false));
    let (button, waiting, unsupported) = (words.button.clone(), words.waiting.clone(), words.unsupported.clone());
    let flow = Flow { purpose, input, next, autofill, words, message, busy };
    let at_once = flow.clone();
    Effect::new(move |_| {
        #[cfg(feature = "hydrate")]
        {
            supported.set(Some(dom::supported()));
            dom::offer(at_once.clone());
        }
        #[cfg(not(feature = "hydrate"))]
        let _ = &at_once;
    });
    let click = move |_| {
        #[cfg(feature = "hydrate")]
        dom::ask(flow.clone());
        #[cfg(not(feature = "hydrate"))]
        let _ = &flow;
    };
    view! {
        <div class="stack stack--s">
            <button
                class="btn btn--block"
                type="button"
                hidden=move || supported.get() != Some(true)
                aria-busy=move || busy.get().then_some("true")
                on:click=click
            >
                <svg class="icon" aria-hidden="true">
                    <use href="/icons.svg#fingerprint"></use>
                </svg>
                {button}
            </button>
            <p class="muted" hidden=move || supported.get() != Some(false)>{unsupported}</p>
            <p class="muted" role="status" hidden=move || !busy.get()>{waiting}</p>
            <div class="alert alert--warning" role="alert" hidden=move || message.with(Option::is_none)>
                <svg class="icon alert__icon" aria-hidden="true">
                    <use href="/icons.svg#info"></use>
                </svg>
                <div class="alert__body">
                    <p>{move || message.get()}</p>
                </div>
            </div>
        </div>
    }
}

#[cfg(feature = "hydrate")]
mod dom {
    //! The browser's side of a ceremony. By reflection: the JSON helpers of `PublicKeyCredential` are younger than the bindings.

    use super::super::api::{passkey_login_finish, passkey_login_start, passkey_register_finish, passkey_register_start};
    use super::Flow;
    use crate::error::{AppError, Conflict};
    use leptos::prelude::*;
    use leptos::task::spawn_local;
    use std::cell::{Cell, RefCell};
    use std::rc::Rc;
    use std::time::Duration;
    use wasm_bindgen::{JsCast, JsValue};
    use wasm_bindgen_futures::JsFuture;
    use web_sys::js_sys::{Function, JSON, Object, Promise, Reflect, encode_uri_component};
    use web_sys::{AbortController, HtmlInputElement};

    /// The server forgets a challenge after five minutes; the one behind an open sign-in page is renewed before.
    const RENEWED: Duration = Duration::from_secs(240);
    /// A page that nobody has touched for two hours asks no more.
    const ROUNDS: usize = 30;

    /// Why a ceremony came to nothing.
    enum Failure {
        /// The server gave no challenge.
        NotBegun(AppError),
        /// The server did not take the answer.
        Refused(AppError),
        /// The browser's exception, by its name.
        Browser(String),
        /// The browser lacks a function.
        Outdated,
    }

    thread_local! {
        // One ceremony at a time: browsers refuse a second one.
        static RUNNING: RefCell<Option<AbortController>> = const { RefCell::new(None) };
    }

    fn get(object: &JsValue, name: &str) -> JsValue {
        Reflect::get(object, &JsValue::from_str(name)).unwrap_or(JsValue::UNDEFINED)
    }

    fn set(object: &Object, name: &str, value: &JsValue) {
        let _ = Reflect::set(object, &JsValue::from_str(name), value);
    }

    /// Calls a method that older browsers may not have.
    fn call(object: &JsValue, method: &str, argument: &JsValue) -> Result<JsValue, Failure> {
        let function: Function = get(object, method).dyn_into().map_err(|_| Failure::Outdated)?;
        function.call1(object, argument).map_err(exception)
    }

    async fn resolved(promise: JsValue) -> Result<JsValue, Failure> {
        JsFuture::from(Promise::resolve(&promise)).await.map_err(exception)
    }

    fn exception(error: JsValue) -> Failure {
        Failure::Browser(get(&error, "name").as_string().unwrap_or_default())
    }

    fn class() -> JsValue {
        get(&window(), "PublicKeyCredential")
    }

    fn credentials() -> JsValue {
        get(&get(&window(), "navigator"), "credentials")
    }

    pub fn supported() -> bool {
        class().is_function() && credentials().is_object()
    }

    /// Begins a ceremony in place of the one that runs.
    fn begin() -> Option<AbortController> {
        let controller = AbortController::new().ok()?;
        let before = RUNNING.with_borrow_mut(|running| running.replace(controller.clone()));
        if let Some(before) = before {
            before.abort();
        }
        Some(controller)
    }

    fn go(page: &str) {
        let _ = window().location().assign(page);
    }

    /// The whole ceremony; gives the page to go to.
    async fn run(flow: &Flow, controller: &AbortController, in_autofill: bool) -> Result<String, Failure> {
        let register = flow.purpose == "register";
        let begun = if register { passkey_register_start().await } else { passkey_login_start(flow.purpose.clone()).await };
        let begun = JSON::parse(&begun.map_err(Failure::NotBegun)?).map_err(exception)?;
        let ceremony = get(&begun, "ceremony").as_string().unwrap_or_default();
        let (parse, method) = if register { ("parseCreationOptionsFromJSON", "create") } else { ("parseRequestOptionsFromJSON", "get") };
        let options = Object::new();
        set(&options, "publicKey", &call(&class(), parse, &get(&begun, "options"))?);
        set(&options, "signal", &controller.signal());
        if in_autofill {
            set(&options, "mediation", &JsValue::from_str("conditional"));
        }
        let credential = resolved(call(&credentials(), method, &options)?).await?;
        let answer = JSON::stringify(&call(&credential, "toJSON", &JsValue::UNDEFINED)?).map_err(exception)?;
        let (answer, next) = (String::from(answer), flow.next.clone());
        let done = if register {
            let input = document().get_element_by_id(&flow.input).and_then(|input| input.dyn_into::<HtmlInputElement>().ok());
            let name = input.map(|input| input.value()).unwrap_or_default();
            passkey_register_finish(ceremony, answer, name, next).await
        } else {
            passkey_login_finish(ceremony, answer, next).await
        };
        done.map_err(Failure::Refused)
    }

    /// Tells the reader, or sends them where the way goes on.
    fn tell(flow: &Flow, failure: &Failure) {
        let words = &flow.words;
        let text = match failure {
            Failure::NotBegun(error) | Failure::Refused(error) => match error {
                AppError::StepUpRequired => {
                    let here = window().location().pathname().unwrap_or_default();
                    return go(&format!("/account/confirm?next={}", String::from(encode_uri_component(&here))));
                }
                AppError::Unauthenticated => return go("/login"),
                AppError::RateLimited(_) => &words.wait,
                AppError::Conflict(Conflict::CeremonyOver) => &words.over,
                AppError::Conflict(_) | AppError::NotFound => &words.refused,
                _ => &words.failed,
            },
            Failure::Browser(name) => match name.as_str() {
                "NotAllowedError" | "TimeoutError" => &words.cancelled,
                "InvalidStateError" => &words.already,
                "SecurityError" => &words.wrong_host,
                _ => &words.failed,
            },
            Failure::Outdated => &words.outdated,
        };
        flow.message.set(Some(text.clone()));
    }

    /// The button: in place of the autofill, or of the ceremony of an earlier click.
    pub fn ask(flow: Flow) {
        flow.message.set(None);
        flow.busy.set(true);
        spawn_local(async move {
            let Some(controller) = begin() else { return };
            let outcome = run(&flow, &controller, false).await;
            // A newer click took over: it has the word now.
            if controller.signal().aborted() {
                return;
            }
            flow.busy.set(false);
            match outcome {
                Ok(page) => go(&page),
                Err(failure) => {
                    tell(&flow, &failure);
                    offer(flow);
                }
            }
        });
    }

    /// Offers passkeys in the autofill of the page's field, where the browser can do that.
    pub fn offer(flow: Flow) {
        if !flow.autofill || !supported() {
            return;
        }
        spawn_local(async move {
            let Ok(answer) = call(&class(), "isConditionalMediationAvailable", &JsValue::UNDEFINED) else { return };
            if !resolved(answer).await.is_ok_and(|can| can.is_truthy()) {
                return;
            }
            for _ in 0..ROUNDS {
                // The button was quicker.
                if flow.busy.get_untracked() {
                    return;
                }
                let Some(controller) = begin() else { return };
                let late = Rc::new(Cell::new(false));
                let (timed, told) = (controller.clone(), late.clone());
                set_timeout(
                    move || {
                        told.set(true);
                        timed.abort();
                    },
                    RENEWED,
                );
                match run(&flow, &controller, true).await {
                    Ok(page) => return go(&page),
                    Err(failure @ Failure::Refused(_)) if !controller.signal().aborted() => tell(&flow, &failure),
                    Err(_) if late.get() => {}
                    // Nobody asked for it, so nobody is told.
                    Err(_) => return,
                }
            }
        });
    }
}

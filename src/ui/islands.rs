//! What needs the browser: each is a small island in a page that works without it. Words come in from the server, so
//! that no dictionary travels.

use leptos::prelude::*;

/// Shows or hides what is typed in a password field. Appears only where scripts run.
#[island]
pub fn PasswordToggle(input: String, show: String, hide: String) -> impl IntoView {
    let shown = RwSignal::new(false);
    let ready = RwSignal::new(false);
    Effect::new(move |_| ready.set(true));
    let controls = input.clone();
    let toggle = move |_| {
        shown.update(|shown| *shown = !*shown);
        #[cfg(feature = "hydrate")]
        if let Some(element) = dom::input(&input) {
            element.set_type(if shown.get_untracked() { "text" } else { "password" });
        }
        #[cfg(not(feature = "hydrate"))]
        let _ = &input;
    };
    let word = move || if shown.get() { hide.clone() } else { show.clone() };
    view! {
        <button
            class="btn password__toggle"
            type="button"
            hidden=move || !ready.get()
            aria-pressed=move || if shown.get() { "true" } else { "false" }
            aria-controls=controls
            on:click=toggle
        >
            {word}
        </button>
    }
}

/// How hard to guess a password is, while it is typed. A hint only: the server decides. `words`: from 0, very weak,
/// to 4, strong.
#[island]
pub fn PasswordStrength(input: String, words: Vec<String>) -> impl IntoView {
    let score = RwSignal::new(None::<usize>);
    Effect::new(move |_| {
        #[cfg(feature = "hydrate")]
        dom::on_input(&input, move |value| score.set((!value.is_empty()).then(|| strength(&value))));
        #[cfg(not(feature = "hydrate"))]
        let _ = &input;
    });
    view! {
        <div class="strength" data-score=move || score.get().unwrap_or(0).to_string() hidden=move || score.get().is_none()>
            <span class="strength__bars" aria-hidden="true">
                <i></i>
                <i></i>
                <i></i>
                <i></i>
            </span>
            <p class="strength__text" aria-live="polite">
                {move || score.get().and_then(|score| words.get(score).cloned())}
            </p>
        </div>
    }
}

/// 0 to 4 by length and variety; repeats and runs count little.
pub fn strength(password: &str) -> usize {
    let characters: Vec<char> = password.chars().collect();
    let mut bits = 0.0f32;
    let classes = [
        characters.iter().any(char::is_ascii_lowercase),
        characters.iter().any(char::is_ascii_uppercase),
        characters.iter().any(char::is_ascii_digit),
        characters.iter().any(|c| !c.is_ascii_alphanumeric()),
    ];
    let per_character = 2.5 + classes.iter().filter(|class| **class).count() as f32 * 0.8;
    for (index, character) in characters.iter().enumerate() {
        let follows = index > 0 && (*character as i64 - characters[index - 1] as i64).abs() <= 1;
        let seen = characters[..index].contains(character);
        bits += if follows {
            0.6
        } else if seen {
            per_character * 0.5
        } else {
            per_character
        };
    }
    match bits {
        b if b < 22.0 => 0,
        b if b < 34.0 => 1,
        b if b < 46.0 => 2,
        b if b < 60.0 => 3,
        _ => 4,
    }
}

/// Counts down to the end of a hold and says when it is over. `label` stands before the time, `over` in place of it.
/// Without scripts the reader sees the time left when the page was made.
#[island]
pub fn Countdown(seconds: i64, label: String, over: String) -> impl IntoView {
    let left = RwSignal::new(seconds);
    Effect::new(move |_| {
        #[cfg(feature = "hydrate")]
        dom::every_second(move |elapsed| {
            let now = (seconds - elapsed).max(0);
            let _ = left.try_set(now);
            now > 0
        });
    });
    let aria = label.clone();
    let text = move || {
        let left = left.get();
        if left > 0 { format!("{:02}:{:02}", left / 60, left % 60) } else { String::new() }
    };
    let words = move || if left.get() > 0 { label.clone() } else { over.clone() };
    view! {
        <p class="countdown" class:is-low=move || left.get() < 180 role="timer" aria-label=aria>
            <svg class="icon icon--s" aria-hidden="true">
                <use href="/icons.svg#clock"></use>
            </svg>
            <span>{words} " " <time class="countdown__time">{text}</time></span>
        </p>
    }
}

#[cfg(feature = "hydrate")]
mod dom {
    //! The few calls into the browser that islands share.

    use std::time::Duration;
    use wasm_bindgen::JsCast;
    use web_sys::HtmlInputElement;

    pub fn input(id: &str) -> Option<HtmlInputElement> {
        leptos::prelude::document().get_element_by_id(id)?.dyn_into().ok()
    }

    /// Calls `f` with the value of an input, whenever it changes.
    pub fn on_input(id: &str, f: impl Fn(String) + 'static) {
        if let Some(element) = input(id) {
            let target = element.clone();
            let listener = wasm_bindgen::closure::Closure::<dyn Fn()>::new(move || f(target.value()));
            let _ = element.add_event_listener_with_callback("input", listener.as_ref().unchecked_ref());
            listener.forget();
        }
    }

    /// Calls `f` every second with the seconds since the start, until it says no. By the monotonic clock: a laptop
    /// that slept counts the time it slept.
    pub fn every_second(f: impl Fn(i64) -> bool + 'static) {
        let now = || leptos::prelude::window().performance().map_or(0.0, |performance| performance.now());
        let start = now();
        let handle = std::rc::Rc::new(std::cell::Cell::new(None::<leptos::leptos_dom::helpers::IntervalHandle>));
        let own = handle.clone();
        let tick = move || {
            if !f(((now() - start) / 1000.0) as i64)
                && let Some(handle) = own.take()
            {
                handle.clear();
            }
        };
        handle.set(leptos::leptos_dom::helpers::set_interval_with_handle(tick, Duration::from_secs(1)).ok());
    }
}

#[cfg(test)]
mod tests {
    use super::strength;

    #[test]
    fn strength_follows_length_and_variety() {
        assert_eq!(strength("aaaaaaaa"), 0);
        assert_eq!(strength("12345678"), 0);
        assert!(strength("Harbor-Lantern-42") >= 3);
        assert!(strength("abcdefgh") < strength("wxqzbtrk"));
    }
}

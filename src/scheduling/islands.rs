//! What scheduling does in the browser beyond what it does without it.

use super::model::{PLACE_LONGEST, Suggestion};
use leptos::ev::{KeyboardEvent, MouseEvent};
use leptos::html;
use leptos::prelude::*;

/// What a key does while places are suggested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Highlights another one.
    Highlight(usize),
    Choose(usize),
    Close,
    /// Highlights none: the key moves the cursor in the field.
    Leave,
    /// Not ours: without a highlight, Enter sends the form.
    Pass,
}

/// The keys of an editable combobox with manual selection (WAI-ARIA Authoring Practices). `count` is more than zero.
pub fn step(key: &str, highlighted: Option<usize>, count: usize) -> Step {
    match (key, highlighted) {
        ("ArrowDown", Some(at)) if at + 1 < count => Step::Highlight(at + 1),
        ("ArrowDown", _) => Step::Highlight(0),
        ("ArrowUp", Some(at)) if at > 0 => Step::Highlight(at - 1),
        ("ArrowUp", _) => Step::Highlight(count - 1),
        ("Enter", Some(at)) => Step::Choose(at),
        ("Escape", _) => Step::Close,
        ("ArrowLeft" | "ArrowRight" | "Home" | "End", Some(_)) => Step::Leave,
        _ => Step::Pass,
    }
}

/// The field for a city or postal code, `place` in its form, which suggests places while somebody types: a combobox. Without
/// scripts it is a plain field. A chosen city's ID goes with the text, as `city`. The country is the form's field `country`.
#[island]
pub fn PlaceField(
    value: String,
    city: Option<i64>,
    /// What the list is called.
    label: String,
    /// What is said when the list opens, by the number of places in it.
    told: Vec<String>,
) -> impl IntoView {
    let field = NodeRef::<html::Input>::new();
    let suggestions = Suggestions::new(city);
    let Suggestions { found, open, highlighted, city, count, .. } = suggestions;
    let ready = RwSignal::new(false);
    Effect::new(move |_| ready.set(true));

    let choose = move |at: usize| {
        if let (Some(place), Some(field)) = (found.with_untracked(|found| found.get(at).cloned()), field.get_untracked()) {
            field.set_value(&place.text);
            suggestions.forget(place.city);
        }
    };
    let on_key = move |event: KeyboardEvent| {
        let there = found.with_untracked(Vec::len);
        let closed = !open.get_untracked();
        // While an input method composes a character, the keys are its own. A list that was closed is opened by arrows alone.
        if there == 0 || event.is_composing() || closed && !matches!(event.key().as_str(), "ArrowDown" | "ArrowUp") {
            return;
        }
        match step(&event.key(), highlighted.get_untracked(), there) {
            Step::Highlight(at) => suggestions.highlight(at),
            Step::Choose(at) => choose(at),
            Step::Close => suggestions.close(),
            Step::Leave => return highlighted.set(None),
            Step::Pass => return,
        }
        event.prevent_default();
    };
    let on_input = move |_| {
        #[cfg(feature = "hydrate")]
        if let Some(field) = field.get_untracked() {
            suggestions.ask(&field);
        }
    };
    let options = move || {
        let option = |(at, place): (usize, Suggestion)| {
            view! {
                <li
                    class="combo__option"
                    role="option"
                    id=option_id(at)
                    aria-selected=move || if highlighted.get() == Some(at) { "true" } else { "false" }
                    on:click=move |_| choose(at)
                >
                    {place.name}
                    " "
                    <span class="combo__note">{place.note}</span>
                </li>
            }
        };
        found.get().into_iter().enumerate().map(option).collect_view()
    };
    let said = move || count.get().and_then(|count| told.get(count).cloned());
    view! {
        <div class="combo">
            <input
                class="input"
                id="place"
                name="place"
                type="text"
                maxlength=PLACE_LONGEST
                enterkeyhint="search"
                value=value
                autocomplete=move || if ready.get() { "off" } else { "postal-code" }
                role=move || ready.get().then_some("combobox")
                aria-autocomplete=move || ready.get().then_some("list")
                aria-expanded=move || ready.get().then(|| if open.get() { "true" } else { "false" })
                aria-controls=move || ready.get().then_some("place-list")
                aria-activedescendant=move || highlighted.get().map(option_id)
                node_ref=field
                on:input=on_input
                on:keydown=on_key
                on:blur=move |_| suggestions.close()
            />
            <input type="hidden" name="city" value=move || city.get() disabled=move || city.get().is_none()/>
            // Pressing the mouse in the list must not take the focus from the field, which would close the list.
            <ul
                class="combo__list"
                id="place-list"
                role="listbox"
                aria-label=label
                hidden=move || !open.get()
                on:mousedown=|event: MouseEvent| event.prevent_default()
            >
                {options}
            </ul>
            <p class="vh" role="status">{said}</p>
        </div>
    }
}

fn option_id(at: usize) -> String {
    format!("place-{at}")
}

/// The state of the list.
#[derive(Clone, Copy)]
struct Suggestions {
    found: RwSignal<Vec<Suggestion>>,
    open: RwSignal<bool>,
    highlighted: RwSignal<Option<usize>>,
    /// The chosen city.
    city: RwSignal<Option<i64>>,
    /// How many places to tell of.
    count: RwSignal<Option<usize>>,
    /// Counts questions and whatever else makes one void: an answer that comes too late is thrown away.
    turn: StoredValue<u32>,
}

impl Suggestions {
    fn new(city: Option<i64>) -> Self {
        Self {
            found: RwSignal::new(vec![]),
            open: RwSignal::new(false),
            highlighted: RwSignal::new(None),
            city: RwSignal::new(city),
            count: RwSignal::new(None),
            turn: StoredValue::new(0),
        }
    }

    fn highlight(self, at: usize) {
        self.open.set(true);
        self.highlighted.set(Some(at));
        #[cfg(feature = "hydrate")]
        request_animation_frame(move || dom::reveal(&option_id(at)));
    }

    fn close(self) {
        self.turn.update_value(|turn| *turn += 1);
        self.open.set(false);
        self.highlighted.set(None);
    }

    fn forget(self, city: Option<i64>) {
        self.close();
        self.found.set(vec![]);
        self.count.set(None);
        self.city.set(city);
    }
}

#[cfg(feature = "hydrate")]
mod dom {
    use super::super::api::places;
    use super::super::model::PLACE_SHORTEST;
    use super::Suggestions;
    use leptos::prelude::*;
    use std::time::Duration;
    use wasm_bindgen::JsCast;
    use web_sys::{HtmlElement, HtmlInputElement, HtmlSelectElement};

    /// How long nobody has typed before a question is asked.
    const PAUSE: Duration = Duration::from_millis(250);

    fn country() -> String {
        let select = document().get_element_by_id("country").and_then(|select| select.dyn_into::<HtmlSelectElement>().ok());
        select.map(|select| select.value()).unwrap_or_default()
    }

    impl Suggestions {
        /// After a pause, asks for the places that what was typed may mean.
        pub fn ask(self, field: &HtmlInputElement) {
            let text = field.value();
            if text.trim().chars().count() < PLACE_SHORTEST {
                return self.forget(None);
            }
            self.city.set(None);
            self.highlighted.set(None);
            self.turn.update_value(|turn| *turn += 1);
            let turn = self.turn.get_value();
            let current = move || self.turn.try_get_value() == Some(turn);
            let question = async move {
                // The network failed, or it was too much at once: nothing is suggested, and the field works without.
                let answer = places(text, country()).await.ok();
                if current() {
                    self.count.set(answer.as_ref().map(Vec::len));
                    let found = answer.unwrap_or_default();
                    self.open.set(!found.is_empty());
                    self.found.set(found);
                }
            };
            let begin = move || {
                if current() {
                    leptos::task::spawn_local(question);
                }
            };
            set_timeout(begin, PAUSE);
        }
    }

    /// Scrolls the list, and nothing else, to one of its options.
    pub fn reveal(option: &str) {
        let Some(option) = document().get_element_by_id(option).and_then(|option| option.dyn_into::<HtmlElement>().ok()) else { return };
        let Some(list) = option.parent_element() else { return };
        let (top, bottom) = (option.offset_top(), option.offset_top() + option.offset_height());
        if top < list.scroll_top() {
            list.set_scroll_top(top);
        } else if bottom > list.scroll_top() + list.client_height() {
            list.set_scroll_top(bottom - list.client_height());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Step, step};

    #[test]
    fn arrows_go_round_and_enter_takes_only_what_is_highlighted() {
        assert_eq!((step("ArrowDown", None, 3), step("ArrowDown", Some(0), 3)), (Step::Highlight(0), Step::Highlight(1)));
        assert_eq!((step("ArrowDown", Some(2), 3), step("ArrowUp", None, 3)), (Step::Highlight(0), Step::Highlight(2)));
        assert_eq!((step("ArrowUp", Some(0), 3), step("ArrowUp", Some(2), 3)), (Step::Highlight(2), Step::Highlight(1)));
        assert_eq!((step("Enter", Some(1), 3), step("Enter", None, 3)), (Step::Choose(1), Step::Pass));
        assert_eq!((step("Home", Some(1), 3), step("End", None, 3)), (Step::Leave, Step::Pass));
        assert_eq!((step("Escape", None, 1), step("Tab", Some(0), 1), step("x", Some(0), 1)), (Step::Close, Step::Pass, Step::Pass));
    }
}

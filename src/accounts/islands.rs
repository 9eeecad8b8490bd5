//! What the forms of accounts do in the browser beyond what they do without it.

use leptos::prelude::*;

/// Fills the list of regions when another country is chosen. `country` and `region` are ids of the two selects, `prompt` the
/// words of the entry that stands for nothing chosen, `none` those for a country without regions.
#[island]
pub fn RegionsFollowCountry(country: String, region: String, prompt: String, none: String) -> impl IntoView {
    Effect::new(move |_| {
        #[cfg(feature = "hydrate")]
        dom::follow(&country, &region, &prompt, &none);
        #[cfg(not(feature = "hydrate"))]
        let _ = (&country, &region, &prompt, &none);
    });
}

/// Chooses the browser's own time zone in the select `input`, as long as nothing was chosen there.
#[island]
pub fn GuessTimeZone(input: String) -> impl IntoView {
    Effect::new(move |_| {
        #[cfg(feature = "hydrate")]
        dom::guess_zone(&input);
        #[cfg(not(feature = "hydrate"))]
        let _ = &input;
    });
}

#[cfg(feature = "hydrate")]
mod dom {
    use super::super::api::regions;
    use super::super::model::Region;
    use leptos::prelude::document;
    use wasm_bindgen::{JsCast, JsValue};
    use web_sys::js_sys::{Array, Intl, Object, Reflect};
    use web_sys::{HtmlOptionElement, HtmlSelectElement};

    fn select(id: &str) -> Option<HtmlSelectElement> {
        document().get_element_by_id(id)?.dyn_into().ok()
    }

    pub fn follow(country: &str, region: &str, prompt: &str, none: &str) {
        let (Some(country), Some(region)) = (select(country), select(region)) else { return };
        let (prompt, none) = (prompt.to_owned(), none.to_owned());
        let source = country.clone();
        let listener = wasm_bindgen::closure::Closure::<dyn Fn()>::new(move || {
            let (source, region, prompt, none) = (source.clone(), region.clone(), prompt.clone(), none.clone());
            let chosen = source.value();
            leptos::task::spawn_local(async move {
                // The network failed: the list stays as it is, and the server says what is wrong with it.
                let Ok(found) = regions(chosen.clone()).await else { return };
                // Somebody was quicker and chose another country.
                if source.value() == chosen {
                    fill(&region, &found, if found.is_empty() { &none } else { &prompt });
                }
            });
        });
        let _ = country.add_event_listener_with_callback("change", listener.as_ref().unchecked_ref());
        listener.forget();
    }

    fn fill(select: &HtmlSelectElement, regions: &[Region], first: &str) {
        select.set_length(0);
        let add = |text: &str, value: &str| {
            if let Ok(option) = HtmlOptionElement::new_with_text_and_value(text, value) {
                let _ = select.append_child(&option);
            }
        };
        add(first, "");
        for region in regions {
            add(&region.name, &region.code);
        }
    }

    pub fn guess_zone(id: &str) {
        let Some(select) = select(id).filter(|select| select.value().is_empty()) else { return };
        let options = Intl::DateTimeFormat::new(&Array::new(), &Object::new()).resolved_options();
        let zone = Reflect::get(&options, &JsValue::from_str("timeZone")).ok().and_then(|zone| zone.as_string());
        if let Some(zone) = zone {
            select.set_value(&zone);
            // A name that is not in the list leaves nothing chosen at all.
            if select.selected_index() < 0 {
                select.set_selected_index(0);
            }
        }
    }
}

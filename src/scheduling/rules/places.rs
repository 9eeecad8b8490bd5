//! Places as they are typed, searched and named.

use crate::scheduling::model::{PLACE_LONGEST, PLACE_SHORTEST};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The form in which places are searched: lower case, without accents. What no place has in its name, and no database
/// takes, is a space.
pub fn searchable(text: &str) -> String {
    let visible = text.nfkd().filter(|c| !is_combining_mark(*c)).map(|c| if c.is_control() { ' ' } else { c });
    let folded: String = visible.collect::<String>().to_lowercase();
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What somebody may mean who is still typing, in searchable form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Typed {
    Name(String),
    /// Digits. Some towns begin with a number too.
    PostalCode(String),
}

/// The beginning of a place. `None`: too short to suggest anything, or too long for a place.
pub fn typed(text: &str) -> Option<Typed> {
    if text.chars().count() > PLACE_LONGEST {
        return None;
    }
    let text = searchable(text);
    // "Paris, France": the name before the comma. ZIP+4: the first five say where.
    let part = |separator| text.split(separator).next().unwrap_or_default().trim().to_owned();
    let code = part('-');
    let typed = match !code.is_empty() && code.chars().all(|c| c.is_ascii_digit()) {
        true => Typed::PostalCode(code),
        false => Typed::Name(part(',')),
    };
    let (Typed::Name(begun) | Typed::PostalCode(begun)) = &typed;
    (begun.chars().count() >= PLACE_SHORTEST).then_some(typed)
}

/// The code of a country as it is given in an address: two letters, upper case. `None`: not one.
pub fn country_code(text: &str) -> Option<String> {
    let text = text.trim();
    (text.len() == 2 && text.chars().all(|c| c.is_ascii_alphabetic())).then(|| text.to_ascii_uppercase())
}

/// A city as a reader sees it: with its region, where that says more.
pub fn place_label(name: &str, region: &str) -> String {
    if region.is_empty() || region == name { name.to_owned() } else { format!("{name}, {region}") }
}

/// Whether a city that was chosen is still the one that is meant: the text may have been changed after the choice, or the
/// country. Nothing typed: it was chosen from a list.
pub fn still_means(text: &str, country: Option<&str>, label: &str, city_country: &str) -> bool {
    let text = text.trim();
    text.is_empty() || text == label && country.is_none_or(|country| country == city_country)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_found_without_capitals_and_accents() {
        assert_eq!(searchable(" São  PAULO"), "sao paulo");
        assert_eq!(searchable("Bad\u{0}Homburg\t"), "bad homburg");
    }

    #[test]
    fn suggestions_begin_with_two_characters_of_a_name_or_a_code() {
        let name = |text: &str| Some(Typed::Name(text.into()));
        let code = |text: &str| Some(Typed::PostalCode(text.into()));
        assert_eq!((typed(""), typed(" x "), typed("é"), typed(" , Peru")), (None, None, None, None));
        assert_eq!((typed("Sã"), typed("東京"), typed("Paris, Fr")), (name("sa"), name("東京"), name("paris")));
        assert_eq!((typed("98"), typed("98101-12"), typed("9")), (code("98"), code("98101"), None));
        assert_eq!((typed("100 Mile"), typed("Wilkes-Barre")), (name("100 mile"), name("wilkes-barre")));
        assert_eq!((typed(&"x".repeat(100)).is_some(), typed(&"x".repeat(101))), (true, None));
    }

    #[test]
    fn a_choice_ends_when_its_text_or_country_is_changed() {
        let means = |text, country| still_means(text, country, "Portland, Maine", "US");
        assert!(means("Portland, Maine", Some("US")) && means(" Portland, Maine ", None) && means("", Some("DE")));
        assert!(!means("Portland, Mai", Some("US")) && !means("Portland, Maine", Some("DE")));
        assert_eq!(place_label("Portland", "Maine"), "Portland, Maine");
        assert_eq!((place_label("Singapore", ""), place_label("Berlin", "Berlin")), ("Singapore".into(), "Berlin".into()));
    }
}

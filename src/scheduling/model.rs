//! What both sides know of scheduling.

use serde::{Deserialize, Serialize};

/// Characters that have to be typed before places are suggested.
pub const PLACE_SHORTEST: usize = 2;
/// Characters that a place has at most; what is longer is no place.
pub const PLACE_LONGEST: usize = 100;
/// Places suggested at once.
pub const SUGGESTIONS: usize = 8;

/// A place suggested while a city or postal code is being typed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suggestion {
    /// The city's GeoNames ID. `None`: a postal code, which its text alone tells.
    pub city: Option<i64>,
    /// What stands in the field when it is chosen.
    pub text: String,
    /// City or postal code.
    pub name: String,
    /// Where that is, in the reader's language.
    pub note: String,
}

//! What stands around every page: skip link, demo bar, header, navigation, footer.

mod footer;
mod header;
mod navigation;

pub use footer::Footer;
pub use header::{ClockBar, Header};
pub use navigation::{Area, StaffNavigation, SubNavigation, area_of};

use crate::server::RequestContext;
use crate::server::http::forms::encoded;

/// The same page with one choice more, and whatever else its address says: a link's token, where the way leads on.
fn same_page_with(cx: &RequestContext, name: &str, value: &str) -> String {
    let mut others: Vec<_> = cx.query.iter().filter(|(known, _)| *known != name).collect();
    others.sort();
    let others = others.into_iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value)));
    let all: Vec<String> = others.chain([format!("{name}={value}")]).collect();
    format!("?{}", all.join("&"))
}

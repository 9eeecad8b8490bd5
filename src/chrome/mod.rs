//! What stands around every page: skip link, demo bar, header, navigation, footer.

mod footer;
mod header;
mod navigation;

pub use footer::Footer;
pub use header::{ClockBar, Header};
pub use navigation::{Area, StaffNavigation, SubNavigation, area_of};

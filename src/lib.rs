//! certportal: the table of contents, in the order a candidate meets the rooms.
//!
//! The library is built twice. With `ssr` it is the server: every page, rule and query. With `hydrate` it is what the
//! browser runs: the islands, the types they share with the server, and the stubs of the server functions they call.

#[cfg(all(feature = "ssr", feature = "hydrate"))]
compile_error!("`ssr` (the server) and `hydrate` (the browser) are two programs: enable one of them");

// The map of the product: the document, the table of pages, who may see which.
#[cfg(feature = "ssr")]
pub mod app;
// What stands around every page: header, navigation, footer.
#[cfg(feature = "ssr")]
pub mod chrome;

// The capabilities.
#[cfg(feature = "ssr")]
pub mod programme;
pub mod accounts;
pub mod catalog;
pub mod scheduling;
pub mod checkout;
pub mod results;
pub mod credentials;
pub mod staff;
pub mod privacy;

// Demo mode: the clock that staff can move, the local mailbox, the style guide.
pub mod demo;

// What they stand on.
pub mod base32;
pub mod error;
pub mod ids;
pub mod money;
#[cfg(feature = "ssr")]
pub mod server;
pub mod ui;

/// Brings the islands of the page to life.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_islands();
}

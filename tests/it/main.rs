//! One integration binary (one link), its files laid out like the rooms of `src/`.

mod support;

mod embedded_postgres;
mod leptos_settings;

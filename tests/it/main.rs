//! One integration binary (one link), its files laid out like the rooms of `src/`.

mod support;

mod credentials;
mod credentials_documents;
mod embedded_postgres;
mod http;
mod leptos_settings;
mod results;

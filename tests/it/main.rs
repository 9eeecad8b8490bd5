//! One integration binary (one link), its files laid out like the rooms of `src/`.

mod support;

mod accounts;
mod catalog;
mod checkout;
mod credentials;
mod credentials_documents;
mod demo;
mod embedded_postgres;
mod http;
mod leptos_settings;
mod locales;
mod operations;
mod results;
mod scheduling;
mod sms;

//! One integration binary (one link), its files laid out like the rooms of `src/`.

mod support;

mod access;
mod accounts;
mod acting;
mod approvals;
mod audit;
mod catalog;
mod centers;
mod checkout;
mod commands;
mod credentials;
mod credentials_documents;
mod database;
mod demo;
mod embedded_postgres;
mod forms;
mod http;
mod ids;
mod jobs;
mod leptos_settings;
mod limits;
mod locales;
mod open_badges;
mod operations;
mod pages;
mod places;
mod programme;
mod results;
mod scheduling;
mod security;
mod sms;
mod staff;
mod supply_chain;

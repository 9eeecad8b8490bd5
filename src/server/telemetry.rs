//! Logs: a message that reads alone, and dotted fields. Never a password, token, card number or a person's data.

use super::config::Config;
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

/// Starts logging to standard error.
pub fn start(config: &Config) {
    let filter = EnvFilter::try_new(&config.log).unwrap_or_else(|_| EnvFilter::new("info"));
    // A file or a collector wants no colours.
    let colours = std::io::stderr().is_terminal();
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colours);
    // A second start in one process (tests) is no error.
    let _ = if config.log_json { builder.json().try_init() } else { builder.try_init() };
}

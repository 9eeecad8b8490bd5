//! What a request or a job may use: passed explicitly, cheap to clone.

use super::clock::Clock;
use super::config::Config;
use super::hashing::Hashing;
use super::mail::Mailer;
use super::places::Places;
use super::programme::ProgrammeCache;
use super::server_key::ServerKey;
use super::shared::Shared;
use super::sms;
use leptos::config::LeptosOptions;
use sqlx::PgPool;
use std::ops::Deref;
use std::sync::Arc;

#[derive(Clone)]
pub struct AppState(Arc<Inner>);

pub struct Inner {
    pub config: Config,
    pub db: PgPool,
    pub clock: Clock,
    pub key: ServerKey,
    pub programme: ProgrammeCache,
    pub mailer: Mailer,
    pub places: Places,
    pub sms: sms::Gateway,
    /// The queue before the cores that hash passwords.
    pub hashing: Arc<Hashing>,
    /// What capabilities keep in memory for all requests.
    pub shared: Shared,
    /// What leptos needs to know of the built browser files.
    pub leptos: LeptosOptions,
}

impl AppState {
    pub fn new(config: Config, db: PgPool, clock: Clock, key: ServerKey) -> Self {
        let mailer = Mailer::from_config(&config);
        let sms = sms::Gateway::from_config(&config);
        let leptos = leptos_options(&config);
        // A file that cannot be used costs the names of places, not the portal; `certportal check` tells of it.
        let places = config.places_db.as_deref().map(Places::open).transpose().unwrap_or_else(|error| {
            tracing::error!(error.cause = %error, "CERTPORTAL_PLACES_DB cannot be used");
            None
        });
        Self(Arc::new(Inner {
            config,
            db,
            clock,
            key,
            programme: ProgrammeCache::default(),
            mailer,
            places: places.unwrap_or_default(),
            sms,
            leptos,
            shared: Shared::default(),
            hashing: Hashing::new(),
        }))
    }

    /// The same program at another time: for loading what happened before.
    pub fn at(&self, clock: Clock) -> Self {
        let inner = Inner {
            config: self.config.clone(),
            db: self.db.clone(),
            clock,
            key: self.key.clone(),
            programme: self.programme.clone(),
            mailer: self.mailer.clone(),
            places: self.places.clone(),
            sms: self.sms.clone(),
            leptos: self.leptos.clone(),
            shared: Shared::default(),
            hashing: self.hashing.clone(),
        };
        Self(Arc::new(inner))
    }
}

impl Deref for AppState {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

fn leptos_options(config: &Config) -> LeptosOptions {
    LeptosOptions::builder()
        .output_name("certportal")
        .site_root(config.site_root.display().to_string())
        .site_addr(config.site_addr)
        .hash_files(config.hash_files)
        .build()
}

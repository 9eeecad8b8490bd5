//! The demo's people and `demo.json`.

use super::log_in;
use crate::support::Portal;
use certportal::accounts::{demo, totp};
use certportal::server::AppState;
use certportal::server::config::{Config, Overrides};
use certportal::server::server_key::ServerKey;
use std::collections::HashMap;

#[tokio::test]
async fn the_people_sign_in_and_seeding_twice_changes_nothing() {
    let portal = Portal::with_demo_data().await;
    let state = |portal: &Portal| {
        let db = portal.db().clone();
        async move {
            let rows: Vec<String> = sqlx::query_scalar(
                "SELECT to_jsonb(a)::text || coalesce((SELECT jsonb_agg(to_jsonb(e) ORDER BY e.address)::text FROM account_email e
                                                        WHERE e.account_id = a.id), '') FROM account a ORDER BY a.id",
            )
            .fetch_all(&db)
            .await
            .unwrap();
            rows
        }
    };
    let before = state(&portal).await;
    assert!(before.len() >= 10);
    demo::load_people(&portal.state).await.unwrap();
    assert_eq!(state(&portal).await, before);

    demo::write_file(&portal.state).await.unwrap();
    let text = std::fs::read_to_string(portal.state.config.data_dir.join(demo::FILE)).unwrap();
    let file: serde_json::Value = serde_json::from_str(&text).unwrap();
    let accounts = file["accounts"].as_array().unwrap();
    for account in accounts {
        let text = |name: &str| account[name].as_str().unwrap_or_default().to_owned();
        let mut browser = portal.browser();
        let mut answer = log_in(&mut browser, &text("email"), &text("password")).await;
        if let Some(secret) = totp::from_base32(&text("totp_secret")).filter(|secret| !secret.is_empty()) {
            assert_eq!(answer.location(), "/login/code", "{}", text("email"));
            let code = totp::code_at(&secret, portal.clock.now());
            answer = browser.post_form("/login/code", "/api/accounts/login_code", &[("code", &code)]).await;
        }
        let home = if text("role") == "candidate" { "/dashboard" } else { "/staff" };
        assert_eq!(answer.location(), home, "{}: {}", text("email"), answer.words());
        assert_eq!(account["candidate_id"].is_string(), text("role") == "candidate");
    }
    assert!(accounts.iter().any(|account| account["role"] == "administrator"));
}

#[tokio::test]
async fn production_gets_no_people_with_public_passwords() {
    let portal = Portal::new().await;
    let overrides = Overrides { data_dir: Some(portal.state.config.data_dir.clone()), ..Overrides::default() };
    let config = Config::read(&HashMap::new(), "", &overrides).unwrap();
    let production = AppState::new(config, portal.db().clone(), portal.clock.clone(), ServerKey::from_bytes([7; 32]));
    assert!(demo::load_people(&production).await.is_err());
}

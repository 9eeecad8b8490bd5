//! What a request says of who makes it, from where and in which language, read once for everything behind it.

use super::request::{RequestContext, Viewer};
use super::router::Site;
use super::{acting, forms, sessions};
use crate::error::AppError;
use crate::ids::ActingId;
use crate::server::i18n;
use crate::server::state::AppState;
use axum::extract::ConnectInfo;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

const THEMES: &[&str] = &["light", "dark", "system"];

/// What was found beside the context: an acting that is over and has to be ended.
pub type Found = Result<Option<(ActingId, acting::End)>, AppError>;

pub async fn context_of(site: &Site, request: &Parts) -> (RequestContext, Found) {
    let peer = request.extensions.get::<ConnectInfo<SocketAddr>>().map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |info| info.0.ip());
    let address = client_address(&request.headers, peer, site.state.config.trusted_proxies);
    let text = |name: header::HeaderName| request.headers.get(name).and_then(|value| value.to_str().ok());
    let mut cookies = cookies(&request.headers);
    let who = who(&site.state, cookies.remove(sessions::COOKIE)).await;
    let (Who { viewer, acting, over }, failure) = match who {
        Ok(who) => (who, None),
        Err(error) => (Who::default(), Some(AppError::from(error))),
    };
    // Words are for who reads them, though they act for somebody else.
    let reader = acting.as_ref().map(|acting| &acting.actor).or(viewer.as_ref());
    let query: HashMap<String, String> = request.uri.query().map(|query| forms::url_pairs(query).collect()).unwrap_or_default();
    let locale = query
        .get("lang")
        .and_then(|tag| i18n::from_tag(tag))
        .or_else(|| cookies.get("lang").and_then(|tag| i18n::from_tag(tag)))
        .or_else(|| reader.and_then(|reader| i18n::from_tag(&reader.language)))
        .or_else(|| text(header::ACCEPT_LANGUAGE).and_then(i18n::from_accept_language))
        .unwrap_or(i18n::Locale::en);
    let theme = query.get("theme").or_else(|| cookies.get("theme")).filter(|theme| THEMES.contains(&theme.as_str())).cloned();
    let cx = RequestContext::new(site.state.clone(), address).with(|cx| {
        cx.theme = theme.unwrap_or_else(|| "system".into());
        cx.viewer = viewer;
        cx.acting = acting;
        cx.locale = locale;
        cx.path = request.uri.path().to_owned();
        cx.query = query;
        cx.cookies = cookies;
        cx.host = text(header::HOST).unwrap_or_default().to_owned();
        cx.user_agent = text(header::USER_AGENT).unwrap_or_default().chars().take(300).collect();
    });
    (cx, failure.map_or(Ok(over), Err))
}

/// Who a request is by, and for whom.
#[derive(Default)]
struct Who {
    viewer: Option<Viewer>,
    acting: Option<acting::Acting>,
    over: Option<(ActingId, acting::End)>,
}

async fn who(state: &AppState, token: Option<String>) -> Result<Who, sqlx::Error> {
    let Some(token) = token else { return Ok(Who::default()) };
    let now = state.clock.now();
    let Some(viewer) = sessions::load(&state.db, now, &token).await? else { return Ok(Who::default()) };
    let Some(id) = viewer.acting else { return Ok(Who { viewer: Some(viewer), ..Who::default() }) };
    Ok(match acting::look(&state.db, now, &viewer, id).await? {
        acting::State::GoesOn(both) => {
            let (candidate, acting) = *both;
            Who { viewer: Some(candidate), acting: Some(acting), over: None }
        }
        acting::State::Over(id, why) => Who { viewer: Some(viewer), acting: None, over: Some((id, why)) },
        acting::State::Gone => Who { viewer: Some(viewer), ..Who::default() },
    })
}

fn cookies(headers: &HeaderMap) -> HashMap<String, String> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// The right-most address that a trusted proxy wrote; what stands further left is the client's own claim.
fn client_address(headers: &HeaderMap, peer: IpAddr, trusted: usize) -> IpAddr {
    if trusted == 0 {
        return peer;
    }
    let hops: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .collect();
    hops.len().checked_sub(trusted).and_then(|index| hops.get(index)).and_then(|hop| hop.parse().ok()).unwrap_or(peer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn security_61_only_the_trusted_hop_counts() {
        let peer: IpAddr = "10.0.0.9".parse().unwrap();
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", HeaderValue::from_static("1.2.3.4, 203.0.113.7"));
        assert_eq!(client_address(&headers, peer, 0), peer);
        assert_eq!(client_address(&headers, peer, 1), "203.0.113.7".parse::<IpAddr>().unwrap());
        assert_eq!(client_address(&headers, peer, 2), "1.2.3.4".parse::<IpAddr>().unwrap());
        assert_eq!(client_address(&headers, peer, 3), peer);
    }
}

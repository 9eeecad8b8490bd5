//! Signed badges: the issuer's keys, what is baked into the pictures, and the check of what a stranger brings.

use crate::support::fixtures_results::{Sitting, Spoken as _, World};
use crate::support::portal::{Answer, Portal, has_word};
use axum::http::{StatusCode, header};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use certportal::app;
use certportal::credentials::issuer::{self, PublicKey, SecretKey};
use certportal::credentials::open_badge::baking::{PNG_KEYWORD, SVG_NAMESPACE, bake_png, bake_svg, chunk};
use certportal::credentials::open_badge::jwt;
use certportal::server::server_key::{ServerKey, hmac};
use chrono::TimeDelta;
use flate2::read::GzDecoder;
use serde_json::{Value, json};
use std::io::Read;
use std::os::unix::fs::PermissionsExt;

const URL: &str = "http://127.0.0.1:3000";
const DID: &str = "did:web:127.0.0.1%3A3000";

/// A world with one credential: Ana's.
async fn world() -> (World, Sitting, String) {
    let world = World::new().await;
    let ana = world.sitting("Ana").await;
    let id = world.score(&ana, 812).await.unwrap();
    (world, ana, id)
}

async fn token(world: &World, id: &str) -> String {
    let answer = world.portal.browser().get(&format!("/badges/{id}.jwt")).await;
    assert_eq!(answer.status, StatusCode::OK);
    answer.text()
}

async fn key_set(portal: &Portal) -> Vec<Value> {
    let answer = portal.browser().get("/.well-known/jwks.json").await;
    let set: Value = serde_json::from_slice(&answer.bytes).unwrap();
    set["keys"].as_array().unwrap().clone()
}

fn part(token: &str, index: usize) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(index).unwrap()).unwrap()).unwrap()
}

fn encode(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

/// A stranger brings a file.
async fn bring(portal: &Portal, name: &str, content: &[u8]) -> Answer {
    portal.browser().upload("/verify", "file", name, content).await
}

/// A stranger pastes a text.
async fn paste(portal: &Portal, text: &str) -> Answer {
    portal.browser().upload("/verify", "token", "", text.as_bytes()).await
}

/// The steps of a check as the page tells them: `(state, step)`.
fn steps(answer: &Answer) -> Vec<(String, String)> {
    let text = answer.text().replace("<!>", "").replace("<!---->", "");
    text.split("class=\"checks__title\">")
        .skip(1)
        .map(|rest| {
            let state = rest.split("class=\"vh\">").nth(1).unwrap().split(':').next().unwrap().trim().to_owned();
            let step = rest.split("</span>").nth(1).unwrap().split("</p>").next().unwrap().trim().to_owned();
            (state, step)
        })
        .collect()
}

const STEPS: [&str; 8] = ["File", "Method", "Key", "Signature", "Award", "Certification and dates", "Holder", "State now"];

/// Everything before `failed` passed, it failed, and nothing behind it is said to have passed.
fn assert_fails_at(answer: &Answer, failed: &str, what: &str) {
    assert_eq!(answer.status, StatusCode::OK, "{what}: {}", answer.spoken());
    assert!(!answer.text().contains("verdict--active"), "{what}: never green");
    let at = STEPS.iter().position(|step| *step == failed).unwrap();
    let steps = steps(answer);
    assert_eq!(steps.iter().map(|(_, step)| step.as_str()).collect::<Vec<_>>(), STEPS, "{what}");
    for (index, (state, step)) in steps.iter().enumerate() {
        let expected = match index.cmp(&at) {
            std::cmp::Ordering::Less => "Passed",
            std::cmp::Ordering::Equal => "Failed",
            std::cmp::Ordering::Greater => "Not checked",
        };
        assert_eq!(state, expected, "{what}: {step}: {}", answer.spoken());
    }
}

fn assert_genuine(answer: &Answer, what: &str) {
    assert_eq!(answer.status, StatusCode::OK, "{what}: {}", answer.spoken());
    assert!(answer.spoken().contains("Genuine and active Ana Prueba · Certified Solutions Architect"), "{what}: {}", answer.spoken());
    assert!(steps(answer).iter().all(|(state, _)| state == "Passed"), "{what}: {:?}", steps(answer));
    assert_eq!(steps(answer).len(), 8);
}

#[tokio::test]
async fn a_badge_is_genuine_whatever_it_is_brought_as() {
    let (world, _, id) = world().await;
    let mut owner = world.portal.browser();
    for file in [
        format!("{id}.svg"),
        format!("{id}-240.png"),
        format!("{id}-600.png"),
        format!("{id}-1200.png"),
        format!("{id}.jwt"),
        format!("{id}.json"),
    ] {
        let badge = owner.get(&format!("/badges/{file}")).await;
        assert_eq!(badge.status, StatusCode::OK, "{file}");
        // The name of a file tells nothing.
        let answer = bring(&world.portal, "photo.gif", &badge.bytes).await;
        assert_genuine(&answer, &file);
        assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store");
        let knowing = owner_again(&world, &badge).get(&format!("/badges/{file}")).await;
        assert_eq!(knowing.status, StatusCode::NOT_MODIFIED, "{file}");
        assert_eq!(world.portal.browser().get(&format!("/badges/{file}")).await.bytes, badge.bytes, "{file}: the same bytes each time");
    }
    let token = token(&world, &id).await;
    assert_genuine(&paste(&world.portal, &format!("\n {token} \n")).await, "pasted");
    let es = world.portal.browser().upload("/verify?lang=es", "file", "b.jwt", token.as_bytes()).await;
    assert!(es.spoken().contains("Auténtica y activa Ana Prueba"), "{}", es.spoken());
    // The page that leads there, and the other forms on it.
    let page = world.portal.browser().get("/verify").await;
    assert!(page.spoken().contains("Check a badge file") && page.text().contains("multipart/form-data"));
    assert!(world.portal.browser().get(&format!("/verify/{id}")).await.text().contains(&format!("/badges/{id}.jwt")));
}

fn owner_again(world: &World, badge: &Answer) -> crate::support::portal::Browser {
    world.portal.browser().with_header("if-none-match", badge.headers[header::ETAG].to_str().unwrap())
}

#[tokio::test]
async fn the_owner_is_offered_the_signed_credential() {
    let (world, ana, id) = world().await;
    let page = world.portal.signed_in(ana.account).await.get(&format!("/credentials/{id}")).await;
    for file in [format!("/badges/{id}.jwt?download=1"), format!("/badges/{id}.json?download=1")] {
        assert!(page.text().contains(&file), "{file}");
        let answer = world.portal.browser().get(&file).await;
        assert!(answer.headers[header::CONTENT_DISPOSITION].to_str().unwrap().starts_with("attachment; filename=\"badge-SAA-C03.j"));
    }
}

#[tokio::test]
async fn the_form_says_what_is_wrong_and_keeps_what_was_pasted() {
    let (world, ana, _) = world().await;
    let portal = &world.portal;
    let nothing = bring(portal, "", b"").await;
    assert_eq!(nothing.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(nothing.spoken().contains("Badge file: Choose a file"), "{}", nothing.spoken());
    for (name, content) in [("a.pdf", &b"%PDF-1.7 x"[..]), ("badge.png", b"\xff\xd8\xff\xe0 JFIF"), ("badge.svg", b"hello")] {
        let answer = bring(portal, name, content).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}");
        assert!(answer.spoken().contains("Badge file: This is neither a badge"), "{name}: {}", answer.spoken());
    }
    let pasted = paste(portal, "not <a> token").await;
    assert_eq!(pasted.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(pasted.spoken().contains("Or paste a signed credential: This is neither"), "{}", pasted.spoken());
    assert!(pasted.text().contains("not &lt;a&gt; token"), "what was pasted is still there, as text");
    // Signing out posts to the page it stands on: still this one.
    let mut browser = portal.signed_in(ana.account).await;
    let answer = browser.post_form("/verify", "/api/accounts/logout", &[]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.words());
    assert!(browser.get("/dashboard").await.location().starts_with("/login"));
}

#[tokio::test]
async fn security_63_a_badge_that_is_too_large_is_refused_with_413() {
    let (world, ..) = world().await;
    let answer = bring(&world.portal, "badge.png", &vec![b'a'; 2 * 1024 * 1024 + 1]).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(answer.spoken().contains("larger than 2 MB"), "{}", answer.spoken());
    assert_eq!(bring(&world.portal, "badge.png", &vec![b'a'; 8 * 1024 * 1024]).await.status, StatusCode::PAYLOAD_TOO_LARGE);
}

/// A stranger's token: any header and payload, signed by whom one likes.
fn forged(header: &Value, payload: &Value, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let signed = format!("{}.{}", encode(header), encode(payload));
    let signature = URL_SAFE_NO_PAD.encode(sign(signed.as_bytes()));
    format!("{signed}.{signature}")
}

#[tokio::test]
async fn security_71_forged_badges_are_refused_at_the_step_that_fails() {
    let (world, _, id) = world().await;
    let real = token(&world, &id).await;
    let (head, payload) = (part(&real, 0), part(&real, 1));
    let key = key_set(&world.portal).await.remove(0);
    let public = URL_SAFE_NO_PAD.decode(key["x"].as_str().unwrap()).unwrap();
    let mallory = SecretKey::from_seed([66; 32]);
    let by_mallory = |message: &[u8]| mallory.sign(message).to_vec();
    let with = |changes: Value| {
        let mut header = head.clone();
        for (name, value) in changes.as_object().unwrap() {
            header[name] = value.clone();
        }
        header
    };
    let mut for_eve = payload.clone();
    for_eve["validUntil"] = json!("2099-01-01T00:00:00Z");
    let mut without_kid = head.clone();
    without_kid.as_object_mut().unwrap().remove("kid");
    let theirs = "did:web:evil.example";
    let mut foreign = payload.clone();
    (foreign["iss"], foreign["issuer"]["id"]) = (json!(theirs), json!(theirs));
    let pieces: Vec<&str> = real.split('.').collect();
    let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": URL_SAFE_NO_PAD.encode(mallory.public().to_bytes()) });
    let list = world.portal.browser().get("/badges/status/0").await;
    assert_eq!(list.status, StatusCode::OK);

    let mut forgeries = vec![
        ("alg none, no signature", forged(&with(json!({ "alg": "none" })), &for_eve, |_| vec![]), "Method"),
        ("alg None, the real signature", format!("{}.{}.{}", encode(&with(json!({ "alg": "None" }))), pieces[1], pieces[2]), "Method"),
        ("HS256 with the public key as secret", forged(&with(json!({ "alg": "HS256" })), &for_eve, |m| hmac(&public, m)), "Method"),
        (
            "HS256 with the public key's text as secret",
            forged(&with(json!({ "alg": "HS256" })), &for_eve, |m| hmac(key["x"].as_str().unwrap().as_bytes(), m)),
            "Method",
        ),
        ("another spelling of the algorithm", forged(&with(json!({ "alg": "eddsa" })), &for_eve, by_mallory), "Method"),
        ("an algorithm that is no text", forged(&with(json!({ "alg": ["EdDSA"] })), &for_eve, by_mallory), "File"),
        ("an unknown key", forged(&with(json!({ "kid": format!("{DID}#unknown") })), &for_eve, by_mallory), "Key"),
        ("a key of another host", forged(&with(json!({ "kid": format!("{theirs}#1") })), &for_eve, by_mallory), "Key"),
        ("a key at an address", forged(&with(json!({ "kid": "https://evil.example/jwks.json" })), &for_eve, by_mallory), "Key"),
        ("no key named", forged(&without_kid, &for_eve, by_mallory), "Key"),
        ("a bare thumbprint", forged(&with(json!({ "kid": key["kid"] })), &for_eve, by_mallory), "Key"),
        ("another issuer's badge", forged(&with(json!({ "kid": format!("{theirs}#1") })), &foreign, by_mallory), "Key"),
        ("a key inside", forged(&with(json!({ "jwk": jwk })), &for_eve, by_mallory), "Key"),
        ("an address of keys inside", forged(&with(json!({ "jku": "https://evil.example/jwks.json" })), &for_eve, by_mallory), "Key"),
        ("a certificate inside", forged(&with(json!({ "x5c": ["MIIB"] })), &for_eve, by_mallory), "Key"),
        ("a critical extension", forged(&with(json!({ "crit": ["b64"], "b64": false })), &for_eve, by_mallory), "Key"),
        ("another kind of token", forged(&with(json!({ "typ": "at+jwt" })), &for_eve, by_mallory), "File"),
        ("a stranger's signature", forged(&head, &for_eve, by_mallory), "Signature"),
        ("no signature", format!("{}.{}.", pieces[0], pieces[1]), "Signature"),
        ("a changed payload", format!("{}.{}.{}", pieces[0], encode(&for_eve), pieces[2]), "Signature"),
        (
            "the same payload spelled otherwise",
            format!("{}.{}.{}", pieces[0], URL_SAFE_NO_PAD.encode(serde_json::to_string_pretty(&payload).unwrap()), pieces[2]),
            "Signature",
        ),
        ("signed by the issuer, and no badge", list.text(), "Award"),
    ];
    for name in ["x5u", "x5t", "x5t#S256", "cty"] {
        forgeries.push(("another member of the header", forged(&with(json!({ name: "x" })), &for_eve, by_mallory), "Key"));
    }
    let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 9 9\"></svg>";
    let png = certportal::credentials::badge::badge_png(svg, 9).unwrap();
    for (what, token, step) in &forgeries {
        assert_fails_at(&paste(&world.portal, token).await, step, what);
        assert_fails_at(&bring(&world.portal, "badge.svg", bake_svg(svg, token).as_bytes()).await, step, what);
        assert_fails_at(&bring(&world.portal, "badge.png", &bake_png(&png, token)).await, step, what);
        // Nothing may add up to a limit here.
        world.portal.later(TimeDelta::seconds(5));
    }
}

#[tokio::test]
async fn security_71_files_that_are_not_what_baking_makes_are_refused() {
    let (world, _, id) = world().await;
    let token = token(&world, &id).await;
    let png = world.portal.browser().get(&format!("/badges/{id}-240.png")).await.bytes;
    let svg = world.portal.browser().get(&format!("/badges/{id}.svg")).await.text();
    let credential = format!("<openbadges:credential verify=\"{token}\"></openbadges:credential>");
    assert!(svg.contains(&credential));
    let text = |flags: &[u8], text: &[u8]| chunk(b"iTXt", &[PNG_KEYWORD, &[0], flags, text].concat());
    let baked = text(&[0; 4], token.as_bytes());
    let at = png.windows(baked.len()).position(|window| window == baked).expect("the chunk as baking writes it");
    let with_chunks = |chunks: &[u8]| [&png[..at], chunks, &png[at + baked.len()..]].concat();
    // 16 MiB of one letter in 16 KiB.
    let mut bomb = flate2::write::ZlibEncoder::new(vec![], flate2::Compression::best());
    std::io::Write::write_all(&mut bomb, &vec![b'a'; 16 << 20]).unwrap();
    let bomb = bomb.finish().unwrap();
    let mut flipped = png.clone();
    flipped[at + 60] ^= 1;
    let mut pixels = png.clone();
    let middle = (at + baked.len() + png.len()) / 2;
    pixels[middle] ^= 1;
    let entity = format!("<!DOCTYPE svg [<!ENTITY t \"{token}\">]>{}", svg.replace(&token, "&t;"));
    let external = format!("<!DOCTYPE svg SYSTEM \"http://evil.example/x.dtd\">{svg}");
    let files: Vec<(&str, Vec<u8>, &str)> = vec![
        ("no credential", with_chunks(b""), "carries no signed credential"),
        ("two credentials", with_chunks(&[baked.clone(), baked.clone()].concat()), "more than one credential"),
        ("a compressed bomb", with_chunks(&text(&[1, 0, 0, 0], &bomb)), "compressed"),
        ("a huge chunk", with_chunks(&text(&[0; 4], &vec![b'a'; 1 << 20])), "longer than any real badge"),
        ("a changed byte of the credential", flipped, "not whole, or it was changed"),
        ("a changed pixel", pixels, "not whole, or it was changed"),
        ("cut off", png[..png.len() / 2].to_vec(), "not whole, or it was changed"),
        ("a second picture behind it", [png.clone(), png.clone()].concat(), "not whole, or it was changed"),
        ("two credentials in a drawing", svg.replace(&credential, &credential.repeat(2)).into_bytes(), "more than one credential"),
        ("no credential in a drawing", svg.replace(&credential, "").into_bytes(), "carries no signed credential"),
        ("an entity", entity.into_bytes(), "declarations of its own"),
        ("an external entity", external.into_bytes(), "declarations of its own"),
        ("another namespace", svg.replace(SVG_NAMESPACE, "https://evil.example/").into_bytes(), "carries no signed credential"),
        ("an Open Badges 2 assertion", br#"{"@context":"https://w3id.org/openbadges/v2","type":"Assertion"}"#.to_vec(), "another kind"),
    ];
    for (what, content, reason) in files {
        let answer = bring(&world.portal, "badge", &content).await;
        assert_fails_at(&answer, "File", what);
        assert!(answer.spoken().contains("Could not be checked"), "{what}: {}", answer.spoken());
        assert!(answer.spoken().contains(reason), "{what}: {}", answer.spoken());
    }
    assert_genuine(&bring(&world.portal, "badge", &with_chunks(&baked)).await, "the file as it was");
}

#[tokio::test]
async fn security_56_71_an_address_in_a_badge_is_never_fetched() {
    let (world, _, id) = world().await;
    let real = token(&world, &id).await;
    let trap = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = trap.local_addr().unwrap().port();
    let mallory = SecretKey::from_seed([66; 32]);
    for kid in [format!("http://127.0.0.1:{port}/jwks.json"), format!("did:web:127.0.0.1%3A{port}#1")] {
        let mut payload = part(&real, 1);
        for place in ["/issuer/id", "/iss", "/id", "/jti", "/credentialStatus/statusListCredential", "/image/id"] {
            *payload.pointer_mut(place).unwrap() = json!(kid);
        }
        let token = jwt::sign(&mallory, &kid, &payload);
        assert_fails_at(&paste(&world.portal, &token).await, "Key", &kid);
        let svg = format!(
            "<?xml-stylesheet href=\"http://127.0.0.1:{port}/\"?><svg xmlns=\"http://www.w3.org/2000/svg\"><image href=\"http://127.0.0.1:{port}/\"/></svg>"
        );
        assert_fails_at(
            &bring(
                &world.portal,
                "b.svg",
                svg.replace("<image", &format!("<o:credential xmlns:o=\"{SVG_NAMESPACE}\" verify=\"{token}\"/><image")).as_bytes(),
            )
            .await,
            "Key",
            &kid,
        );
    }
    let knock = tokio::time::timeout(std::time::Duration::from_millis(300), trap.accept()).await;
    assert!(knock.is_err(), "somebody came to fetch");
}

#[tokio::test]
async fn security_72_badges_that_are_checked_count_with_the_look_ups() {
    let (world, _, id) = world().await;
    let token = token(&world, &id).await;
    let mut refused = None;
    for _ in 0..130 {
        let answer = paste(&world.portal, &token).await;
        if answer.status != StatusCode::OK {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.expect("the limit");
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(refused.headers.contains_key(header::RETRY_AFTER) && refused.text().contains(&token), "what was pasted is kept");
    assert_eq!(world.portal.browser().get(&format!("/verify/{id}")).await.status, StatusCode::TOO_MANY_REQUESTS);
    world.portal.later(TimeDelta::seconds(2));
    assert_genuine(&paste(&world.portal, &token).await, "later");
}

#[tokio::test]
async fn the_document_is_an_open_badge_that_tells_neither_name_nor_score() {
    let (world, _, id) = world().await;
    let token = token(&world, &id).await;
    let document = part(&token, 1);
    assert_eq!(
        part(&token, 0),
        json!({ "alg": "EdDSA", "kid": format!("{DID}#{}", key_set(&world.portal).await[0]["kid"].as_str().unwrap()), "typ": "JWT" })
    );
    assert_eq!(
        document["@context"],
        json!(["https://www.w3.org/ns/credentials/v2", "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"])
    );
    assert_eq!(document["id"], format!("{URL}/badges/{id}.jwt"));
    assert_eq!(document["type"], json!(["VerifiableCredential", "OpenBadgeCredential"]));
    assert_eq!(document["issuer"]["id"], DID);
    assert_eq!(document["issuer"]["name"], "Northlight Cloud Certification");
    assert_eq!((&document["validFrom"], &document["validUntil"]), (&json!("2026-11-23T09:00:00Z"), &json!("2029-11-23T23:59:59Z")));
    let subject = &document["credentialSubject"];
    let achievement = &subject["achievement"];
    assert_eq!((&achievement["humanCode"], &achievement["achievementType"]), (&json!("SAA-C03"), &json!("Certification")));
    assert_eq!(achievement["criteria"]["narrative"], "Passed the exam SAA-C03 with at least 720 on the scale from 100 to 1000.");
    let scale = &achievement["resultDescription"][0];
    assert_eq!((&scale["valueMin"], &scale["valueMax"], &scale["requiredValue"]), (&json!("100"), &json!("1000"), &json!("720")));
    assert!(subject.get("result").is_none() && !has_word(&document.to_string(), "812"), "a score is private");
    // The claims repeat what the document says (Open Badges 3.0, section 8.2.4).
    assert_eq!((&document["iss"], &document["jti"], &document["sub"]), (&document["issuer"]["id"], &document["id"], &subject["id"]));
    let second = |name: &str| document[name].as_str().unwrap().parse::<chrono::DateTime<chrono::Utc>>().unwrap().timestamp();
    assert_eq!((&document["nbf"], &document["exp"]), (&json!(second("validFrom")), &json!(second("validUntil"))));
    // Who has the name can confirm it; nobody can read it.
    let identity = &subject["identifier"][0];
    use sha2::{Digest, Sha256};
    let digest = Sha256::digest(format!("Ana Prueba{}", identity["salt"].as_str().unwrap()));
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(identity["identityHash"], format!("sha256${hex}"));
    assert!(!document.to_string().contains("Ana") && !document.to_string().contains("Prueba"));

    let json = world.portal.browser().get(&format!("/badges/{id}.json")).await;
    let envelope: Value = serde_json::from_slice(&json.bytes).unwrap();
    assert_eq!(envelope["type"], "EnvelopedVerifiableCredential");
    assert_eq!(envelope["id"], format!("data:application/vc+jwt,{token}"));
}

#[tokio::test]
async fn other_programs_find_the_credential_in_the_pictures_and_the_pictures_whole() {
    let (world, _, id) = world().await;
    let token = token(&world, &id).await;
    let png = world.portal.browser().get(&format!("/badges/{id}-600.png")).await.bytes;
    let mut reader = png::Decoder::new(std::io::Cursor::new(&png)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut pixels).unwrap();
    reader.finish().unwrap();
    let texts = &reader.info().utf8_text;
    assert_eq!(texts.len(), 1);
    assert_eq!(
        (texts[0].keyword.as_str(), texts[0].compressed, texts[0].get_text().unwrap()),
        ("openbadgecredential", false, token.clone())
    );
    let svg = world.portal.browser().get(&format!("/badges/{id}.svg")).await.text();
    let plain = svg.replace(&format!("<openbadges:credential verify=\"{token}\"></openbadges:credential>"), "");
    let drawn = |svg: &str| certportal::credentials::badge::badge_png(svg, 600).unwrap();
    assert_eq!(drawn(&svg), drawn(&plain), "the same picture");
    let unbaked = png::Decoder::new(std::io::Cursor::new(drawn(&svg))).read_info().unwrap().info().utf8_text.len();
    assert_eq!(unbaked, 0);
}

#[tokio::test]
async fn security_45_other_origins_may_read_what_is_public_and_the_same_for_everybody() {
    let (world, ana, id) = world().await;
    let mut owner = world.portal.signed_in(ana.account).await.with_header("origin", "https://wallet.example");
    let public = [
        "/.well-known/did.json".to_owned(),
        "/.well-known/jwks.json".into(),
        "/badges/issuer.json".into(),
        "/badges/status/0".into(),
        format!("/badges/{id}.jwt"),
        format!("/badges/{id}.json"),
    ];
    for path in &public {
        let answer = owner.get(path).await;
        assert_eq!((answer.status, &answer.headers["access-control-allow-origin"]), (StatusCode::OK, &"*".parse().unwrap()), "{path}");
        assert!(!answer.headers.contains_key("access-control-allow-credentials"), "{path}: never with cookies");
        assert_eq!(answer.bytes, world.portal.browser().get(path).await.bytes, "{path}: whoever asks");
    }
    for path in [
        format!("/badges/{id}.svg"),
        format!("/badges/{id}-240.png"),
        format!("/verify/{id}"),
        format!("/credentials/{id}"),
        "/verify".into(),
    ] {
        let answer = owner.get(&path).await;
        assert!(!answer.headers.keys().any(|name| name.as_str().starts_with("access-control-")), "{path}");
    }
}

#[tokio::test]
async fn the_issuer_publishes_its_keys_and_its_profile() {
    let portal = Portal::in_production_at("https://certs.example.org:8443").await;
    let did = "did:web:certs.example.org%3A8443";
    let answer = portal.browser().get("/.well-known/did.json").await;
    assert_eq!((answer.status, answer.headers[header::CONTENT_TYPE].to_str().unwrap()), (StatusCode::OK, "application/did+json"));
    assert!(answer.headers[header::CACHE_CONTROL].to_str().unwrap().starts_with("public"));
    let document: Value = serde_json::from_slice(&answer.bytes).unwrap();
    let keys = key_set(&portal).await;
    assert_eq!((keys.len(), &document["id"]), (1, &json!(did)));
    let methods = document["verificationMethod"].as_array().unwrap();
    assert_eq!(
        methods[0],
        json!({ "id": format!("{did}#{}", keys[0]["kid"].as_str().unwrap()), "type": "JsonWebKey", "controller": did, "publicKeyJwk": keys[0] })
    );
    assert_eq!(methods[1]["type"], "Multikey");
    let multibase = methods[1]["publicKeyMultibase"].as_str().unwrap();
    let raw = bs58::decode(&multibase[1..]).into_vec().unwrap();
    assert_eq!(URL_SAFE_NO_PAD.encode(&raw[2..]), keys[0]["x"]);
    assert_eq!(document["assertionMethod"], json!([methods[0]["id"], methods[1]["id"]]));
    let profile: Value = serde_json::from_slice(&portal.browser().get("/badges/issuer.json").await.bytes).unwrap();
    assert_eq!(
        (&profile["id"], &profile["type"], &profile["url"]),
        (&json!(did), &json!(["Profile"]), &json!("https://certs.example.org:8443"))
    );
}

/// The keys in use.
async fn active_keys(portal: &Portal) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM issuer_key WHERE retired_at IS NULL").fetch_one(portal.db()).await.unwrap()
}

/// Eight instances need the first key at once.
async fn eight_need_a_key(portal: &Portal) {
    let asking = (0..8).map(|_| {
        let state = portal.state.clone();
        tokio::spawn(async move { issuer::signing_key(&state).await.map(|key| key.public().thumbprint()) })
    });
    for asked in asking.collect::<Vec<_>>() {
        asked.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn instances_that_need_the_first_key_at_once_make_one() {
    let portal = Portal::new().await;
    eight_need_a_key(&portal).await;
    assert_eq!(active_keys(&portal).await, 1);
}

#[tokio::test]
async fn without_the_index_they_would_make_several() {
    let portal = Portal::new().await;
    sqlx::query("DROP INDEX issuer_key_active_key").execute(&portal.owner().await).await.unwrap();
    // Whether they meet is chance: many tries, of which one is enough.
    for _ in 0..50 {
        eight_need_a_key(&portal).await;
        if active_keys(&portal).await > 1 {
            return;
        }
        sqlx::query("DELETE FROM issuer_key").execute(portal.db()).await.unwrap();
    }
    panic!("the race was never lost: the test above proves nothing");
}

#[tokio::test]
async fn after_a_rotation_old_badges_verify_and_new_ones_are_signed_anew() {
    let (world, _, id) = world().await;
    let portal = &world.portal;
    let png = portal.browser().get(&format!("/badges/{id}-240.png")).await;
    let old = token(&world, &id).await;
    portal.later(TimeDelta::days(1));
    let (first, second) = tokio::join!(issuer::rotate(&portal.state), issuer::rotate(&portal.state));
    assert_ne!(first.unwrap(), second.unwrap());
    assert_eq!((active_keys(portal).await, key_set(portal).await.len()), (1, 3));
    let new = token(&world, &id).await;
    assert_ne!(part(&old, 0)["kid"], part(&new, 0)["kid"]);
    assert_eq!(part(&old, 1), part(&new, 1), "the credential is the same");
    assert_eq!(part(&new, 0)["kid"], format!("{DID}#{}", key_set(portal).await[0]["kid"].as_str().unwrap()), "the key in use comes first");
    assert_genuine(&bring(portal, "old.png", &png.bytes).await, "signed before");
    assert_genuine(&paste(portal, &new).await, "signed after");
    // Who keeps the picture is told of the new one.
    assert_eq!(owner_again(&world, &png).get(&format!("/badges/{id}-240.png")).await.status, StatusCode::OK);
    let noted: i64 = sqlx::query_scalar("SELECT count(*) FROM audit_event WHERE action LIKE 'credentials.issuer_key_%'")
        .fetch_one(portal.db())
        .await
        .unwrap();
    assert_eq!(noted, 5, "three made, two retired");
}

#[tokio::test]
async fn the_private_key_is_sealed_and_sealed_anew_with_the_server_key() {
    let (mut world, _, id) = world().await;
    let before = token(&world, &id).await;
    let kept: Vec<u8> = sqlx::query_scalar("SELECT sealed FROM issuer_key").fetch_one(world.portal.db()).await.unwrap();
    let seed = world
        .portal
        .state
        .key
        .open("issuer-key", part(&before, 0)["kid"].as_str().unwrap().split('#').nth(1).unwrap().as_bytes(), &kept)
        .unwrap();
    assert!(!kept.windows(seed.len()).any(|window| window == seed), "sealed");
    let hex: String = seed.iter().map(|byte| format!("{byte:02x}")).collect();
    let dump: String = sqlx::query_scalar("SELECT string_agg(k::text, '\n') FROM issuer_key k").fetch_one(world.portal.db()).await.unwrap();
    assert!(!dump.contains(&hex));

    let directory = world.portal.state.config.data_dir.clone();
    std::fs::write(directory.join("server.key"), [7; 32]).unwrap();
    std::fs::set_permissions(directory.join("server.key"), std::fs::Permissions::from_mode(0o600)).unwrap();
    // The issuer's key, and the secret of the exam manager's authenticator app.
    assert_eq!(app::rotate_key(&world.portal.state).await.unwrap(), 2);
    let key = ServerKey::load_or_create(&directory).unwrap();
    assert_eq!(issuer::reseal(world.portal.db(), &key).await.unwrap(), 0, "nothing is left to do");
    assert_eq!(
        world.portal.browser().get(&format!("/badges/{id}.jwt")).await.status,
        StatusCode::INTERNAL_SERVER_ERROR,
        "until the restart"
    );
    world.portal.restarted_with(key).await;
    assert_eq!(token(&world, &id).await, before, "the same key signs");

    let foreign = ServerKey::from_bytes([9; 32]);
    assert!(issuer::reseal(world.portal.db(), &foreign).await.unwrap_err().to_string().contains("opens with none"));
}

#[tokio::test]
async fn what_ended_verifies_and_is_not_active() {
    let (world, ana, id) = world().await;
    let portal = &world.portal;
    let old = token(&world, &id).await;
    let told = async |headline: &str, reason: &str| {
        let answer = paste(portal, &old).await;
        assert!(answer.spoken().contains(headline) && answer.spoken().contains(reason), "{}", answer.spoken());
        assert!(!answer.text().contains("verdict--active"));
        let steps = steps(&answer);
        assert!(steps[..7].iter().all(|(state, _)| state == "Passed"), "{steps:?}");
        assert_eq!(steps[7], ("Failed".to_owned(), "State now".to_owned()));
    };
    portal.later(TimeDelta::days(800));
    let again = world.sitting_of(ana.account, portal.clock.now() - TimeDelta::days(1)).await;
    let newer = world.score(&again, 900).await.unwrap();
    told("Genuine, but superseded", "A newer credential").await;
    assert_genuine(&paste(portal, &token(&world, &newer).await).await, "the newer one");
    sqlx::query("UPDATE credential SET state = 'active' WHERE public_id = $1").bind(&id).execute(portal.db()).await.unwrap();
    portal.later(TimeDelta::days(400));
    told("Genuine, but expired", "Expired: it was valid until 23 November 2029").await;
    sqlx::query("UPDATE credential SET state = 'revoked', revoked_reason = 'secret' WHERE public_id = $1")
        .bind(&id)
        .execute(portal.db())
        .await
        .unwrap();
    told("Genuine, but revoked", "The programme has revoked it").await;
}

#[tokio::test]
async fn what_the_record_contradicts_is_not_green() {
    let (world, _, id) = world().await;
    let portal = &world.portal;
    let old = token(&world, &id).await;
    let check = async || {
        let answer = paste(portal, &old).await;
        (steps(&answer), answer)
    };
    // A new name: the credential was issued again.
    sqlx::query("UPDATE credential SET holder_name = 'Ana Nueva', version = 2").execute(portal.db()).await.unwrap();
    let (steps, answer) = check().await;
    assert!(
        answer.spoken().contains("Not as in the records Ana Nueva") && !answer.text().contains("verdict--active"),
        "{}",
        answer.spoken()
    );
    assert_eq!((steps[5].0.as_str(), steps[6].0.as_str(), steps[7].0.as_str()), ("Passed", "Failed", "Passed"));
    assert_ne!(token(&world, &id).await, old);
    // The name taken off: the file cannot be held against it, and the new file names nobody.
    sqlx::query("UPDATE credential SET holder_name = NULL, version = 3").execute(portal.db()).await.unwrap();
    let (steps, answer) = check().await;
    assert_eq!(steps[6], ("Not checked".to_owned(), "Holder".to_owned()));
    assert!(answer.spoken().contains("had their name taken off") && !answer.spoken().contains("Ana"), "{}", answer.spoken());
    assert!(part(&token(&world, &id).await, 1)["credentialSubject"].get("identifier").is_none());
    // Other dates.
    sqlx::query("UPDATE credential SET holder_name = 'Ana Prueba', expires_at = expires_at + interval '3 years'")
        .execute(portal.db())
        .await
        .unwrap();
    let (steps, answer) = check().await;
    assert!(answer.spoken().contains("Not as in the records"), "{}", answer.spoken());
    assert_eq!((steps[5].0.as_str(), steps[6].0.as_str()), ("Failed", "Passed"));
    // And no such credential any more.
    sqlx::query("DELETE FROM credential").execute(portal.db()).await.unwrap();
    assert_fails_at(&paste(portal, &old).await, "Award", "gone");
}

#[tokio::test]
async fn revocations_stand_in_a_signed_list() {
    let (world, _, id) = world().await;
    let ben = world.sitting("Ben").await;
    let other = world.score(&ben, 812).await.unwrap();
    let status = part(&token(&world, &id).await, 1)["credentialStatus"].clone();
    assert_eq!((&status["type"], &status["statusPurpose"]), (&json!("BitstringStatusListEntry"), &json!("revocation")));
    let path = status["statusListCredential"].as_str().unwrap().strip_prefix(URL).unwrap().to_owned();
    let place = |status: &Value| status["statusListIndex"].as_str().unwrap().parse::<usize>().unwrap();
    let others = place(&part(&token(&world, &other).await, 1)["credentialStatus"]);
    assert_ne!(place(&status), others);
    let bits = async || {
        let answer = world.portal.browser().get(&path).await;
        assert_eq!(answer.status, StatusCode::OK);
        let token = answer.text();
        // Signed as badges are.
        let key = key_set(&world.portal).await.remove(0);
        let key = PublicKey::from_bytes(&URL_SAFE_NO_PAD.decode(key["x"].as_str().unwrap()).unwrap()).unwrap();
        let (signed, signature) = token.rsplit_once('.').unwrap();
        assert!(key.verifies(signed.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap()));
        let document = part(&token, 1);
        assert_eq!((&document["id"], &document["issuer"]), (&status["statusListCredential"], &json!(DID)));
        let list = document["credentialSubject"]["encodedList"].as_str().unwrap().to_owned();
        let mut bits = vec![];
        GzDecoder::new(&URL_SAFE_NO_PAD.decode(&list[1..]).unwrap()[..]).read_to_end(&mut bits).unwrap();
        bits
    };
    let set = |bits: &[u8], place: usize| bits[place / 8] & (0x80 >> (place % 8)) != 0;
    assert!(bits().await.iter().all(|byte| *byte == 0));
    sqlx::query("UPDATE credential SET state = 'revoked', revoked_reason = 'x' WHERE public_id = $1")
        .bind(&id)
        .execute(world.portal.db())
        .await
        .unwrap();
    let bits = bits().await;
    assert!(set(&bits, place(&status)) && !set(&bits, others));
    for path in ["/badges/status/1", "/badges/status/-1", "/badges/status/x", "/badges/status/99999999999"] {
        assert_eq!(world.portal.browser().get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

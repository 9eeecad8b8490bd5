//! Which credentials are revoked, for verifiers who ask nobody about a single one (W3C Bitstring Status List 1.0): a list
//! of bits, compressed, as a signed credential of its own.

use super::document::{CONTEXTS, status_list_path};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use std::io::Write;

/// Bits of a list: the least that the specification allows.
pub const BITS: u32 = 131_072;
/// How long a list may be believed: who hides the present one can show one of yesterday and no older.
const GOOD_FOR: TimeDelta = TimeDelta::days(1);

/// The list as a credential. `set`: the places of what is revoked.
pub fn document(public_url: &str, issuer: &Value, list: i32, set: &[i32], now: DateTime<Utc>) -> Value {
    let id = format!("{public_url}{}", status_list_path(list));
    let second = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
    json!({
        "@context": [CONTEXTS[0]],
        "id": id,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": issuer["id"],
        "validFrom": second(now),
        "validUntil": second(now + GOOD_FOR),
        "credentialSubject": {
            "id": format!("{id}#list"),
            "type": "BitstringStatusList",
            "statusPurpose": "revocation",
            "encodedList": encoded(set),
        },
        "iss": issuer["id"],
        "jti": id,
        "sub": format!("{id}#list"),
        "nbf": now.timestamp(),
        "exp": (now + GOOD_FOR).timestamp(),
    })
}

/// Gzip of the bits, the first place being the highest bit of the first byte, in base64url with the mark `u` of multibase.
fn encoded(set: &[i32]) -> String {
    let mut bits = vec![0_u8; BITS as usize / 8];
    for place in set.iter().filter_map(|place| usize::try_from(*place).ok()) {
        if let Some(byte) = bits.get_mut(place / 8) {
            *byte |= 0x80 >> (place % 8);
        }
    }
    let mut gzip = GzEncoder::new(vec![], Compression::best());
    // Into memory: cannot fail.
    let packed = gzip.write_all(&bits).and_then(|()| gzip.finish()).unwrap_or_default();
    format!("u{}", URL_SAFE_NO_PAD.encode(packed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::read::GzDecoder;
    use std::io::Read;

    #[test]
    fn the_first_place_is_the_highest_bit_of_the_first_byte() {
        let list = encoded(&[0, 9, 131_071]);
        let packed = URL_SAFE_NO_PAD.decode(list.strip_prefix('u').unwrap()).unwrap();
        let mut bits = vec![];
        GzDecoder::new(&packed[..]).read_to_end(&mut bits).unwrap();
        assert_eq!(bits.len(), 16 * 1024);
        assert_eq!((bits[0], bits[1], bits[16_383]), (0b1000_0000, 0b0100_0000, 1));
        assert_eq!(bits.iter().map(|byte| byte.count_ones()).sum::<u32>(), 3);
    }
}

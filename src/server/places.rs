//! Where a network address is, roughly: from a city database in MaxMind's format that the operator may give
//! (`CERTPORTAL_PLACES_DB`, e.g. GeoLite2 City or DB-IP City Lite). Nobody outside is asked.

use super::i18n::{self, Locale};
use crate::tr;
use maxminddb::Reader;
use serde::Deserialize;
use std::collections::HashMap;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

/// The database, if there is one. Cheap to clone.
#[derive(Clone, Default)]
pub struct Places(Option<Arc<Reader<Vec<u8>>>>);

#[derive(Deserialize)]
struct Record {
    city: Option<Named>,
    country: Option<Named>,
}

#[derive(Deserialize)]
struct Named {
    #[serde(default)]
    names: HashMap<String, String>,
}

impl Named {
    fn name(self, locale: Locale) -> Option<String> {
        let mut names = self.names;
        names.remove(i18n::tag(locale)).or_else(|| names.remove("en"))
    }
}

impl Places {
    /// # Errors
    /// The file cannot be read, or is no such database.
    pub fn open(path: &Path) -> Result<Self, String> {
        Reader::open_readfile(path).map(|reader| Self(Some(Arc::new(reader)))).map_err(|error| format!("{}: {error}", path.display()))
    }

    /// `Seville, Spain`, or what kind of network it is when it is not the internet's. `None`: not known.
    pub fn name(&self, locale: Locale, address: &str) -> Option<String> {
        let address: IpAddr = address.parse::<IpAddr>().ok()?.to_canonical();
        if address.is_loopback() {
            return Some(tr!(locale, common.place_this_computer).to_owned());
        }
        if is_private(address) {
            return Some(tr!(locale, common.place_local_network).to_owned());
        }
        let record: Record = self.0.as_ref()?.lookup(address).ok()?.decode().ok()??;
        let parts = [record.city, record.country].into_iter().flatten().filter_map(|named| named.name(locale));
        Some(parts.collect::<Vec<_>>().join(", ")).filter(|name| !name.is_empty())
    }
}

fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_private() || address.is_link_local(),
        IpAddr::V6(address) => address.is_unique_local() || address.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_a_place_in_the_readers_language_where_the_database_knows_one() {
        let places = Places::open(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/places.mmdb"))).unwrap();
        let name = |locale, address| places.name(locale, address);
        assert_eq!(name(Locale::en, "203.0.113.9").as_deref(), Some("Seville, Spain"));
        assert_eq!(name(Locale::es, "203.0.113.9").as_deref(), Some("Sevilla, España"));
        assert_eq!(name(Locale::en, "::ffff:203.0.113.9").as_deref(), Some("Seville, Spain"));
        assert_eq!(name(Locale::en, "198.51.100.7").as_deref(), Some("Germany"));
        assert_eq!(name(Locale::en, "2001:db8::1").as_deref(), Some("London, United Kingdom"));
        assert_eq!(name(Locale::en, "192.0.2.1"), None);
        assert_eq!(name(Locale::en, "127.0.0.1").as_deref(), Some("This computer"));
        assert_eq!(name(Locale::en, "192.168.1.4").as_deref(), Some("Local network"));
        assert_eq!(name(Locale::en, "fd00::1").as_deref(), Some("Local network"));
        assert_eq!(name(Locale::en, "nonsense"), None);
        assert_eq!(Places::default().name(Locale::en, "203.0.113.9"), None);
        assert!(Places::open(Path::new("Cargo.toml")).is_err());
    }
}

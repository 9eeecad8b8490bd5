#!/usr/bin/env python3
"""Check seed/reference/ and seed/demo/: forms, references between files, sums, dates. Standard library only.

    python3 seed/build/check.py        prints counts; exits 1 and lists every problem if there is one
"""

import base64
import csv
import gzip
import re
import sys
import tomllib
import unicodedata
import zoneinfo
from datetime import date
from math import asin, cos, radians, sin, sqrt
from pathlib import Path

SEED = Path(__file__).resolve().parent.parent
STAFF_ROLES = {"support_agent", "ce_reviewer", "exam_manager", "site_manager", "proctor", "finance", "auditor",
               "administrator"}
STATUSES = {"active", "beta", "retired", "announced"}
DAYS = "Mo Tu We Th Fr Sa Su".split()
problems = []


def expect(condition, *message):
    if not condition:
        problems.append(" ".join(str(m) for m in message))


def read(name):
    data = (SEED / name).read_bytes()
    if name.endswith(".gz"):
        expect(data[4:8] == bytes(4), name, "gzip header carries a time")
        data = gzip.decompress(data)
    expect(b"\r" not in data, name, "has carriage returns")
    text = data.decode("utf-8")
    expect(unicodedata.is_normalized("NFC", text), name, "is not NFC")
    return text


def rows(name):
    lines = list(csv.DictReader(read(name).splitlines()))
    expect(all(None not in r and None not in r.values() for r in lines), name, "has a ragged row")
    print(f"{name}: {len(lines)} rows")
    return lines


def unique(name, values):
    values = list(values)
    expect(len(values) == len(set(values)), name, "has duplicates:", {v for v in values if values.count(v) > 1}
           if len(values) < 1000 else "")
    return set(values)


def km(lat1, lon1, lat2, lon2):
    a, b, c, d = map(radians, (lat1, lon1, lat2, lon2))
    return 12742 * asin(sqrt(sin((c - a) / 2) ** 2 + cos(a) * cos(c) * sin((d - b) / 2) ** 2))


def plain(text):
    return "".join(c for c in unicodedata.normalize("NFKD", text).casefold() if c.isalnum())


def hours_ok(text):
    """"Mo-Fr 08:00-12:00,13:00-18:00; Sa 09:00-14:00": each day at most once, spans in order."""
    seen = set()
    for part in text.split("; "):
        match = re.fullmatch(r"([A-Z][a-z])(?:-([A-Z][a-z]))? (\S+)", part)
        if not match or match[1] not in DAYS or (match[2] or match[1]) not in DAYS:
            return False
        first, last = DAYS.index(match[1]), DAYS.index(match[2] or match[1])
        days = {(first + i) % 7 for i in range((last - first) % 7 + 1)}  # Su-Th runs over the week's end
        if seen & days:
            return False
        seen |= days
        times = re.findall(r"\d\d:\d\d", match[3])
        if not re.fullmatch(r"\d\d:\d\d-\d\d:\d\d(,\d\d:\d\d-\d\d:\d\d)*", match[3]):
            return False
        if times != sorted(set(times)) or times[-1] > "24:00":
            return False
    return True


# ---------------------------------------------------------------- reference

zones = zoneinfo.available_timezones()

countries = rows("reference/countries.csv")
codes = unique("countries", (c["code"] for c in countries))
expect(len(codes) == 250, "expected the 249 ISO countries and XK, got", len(codes))
for c in countries:
    expect(re.fullmatch("[A-Z]{2}", c["code"]) and c["name_en"] and c["name_es"], "country", c)
    expect("," not in c["name_en"] or c["code"] in ("BQ", "SH"), "turned-around name", c["name_en"])
    expect(re.fullmatch(r"[A-Z]{3}|", c["currency"]) and re.fullmatch(r"\+\d{1,3}|", c["calling_code"]), "country", c)
    expect((c["distance_unit"] == "mi") == (c["code"] in ("US", "GB", "LR", "MM")), "unit", c)

subdivisions = rows("reference/subdivisions.csv.gz")
regions = unique("subdivisions", (s["code"] for s in subdivisions))
unique("subdivision names", ((s["country"], s["name"]) for s in subdivisions))
for s in subdivisions:
    expect(s["country"] in codes and s["code"].startswith(s["country"] + "-") and s["name"], "subdivision", s)
    expect(not re.search(r"[\[\]*]", s["name"]), "subdivision name", s["name"])

cities = rows("reference/cities.csv.gz")
unique("cities", (c["geoname_id"] for c in cities))
by_id = {c["geoname_id"]: c for c in cities}
for c in cities:
    expect(c["country"] in codes, "city country", c)
    expect(c["timezone"] in zones, "city zone", c)
    expect(-90 <= float(c["lat"]) <= 90 and -180 <= float(c["lon"]) <= 180, "city place", c)
    expect(c["ascii_name"].isascii() and c["ascii_name"], "city ascii name", c)
    expect(len(c["alternate_names"].split("|")) <= 6 and int(c["population"]) >= 0, "city", c)
expect([int(c["geoname_id"]) for c in cities] == sorted(int(c["geoname_id"]) for c in cities), "cities unsorted")
for country, word, name in [("DE", "München", "Munich"), ("DE", "Cologne", "Köln"), ("ES", "Seville", "Sevilla"),
                            ("US", "NYC", "New York City"), ("JP", "東京", "Tokyo"), ("GB", "Londres", "London")]:
    expect(any(c["country"] == country and c["name"] == name and word in c["alternate_names"].split("|")
               for c in cities), "no city", name, "found by", word)

zips = rows("reference/postal_codes_us.csv.gz")
unique("zip codes", (z["zip"] for z in zips))
expect([z["zip"] for z in zips] == sorted(z["zip"] for z in zips), "zip codes unsorted")
for z in zips:
    expect(re.fullmatch(r"\d{5}", z["zip"]) and "US-" + z["state"] in regions and z["place"], "zip", z)

passwords = read("reference/common_passwords.txt.gz").splitlines()
common = unique("passwords", passwords)
expect(len(passwords) >= 10_000 and passwords == sorted(passwords), "passwords: too few or unsorted")
expect(all(len(p) >= 8 and p == p.lower() for p in passwords), "a password is short or has capitals")
expect({"password", "12345678", "password1", "iloveyou", "qwertyuiop", "87654321"} <= common, "well-known one missing")
print(f"reference/common_passwords.txt.gz: {len(passwords)} lines")

# ---------------------------------------------------------------- programme

programme = tomllib.loads(read("demo/programme.toml"))
policies = programme["policies"]
wanted = {"reschedule_cutoff_hours": 24, "reschedule_limit": 2, "cancel_cutoff_hours": 24, "lead_time_hours_center": 24,
          "lead_time_hours_online": 4, "horizon_days": 90, "hold_minutes": 15, "seat_overhead_minutes_center": 30,
          "seat_overhead_minutes_online": 15, "retake_wait_days": 14, "pass_block_years": 2, "minimum_age": 13,
          "guardian_consent_age": 18, "result_business_days": 5, "validity_years": 3, "email_verification_hours": 24,
          "arrival_minutes": 30, "online_checkin_opens_minutes": 30, "online_checkin_closes_minutes": 15,
          "pass_benefit_percent": 50}
for key, value in wanted.items():
    expect(policies.get(key) == value, "policy", key, policies.get(key))
for key in ("accent_light", "accent_dark"):
    expect(re.fullmatch("#[0-9a-f]{6}", programme["colors"][key]), "colour", key)
print(f"demo/programme.toml: {sum(k not in ('version', 'valid_from') for k in policies)} policies")

# ---------------------------------------------------------------- catalogue


def contrast(one, two):
    def light(colour):
        parts = [int(colour[i:i + 2], 16) / 255 for i in (1, 3, 5)]
        return sum(w * (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4)
                   for w, p in zip((0.2126, 0.7152, 0.0722), parts))
    a, b = sorted((light(one), light(two)))
    return (b + 0.05) / (a + 0.05)


catalog = tomllib.loads(read("demo/catalog.toml"))
levels = unique("levels", (lv["slug"] for lv in catalog["level"]))
for lv in catalog["level"]:
    expect(contrast(lv["badge_primary"], lv["badge_text"]) >= 4.5, "badge text too faint", lv["slug"])
    expect(contrast(lv["badge_primary"], lv["badge_secondary"]) >= 3, "badge rim too faint", lv["slug"])
certifications = {c["slug"]: c for c in catalog["certification"]}
unique("certifications", (c["slug"] for c in catalog["certification"]))
unique("certification prefixes", (c["code_prefix"] for c in catalog["certification"]))
for c in catalog["certification"]:
    expect(c["level"] in levels and c["status"] in ("active", "retired") and c["roles"], "certification", c["slug"])
    expect(all(r in certifications and r != c["slug"] for r in c["renews"]), "renews", c["slug"])
    for key in ("summary_en", "summary_es"):
        expect(len(re.findall(r"[.?!](?:\s|$)", c[key])) == 2, "not two sentences:", c["slug"], key)
    expect(c["description_en"] and c["description_es"], "description", c["slug"])
    expect(any(e["certification"] == c["slug"] for e in catalog["exam"]), "no exam for", c["slug"])

currencies = set(programme["programme"]["currencies"])
exams = {e["code"]: e for e in catalog["exam"]}
unique("exams", (e["code"] for e in catalog["exam"]))
PASS_MARK = {"foundational": 700, "business": 700, "associate": 720, "professional": 750, "specialty": 750}
for e in catalog["exam"]:
    code, first, last = e["code"], e.get("first_day"), e.get("last_day")
    certification = certifications[e["certification"]]
    expect(code == f"{certification['code_prefix']}-{e['version']}", "code", code)
    expect(e["status"] in STATUSES and e["beta"] == (e["status"] == "beta"), "status", code)
    expect(e["scale_min"] == 100 and e["scale_max"] == 1000, "scale", code)
    expect(e["pass_mark"] == PASS_MARK[certification["level"]], "pass mark", code)
    expect(set(e["delivery"]) <= {"center", "online"} and e["delivery"], "delivery", code)
    if e["status"] == "announced":
        expect(not ({"price", "minutes", "domain", "first_day"} & e.keys()) and not e["languages"], "announced", code)
        continue
    expect(sum(d["weight"] for d in e["domain"]) == 100, "weights", code)
    expect(all(d["name_en"] and d["name_es"] for d in e["domain"]), "domain names", code)
    expect(set(e["price"]) == currencies and all(type(p) is int and p > 0 for p in e["price"].values()), "price", code)
    expect(("regular_price" in e) == e["beta"], "regular_price", code)
    if e["beta"]:
        expect(all(e["regular_price"][k] == 2 * v for k, v in e["price"].items()), "beta is half price", code)
    else:
        expect(e["questions"] - e["scored_questions"] == (10 if certification["level"] == "professional" else 15),
               "unscored questions", code)
    expect(e["registration_from"] <= first, "dates", code)
    expect(last is None or first < last, "dates", code)
    expect(e["status"] != "retired" or (last and last < date(2026, 11, 23)), "retired without a past last day", code)
    expect(e["status"] == "retired" or not last or last >= date(2026, 11, 23), "open, but its last day is over", code)
    unique(code + " languages", (lang["tag"] for lang in e["languages"]))
    for lang in e["languages"]:
        expect(re.fullmatch(r"[a-z]{2}(-([A-Z]{2}|\d{3}))?", lang["tag"]), "language", code, lang)
        end = lang.get("last_day")
        expect(not end or first <= lang.get("first_day", first) < end and (not last or end <= last), "language", code, lang)
print(f"demo/catalog.toml: {len(certifications)} certifications, {len(exams)} exams")

# ---------------------------------------------------------------- test centres

centers = rows("demo/test_centers.csv")
unique("centres", (c["code"] for c in centers))
unique("centre names", (c["name"] for c in centers))
expect(len(centers) == 80 and len({c["country"] for c in centers}) == 30, "80 centres in 30 countries")
for c in centers:
    code = c["code"]
    expect(re.fullmatch(rf"{c['country']}-[A-Z]{{3}}-\d\d", code) and c["country"] in codes, "centre code", code)
    expect(c["timezone"] in zones, "centre zone", code)
    expect(c["region"] in regions and c["region"].startswith(c["country"]) or c["country"] == "SG", "region", code)
    city = by_id[c["geoname_id"]]
    distance = km(float(c["lat"]), float(c["lon"]), float(city["lat"]), float(city["lon"]))
    expect(distance <= 30 and city["country"] == c["country"], "centre", code, distance, "km from", city["name"])
    expect(city["timezone"] == c["timezone"], "centre zone is not its city's", code)
    names = {city["name"], city["ascii_name"], *city["alternate_names"].split("|")}
    expect(plain(c["city"]) in map(plain, names) or c["country"] in ("JP", "KR", "CN") or code in ("US-NYC-02", "IN-DEL-01"), "city name",
           code, c["city"], names)
    expect(hours_ok(c["opening_hours"]), "hours", code, c["opening_hours"])
    seats, accessible = int(c["workstations"]), int(c["accessible_workstations"])
    expect(4 <= seats <= 20 and 1 <= accessible <= seats, "workstations", code)
    expect(c["same_day"] in ("true", "false") and c["languages"] and c["address_lines"], "centre", code)
    expect(c["phone"].startswith("+") and c["arrival_instructions_en"] and c["arrival_instructions_es"], "centre", code)
    expect(c["postal_code"] or c["country"] == "AE", "postal code", code)
    if c["country"] == "US":
        expect(any(z["zip"] == c["postal_code"] and "US-" + z["state"] == c["region"] for z in zips), "zip", code)

# ---------------------------------------------------------------- people

people = tomllib.loads(read("demo/people.toml"))
everybody = people["candidate"] + people["staff"]
unique("e-mail addresses", (p["email"] for p in everybody))
unique("secrets", (p["totp_secret"] for p in everybody if "totp_secret" in p))
expect({s["role"] for s in people["staff"]} == STAFF_ROLES and len(people["staff"]) == 8, "staff roles")
for p in everybody:
    who, password = p["email"], p["password"]
    expect(who.endswith("@example.com"), "address", who)
    expect(8 <= len(password) <= 128 and all(re.search(x, password) for x in ("[a-z]", "[A-Z]", r"\d")), "password", who)
    expect(password.lower() not in common, "common password", who)
    expect(not any(n.lower() in password.lower() for n in (p["given_name"], *p["family_name"].split())), "name in", who)
    expect(p["region"] in regions and p["region"].startswith(p["country"]) and p["timezone"] in zones, "place", who)
    expect(p["language"] in programme["programme"]["languages"], "language", who)
    if "role" in p and p["role"] in STAFF_ROLES or "totp_secret" in p:
        expect(len(base64.b32decode(p["totp_secret"])) == 20, "secret", who)
center_codes = {c["code"] for c in centers}
for p in people["candidate"]:
    last_of = {}
    for a in p.get("attempt", []) + p.get("booking", []):
        exam = exams[a["exam"]]
        expect(a["language"] in [lang["tag"] for lang in exam["languages"]], "attempt language", a)
        expect(a["delivery"] == "online" or a.get("center") in center_codes, "attempt centre", a)
        expect(a["day"] > p["registered_days"], "before registration", a)
        if "score" in a:
            expect(a["day"] < 0 and a["passed"] == (a["score"] >= exam["pass_mark"]), "score", a)
            expect(len(a["domains"]) == len(exam["domain"]), "domains", a)
            mean = sum(d["percent"] * x["weight"] for d, x in zip(a["domains"], exam["domain"])) / 100
            expect((mean >= exam["pass_mark"] / 10) == a["passed"], "domain results contradict the score", a["exam"], mean)
            expect(all(d["meets"] == (d["percent"] >= 70) for d in a["domains"]), "meets", a)
            before = last_of.get(a["exam"])
            expect(not before or not before["passed"] and a["day"] - before["day"] >= 14, "retake too soon", a)
            last_of[a["exam"]] = a
        else:
            expect(0 < a["day"] <= policies["horizon_days"] and exam["status"] == "active", "booking", a)
print(f"demo/people.toml: {len(people['candidate'])} candidates, {len(people['staff'])} staff")

for problem in problems:
    print("PROBLEM", problem)
print("ok" if not problems else f"{len(problems)} problems")
sys.exit(bool(problems))

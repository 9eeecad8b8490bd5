// Seats taken and exams booked a second through the real HTTP path, beside pgbench on the same SQL. node bookings.mjs PORTAL DATA [COUNT]
//
// A seat: the form that holds it. A booking: everything from that form to a booked appointment (hold, details, review, pay, the card on the
// sandbox's page, the way back, which settles the payment). Makes its own candidates in the demo portal's private database, each with a session
// and a time of their own to take; half of them take it through the portal as a browser does, half through pgbench, COUNT each for the seats
// (3,000) and a third of that for the bookings. Use a portal you can throw away.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";

const [portal, data, count = "3000"] = process.argv.slice(2);
const CLIENTS = 16;
const SEATS = Number(count);
const BOOKINGS = Math.ceil(SEATS / 3);
if (!(SEATS >= CLIENTS)) throw new Error(`COUNT must be a number from ${CLIENTS}`);
const ALL = 2 * (SEATS + BOOKINGS);
const database = ["-h", resolve(data, "postgres/socket"), "-U", "certportal"];
const psql = (sql) => execFileSync("psql", [...database, "-qAt", "-c", "SET client_min_messages = error", "-v", "ON_ERROR_STOP=1", "-c", sql, "certportal"], { maxBuffer: 1 << 28 }).toString();
const { now } = await (await fetch(`${portal}/demo/clock`)).json();

psql("DROP TABLE IF EXISTS bench_plan; DROP SEQUENCE IF EXISTS bench_next");
psql(`
  CREATE TABLE bench_plan AS
  WITH slot AS (
    SELECT c.id AS center_id, c.code, c.time_zone, (d.day::date + h.opens + n.hour * interval '3 hours') AT TIME ZONE c.time_zone AS starts_at
    FROM test_center c JOIN opening_hours h ON h.center_id = c.id
    JOIN LATERAL generate_series((timestamptz '${now}')::date + 3, (timestamptz '${now}')::date + 80, interval '1 day') AS d (day)
      ON extract(isodow FROM d.day) = h.weekday
    JOIN LATERAL (SELECT generate_series(0, 2) AS hour) n ON h.opens + (n.hour * 3 + 3) * interval '1 hour' <= h.closes
    WHERE NOT EXISTS (SELECT FROM opening_exception x WHERE x.center_id = c.id AND x.on_day = d.day::date))
  SELECT row_number() OVER () AS i, gen_random_uuid() AS account_id, center_id, code, time_zone, starts_at,
         (SELECT id FROM exam WHERE code = 'SAA-C03') AS exam_id, NULL::bytea AS token_hash
  FROM (SELECT * FROM slot ORDER BY random() LIMIT ${ALL}) s;
  ALTER TABLE bench_plan ADD PRIMARY KEY (i);
  UPDATE bench_plan SET token_hash = sha256(convert_to('bench-' || i, 'UTF8'));
  CREATE SEQUENCE bench_next;
  DELETE FROM session WHERE token_hash IN (SELECT token_hash FROM bench_plan);
  INSERT INTO account (id, candidate_id, given_name, family_name, country, language, time_zone, date_of_birth, created_at)
    SELECT account_id, 'CP' || upper(translate(substr(md5(account_id::text), 1, 8), 'ilou', '1100')), 'Bench', 'Mark', 'US', 'en', 'UTC', '1990-02-01', '${now}' FROM bench_plan;
  INSERT INTO account_email (id, account_id, address, is_primary, verified_at, created_at)
    SELECT gen_random_uuid(), account_id, account_id || '@example.com', true, '${now}', '${now}' FROM bench_plan;
  INSERT INTO agreement_acceptance (account_id, version, accepted_at) SELECT account_id, agreement_version, '${now}' FROM bench_plan, programme;
  INSERT INTO session (id, token_hash, account_id, state, created_at, last_used_at, proved_at, address, user_agent)
    SELECT gen_random_uuid(), token_hash, account_id, 'active', '${now}', '${now}', '${now}', '127.0.0.1', 'bench' FROM bench_plan;
  ANALYZE`);
const made = Number(psql("SELECT count(*) FROM bench_plan"));
if (made < ALL) throw new Error(`there are only ${made} times to take: a COUNT of ${Math.floor((SEATS * made) / ALL)} is the most`);
const plan = psql("SELECT i, code, to_char(starts_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') FROM bench_plan ORDER BY i")
  .trim().split("\n").map((line) => line.split("|"));

/** Answers other than the one that goes on, by step and status. */
const refused = new Map();

async function ask(i, step, path, init, goesOn) {
  const answer = await fetch(portal + path, { redirect: "manual", ...init, headers: { cookie: `__Host-session=bench-${i}`, "sec-fetch-site": "same-origin" } });
  const text = await answer.text();
  const to = answer.headers.get("location") ?? "";
  if (goesOn(to, answer.status)) return { to, text };
  const cause = `${step} ${answer.status} ${to}`.trim();
  refused.set(cause, (refused.get(cause) ?? 0) + 1);
  return undefined;
}
const form = (fn, fields) => ({ method: "POST", body: new URLSearchParams({ __fn: fn, ...fields }) });
const hidden = (page, name) => new RegExp(`name="${name}" value="([^"]*)"`).exec(page)?.[1].replaceAll("&amp;", "&").replaceAll("&quot;", '"') ?? "";

/** Takes a seat: the form of the calendar. */
async function hold([i, center, slot]) {
  const page = `/schedule/SAA-C03/times?language=en&center=${center}`;
  const fields = { exam: "SAA-C03", language: "en", center, slot };
  return (await ask(i, "hold", page, form("/api/scheduling/hold", fields), (to) => to.startsWith("/schedule/details/")))?.to;
}

/** Books an exam: what a browser must ask for between the calendar and the confirmation. */
async function book([i, center, slot]) {
  const details = await hold([i, center, slot]);
  if (!details) return false;
  const who = { appointment: details.split("/").pop(), given_name: "Bench", family_name: "Mark", accept: "on" };
  if (!(await ask(i, "details", details, form("/api/scheduling/details", who), (to) => to === "/cart"))) return false;
  const review = await ask(i, "review", "/checkout", {}, (_, status) => status === 200);
  if (!review) return false;
  const order = { purchase: hidden(review.text, "purchase"), reviewed: hidden(review.text, "reviewed") };
  const payment = await ask(i, "pay", "/checkout", form("/api/checkout/pay", order), (to) => to.startsWith("/sandbox-pay/"));
  if (!payment) return false;
  const card = { checkout: payment.to.split("/").pop(), card: "4242 4242 4242 4242", expiry: "12 / 30", cvc: "123" };
  const paid = await ask(i, "card", payment.to, form("/api/sandbox/pay", card), (to) => to.includes("/checkout/return/"));
  if (!paid) return false;
  const back = new URL(paid.to, portal).pathname;
  return Boolean(await ask(i, "return", back, {}, (to) => to.startsWith("/checkout/confirmation/")));
}

/** Does it for everybody of a part of the plan; gives how many a second. */
async function measure(what, people, act) {
  let done = 0;
  refused.clear();
  const queue = [...people];
  const begun = performance.now();
  await Promise.all(Array.from({ length: CLIENTS }, async () => {
    for (let next = queue.pop(); next; next = queue.pop()) if (await act(next)) done += 1;
  }));
  const seconds = (performance.now() - begun) / 1000;
  console.log(`HTTP: ${done} ${what} in ${seconds.toFixed(1)} s = ${(done / seconds).toFixed(1)}/s (refused: ${JSON.stringify([...refused])})`);
  return done / seconds;
}

/** What the portal runs for a booking; its first transaction takes the seat. */
const BOOKING = readFileSync(new URL("bookings.sql", import.meta.url), "utf8");
const COMMIT = "\nCOMMIT;\n";
const HOLD = BOOKING.slice(0, BOOKING.indexOf(COMMIT) + COMMIT.length);

function pgbench(what, script, first, people, http) {
  psql(`SELECT setval('bench_next', ${first}, false)`);
  const transactions = Math.floor(people / CLIENTS);
  const out = execFileSync("pgbench", [...database, "-n", "-M", "prepared", "-c", String(CLIENTS), "-j", "2", "-t", String(transactions), "-f", "-", "certportal"], { input: script }).toString();
  const rate = Number(/tps = ([\d.]+)/.exec(out)?.[1]);
  console.log(`pgbench: ${rate.toFixed(1)} ${what}/s; HTTP is ${((100 * http) / rate).toFixed(0)} % of it`);
}

const booked = () => Number(psql("SELECT count(*) FROM appointment a JOIN bench_plan b USING (account_id) WHERE a.state = 'booked'"));
const seats = await measure("seats", plan.slice(0, SEATS), hold);
pgbench("seats", HOLD, SEATS + 1, SEATS, seats);
const bookings = await measure("bookings", plan.slice(2 * SEATS, 2 * SEATS + BOOKINGS), book);
console.log(`booked in the database: ${booked()}`);
pgbench("bookings", BOOKING, 2 * SEATS + BOOKINGS + 1, BOOKINGS, bookings);
console.log(`booked in the database: ${booked()}`);

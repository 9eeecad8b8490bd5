// Seats taken and exams booked a second through the real HTTP path, beside pgbench on the same SQL. node bookings.mjs PORTAL DATA [COUNT]
//
// A seat: the form that holds it. A booking: everything from that form to a booked appointment (hold, details, review, pay, the card on the
// sandbox's page, the way back, which settles the payment). Makes its own candidates in the demo portal's private database, each with a session
// and a time of their own to take; half of them take it through the portal as a browser does, half through pgbench, COUNT each for the seats
// (3,000) and a third of that for the bookings. Use a portal you can throw away.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { brotliDecompressSync } from "node:zlib";

const [portal, data, count = "3000"] = process.argv.slice(2);
const CLIENTS = 16;
/** What each connection does before it counts. */
const WARM = 8;
const SEATS = Number(count);
const BOOKINGS = Math.ceil(SEATS / 3);
if (!(BOOKINGS >= 4 * WARM * CLIENTS)) throw new Error(`COUNT must be a number from ${12 * WARM * CLIENTS}`);
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

// Not fetch: on the same processor as the portal, it took as much of it as the portal.
const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
const exchange = (i, path, { method = "GET", body = "" }) =>
  new Promise((done, failed) => {
    const headers = { cookie: `__Host-session=bench-${i}`, "sec-fetch-site": "same-origin", "accept-encoding": "br" };
    if (body) Object.assign(headers, { "content-type": "application/x-www-form-urlencoded", "content-length": Buffer.byteLength(body) });
    const asked = request(portal + path, { agent, method, headers }, (answer) => {
      const parts = [];
      answer.on("data", (part) => parts.push(part)).on("error", failed);
      answer.on("end", () => done({ status: answer.statusCode, headers: answer.headers, bytes: Buffer.concat(parts) }));
    });
    asked.on("error", failed).end(body);
  });

async function ask(i, step, path, init, goesOn) {
  const { status, headers, bytes } = await exchange(i, path, init);
  const text = () => (headers["content-encoding"] === "br" ? brotliDecompressSync(bytes) : bytes).toString();
  const to = headers.location ?? "";
  if (goesOn(to, status)) return { to, text };
  const cause = `${step} ${status} ${to}`.trim();
  refused.set(cause, (refused.get(cause) ?? 0) + 1);
  return undefined;
}
const form = (fn, fields) => ({ method: "POST", body: new URLSearchParams({ __fn: fn, ...fields }).toString() });
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
  const page = review.text();
  const order = { purchase: hidden(page, "purchase"), reviewed: hidden(page, "reviewed") };
  const payment = await ask(i, "pay", "/checkout", form("/api/checkout/pay", order), (to) => to.startsWith("/sandbox-pay/"));
  if (!payment) return false;
  const card = { checkout: payment.to.split("/").pop(), card: "4242 4242 4242 4242", expiry: "12 / 30", cvc: "123" };
  const paid = await ask(i, "card", payment.to, form("/api/sandbox/pay", card), (to) => to.includes("/checkout/return/"));
  if (!paid) return false;
  const back = new URL(paid.to, portal).pathname;
  return Boolean(await ask(i, "return", back, {}, (to) => to.startsWith("/checkout/confirmation/")));
}

/** Does it for some of the plan; gives the seconds it took. */
async function throughPortal(what, people, act) {
  let done = 0;
  const queue = [...people];
  const begun = performance.now();
  await Promise.all(Array.from({ length: CLIENTS }, async () => {
    for (let next = queue.pop(); next; next = queue.pop()) if (await act(next)) done += 1;
  }));
  const seconds = (performance.now() - begun) / 1000;
  if (done < people.length) throw new Error(`${people.length - done} of ${people.length} ${what} were refused: ${JSON.stringify([...refused])}`);
  return seconds;
}

/** What the portal runs for a booking; its first transaction takes the seat. */
const BOOKING = readFileSync(new URL("bookings.sql", import.meta.url), "utf8");
const COMMIT = "\nCOMMIT;\n";
const HOLD = BOOKING.slice(0, BOOKING.indexOf(COMMIT) + COMMIT.length);

/** The same by pgbench for as many people from `first` on; gives how many a second, from when every connection has done its first few until one has done all. */
function throughPgbench(script, first, people) {
  psql(`SELECT setval('bench_next', ${first}, false)`);
  const each = Math.floor(people / CLIENTS);
  const logs = mkdtempSync(join(tmpdir(), "bookings-"));
  const options = ["-n", "-M", "prepared", "-c", String(CLIENTS), "-j", "2", "-t", String(each), "-l", "--log-prefix", join(logs, "log"), "-f", "-"];
  execFileSync("pgbench", [...database, ...options, "certportal"], { input: script });
  const ends = readdirSync(logs).flatMap((file) => readFileSync(join(logs, file), "utf8").trim().split("\n")).map((line) => {
    const [, transaction, , , seconds, micros] = line.split(" ").map(Number);
    return { transaction, at: seconds + micros / 1e6 };
  });
  rmSync(logs, { recursive: true });
  const times = (transaction) => ends.filter((end) => end.transaction === transaction).map((end) => end.at);
  const [from, to] = [Math.max(...times(WARM)), Math.min(...times(each))];
  return ends.filter(({ at }) => at > from && at <= to).length / (to - from);
}

/**
 * The portal, pgbench, the portal again, so that both find the tables equally full. Connections are made and statements planned before anything
 * is counted, and there are statistics: autovacuum sees to it in a portal that is not minutes old.
 */
async function measure(what, everybody, script, act) {
  const half = Math.floor(everybody.length / 2);
  const people = everybody.slice(0, half);
  const quarter = Math.floor((half - WARM * CLIENTS) / 2);
  await throughPortal(what, people.splice(0, WARM * CLIENTS), act);
  psql("ANALYZE");
  const before = quarter / (await throughPortal(what, people.splice(0, quarter), act));
  psql("ANALYZE");
  const pgbench = throughPgbench(script, Number(everybody[half][0]), half);
  psql("ANALYZE");
  const after = quarter / (await throughPortal(what, people.splice(0, quarter), act));
  const http = 2 / (1 / before + 1 / after);
  console.log(`${what}: HTTP ${http.toFixed(1)}/s (${before.toFixed(1)}, ${after.toFixed(1)}), pgbench ${pgbench.toFixed(1)}/s: ${((100 * http) / pgbench).toFixed(0)} %`);
}

await measure("seats", plan.slice(0, 2 * SEATS), HOLD, hold);
await measure("bookings", plan.slice(2 * SEATS), BOOKING, book);
console.log(`booked in the database: ${psql("SELECT count(*) FROM appointment a JOIN bench_plan b USING (account_id) WHERE a.state = 'booked'").trim()}`);

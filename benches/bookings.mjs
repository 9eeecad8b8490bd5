// Seats taken a second through the real HTTP path, beside pgbench on the same SQL. node bookings.mjs PORTAL DATA
//
// Makes its own candidates in the demo portal's private database, each with a session and a time of their own to take; half of them
// take it through the portal (the form that a browser posts), half through pgbench. Use a portal you can throw away.
import { execFileSync } from "node:child_process";
import { resolve } from "node:path";

const [portal, data] = process.argv.slice(2);
const EACH = 3000;
const CLIENTS = 16;
const database = ["-h", resolve(data, "postgres/socket"), "-U", "certportal"];
const psql = (sql) => execFileSync("psql", [...database, "-qAt", "-c", "SET client_min_messages = error", "-v", "ON_ERROR_STOP=1", "-c", sql, "certportal"], { maxBuffer: 1 << 28 }).toString();
const token = (i) => `bench-${i}`;
const { now } = await (await fetch(`${portal}/demo/clock`)).json();

psql("DROP TABLE IF EXISTS bench_plan; DROP SEQUENCE IF EXISTS bench_next");
psql(`
  CREATE TABLE bench_plan AS
  WITH slot AS (
    SELECT c.id AS center_id, c.code, (d.day::date + h.opens + n.hour * interval '3 hours') AT TIME ZONE c.time_zone AS starts_at
    FROM test_center c JOIN opening_hours h ON h.center_id = c.id
    JOIN LATERAL generate_series((timestamptz '${now}')::date + 3, (timestamptz '${now}')::date + 80, interval '1 day') AS d (day)
      ON extract(isodow FROM d.day) = h.weekday
    JOIN LATERAL (SELECT generate_series(0, 2) AS hour) n ON h.opens + (n.hour * 3 + 3) * interval '1 hour' <= h.closes
    WHERE NOT EXISTS (SELECT FROM opening_exception x WHERE x.center_id = c.id AND x.on_day = d.day::date))
  SELECT row_number() OVER () AS i, gen_random_uuid() AS account_id, center_id, code, starts_at,
         (SELECT id FROM exam WHERE code = 'SAA-C03') AS exam_id, NULL::bytea AS token_hash
  FROM (SELECT * FROM slot ORDER BY random() LIMIT ${2 * EACH}) s;
  ALTER TABLE bench_plan ADD PRIMARY KEY (i);
  UPDATE bench_plan SET token_hash = sha256(convert_to('bench-' || i, 'UTF8'));
  CREATE SEQUENCE bench_next START ${EACH + 1};
  DELETE FROM session WHERE token_hash IN (SELECT token_hash FROM bench_plan);
  INSERT INTO account (id, candidate_id, given_name, family_name, country, language, time_zone, created_at)
    SELECT account_id, 'CP' || upper(translate(substr(md5(account_id::text), 1, 8), 'ilou', '1100')), 'Bench', 'Mark', 'US', 'en', 'UTC', '${now}' FROM bench_plan;
  INSERT INTO account_email (id, account_id, address, is_primary, verified_at, created_at)
    SELECT gen_random_uuid(), account_id, account_id || '@example.com', true, '${now}', '${now}' FROM bench_plan;
  INSERT INTO agreement_acceptance (account_id, version, accepted_at) SELECT account_id, agreement_version, '${now}' FROM bench_plan, programme;
  INSERT INTO session (id, token_hash, account_id, state, created_at, last_used_at, proved_at, address, user_agent)
    SELECT gen_random_uuid(), token_hash, account_id, 'active', '${now}', '${now}', '${now}', '127.0.0.1', 'bench' FROM bench_plan;
  ANALYZE`);
const plan = psql(`SELECT i, code, to_char(starts_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') FROM bench_plan WHERE i <= ${EACH} ORDER BY i`)
  .trim().split("\n").map((line) => line.split("|"));

let taken = 0;
const refused = new Map();
const begun = performance.now();
await Promise.all(Array.from({ length: CLIENTS }, async () => {
  for (let next = plan.pop(); next; next = plan.pop()) {
    const [i, center, slot] = next;
    const answer = await fetch(`${portal}/schedule/SAA-C03/times?language=en&center=${center}`, {
      method: "POST",
      redirect: "manual",
      headers: { cookie: `__Host-session=${token(i)}`, "sec-fetch-site": "same-origin" },
      body: new URLSearchParams({ __fn: "/api/scheduling/hold", exam: "SAA-C03", language: "en", center, slot }),
    });
    await answer.arrayBuffer();
    if (answer.status === 303 && answer.headers.get("location").startsWith("/schedule/details/")) taken += 1;
    else refused.set(answer.status, (refused.get(answer.status) ?? 0) + 1);
  }
}));
const seconds = (performance.now() - begun) / 1000;
console.log(`HTTP: ${taken} seats in ${seconds.toFixed(1)} s = ${(taken / seconds).toFixed(0)}/s (refused: ${JSON.stringify([...refused])})`);

const out = execFileSync("pgbench", [...database, "-n", "-c", String(CLIENTS), "-j", "2", "-t", String(Math.floor(EACH / CLIENTS)), "-f", "benches/bookings.sql", "certportal"]).toString();
console.log(`pgbench: ${/tps = ([\d.]+)/.exec(out)?.[1]}/s`);

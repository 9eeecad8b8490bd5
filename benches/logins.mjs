// Logins: whether a wrong password can be told from an unknown address by time, and what a storm of them does to the pages.
// node logins.mjs PORTAL
//
// The portal must trust one proxy (CERTPORTAL_TRUSTED_PROXIES=1 ./run), so that the storm can come from many addresses: from one it
// would meet the limit of that address at once. Registers candidates: use a portal you can throw away.
import { Client } from "./session.mjs";

const [portal] = process.argv.slice(2);

let number = 0;
/** Another client address every time. */
const from = () => ({ "x-forwarded-for": `10.${(++number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}` });
const percentile = (values, p) => [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor((values.length * p) / 100))];
const form = (fields) => new URLSearchParams({ __fn: "/api/accounts/login", ...fields });

async function attempt(email, password) {
  const begin = performance.now();
  const answer = await fetch(`${portal}/login`, {
    method: "POST",
    redirect: "manual",
    headers: { "sec-fetch-site": "same-origin", ...from() },
    body: form({ email, password }),
  });
  const size = (await answer.arrayBuffer()).byteLength;
  return { status: answer.status, size, ms: performance.now() - begin };
}

async function register(email) {
  const client = new Client(portal);
  const page = await (await client.fetch("/register", { headers: from() })).text();
  const version = page.match(/name="agreement_version"[^>]*value="([^"]*)"/)[1];
  const answer = await client.fetch("/register", {
    method: "POST",
    headers: from(),
    body: new URLSearchParams({
      __fn: "/api/accounts/register", email, given_name: "Storm", family_name: "Chaser", country: "VA", region: "", language: "en",
      time_zone: "Europe/Rome", password: "Lantern-Quay-4417", agreement: "on", agreement_version: version,
    }),
  });
  if (answer.status !== 303) throw new Error(`registering answered ${answer.status}`);
}

// Four wrong passwords each: the fifth would lock.
const run = Date.now();
const people = Array.from({ length: 50 }, (_, index) => `storm-${run}-${index}@example.com`);
const nobody = people.map((email) => email.replace("storm", "ghost"));
for (const email of people) await register(email);
const samples = { "wrong password": [], "unknown address": [] };
for (let round = 0; round < 4; round++) {
  for (let index = 0; index < people.length; index++) {
    // Interleaved: whatever else the machine does meets both.
    samples["wrong password"].push(await attempt(people[index], "Wrong-Password-1"));
    samples["unknown address"].push(await attempt(nobody[index], "Wrong-Password-1"));
  }
}
for (const [what, all] of Object.entries(samples)) {
  const ms = all.map((sample) => sample.ms);
  console.log(`${what}: ${all.length} samples, status ${[...new Set(all.map((sample) => sample.status))]}, median ${percentile(ms, 50).toFixed(1)} ms, ` +
    `p5 ${percentile(ms, 5).toFixed(1)}, p95 ${percentile(ms, 95).toFixed(1)}; bytes ${Math.min(...all.map((s) => s.size))}–${Math.max(...all.map((s) => s.size))}`);
}

/** Starts `rate` of `work` a second for so many seconds, whether earlier ones are done or not. */
async function offered(rate, seconds, work) {
  const running = [];
  const begin = performance.now();
  for (let index = 0; index < rate * seconds; index++) {
    const due = begin + (index * 1000) / rate;
    const wait = due - performance.now();
    if (wait > 1) await new Promise((resolve) => setTimeout(resolve, wait));
    running.push(work(index));
  }
  return Promise.all(running);
}

const page = async () => {
  const begin = performance.now();
  const answer = await fetch(`${portal}/certifications`);
  await answer.arrayBuffer();
  return { status: answer.status, ms: performance.now() - begin };
};
const told = (what, answers) => {
  const count = {};
  for (const { status } of answers) count[status] = (count[status] ?? 0) + 1;
  const ms = answers.map((answer) => answer.ms);
  console.log(`${what}: ${JSON.stringify(count)}, median ${percentile(ms, 50).toFixed(1)} ms, p99 ${percentile(ms, 99).toFixed(1)} ms`);
};
await new Promise((resolve) => setTimeout(resolve, 2000));
told("pages alone, 50/s", await offered(50, 10, page));
const storm = offered(200, 10, (index) => attempt(`${index}-${nobody[index % nobody.length]}`, "Wrong-Password-1"));
const pages = await offered(50, 10, page);
told("pages beside the storm, 50/s", pages);
told("logins, 200/s offered", await storm);

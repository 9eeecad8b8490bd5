// Signs a demo account in as a browser without scripts does, and gives a fetch that carries its cookies.
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";

/** A client with a cookie jar for one portal. */
export class Client {
  #cookies = new Map();

  constructor(portal) {
    this.portal = portal;
  }

  async fetch(path, init = {}) {
    const headers = { "sec-fetch-site": "same-origin", ...init.headers };
    if (this.#cookies.size > 0) headers.cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const answer = await fetch(this.portal + path, { redirect: "manual", ...init, headers });
    for (const cookie of answer.headers.getSetCookie()) {
      const [name, ...value] = cookie.split(";")[0].split("=");
      this.#cookies.set(name, value.join("="));
    }
    return answer;
  }

  /** Posts a page's form for a server function. */
  post(page, fn, fields) {
    return this.fetch(page, { method: "POST", body: new URLSearchParams({ __fn: fn, ...fields }) });
  }

  cookieHeader() {
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  }
}

/** The six digits of RFC 6238 for a base-32 secret. */
export function totp(secret, at = Date.now()) {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  let bits = "";
  for (const character of secret.replace(/=+$/, "")) bits += alphabet.indexOf(character).toString(2).padStart(5, "0");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(at / 30_000)));
  const mac = createHmac("sha1", key).update(counter).digest();
  const offset = mac[19] & 15;
  return String((mac.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

/** Everything `data/demo.json` says. */
export const demo = (file) => JSON.parse(readFileSync(file, "utf8"));

/** Signs in the demo account for which `wanted` is true. */
export async function signIn(portal, file, wanted) {
  const account = demo(file).accounts.find(wanted);
  if (!account) throw new Error("no such demo account");
  const client = new Client(portal);
  let answer = await client.post("/login", "/api/accounts/login", { email: account.email, password: account.password });
  if (answer.headers.get("location")?.startsWith("/login/code")) {
    answer = await client.post("/login/code", "/api/accounts/login_code", { code: totp(account.totp_secret) });
  }
  if (answer.status !== 303) throw new Error(`signing in ${account.email} answered ${answer.status}`);
  return { client, account };
}

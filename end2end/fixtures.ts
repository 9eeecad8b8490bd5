/**
 * What the journeys stand on: `import { test, expect } from "../fixtures"`.
 *
 * - `page` fails its test on any console error, uncaught exception or 5xx answer (`expectProblem(/…/)` allows one that is the test's subject).
 * - `portal` is a running portal with demo data, shared by the tests of a worker. A test that moves the clock or counts what is there takes one
 *   of its own: `test.use({ ownPortal: true })`.
 * - `mailbox` reads the mails it has sent, `clock` moves its time, `axe` checks accessibility, `login` logs somebody in.
 */
import AxeBuilder from "@axe-core/playwright";
import { type BrowserContext, type Page, expect, test as base } from "@playwright/test";
import type { Visit } from "./pages";
import { type DemoAccount, Portal } from "./support/portal";

export { expect, Portal };
export type { DemoAccount };

/** A mail as `/mailbox.json` shows it. */
export interface Mail {
  id: string;
  to: string;
  subject: string;
  text: string;
  html: string;
  created_at: string;
}

/** Reads the local mailbox of a demo portal. */
export class Mailbox {
  constructor(private readonly portal: Portal) {}

  /** The latest mails to an address, the newest first. */
  async all(to: string): Promise<Mail[]> {
    const answer = await fetch(`${this.portal.url}/mailbox.json?to=${encodeURIComponent(to)}`);
    if (!answer.ok) throw new Error(`the mailbox answers ${answer.status}`);
    return (await answer.json()) as Mail[];
  }

  /** Waits for a mail with such a subject and returns the newest. */
  async latest(to: string, subject: RegExp): Promise<Mail> {
    let found: Mail | undefined;
    await expect
      .poll(async () => (found = (await this.all(to)).find((mail) => subject.test(mail.subject)))?.subject, {
        message: `a mail to ${to} with the subject ${subject}`,
      })
      .toMatch(subject);
    if (!found) throw new Error("unreachable: polled until found");
    return found;
  }

  /** The first link in the text of a mail, or the first that matches. */
  link(mail: Mail, matching: RegExp = /./): string {
    const link = (mail.text.match(/https?:\/\/[^\s<>"]+/g) ?? []).find((candidate) => matching.test(candidate));
    if (!link) throw new Error(`no link ${matching} in the mail "${mail.subject}":\n${mail.text}`);
    // The portal writes its public address; the test's portal may listen on another port.
    const { pathname, search, hash } = new URL(link);
    return `${this.portal.url}${pathname}${search}${hash}`;
  }
}

/** Moves the clock of a demo portal. Only with `ownPortal`: the others would see it move as well. */
export class Clock {
  constructor(private readonly portal: Portal) {}

  /** Forward, by a duration like `25h`, `14d` or `90m`. */
  async advance(by: string): Promise<void> {
    const answer = await fetch(`${this.portal.url}/demo/clock`, {
      method: "POST",
      headers: { authorization: `Bearer ${this.portal.demo.clock_key}` },
      body: new URLSearchParams({ advance: by }),
      redirect: "manual",
    });
    if (answer.status >= 400) throw new Error(`the clock could not be moved by ${by}: ${answer.status} ${await answer.text()}`);
  }

  /** The portal's time. */
  async now(): Promise<Date> {
    const answer = await fetch(`${this.portal.url}/demo/clock`);
    if (!answer.ok) throw new Error(`the clock answers ${answer.status}`);
    return new Date(((await answer.json()) as { now: string }).now);
  }
}

/** Collects what must not happen in a browser while a test runs. */
class Problems {
  readonly found: string[] = [];
  readonly allowed: RegExp[] = [];

  watch(context: BrowserContext): void {
    context.on("console", (message) => {
      if (message.type() === "error") this.add(`console: ${message.text()} (${message.location().url})`);
    });
    context.on("weberror", (error) => this.add(`exception: ${error.error().message}`));
    context.on("response", (response) => {
      if (response.status() >= 500) this.add(`${response.status()} ${response.request().method()} ${response.url()}`);
    });
  }

  private add(problem: string): void {
    this.found.push(problem);
  }

  get unexpected(): string[] {
    return this.found.filter((problem) => !this.allowed.some((pattern) => pattern.test(problem)));
  }
}

interface Fixtures {
  /** `test.use({ ownPortal: true })`: a portal for this test alone. */
  ownPortal: boolean;
  portal: Portal;
  mailbox: Mailbox;
  clock: Clock;
  problems: Problems;
  /** Allows a console error, exception or 5xx answer that the test provokes. */
  expectProblem: (pattern: RegExp) => void;
  /** Fails when the page breaks a rule of WCAG 2.2 AA that a program can check, or one of those named. */
  axe: (page: Page, rules?: string[]) => Promise<void>;
  /** Logs in by the forms, with the second factor when the account has one. */
  login: (page: Page, roleOrEmail: string) => Promise<DemoAccount>;
  /** Lets the member of staff that is logged in open the form to act as a candidate; `act` sends it. */
  actFor: (page: Page, email: string, act?: boolean) => Promise<void>;
  /** What the pages of `pages.ts` are prepared with. */
  visit: Visit;
}

export const test = base.extend<Fixtures, { sharedPortal: () => Promise<Portal> }>({
  sharedPortal: [
    async ({}, use) => {
      // Not before the first test asks: a worker whose tests all have portals of their own needs none.
      let portal: Promise<Portal> | undefined;
      await use(() => (portal ??= Portal.start(process.env.E2E_TEMPLATE)));
      await (await portal)?.remove();
    },
    { scope: "worker", timeout: 180_000 },
  ],
  ownPortal: [false, { option: true }],
  portal: [
    async ({ ownPortal, sharedPortal }, use, testInfo) => {
      const portal = ownPortal ? await Portal.start(process.env.E2E_TEMPLATE) : await sharedPortal();
      await use(portal);
      if (testInfo.status !== testInfo.expectedStatus) await testInfo.attach("portal.log", { body: portal.log(), contentType: "text/plain" });
      if (ownPortal) await portal.remove();
    },
    { timeout: 180_000 },
  ],
  baseURL: async ({ portal }, use) => use(portal.url),
  mailbox: async ({ portal }, use) => use(new Mailbox(portal)),
  clock: async ({ portal }, use) => use(new Clock(portal)),
  problems: async ({}, use) => {
    const problems = new Problems();
    await use(problems);
    expect(problems.unexpected, "errors in the browser").toEqual([]);
  },
  expectProblem: async ({ problems }, use) => use((pattern) => void problems.allowed.push(pattern)),
  context: async ({ context, problems }, use) => {
    problems.watch(context);
    await use(context);
  },
  axe: async ({}, use) =>
    use(async (page, rules) => {
      // "Legacy": without a look into frames of other origins, of which there are none, and the second page that axe opens for it every time.
      const builder = new AxeBuilder({ page }).setLegacyMode();
      if (rules) builder.withRules(rules);
      else builder.withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]);
      const { violations } = await builder.analyze();
      const told = violations.map(({ id, help, nodes }) => `${id}: ${help}\n${nodes.map((node) => `    ${node.target.join(" ")}`).join("\n")}`);
      expect(told, `accessibility of ${page.url()}`).toEqual([]);
    }),
  login: async ({ portal }, use) =>
    use(async (page, roleOrEmail) => {
      const account = portal.account(roleOrEmail);
      await page.goto("/login");
      await page.getByLabel("E-mail address").fill(account.email);
      await page.getByLabel("Password", { exact: true }).fill(account.password);
      await page.getByRole("button", { name: "Sign in", exact: true }).click();
      if (account.totp_secret) {
        await page.getByLabel(/code/i).fill(portal.code(account));
        await page.getByRole("button", { name: /confirm|continue|sign in/i }).click();
      }
      await expect(page).not.toHaveURL(/\/login/);
      return account;
    }),
  actFor: async ({ portal }, use) =>
    use(async (page, email, act = true) => {
      await page.goto(`/staff/accounts?q=${encodeURIComponent(email)}`);
      await page.getByRole("link", { name: portal.account(email).name, exact: true }).click();
      await page.getByRole("link", { name: "Act for this candidate" }).click();
      await expect(page.getByRole("heading", { level: 1 })).toHaveText("Act for this candidate");
      if (!act) return;
      await page.getByLabel("Reason").fill("Cannot find another date, asked by phone");
      await page.getByRole("button", { name: "Act for this candidate" }).click();
      await expect(page).toHaveURL(/\/dashboard/);
    }),
  visit: async ({ page, browser, portal, mailbox, clock, login }, use) => {
    // A test of many pages has a long timeout: what is not on a page shall not wait for its end.
    page.setDefaultTimeout(20_000);
    await use({ page, browser, portal, mailbox, clock, login, email: `amara-${Date.now()}@example.com` });
  },
});

// Every page there is, with what must be done before it can be looked at: for the pictures (screenshots.ts) and for what must hold of all of
// them (journeys/every_page.spec.ts). A test holds the rows equal to PAGES in src/app.rs: a new page belongs here as well.
import type { Browser, Page as Tab } from "@playwright/test";
import type { Clock, DemoAccount, Mailbox } from "./fixtures";
import { giveDetails, givePassword, holdTime, openVerification, register, toPayment, typeCard } from "./support/booking";
import { Device } from "./support/device";
import type { Demo, Portal } from "./support/portal";

/** What a page is prepared with. */
export interface Visit {
  page: Tab;
  browser: Browser;
  portal: Portal;
  mailbox: Mailbox;
  clock: Clock;
  login: (page: Tab, roleOrEmail: string) => Promise<DemoAccount>;
  /** The address of the group's newcomer. */
  email: string;
}

/** One page to be looked at. */
export interface Page {
  /** Names the pictures: `<name>-<width>-<scheme>.png`. */
  name: string;
  /** Its row in PAGES; an error page has none. */
  row?: string;
  /** Its address, where it is not the row itself. A function does before what must be done; without an address the page is open then. */
  path?: string | ((visit: Visit) => string | undefined | Promise<string | undefined>);
}

/** Pages that one person sees, in order. */
export interface Group {
  who: string;
  /** Role or address of the demo account that is logged in; nobody when left out. */
  role?: string;
  /** On a portal of its own: what is done here would be in the way of others. */
  own?: true;
  /** On the name that passkeys work on. */
  localhost?: true;
  pages: Page[];
}

const MAYA = "maya.lindqvist@example.com";
const credential = (demo: Demo) => demo.credentials?.find(({ holder }) => holder === "Maya Lindqvist")?.id ?? "";
const candidateId = (demo: Demo) => demo.accounts.find(({ role }) => role === "candidate")?.candidate_id ?? "";

/** What these pages make the browser complain of on purpose: error pages are pages too, and a mail's frame lets no script in. */
export const provoked = /status of 4(03|04|09|10|22)|Blocked script execution in '[^']*\/mailbox\//;

/** The address that a link of a page leads to. */
const linked = (from: string | ((demo: Demo) => string), selector: string, nth = 0) => async ({ page, portal }: Visit) => {
  await page.goto(typeof from === "string" ? from : from(portal.demo));
  return (await page.locator("main").locator(selector).nth(nth).getAttribute("href")) ?? `/no-link-${selector}`;
};

/** A link in the newest mail of a subject. */
const mailed = (subject: RegExp, link: RegExp, to?: string) => async ({ mailbox, email }: Visit) =>
  mailbox.link(await mailbox.latest(to ?? email, subject), link);

/** A part of the address that is open. */
const here = (page: Tab) => {
  const { pathname, search } = new URL(page.url());
  return pathname + search;
};

/** The newcomer's only exam. */
const exam = (more = "") => async (visit: Visit) => `${await linked("/exams", 'article a[href^="/exams/"]')(visit)}${more}`;

const newcomer: Page[] = [
  {
    name: "register-refused",
    row: "/register",
    path: async ({ page }) => {
      await page.goto("/register");
      await page.getByLabel("E-mail address").fill("amara@");
      await page.getByRole("button", { name: "Create account" }).click();
      return undefined;
    },
  },
  {
    name: "register-sent",
    row: "/register/sent",
    path: async ({ page, email }) => {
      await register(page, email);
      return here(page);
    },
  },
  {
    name: "verify-email",
    row: "/verify-email",
    path: async (visit) => {
      await openVerification(visit.page, await mailed(/Verify your e-mail address/, /verify-email/)(visit), visit.email);
      return here(visit.page);
    },
  },
  {
    name: "verify-email-used",
    row: "/verify-email",
    path: async (visit) => {
      const link = await mailed(/Verify your e-mail address/, /verify-email/)(visit);
      await visit.page.getByRole("button", { name: "Verify my address" }).click();
      return link;
    },
  },
  {
    name: "forgot-sent",
    row: "/forgot",
    path: async ({ page, email }) => {
      await page.context().clearCookies();
      await page.goto("/forgot");
      await page.getByLabel("E-mail address").fill(email);
      await page.getByRole("main").getByRole("button").click();
      return here(page);
    },
  },
  { name: "reset", row: "/reset", path: mailed(/password/i, /reset/) },
  {
    name: "login-refused",
    row: "/login",
    path: async ({ page, email }) => {
      await givePassword(page, email, "Not-the-password-1");
      return undefined;
    },
  },
  {
    name: "dashboard-new",
    row: "/dashboard",
    path: async ({ page, email }) => {
      await givePassword(page, email);
      return "/dashboard";
    },
  },
  { name: "exams-none", row: "/exams" },
  { name: "cart-empty", row: "/cart" },
  {
    name: "details",
    row: "/schedule/details/:appointment_id",
    path: async ({ page }) => {
      await page.goto("/schedule/SAA-C03/times?language=en&center=US-SEA-01");
      await holdTime(page);
      return here(page);
    },
  },
  {
    name: "details-refused",
    row: "/schedule/details/:appointment_id",
    path: async ({ page }) => {
      await page.getByLabel("Given names").fill("Somebody Else");
      await page.getByRole("button", { name: "Continue to the cart" }).click();
      return undefined;
    },
  },
  {
    name: "cart",
    row: "/cart",
    path: async ({ page }) => {
      await giveDetails(page);
      return "/cart";
    },
  },
  { name: "checkout", row: "/checkout" },
  {
    name: "sandbox-pay",
    row: "/sandbox-pay/:id",
    path: async ({ page }) => {
      await toPayment(page);
      return here(page);
    },
  },
  {
    name: "sandbox-pay-declined",
    row: "/sandbox-pay/:id",
    path: async ({ page }) => {
      await typeCard(page, "4000 0000 0000 9995");
      return here(page);
    },
  },
  { name: "checkout-return", row: "/checkout/return/:number", path: linked("/cart", 'a[href^="/checkout/return/"]') },
  {
    name: "confirmation",
    row: "/checkout/confirmation/:number",
    path: async ({ page }) => {
      await toPaymentAgain(page);
      await typeCard(page);
      return here(page);
    },
  },
  { name: "orders", row: "/orders" },
  { name: "order", row: "/orders/:number", path: linked("/orders", 'a[href^="/orders/"]') },
  { name: "exams", row: "/exams" },
  { name: "exam", row: "/exams/:reference", path: exam() },
  { name: "exam-reschedule", row: "/exams/:reference/reschedule", path: exam("/reschedule") },
  {
    name: "exam-reschedule-confirm",
    row: "/schedule/details/:appointment_id",
    path: async (visit) => {
      const { page } = visit;
      await page.goto(await exam("/reschedule")(visit));
      await page.getByLabel("Online, with a proctor").check();
      await page.getByRole("main").getByRole("button", { name: "Continue" }).click();
      await holdTime(page, 5);
      return here(page);
    },
  },
  { name: "exam-cancel", row: "/exams/:reference/cancel", path: exam("/cancel") },
  {
    name: "exam-cancelled",
    row: "/exams/:reference",
    path: async (visit) => {
      const { page } = visit;
      await page.goto(await exam("/cancel")(visit));
      await page.getByRole("button", { name: "Cancel the exam" }).click();
      return here(page);
    },
  },
  { name: "mail", row: "/mailbox/:id", path: async ({ mailbox, email }) => `/mailbox/${(await mailbox.latest(email, /cancelled/)).id}` },
  { name: "forbidden", path: "/staff" },
];

/** The payment provider's page of an order that waits for its money. */
async function toPaymentAgain(page: Tab) {
  await page.goto("/cart");
  await page.locator('main a[href^="/checkout/return/"]').first().click();
  await page.locator('main a[href^="/sandbox-pay/"]').first().click();
}

/** All of them: public ones first, then in the order in which people meet them. */
export const groups: Group[] = [
  {
    who: "everybody",
    pages: [
      { name: "home", row: "/" },
      { name: "certifications", row: "/certifications" },
      { name: "certifications-none", row: "/certifications", path: "/certifications?q=nothing-like-it" },
      { name: "certification", row: "/certifications/:slug", path: "/certifications/solutions-architect-associate" },
      { name: "register", row: "/register" },
      { name: "verify-email-dead", row: "/verify-email", path: "/verify-email?token=none" },
      { name: "login", row: "/login" },
      { name: "forgot", row: "/forgot" },
      { name: "reset-dead", row: "/reset", path: "/reset?token=none" },
      { name: "invitation-dead", row: "/invitation", path: "/invitation?token=none" },
      { name: "guardian-consent-dead", row: "/guardian-consent", path: "/guardian-consent?token=none" },
      { name: "agreement", row: "/agreement" },
      { name: "verify", row: "/verify" },
      { name: "verify-active", row: "/verify/:public_id", path: ({ portal }) => `/verify/${credential(portal.demo)}` },
      { name: "verify-malformed", row: "/verify/:public_id", path: "/verify/CPC123" },
      { name: "sandbox-pay-unknown", row: "/sandbox-pay/:id", path: "/sandbox-pay/cs_test_none" },
      { name: "not-found", path: "/nowhere" },
      { name: "mailbox", row: "/mailbox" },
      { name: "style-guide", row: "/_ui" },
    ],
  },
  { who: "a newcomer", pages: newcomer },
  {
    who: "a candidate",
    role: "candidate",
    pages: [
      { name: "dashboard", row: "/dashboard" },
      { name: "schedule", row: "/schedule/:exam_code", path: "/schedule/DEA-C01" },
      {
        name: "centers",
        row: "/schedule/:exam_code/centers",
        path: "/schedule/AIF-C01/centers?language=en&country=US&place=Seattle&radius=50",
      },
      { name: "centers-far", row: "/schedule/:exam_code/centers", path: "/schedule/AIF-C01/centers?language=en&country=US&place=Boise&radius=25" },
      { name: "times", row: "/schedule/:exam_code/times", path: "/schedule/AIF-C01/times?language=en&online=1" },
      { name: "exam-past", row: "/exams/:reference", path: linked("/exams", 'a[href^="/exams/"]', -1) },
      { name: "results", row: "/results" },
      { name: "result", row: "/results/:id", path: linked("/results", 'a[href^="/results/"]') },
      { name: "result-failed", row: "/results/:id", path: linked("/results", 'a[href^="/results/"]', 1) },
      { name: "credentials", row: "/credentials" },
      { name: "credential", row: "/credentials/:public_id", path: ({ portal }) => `/credentials/${credential(portal.demo)}` },
      { name: "account", row: "/account" },
      { name: "account-edit", row: "/account/edit" },
      { name: "security", row: "/account/security" },
      { name: "password", row: "/account/security/password" },
      { name: "totp", row: "/account/security/totp" },
      { name: "activity", row: "/account/activity" },
      { name: "passkeys", row: "/account/security/passkeys" },
      { name: "confirm", row: "/account/confirm", path: "/account/confirm?next=/account/data" },
      { name: "emails", row: "/account/emails" },
      { name: "email-add", row: "/account/emails/add" },
      { name: "email", row: "/account/emails/:id", path: linked("/account/emails", 'a[href^="/account/emails/"]:not([href$="/add"])') },
      { name: "contact", row: "/account/contact" },
      { name: "notifications", row: "/account/notifications" },
      { name: "guardian", row: "/account/guardian" },
      { name: "security-phone", row: "/account/security/phone" },
      { name: "security-backup-codes", row: "/account/security/backup-codes" },
      { name: "data", row: "/account/data" },
      { name: "data-erase", row: "/account/data/erase" },
      { name: "merge", row: "/account/merge" },
    ],
  },
  { who: "a candidate without exams", role: "nilo.cantera@example.com", pages: [{ name: "dashboard-empty", row: "/dashboard" }] },
  {
    who: "a candidate with a passkey",
    role: "nilo.cantera@example.com",
    own: true,
    localhost: true,
    pages: [
      {
        name: "passkeys-one",
        row: "/account/security/passkeys",
        path: async ({ page }) => {
          await Device.of(page);
          await page.goto("/account/security/passkeys?lang=en");
          await page.getByLabel("Name of the passkey").fill("Test laptop");
          await page.getByRole("button", { name: "Add a passkey" }).click();
          await page.getByText("The passkey is added.").waitFor();
          return "/account/security/passkeys";
        },
      },
      {
        name: "passkey",
        row: "/account/security/passkeys/:id",
        path: linked("/account/security/passkeys", 'a[href^="/account/security/passkeys/"]'),
      },
    ],
  },
  {
    who: "somebody who has lost the second factor",
    own: true,
    pages: [
      {
        name: "login-code",
        row: "/login/code",
        path: async ({ page, portal }) => {
          const { email, password } = portal.account("candidate");
          await givePassword(page, email, password);
          return "/login/code";
        },
      },
      { name: "recovery", row: "/login/recovery" },
      {
        name: "recovery-asked",
        row: "/login/recovery",
        path: async ({ page }) => {
          await page.goto("/login/recovery");
          await page.getByRole("textbox").fill("My telephone fell into a lake.");
          await page.getByRole("main").getByRole("button").click();
          return here(page);
        },
      },
      { name: "recovery-stop-dead", row: "/login/recovery/stop" },
      { name: "recovery-stop", row: "/login/recovery/stop", path: mailed(/./, /recovery\/stop/, MAYA) },
      {
        name: "staff-recoveries",
        row: "/staff/recoveries",
        path: async ({ page, login }) => {
          await page.context().clearCookies();
          await login(page, "support_agent");
          return "/staff/recoveries";
        },
      },
      { name: "staff-recovery", row: "/staff/recoveries/:id", path: linked("/staff/recoveries", 'a[href^="/staff/recoveries/"]') },
    ],
  },
  {
    who: "an exam manager",
    role: "exam_manager",
    pages: [
      { name: "staff", row: "/staff" },
      { name: "staff-results", row: "/staff/results" },
      { name: "staff-results-found", row: "/staff/results", path: ({ portal }) => `/staff/results?q=${candidateId(portal.demo)}` },
      {
        name: "staff-result",
        row: "/staff/results/:id",
        path: linked((demo) => `/staff/results?q=${candidateId(demo)}`, 'table a[href^="/staff/results/"]'),
      },
      {
        name: "staff-result-correct",
        row: "/staff/results/:id/correct",
        path: async (visit) => `${await linked((demo) => `/staff/results?q=${candidateId(demo)}`, 'table a[href^="/staff/results/"]')(visit)}/correct`,
      },
      { name: "staff-import", row: "/staff/results/import" },
      {
        name: "staff-import-preview",
        row: "/staff/results/imports/:id",
        path: async ({ page }) => {
          const header = "appointment_reference,candidate_id,exam_code,taken_at,raw_score,scaled_score,domain_1,domain_2,domain_3,domain_4";
          const csv = `${header}\nNOSUCH01,CP00000000,SAA-C03,2026-01-01T10:00:00Z,41,1812,88,74,79,55\n`;
          await page.goto("/staff/results/import");
          await page.getByLabel("CSV file").setInputFiles({ name: "results.csv", mimeType: "text/csv", buffer: Buffer.from(csv) });
          await page.getByRole("button", { name: "Upload and preview" }).click();
          return here(page);
        },
      },
      { name: "staff-credentials", row: "/staff/credentials", path: "/staff/credentials?q=maya" },
      { name: "staff-credential", row: "/staff/credentials/:public_id", path: ({ portal }) => `/staff/credentials/${credential(portal.demo)}` },
      {
        name: "staff-credential-revoke",
        row: "/staff/credentials/:public_id/revoke",
        path: ({ portal }) => `/staff/credentials/${credential(portal.demo)}/revoke`,
      },
    ],
  },
  {
    who: "finance",
    role: "finance",
    pages: [
      { name: "staff-orders", row: "/staff/orders", path: "/staff/orders?q=maya" },
      { name: "staff-order", row: "/staff/orders/:number", path: linked("/staff/orders?q=maya", 'a[href^="/staff/orders/"]') },
      {
        name: "staff-order-refund",
        row: "/staff/orders/:number/refund",
        path: async (visit) => `${await linked("/staff/orders?q=maya", 'a[href^="/staff/orders/"]')(visit)}/refund`,
      },
    ],
  },
  {
    who: "an administrator",
    role: "administrator",
    pages: [
      { name: "staff-approvals", row: "/staff/approvals" },
      { name: "staff-approval", row: "/staff/approvals/:id", path: linked("/staff/approvals", 'a[href^="/staff/approvals/"]') },
      { name: "staff-accounts", row: "/staff/accounts", path: "/staff/accounts?q=maya" },
      { name: "staff-account", row: "/staff/accounts/:id", path: linked("/staff/accounts?q=maya", 'a[href^="/staff/accounts/"]') },
      ...["reset", "sessions", "disable"].map((act) => ({
        name: `staff-account-${act}`,
        row: "/staff/accounts/:id/:act",
        path: async (visit: Visit) => `${await linked("/staff/accounts?q=maya", 'a[href^="/staff/accounts/"]')(visit)}/${act}`,
      })),
      {
        name: "staff-account-roles",
        row: "/staff/accounts/:id/:act",
        path: async (visit: Visit) => `${await linked("/staff/accounts?q=robin", 'a[href^="/staff/accounts/"]')(visit)}/roles`,
      },
      { name: "staff-audit", row: "/staff/audit" },
    ],
  },
  {
    who: "a stranger, later",
    own: true,
    pages: [
      {
        name: "verify-revoked",
        row: "/verify/:public_id",
        path: async ({ page, portal, login }) => {
          // Asked for by the administrator; the demo has the request.
          await login(page, "exam_manager");
          await page.goto("/staff/approvals");
          await page.getByRole("main").getByRole("link", { name: /revo/i }).first().click();
          await page.getByRole("button", { name: "Approve and carry out" }).click();
          await page.getByText("Approved and carried out.").waitFor();
          await page.context().clearCookies();
          for (const { id } of portal.demo.credentials ?? []) {
            await page.goto(`/verify/${id}`);
            if (await page.getByRole("heading", { level: 1, name: "Revoked" }).isVisible()) return `/verify/${id}`;
          }
          return "/no-credential-is-revoked";
        },
      },
      {
        name: "verify-expired",
        row: "/verify/:public_id",
        path: async ({ page, portal, clock }) => {
          await clock.advance("1200d");
          for (const { id } of portal.demo.credentials ?? []) {
            await page.goto(`/verify/${id}`);
            if (await page.getByRole("heading", { level: 1, name: "Expired" }).isVisible()) return `/verify/${id}`;
          }
          return "/no-credential-is-expired";
        },
      },
    ],
  },
];

/** For whom the support agent acts on the pages below. */
export const ACTED_FOR = MAYA;

/** Pages as a member of staff sees them who acts as a candidate; the last ones are closed. */
export const actingPages: Page[] = [
  { name: "acting-dashboard", path: "/dashboard" },
  { name: "acting-exams", path: "/exams" },
  { name: "acting-times", path: "/schedule/AIF-C01/times?language=en&online=1" },
  { name: "acting-cart", path: "/cart" },
  { name: "acting-account", path: "/account" },
  { name: "acting-credential", path: ({ portal }) => `/credentials/${credential(portal.demo)}` },
  { name: "acting-home", path: "/" },
  { name: "acting-closed", path: "/account/security" },
  { name: "acting-closed-payment", path: "/checkout" },
  { name: "acting-closed-staff", path: "/staff" },
];

/** The row's pattern as an expression that an address must fit. */
const fits = (row: string, path: string) => new RegExp(`^${row.replace(/:\w+/g, "[^/]+")}/?$`).test(path);

/** Opens a page, with whatever must be done before. */
export async function open({ name, row, path }: Page, visit: Visit): Promise<void> {
  const wanted = typeof path === "function" ? await path(visit) : (path ?? row);
  if (wanted !== undefined) await visit.page.goto(wanted);
  const { pathname } = new URL(visit.page.url());
  if (row && !fits(row, pathname)) throw new Error(`${name}: ${pathname} is not ${row}`);
}

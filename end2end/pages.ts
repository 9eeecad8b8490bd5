import type { Demo } from "./support/portal";

/** One page to be looked at. */
export interface Page {
  /** Names the pictures: `<name>-<width>-<scheme>.png`. */
  name: string;
  /** Its address, fixed or from the demo data. */
  path: string | ((demo: Demo) => string);
  /** Role of the demo account that is logged in; nobody when left out. */
  role?: string;
}

const credential = (demo: Demo) => demo.credentials?.find(({ holder }) => holder === "Maya Lindqvist")?.id ?? "";

/** What these pages make the browser complain of on purpose: error pages are pages too, and a mail's frame lets no script in. */
export const provoked = /status of 4(04|22)|Blocked script execution in '[^']*\/mailbox\//;
const candidateId = (demo: Demo) => demo.accounts.find(({ role }) => role === "candidate")?.candidate_id ?? "";

/** Every page, public ones first, in the order a candidate meets them. */
export const pages: Page[] = [
  { name: "home", path: "/" },
  { name: "certifications", path: "/certifications" },
  { name: "certifications-none", path: "/certifications?q=nothing-like-it" },
  { name: "certification", path: "/certifications/solutions-architect-associate" },
  { name: "register", path: "/register" },
  { name: "login", path: "/login" },
  { name: "forgot", path: "/forgot" },
  { name: "agreement", path: "/agreement" },
  { name: "verify", path: "/verify" },
  { name: "verify-active", path: (demo) => `/verify/${credential(demo)}` },
  { name: "verify-malformed", path: "/verify/CPC123" },
  { name: "not-found", path: "/nowhere" },
  { name: "mailbox", path: "/mailbox" },
  { name: "style-guide", path: "/_ui" },
  { name: "dashboard", path: "/dashboard", role: "candidate" },
  { name: "schedule", path: "/schedule/DEA-C01", role: "candidate" },
  { name: "centers", path: "/schedule/AIF-C01/centers?language=en&country=US&place=Seattle&radius=50", role: "candidate" },
  { name: "times", path: "/schedule/AIF-C01/times?language=en&online=1", role: "candidate" },
  { name: "exams", path: "/exams", role: "candidate" },
  { name: "cart", path: "/cart", role: "candidate" },
  { name: "orders", path: "/orders", role: "candidate" },
  { name: "results", path: "/results", role: "candidate" },
  { name: "credentials", path: "/credentials", role: "candidate" },
  { name: "credential", path: (demo) => `/credentials/${credential(demo)}`, role: "candidate" },
  { name: "account", path: "/account", role: "candidate" },
  { name: "security", path: "/account/security", role: "candidate" },
  { name: "activity", path: "/account/activity", role: "candidate" },
  { name: "passkeys", path: "/account/security/passkeys", role: "candidate" },
  { name: "emails", path: "/account/emails", role: "candidate" },
  { name: "contact", path: "/account/contact", role: "candidate" },
  { name: "notifications", path: "/account/notifications", role: "candidate" },
  { name: "guardian", path: "/account/guardian", role: "candidate" },
  { name: "guardian-consent-dead", path: "/guardian-consent?token=none" },
  { name: "security-phone", path: "/account/security/phone", role: "candidate" },
  { name: "security-backup-codes", path: "/account/security/backup-codes", role: "candidate" },
  { name: "data", path: "/account/data", role: "candidate" },
  { name: "data-erase", path: "/account/data/erase", role: "candidate" },
  { name: "merge", path: "/account/merge", role: "candidate" },
  { name: "dashboard-empty", path: "/dashboard", role: "nilo.cantera@example.com" },
  { name: "staff", path: "/staff", role: "exam_manager" },
  { name: "staff-results", path: "/staff/results", role: "exam_manager" },
  { name: "staff-results-found", path: (demo) => `/staff/results?q=${candidateId(demo)}`, role: "exam_manager" },
  { name: "staff-credentials", path: "/staff/credentials?q=maya", role: "exam_manager" },
  { name: "staff-credential", path: (demo) => `/staff/credentials/${credential(demo)}`, role: "exam_manager" },
  { name: "staff-credential-revoke", path: (demo) => `/staff/credentials/${credential(demo)}/revoke`, role: "exam_manager" },
  { name: "staff-orders", path: "/staff/orders?q=maya", role: "finance" },
  { name: "staff-approvals", path: "/staff/approvals", role: "administrator" },
  { name: "staff-accounts", path: "/staff/accounts?q=maya", role: "administrator" },
  { name: "staff-audit", path: "/staff/audit", role: "administrator" },
  { name: "staff-recoveries", path: "/staff/recoveries", role: "support_agent" },
  { name: "staff-import", path: "/staff/results/import", role: "exam_manager" },
];

/** For whom the support agent acts on the pages below. */
export const ACTED_FOR = "maya.lindqvist@example.com";

/** Pages as a member of staff sees them who acts as a candidate; the last ones are closed. */
export const actingPages: Omit<Page, "role">[] = [
  { name: "acting-dashboard", path: "/dashboard" },
  { name: "acting-exams", path: "/exams" },
  { name: "acting-times", path: "/schedule/AIF-C01/times?language=en&online=1" },
  { name: "acting-cart", path: "/cart" },
  { name: "acting-account", path: "/account" },
  { name: "acting-credential", path: (demo) => `/credentials/${credential(demo)}` },
  { name: "acting-home", path: "/" },
  { name: "acting-closed", path: "/account/security" },
  { name: "acting-closed-payment", path: "/checkout" },
  { name: "acting-closed-staff", path: "/staff" },
];

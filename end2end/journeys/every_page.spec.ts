import type { Page } from "@playwright/test";
import { expect, test } from "../fixtures";
import { ACTED_FOR, actingPages, pages, provoked } from "../pages";

/** The local mailbox shows a mail in a sandboxed frame, which lets no script in: not even one that checks. */
const FRAMED = ["mailbox"];

/** Axe finds nothing, and it fits: with one heading of the first level, unless it shows headings of every level. */
async function look(page: Page, name: string, path: string, axe: (page: Page) => Promise<void>) {
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.goto(path);
  if (name !== "style-guide") await expect(page.locator("h1")).toHaveCount(1);
  if (!FRAMED.includes(name)) await axe(page);
  await page.setViewportSize({ width: 320, height: 700 });
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  expect(width, `${name}: the page is wider than the phone`).toBeLessThanOrEqual(320);
}

// One login a role: a code of the second factor works once in its half minute.
for (const role of new Set(pages.map((page) => page.role))) {
  test(`every page of ${role ?? "everybody"} is accessible and fits the narrowest phone`, async ({ page, portal, login, axe, expectProblem }) => {
    test.setTimeout(300_000);
    expectProblem(provoked);
    if (role) await login(page, role);
    for (const { name, path } of pages.filter((wanted) => wanted.role === role)) {
      await test.step(name, () => look(page, name, typeof path === "string" ? path : path(portal.demo), axe));
    }
  });
}

test("every page of a support agent who acts as a candidate is accessible and fits the narrowest phone", async ({
  page,
  portal,
  login,
  actFor,
  axe,
  expectProblem,
}) => {
  test.setTimeout(300_000);
  expectProblem(/status of 403/);
  await login(page, "support_agent");
  await actFor(page, ACTED_FOR, false);
  await look(page, "act", new URL(page.url()).pathname, axe);
  await actFor(page, ACTED_FOR);
  for (const { name, path } of actingPages) {
    await test.step(name, async () => {
      await look(page, name, typeof path === "string" ? path : path(portal.demo), axe);
      const bar = page.getByRole("region", { name: "Acting for a candidate" });
      await page.evaluate(() => window.scrollTo(0, document.documentElement.scrollHeight));
      await expect(bar, "in sight at the page's end too").toBeInViewport({ ratio: 0.99 });
      await page.emulateMedia({ media: "print" });
      await expect(bar, "printed").toBeVisible();
      await page.emulateMedia({ media: null });
    });
  }
});

test("security_73_the_browsers_program_holds_no_secret_and_no_server", async ({ page, portal }) => {
  const loaded: string[] = [];
  page.on("response", (response) => {
    if (/\.(wasm|js)$/.test(new URL(response.url()).pathname)) loaded.push(response.url());
  });
  await page.goto("/register", { waitUntil: "networkidle" });
  expect(loaded.some((url) => url.endsWith(".wasm")), "the page loads the program").toBe(true);
  for (const url of loaded) {
    const bytes = Buffer.from(await (await fetch(url)).arrayBuffer()).toString("latin1");
    for (const secret of ["postgres://", "DATABASE_URL", "argon2id", "SELECT ", "BEGIN PRIVATE KEY", "server.key", portal.demo.clock_key]) {
      expect(bytes.includes(secret), `${secret} in ${url}`).toBe(false);
    }
  }
});

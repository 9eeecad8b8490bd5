import type { Page } from "@playwright/test";
import { expect, test } from "../fixtures";
import { ACTED_FOR, actingPages, groups, open, provoked } from "../pages";

/** The local mailbox shows a mail in a sandboxed frame, which lets no script in: not even one that checks. */
const FRAMED = ["mail", "mailbox"];

/** Axe finds nothing, light or dark, wide or narrow, and it fits: with one heading of the first level, unless it shows headings of every level. */
async function look(page: Page, name: string, axe: (page: Page, rules?: string[]) => Promise<void>) {
  if (name !== "style-guide") await expect(page.locator("h1")).toHaveCount(1);
  if (!FRAMED.includes(name)) {
    // Dark and wide differs from light and wide in its colours alone.
    for (const [width, colorScheme, rules] of [[1280, "light"], [1280, "dark", ["color-contrast"]], [360, "dark"]] as [number, "light" | "dark", string[]?][]) {
      await page.setViewportSize({ width, height: width === 360 ? 740 : 800 });
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await test.step(`${width} ${colorScheme}`, () => axe(page, rules));
    }
  }
  for (const width of [360, 320]) {
    await page.setViewportSize({ width, height: 700 });
    const needed = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(needed, `${name}: the page is wider than the phone`).toBeLessThanOrEqual(width);
  }
  await page.emulateMedia({ colorScheme: "light", reducedMotion: null });
  await page.setViewportSize({ width: 1280, height: 800 });
}

// A trace keeps the whole page at every step, of which axe makes many.
test.use({ trace: "off" });

// One login a group: a code of the second factor works once in its half minute.
for (const { who, role, own, localhost, pages } of groups) {
  test.describe(who, () => {
    test.use({ ownPortal: own ?? false });
    if (localhost) test.use({ baseURL: async ({ portal }, use) => use(portal.url.replace("127.0.0.1", "localhost")) });

    test(`every page of ${who} is accessible in light and dark and fits the narrowest phone`, async ({ visit, axe, expectProblem }) => {
      test.setTimeout(600_000);
      expectProblem(provoked);
      if (role) await visit.login(visit.page, role);
      for (const wanted of pages) {
        await test.step(wanted.name, async () => {
          await open(wanted, visit);
          await look(visit.page, wanted.name, axe);
        });
      }
    });
  });
}

test("every page of a support agent who acts as a candidate is accessible and fits the narrowest phone", async ({
  page,
  visit,
  login,
  actFor,
  axe,
  expectProblem,
}) => {
  test.setTimeout(300_000);
  expectProblem(/status of 403/);
  await login(page, "support_agent");
  await actFor(page, ACTED_FOR, false);
  await look(page, "act", axe);
  await actFor(page, ACTED_FOR);
  for (const wanted of actingPages) {
    await test.step(wanted.name, async () => {
      await open(wanted, visit);
      await look(page, wanted.name, axe);
      const bar = page.getByRole("region", { name: "Acting for a candidate" });
      await page.setViewportSize({ width: 320, height: 700 });
      await page.evaluate(() => window.scrollTo(0, document.documentElement.scrollHeight));
      await expect(bar, "in sight at the page's end too").toBeInViewport({ ratio: 0.99 });
      await page.emulateMedia({ media: "print" });
      await expect(bar, "printed").toBeVisible();
      await page.emulateMedia({ media: null });
      await page.setViewportSize({ width: 1280, height: 800 });
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

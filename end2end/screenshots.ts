import { join } from "node:path";
import type { Page } from "@playwright/test";
import { test } from "./fixtures";
import { ACTED_FOR, actingPages, groups, open, provoked } from "./pages";

const folder = join(import.meta.dirname ?? __dirname, "../screenshots");

/** Pictures of the page as it is, wide and narrow, light and dark. */
async function take(page: Page, name: string) {
  for (const width of [1280, 360]) {
    for (const colorScheme of ["light", "dark"] as const) {
      await page.setViewportSize({ width, height: width === 360 ? 740 : 800 });
      await page.emulateMedia({ colorScheme });
      // Fonts and pictures belong to the picture, and moving things don't.
      await page.evaluate(() => document.fonts.ready.then(() => undefined));
      await page.screenshot({ path: join(folder, `${name}-${width}-${colorScheme}.png`), fullPage: true, animations: "disabled" });
    }
  }
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.emulateMedia({ colorScheme: "light" });
}

// One login a group: a code of the second factor works once in its half minute.
for (const { who, role, own, localhost, pages } of groups) {
  test.describe(who, () => {
    test.use({ ownPortal: own ?? false });
    if (localhost) test.use({ baseURL: async ({ portal }, use) => use(portal.url.replace("127.0.0.1", "localhost")) });

    test(`pages of ${who}: ${pages.map(({ name }) => name).join(" ")}`, async ({ visit, expectProblem }) => {
      test.setTimeout(300_000);
      expectProblem(provoked);
      if (role) await visit.login(visit.page, role);
      for (const wanted of pages) {
        await open(wanted, visit);
        await take(visit.page, wanted.name);
      }
    });
  });
}

test("pages of a support agent who acts as a candidate", async ({ page, visit, login, actFor, expectProblem }) => {
  test.setTimeout(300_000);
  expectProblem(/status of 403/);
  await login(page, "support_agent");
  await actFor(page, ACTED_FOR, false);
  await take(page, "acting-start");
  await actFor(page, ACTED_FOR);
  for (const wanted of actingPages) {
    await open(wanted, visit);
    await take(page, wanted.name);
  }
});

import { join } from "node:path";
import type { Page } from "@playwright/test";
import { test } from "./fixtures";
import { ACTED_FOR, actingPages, pages, provoked } from "./pages";

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
}

// One login a role: a code of the second factor works once in its half minute.
for (const role of new Set(pages.map((page) => page.role))) {
  test(`pages of ${role ?? "everybody"}`, async ({ page, portal, login, expectProblem }) => {
    test.setTimeout(300_000);
    expectProblem(provoked);
    if (role) await login(page, role);
    for (const { name, path } of pages.filter((wanted) => wanted.role === role)) {
      await page.goto(typeof path === "string" ? path : path(portal.demo));
      await take(page, name);
    }
  });
}

test("pages of a support agent who acts as a candidate", async ({ page, portal, login, actFor, expectProblem }) => {
  test.setTimeout(300_000);
  expectProblem(/status of 403/);
  await login(page, "support_agent");
  await actFor(page, ACTED_FOR, false);
  await take(page, "acting-start");
  await actFor(page, ACTED_FOR);
  for (const { name, path } of actingPages) {
    await page.goto(typeof path === "string" ? path : path(portal.demo));
    await take(page, name);
  }
});

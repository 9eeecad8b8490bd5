// What holds for every page of the list that is pictured: accessible, and no wider than the narrowest phone.
import { expect, test } from "../fixtures";
import { pages } from "../pages";

// One login a role: a code of the second factor works once in its half minute.
for (const role of new Set(pages.map((page) => page.role))) {
  test(`the pages of ${role ?? "everybody"} are accessible and fit a phone of 320 px`, async ({ page, portal, login, axe, expectProblem }) => {
    test.setTimeout(240_000);
    // Error pages are pages too.
    expectProblem(/status of 404/);
    if (role) await login(page, role);
    for (const { name, path } of pages.filter((wanted) => wanted.role === role)) {
      await test.step(name, async () => {
        await page.setViewportSize({ width: 1280, height: 800 });
        await page.goto(typeof path === "string" ? path : path(portal.demo));
        await expect(page).toHaveTitle(/\S/);
        await axe(page);
        await page.setViewportSize({ width: 320, height: 640 });
        const width = await page.evaluate(() => document.documentElement.scrollWidth);
        expect(width, `${name} is wider than the screen`).toBeLessThanOrEqual(320);
      });
    }
  });
}

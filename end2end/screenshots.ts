import { join } from "node:path";
import { test } from "./fixtures";
import { pages } from "./pages";

const folder = join(import.meta.dirname ?? __dirname, "../screenshots");

for (const { name, path, role } of pages) {
  for (const width of [1280, 360]) {
    for (const colorScheme of ["light", "dark"] as const) {
      test.describe(`${name} ${width} ${colorScheme}`, () => {
        test.use({ viewport: { width, height: width === 360 ? 740 : 800 }, colorScheme });
        test(name, async ({ page, portal, login }) => {
          if (role) await login(page, role);
          await page.goto(typeof path === "string" ? path : path(portal.demo));
          // Fonts and pictures belong to the picture, and moving things don't.
          await page.evaluate(() => document.fonts.ready.then(() => undefined));
          await page.screenshot({ path: join(folder, `${name}-${width}-${colorScheme}.png`), fullPage: true, animations: "disabled" });
        });
      });
    }
  }
}

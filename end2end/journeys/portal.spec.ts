import { expect, test } from "../fixtures";

test("the portal answers, and its home page has a name and no errors @no-js @phone", async ({ page }) => {
  await page.goto("/");
  await expect(page).toHaveTitle(/\S/);
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
});

test("the home page is accessible", async ({ page, axe }) => {
  await page.goto("/");
  await axe(page);
});

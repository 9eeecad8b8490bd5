// Places are suggested while a city or postal code is typed; without scripts the field is a plain one.
import type { Page } from "@playwright/test";
import { expect, test } from "../fixtures";

const SEARCH = "/schedule/AIF-C01/centers?lang=en&language=en&country=US";
/** Without a second factor, whose code works once in its half minute; Spanish, but for `lang` above. */
const CANDIDATE = "nilo.cantera@example.com";

/** The page with its field, once the script has taken it over. */
async function open(page: Page) {
  await page.goto(SEARCH);
  const field = page.getByRole("combobox", { name: "City or postal code" });
  await expect(field).toHaveAttribute("aria-expanded", "false");
  const list = page.getByRole("listbox", { name: "Places" });
  return { field, list, options: list.getByRole("option"), status: page.locator(".combo [role=status]") };
}

test("a place is chosen with the keyboard", async ({ page, login, axe }) => {
  await login(page, CANDIDATE);
  const { field, list, options, status } = await open(page);
  await field.pressSequentially("portl");
  await expect(list).toBeVisible();
  await expect(field).toHaveAttribute("aria-expanded", "true");
  await expect(options.nth(0)).toHaveText("Portland Oregon, United States");
  const count = await options.count();
  await expect(status).toHaveText(`${count} places. Choose one with the arrow keys.`);
  await axe(page);

  const highlighted = () => field.getAttribute("aria-activedescendant").then((id) => (id ? page.locator(`#${id}`).textContent() : null));
  expect(await highlighted()).toBeNull();
  await field.press("ArrowDown");
  expect(await highlighted()).toMatch(/Oregon/);
  await axe(page);
  await field.press("ArrowUp");
  await expect(options.last()).toHaveAttribute("aria-selected", "true");
  await field.press("ArrowDown");
  await field.press("ArrowDown");
  expect(await highlighted()).toMatch(/Maine/);
  // Home goes to the beginning of what is typed, as in any field.
  await field.press("Home");
  await expect(field).not.toHaveAttribute("aria-activedescendant");
  expect(await field.evaluate((input: HTMLInputElement) => input.selectionStart)).toBe(0);
  await field.press("Escape");
  await expect(list).toBeHidden();
  await expect(field).toHaveValue("portl");

  await field.press("ArrowDown");
  await field.press("ArrowDown");
  await field.press("Enter");
  await expect(field).toHaveValue("Portland, Maine");
  await expect(list).toBeHidden();
  expect(page.url()).not.toContain("place=");
  // With the list closed, Enter is the form's.
  await field.press("Enter");
  await expect(page).toHaveURL(/place=Portland%2C\+Maine&city=4975802/);
  await expect(page.getByRole("main")).toContainText("Portland, Maine");
  await expect(field).toHaveValue("Portland, Maine");
});

test("a place is chosen with the mouse, and with a finger on a narrow phone @phone", async ({ page, login }, testInfo) => {
  await login(page, CANDIDATE);
  const touch = testInfo.project.name === "phone";
  if (touch) await page.setViewportSize({ width: 320, height: 640 });
  const { field, list, options } = await open(page);
  await field.pressSequentially("seat");
  const seattle = options.filter({ hasText: "Seattle" });
  await expect(seattle).toBeVisible();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(touch ? 320 : 1280);
  if (touch) await seattle.tap();
  else await seattle.click();
  await expect(field).toHaveValue("Seattle, Washington");
  await expect(field).toBeFocused();
  await expect(list).toBeHidden();
  await page.getByRole("button", { name: "Search", exact: true }).click();
  await expect(page.getByRole("heading", { name: /near Seattle, Washington/ })).toBeVisible();
});

test("Enter without a highlight sends what is typed, and leaving the field closes the list", async ({ page, login }) => {
  await login(page, CANDIDATE);
  const { field, list, options, status } = await open(page);
  await field.pressSequentially("p");
  await expect(list).toBeHidden();
  await field.pressSequentially("ortl");
  await expect(list).toBeVisible();
  await page.keyboard.press("Tab");
  await expect(list).toBeHidden();
  await page.keyboard.press("Shift+Tab");
  await field.fill("Xyzzyplugh");
  await expect(status).toHaveText("No place to suggest.");
  await field.fill("9810");
  await expect(options.first()).toHaveText("98101 Seattle, WA, United States");
  await field.fill("Seattle");
  await expect(options.first()).toContainText("Seattle");
  await field.press("Enter");
  await expect(page).toHaveURL(/place=Seattle&country=US/);
  await expect(page.getByRole("heading", { name: /near Seattle, Washington/ })).toBeVisible();
});

test("an answer that comes late is thrown away, and none is asked for while somebody types", async ({ page, login, expectProblem }) => {
  expectProblem(/503|429/);
  await login(page, CANDIDATE);
  const asked: string[] = [];
  await page.route("**/api/scheduling/places?*", async (route) => {
    const text = new URL(route.request().url()).searchParams.get("text") ?? "";
    asked.push(text);
    if (text === "bo") await new Promise((resolve) => setTimeout(resolve, 1500));
    if (text === "bosto") await route.fulfill({ status: 429, headers: { "retry-after": "1" }, body: '"x"' });
    else await route.continue();
  });
  const { field, list, options } = await open(page);
  await field.pressSequentially("bo", { delay: 20 });
  await expect.poll(() => asked).toEqual(["bo"]);
  await field.pressSequentially("st", { delay: 20 });
  await expect(options.first()).toHaveText("Boston Massachusetts, United States");
  await page.waitForTimeout(1600);
  await expect(options.first()).toHaveText("Boston Massachusetts, United States");
  expect(asked).toEqual(["bo", "bost"]);
  // Refused: nothing is suggested, and the field works on.
  await field.pressSequentially("o");
  await expect(list).toBeHidden();
  await field.pressSequentially("n");
  await expect(list).toBeVisible();
});

test("without scripts the field is a plain one that searches and keeps what was typed @only-no-js", async ({ page, login }) => {
  await login(page, CANDIDATE);
  await page.goto(SEARCH);
  const field = page.getByLabel("City or postal code");
  await expect(field).not.toHaveAttribute("role");
  await expect(page.locator("[role=listbox]")).toBeHidden();
  await field.fill("Seattle");
  await page.getByRole("button", { name: "Search", exact: true }).click();
  await expect(page.getByRole("heading", { name: /near Seattle, Washington/ })).toBeVisible();
  await expect(field).toHaveValue("Seattle");
});

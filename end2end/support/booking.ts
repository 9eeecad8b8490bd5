// What journeys have in common: an account, a booking, a payment.
import { type Page, expect } from "@playwright/test";

export const PASSWORD = "Lantern-Quay-58";

/** Fills in the form of `/register` with what it must have, and sends it. */
export async function register(page: Page, email: string, password = PASSWORD): Promise<void> {
  await page.goto("/register");
  await page.getByLabel("E-mail address").fill(email);
  await page.getByLabel("Given names").fill("Amara Ngozi");
  await page.getByLabel("Family name", { exact: true }).fill("Okafor");
  await page.getByLabel("Country", { exact: true }).selectOption("US");
  const regions = page.getByRole("button", { name: "Show its regions" });
  if (await regions.isVisible()) await regions.click();
  await page.getByLabel("State, province or region").selectOption({ label: "Washington" });
  // Where no script chooses it from the device.
  const zone = page.getByLabel("Time zone");
  if ((await zone.inputValue()) === "") await zone.selectOption("America/New_York");
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("checkbox", { name: /I have read and accept/ }).check();
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(/mail/i);
}

/** Signs in with a password alone: an account without a second factor is in then, another one is asked for it. */
export async function givePassword(page: Page, email: string, password = PASSWORD): Promise<void> {
  await page.goto("/login");
  await typePassword(page, email, password);
}

/** Opens the mailed link, and signs in, which it asks for: the link alone proves a mailbox, the password that the account is theirs. */
export async function openVerification(page: Page, link: string, email: string, password = PASSWORD): Promise<void> {
  await page.goto(link);
  await typePassword(page, email, password);
  await expect(page.getByRole("button", { name: "Verify my address" })).toBeVisible();
}

async function typePassword(page: Page, email: string, password: string): Promise<void> {
  await page.getByLabel("E-mail address").fill(email);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}

/** Chooses a free day of next month, which has some on every day of this one, and its first time. */
export async function holdTime(page: Page, day = 3): Promise<void> {
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Choose a date and time");
  const month = await page.locator(".cal__title").innerText();
  await page.locator(".cal__head a").last().click();
  await expect(page.locator(".cal__title")).not.toHaveText(month);
  await page.locator("a.cal__day--free").nth(day).click();
  await page.locator(".slot").first().click();
  await page.getByRole("button", { name: "Hold this time" }).click();
}

/** Says who comes: the person of [`register`]. */
export async function giveDetails(page: Page): Promise<void> {
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Check your details");
  await page.getByLabel("Given names").fill("Amara Ngozi");
  await page.getByLabel("Family name").fill("Okafor");
  const day = page.getByLabel("Day", { exact: true });
  // Asked once for every account.
  if (await day.isVisible()) {
    await day.fill("27");
    await page.getByLabel("Month", { exact: true }).fill("3");
    await page.getByLabel("Year", { exact: true }).fill("1994");
  }
  await page.getByLabel("I have read the rules of this appointment").check();
  await page.getByRole("button", { name: "Continue to the cart" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Your cart");
}

/** From the cart to the payment provider's page. */
export async function toPayment(page: Page): Promise<void> {
  await page.goto("/cart");
  await page.getByRole("link", { name: "Check and pay" }).click();
  await page.getByRole("button", { name: /^Pay \$/ }).click();
  await expect(page).toHaveURL(/\/sandbox-pay\//);
}

/** Types a card on the payment provider's page. */
export async function typeCard(page: Page, card = "4242 4242 4242 4242"): Promise<void> {
  await page.getByLabel("Card number").fill(card);
  await page.getByLabel(/Expiry/).fill("12 / 30");
  await page.getByLabel(/Security code/).fill("123");
  await page.getByRole("button", { name: /^Pay/ }).click();
}

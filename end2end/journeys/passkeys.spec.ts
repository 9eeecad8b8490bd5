// Passkeys, with Chromium's own virtual authenticator: enrolled, used alone, as the second factor and as a fresh proof, removed.
import type { Page } from "@playwright/test";
import { expect, test } from "../fixtures";
import { Device } from "../support/device";

// Browsers take passkeys for a name only: the demo is opened as localhost.
test.use({ ownPortal: true, baseURL: async ({ portal }, use) => use(portal.url.replace("127.0.0.1", "localhost")) });
test.setTimeout(120_000);

const PASSKEYS = "/account/security/passkeys";

async function signOut(page: Page): Promise<void> {
  await page.goto("/account");
  await page.locator("details.menu--end > summary").click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByText("You are signed out.")).toBeVisible();
}

async function givePassword(page: Page, account: { email: string; password: string }): Promise<void> {
  await page.goto("/login");
  await page.getByLabel("E-mail address").fill(account.email);
  await page.getByLabel("Password", { exact: true }).fill(account.password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}

test("a candidate enrols a passkey, signs in with it alone and as the second factor, and removes it", async ({
  page,
  login,
  mailbox,
  clock,
  axe,
}) => {
  const device = await Device.of(page);
  const account = await login(page, "candidate");
  await page.goto("/account/security");
  await page.getByRole("link", { name: /(Change|Set up).*Passkeys/ }).click();
  await expect(page.getByText("You have no passkeys yet")).toBeVisible();
  await axe(page);
  await page.getByLabel("Name of the passkey").fill("Test laptop");
  await page.getByRole("button", { name: "Add a passkey" }).click();
  await expect(page.getByText("The passkey is added.")).toBeVisible();
  await expect(page.getByRole("link", { name: "Test laptop", exact: true })).toBeVisible();
  expect(await device.passkeys()).toBe(1);
  await mailbox.latest(account.email, /A passkey was added/);
  await axe(page);

  // The device says no to a second one.
  await page.getByRole("button", { name: "Add a passkey" }).click();
  await expect(page.getByRole("alert")).toHaveText(/already has a passkey/);

  // Alone, by the button.
  await device.touched(false);
  await signOut(page);
  await axe(page);
  // A finger that is not the owner's: said calmly, and the button works again.
  await device.knowsItsOwner(false);
  await device.touched(true);
  await page.getByRole("button", { name: "Sign in with a passkey" }).click();
  await expect(page.getByRole("alert")).toHaveText(/Nothing was changed/);
  await device.knowsItsOwner(true);
  // The autofill is offered again meanwhile, and a device that is touched at once may answer it before the button is reached.
  await page.getByRole("button", { name: "Sign in with a passkey" }).click({ timeout: 5000 }).catch(() => undefined);
  await expect(page).toHaveURL(/\/dashboard/);

  // As the second factor of the password.
  await device.touched(false);
  await signOut(page);
  await givePassword(page, account);
  await expect(page).toHaveURL(/\/login\/code/);
  await axe(page);
  await device.touched(true);
  await page.getByRole("button", { name: "Use a passkey" }).click();
  await expect(page).toHaveURL(/\/dashboard/);

  // As a fresh proof.
  await clock.advance("11m");
  await page.goto(PASSKEYS);
  await expect(page).toHaveURL(/\/account\/confirm/);
  await axe(page);
  await page.getByRole("button", { name: "Use a passkey" }).click();
  await expect(page).toHaveURL(new RegExp(`${PASSKEYS}$`));

  await page.getByRole("link", { name: "Manage Test laptop" }).click();
  await axe(page);
  await page.getByLabel("Name of the passkey").fill("Old laptop");
  await page.getByRole("button", { name: "Save the name" }).click();
  await page.getByRole("link", { name: "Manage Old laptop" }).click();
  await page.getByRole("button", { name: "Remove the passkey" }).click();
  await expect(page.getByText("The passkey is removed")).toBeVisible();
  await expect(page.getByText("You have no passkeys yet")).toBeVisible();
  await mailbox.latest(account.email, /A passkey was removed/);

  // It is asked for no more; the authenticator app of this account is, as before.
  await device.touched(false);
  await signOut(page);
  await givePassword(page, account);
  await expect(page).toHaveURL(/\/login\/code/);
  await expect(page.getByRole("button", { name: "Use a passkey" })).toHaveCount(0);
});

test("the sign-in page offers passkeys in the autofill of the e-mail field", async ({ page, login }) => {
  const device = await Device.of(page);
  await login(page, "candidate");
  await page.goto(PASSKEYS);
  await page.getByRole("button", { name: "Add a passkey" }).click();
  await expect(page.getByText("The passkey is added.")).toBeVisible();
  await device.touched(false);
  await signOut(page);
  await expect(page.getByLabel("E-mail address")).toHaveAttribute("autocomplete", "username webauthn");
  // The virtual authenticator stands for an owner who chooses the first entry of the list.
  await device.touched(true);
  await page.goto("/login?next=/account/security");
  await expect(page).toHaveURL(/\/account\/security$/);
});

test("opened by its number, the demo says where passkeys work @no-js", async ({ page, portal }) => {
  await page.goto(`${portal.url}/login`);
  const link = page.getByRole("link", { name: "Open it on localhost" });
  await expect(link).toHaveAttribute("href", `${portal.url.replace("127.0.0.1", "localhost")}/login`);
  await link.click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Sign in");
});

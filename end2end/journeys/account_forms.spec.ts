// What somebody changes about their account, with scripts and without: every form there is a plain one.
import { expect, test } from "../fixtures";
import { PASSWORD, givePassword } from "../support/booking";
import { newcomer } from "../support/newcomer";
import { totp } from "../support/totp";

test.setTimeout(180_000);

const NEW_PASSWORD = "Harvest-Window-93";

test("profile, addresses, password and authenticator app are changed, and a lost password is replaced @no-js", async ({
  page,
  mailbox,
  expectProblem,
}) => {
  // Refused forms, and a password that is not the right one any more.
  expectProblem(/status of 4(09|22)/);
  const email = await newcomer(page, mailbox);
  const main = page.getByRole("main");

  // The profile: a refused form keeps what was typed.
  await page.goto("/account");
  await main.getByRole("link", { name: "Edit profile" }).click();
  await page.getByLabel(/^Company/).fill("Tidepool Ltd");
  await page.getByLabel("Given names").fill("");
  await main.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("alert")).toContainText("There is a problem");
  await expect(page.getByLabel(/^Company/)).toHaveValue("Tidepool Ltd");
  await page.getByLabel("Given names").fill("Amara");
  await main.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Your changes are saved.")).toBeVisible();
  await expect(main).toContainText("Amara Okafor");
  await expect(main).toContainText("Tidepool Ltd");

  // Another address becomes the main one by its own link; the old one is told.
  await page.goto("/account/emails");
  await main.getByRole("link", { name: "Add an address" }).click();
  const other = `other-${email}`;
  await page.getByLabel("New e-mail address").fill(other);
  await page.getByLabel("Make it my main address as soon as it is verified").check();
  await main.getByRole("button", { name: "Send the link" }).click();
  await expect(page.getByText("Check your mail: we sent a message to the address.")).toBeVisible();
  await page.goto(mailbox.link(await mailbox.latest(other, /./), /verify-email/));
  await main.getByRole("button").first().click();
  await mailbox.latest(email, /main address was changed/);
  await page.goto("/account/emails");
  await main.getByRole("link", { name: email, exact: true }).or(main.locator("li,tr,article").filter({ hasText: email }).getByRole("link")).last().click();
  await main.getByRole("button", { name: "Remove this address" }).click();
  await expect(page.getByText("The address was removed.")).toBeVisible();

  // The password, by the old one.
  await page.goto("/account/security/password");
  await page.getByLabel("Current password").fill(PASSWORD);
  await page.getByLabel("New password", { exact: true }).fill("short");
  await main.getByRole("button", { name: "Change password" }).click();
  await expect(page.getByRole("alert")).toContainText("New password");
  await page.getByLabel("Current password").fill(PASSWORD);
  await page.getByLabel("New password", { exact: true }).fill("Meadow-Lantern-71");
  await main.getByRole("button", { name: "Change password" }).click();
  await expect(page.getByText("Your password is changed")).toBeVisible();

  // The authenticator app: the secret is typed where no camera can read it.
  await page.goto("/account/security/totp");
  await main.locator("summary").click();
  const secret = await main.locator("details code").innerText();
  await page.locator("input[name=code]").fill("000000");
  await main.getByRole("button", { name: "Turn on two-step sign-in" }).click();
  await expect(page.getByRole("alert")).toContainText("There is a problem");
  await main.locator("summary").click();
  expect(await main.locator("details code").innerText(), "a wrong code changes no secret").toBe(secret);
  await page.locator("input[name=code]").fill(totp(secret));
  await main.getByRole("button", { name: "Turn on two-step sign-in" }).click();
  await expect(main).toContainText(/Two-step sign-in is on|backup codes/i);

  // Forgotten: the mailed link makes a new one, which the next sign-in takes, with the app's next code.
  await page.context().clearCookies();
  await page.goto("/forgot");
  await page.getByLabel("E-mail address").fill(other);
  await main.getByRole("button", { name: "Send the link" }).click();
  await page.goto(mailbox.link(await mailbox.latest(other, /password/i), /\/reset/));
  await page.getByLabel("New password", { exact: true }).fill(NEW_PASSWORD);
  await main.getByRole("button", { name: "Save the new password" }).click();
  await givePassword(page, other, "Meadow-Lantern-71");
  await expect(page.getByRole("alert")).toBeVisible();
  await givePassword(page, other, NEW_PASSWORD);
  await expect(page).toHaveURL(/\/login\/code/);
  // A code works once: this one is of the next step.
  await page.locator("input[name=code]").fill(totp(secret, Date.now() / 1000 + 30));
  await main.getByRole("button", { name: "Sign in" }).click();
  await expect(page).toHaveURL(/\/dashboard/);
});

test("a new password is judged while it is typed, and shown when its owner wants to see it", async ({ page, axe }) => {
  await page.goto("/register");
  const field = page.getByLabel("Password", { exact: true });
  const strength = page.locator(".strength");
  const toggle = page.locator(".password__toggle");
  await expect(toggle).toBeVisible();
  await expect(strength).toBeHidden();
  for (const [typed, words, score] of [
    ["aaaa", "Very easy to guess", "0"],
    ["harbor1", "Easy to guess", "1"],
    ["Harbor-12", "Fair", "2"],
    ["Lantern-Quay-58", "Strong", "4"],
  ] as const) {
    await field.fill(typed);
    await expect(strength).toHaveText(words);
    await expect(strength).toHaveAttribute("data-score", score);
  }
  await axe(page);
  await expect(field).toHaveAttribute("type", "password");
  await expect(toggle).toHaveText("Show");
  await expect(toggle).toHaveAttribute("aria-pressed", "false");
  await toggle.click();
  await expect(field).toHaveAttribute("type", "text");
  await expect(field).toHaveValue("Lantern-Quay-58");
  await expect(toggle).toHaveText("Hide");
  await expect(toggle).toHaveAttribute("aria-pressed", "true");
  await axe(page);
  await toggle.click();
  await expect(field).toHaveAttribute("type", "password");
  await field.fill("");
  await expect(strength).toBeHidden();
});

test("without scripts nobody is offered to see the password, and its rules are listed @only-no-js", async ({ page }) => {
  await page.goto("/register");
  await expect(page.locator(".password__toggle")).toBeHidden();
  await expect(page.locator(".strength")).toBeHidden();
  await expect(page.locator(".rules__item").first()).toBeVisible();
});

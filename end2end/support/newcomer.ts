import { type Page, expect } from "@playwright/test";
import type { Mailbox } from "../fixtures";
import { givePassword, register } from "./booking";

/** Registers somebody, verifies the address by the mailed link and signs in; gives the address. */
export async function newcomer(page: Page, mailbox: Mailbox): Promise<string> {
  const email = `amara-${Date.now()}@example.com`;
  await register(page, email);
  await page.goto(mailbox.link(await mailbox.latest(email, /Verify your e-mail address/), /verify-email/));
  await page.getByRole("button", { name: "Verify my address" }).click();
  await givePassword(page, email);
  await expect(page).toHaveURL(/\/dashboard/);
  return email;
}

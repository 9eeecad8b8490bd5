import { type Page, expect } from "@playwright/test";
import type { Mailbox } from "../fixtures";
import { openVerification, register } from "./booking";

/** Registers somebody, signs in and verifies the address by the mailed link; gives the address. */
export async function newcomer(page: Page, mailbox: Mailbox): Promise<string> {
  const email = `amara-${Date.now()}@example.com`;
  await register(page, email);
  await openVerification(page, mailbox.link(await mailbox.latest(email, /Verify your e-mail address/), /verify-email/), email);
  await page.getByRole("button", { name: "Verify my address" }).click();
  await expect(page).toHaveURL(/\/dashboard/);
  return email;
}

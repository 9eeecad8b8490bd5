// What takes two people: the exam manager asks for the correction of a score, the administrator approves it, and the candidate reads the
// mail and the corrected report.
import type { Page } from "@playwright/test";
import { expect, test } from "../fixtures";

test.use({ ownPortal: true });
test.setTimeout(180_000);

test("a score is corrected by two people and the candidate reads the corrected report @no-js @phone", async ({
  page,
  browser,
  portal,
  mailbox,
  login,
}, testInfo) => {
  const javaScriptEnabled = testInfo.project.use.javaScriptEnabled ?? true;
  const another = async (): Promise<Page> => (await browser.newContext({ javaScriptEnabled, baseURL: portal.url })).newPage();
  const candidate = portal.account("candidate");

  const manager = await another();
  await login(manager, "exam_manager");
  await manager.goto("/staff/results");
  await manager.getByLabel("Find a result").fill(candidate.candidate_id ?? "");
  await manager.getByRole("button", { name: "Search" }).click();
  await manager.getByRole("row", { name: /861/ }).getByRole("link").first().click();
  await manager.getByRole("link", { name: "Correct the score" }).click();
  await manager.getByLabel("Scaled score").fill("905");
  await manager.getByRole("textbox", { name: "Reason" }).fill("Two questions had the wrong key.");
  await manager.getByRole("button", { name: "Ask for the correction" }).click();
  await expect(manager.getByText("The request is made.")).toBeVisible();
  await expect(manager.getByRole("button", { name: "Approve and carry out" })).toHaveCount(0);
  const request = new URL(manager.url()).pathname;
  await manager.context().close();

  const administrator = await another();
  const { email } = await login(administrator, "administrator");
  expect(email).not.toBe(portal.account("exam_manager").email);
  await administrator.goto("/staff/approvals");
  await administrator.locator(`a[href="${request}"]`).click();
  await expect(administrator.getByRole("row", { name: /Scaled score/ })).toContainText("905");
  await administrator.getByRole("button", { name: "Approve and carry out" }).click();
  await expect(administrator.getByText("Approved and carried out.")).toBeVisible();
  await administrator.context().close();

  await mailbox.latest(portal.account("exam_manager").email, /^Approved: Correction of a score/);
  const told = await mailbox.latest(candidate.email, /was corrected/);
  await login(page, "candidate");
  await page.goto(mailbox.link(told, /results/));
  await expect(page.getByText("Corrected on")).toBeVisible();
  await expect(page.locator(".scale__score")).toHaveText("905");
});

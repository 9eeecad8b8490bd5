// A support agent helps a candidate on the telephone: acts as her, holds a time, cannot pay, stops; she reads what was done.
import { expect, test } from "../fixtures";
import { ACTED_FOR } from "../pages";
import { holdTime } from "../support/booking";

test.use({ ownPortal: true });
test.setTimeout(120_000);

test("a support agent acts for a candidate, holds a time, cannot pay and stops, and she is told @no-js @phone", async ({
  page,
  browser,
  portal,
  mailbox,
  login,
  actFor,
  axe,
  expectProblem,
}, testInfo) => {
  // What stays with the candidate is answered so.
  expectProblem(/status of 403/);
  await login(page, "support_agent");
  await actFor(page, ACTED_FOR);
  const bar = page.getByRole("region", { name: "Acting for a candidate" });
  await expect(bar).toContainText("You act for Maya Lindqvist");
  await expect(page).toHaveTitle(/^Acting for Maya Lindqvist: /);

  await page.goto("/schedule/AIF-C01/times?language=en&online=1");
  await holdTime(page);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Check your details");
  await expect(bar).toBeVisible();
  await page.getByLabel("Given names").fill("Maya");
  await page.getByLabel("Family name").fill("Lindqvist");
  await page.getByLabel("I have read the rules of this appointment").check();
  await page.getByRole("button", { name: "Continue to the cart" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Your cart");

  await page.getByRole("link", { name: "Check and pay" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("This stays with the candidate");
  await expect(page.getByRole("main")).toContainText("Paying stays with them");
  if (testInfo.project.use.javaScriptEnabled ?? true) await axe(page);
  await page.goto("/staff");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("This stays with the candidate");
  await bar.getByRole("button", { name: "Stop acting" }).click();
  await expect(page).toHaveURL(/\/staff\/accounts\//);
  await expect(page.getByText("You act for nobody any more.")).toBeVisible();
  await expect(bar).toHaveCount(0);

  const mail = await mailbox.latest(ACTED_FOR, /Our staff act for you/);
  expect(mail.text).toContain("Cannot find another date, asked by phone");

  const own = await browser.newContext({ javaScriptEnabled: testInfo.project.use.javaScriptEnabled ?? true, baseURL: portal.url });
  const candidate = await own.newPage();
  await login(candidate, ACTED_FOR);
  await candidate.goto(mailbox.link(mail, /activity/));
  const log = candidate.getByRole("main");
  for (const line of ["Our staff began to act for you", "Reason: Cannot find another date", "Time for an exam held", "Our staff stopped acting for you"]) {
    await expect(log).toContainText(line);
  }
  // What was chosen for her is in her own cart, and there she may pay.
  await candidate.goto("/cart");
  await candidate.getByRole("link", { name: "Check and pay" }).click();
  await expect(candidate.getByRole("button", { name: /^Pay / })).toBeVisible();
  await own.close();
});

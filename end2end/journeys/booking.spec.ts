// Booking at a centre, what is done with a booking without scripts, and a server that dies between the money and the seat.
import { expect, test } from "../fixtures";
import { giveDetails, holdTime, toPayment, typeCard } from "../support/booking";
import { newcomer } from "../support/newcomer";

test.setTimeout(180_000);

const SCRIPTLESS = /422 \(Unprocessable Entity\) .*\/register/;

test("a seat at a centre is found by city and distance, booked and paid @no-js @phone", async ({ page, mailbox, expectProblem }) => {
  expectProblem(SCRIPTLESS);
  const email = await newcomer(page, mailbox);
  const main = page.getByRole("main");
  const heading = page.getByRole("heading", { level: 1 });
  await page.goto("/certifications/cloud-practitioner");
  await main.getByRole("link", { name: "Book this exam" }).first().click();
  await page.getByLabel("Language of the exam").selectOption("en");
  await page.getByLabel("At a test centre").check();
  await main.getByRole("button", { name: "Continue" }).click();

  await expect(heading).toHaveText("Choose a test centre");
  await page.getByLabel("City or postal code").fill("Newark, New Jersey");
  // Where suggestions come, they are not needed.
  await page.keyboard.press("Escape");
  await page.getByLabel("Country").selectOption("US");
  await page.locator("select[name=radius]").selectOption({ label: "25 mi" });
  await main.getByRole("button", { name: "Search", exact: true }).click();
  if (await page.getByRole("heading", { name: /Which/ }).isVisible()) await main.getByRole("link", { name: "Newark, New Jersey" }).click();
  await expect(main).toContainText("2 centres near Newark, New Jersey");
  const rows = main.locator(".row");
  await expect(rows.nth(0)).toContainText(/Hudson Ledger.*9\.3 mi away/s);
  await expect(rows.nth(1)).toContainText(/Atlantic Yard.*10 mi away/s);
  await expect(rows.nth(0).locator("time")).toHaveAttribute("datetime", /^\d{4}-\d\d-\d\d$/);

  // The farther one: what follows is about the one that was chosen.
  await rows.nth(1).getByRole("link", { name: "Atlantic Yard Exam Center" }).click();
  await expect(main).toContainText("Atlantic Yard Exam Center, Brooklyn");
  await holdTime(page);
  await expect(main).toContainText("81 Willoughby Street");
  await giveDetails(page);
  await toPayment(page);
  await typeCard(page);
  await expect(heading).toHaveText("Your exam is booked");
  await expect(main).toContainText("Atlantic Yard Exam Center, Brooklyn");

  const mail = await mailbox.latest(email, /booked/i);
  expect(mail.text).toContain("81 Willoughby Street");
  await page.goto(mailbox.link(mail, /\/exams\//));
  await expect(main).toContainText(/Arrive by .* E[SD]T \(UTC−[45]\)/);
  await expect(main).toContainText("4th Floor");
});

test("without scripts an exam is moved to another day and then cancelled, and the money goes back @only-no-js", async ({
  page,
  mailbox,
  expectProblem,
}) => {
  expectProblem(SCRIPTLESS);
  const email = await newcomer(page, mailbox);
  const main = page.getByRole("main");
  const heading = page.getByRole("heading", { level: 1 });
  await page.goto("/schedule/SAA-C03/times?language=en&online=1");
  await holdTime(page);
  await giveDetails(page);
  await toPayment(page);
  await typeCard(page);
  await expect(heading).toHaveText("Your exam is booked");
  const booked = await mailbox.latest(email, /booked/i);
  await page.goto(mailbox.link(booked, /\/exams\//));
  const starts = main.locator("time").first();
  const first = await starts.getAttribute("datetime");

  await main.getByRole("link", { name: "Change date or place" }).click();
  await page.getByLabel("At a test centre").check();
  await main.getByRole("button", { name: "Continue" }).click();
  await page.getByLabel("City or postal code").fill("Seattle");
  await main.getByRole("button", { name: "Search", exact: true }).click();
  await main.getByRole("link", { name: "Rainlight Testing Studio" }).click();
  await holdTime(page, 8);
  await expect(heading).toHaveText("Confirm the change");
  await page.getByRole("button", { name: "Change the appointment" }).click();
  await expect(page.getByText("Your appointment was changed.")).toBeVisible();
  await expect(main).toContainText("Rainlight Testing Studio");
  await expect(main).toContainText("Changed 1 of 2 times");
  expect(await starts.getAttribute("datetime")).not.toBe(first);

  await main.getByRole("link", { name: "Cancel this exam" }).click();
  await expect(main).toContainText("$150.00, the full price, goes back");
  await page.getByRole("button", { name: "Cancel the exam" }).click();
  await expect(page.getByText("Your exam was cancelled.")).toBeVisible();
  expect((await mailbox.latest(email, /^Your exam is cancelled/)).text).toContain("$150.00 goes back");
  await mailbox.latest(email, /\$150\.00/);
  await page.goto("/orders");
  await expect(main).toContainText("Refunded");
});

test.describe("a server that is killed", () => {
  test.use({ ownPortal: true });

  test("the card was charged and the server killed before it could write: started again, the exam is booked once", async ({
    page,
    portal,
    mailbox,
    clock,
  }) => {
    test.skip(!!process.env.E2E_URL, "only a portal of the test's own can be killed");
    const email = await newcomer(page, mailbox);
    await page.goto("/schedule/SAA-C03/times?language=en&online=1");
    await holdTime(page);
    await giveDetails(page);
    await toPayment(page);

    // Without a worker: the payment provider's news would come before the kill as often as not.
    await portal.kill();
    await portal.startAgain("--no-worker");
    // What the button sends, but nobody follows the answer back into the portal.
    const fields = { ...(await page.locator("form").last().evaluate((form: HTMLFormElement) => Object.fromEntries(new FormData(form)))) };
    const charged = await page.request.post(page.url(), {
      form: { ...(fields as Record<string, string>), card: "4242 4242 4242 4242", expiry: "12 / 30", cvc: "123" },
      headers: { origin: portal.url, "sec-fetch-site": "same-origin" },
      maxRedirects: 0,
    });
    const killedAt = Date.now();
    const killed = portal.kill();
    expect(charged.status()).toBe(303);
    const back = charged.headers().location ?? "";
    expect(back).toMatch(/\/checkout\/return\//);
    await killed;

    await portal.startAgain();
    await page.goto(back);
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Your exam is booked");
    // The news comes again by every other way there is: webhook and questions to the payment provider.
    await clock.advance("2h");
    await page.goto(back);
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Your exam is booked");
    await page.goto("/exams");
    await expect(page.getByRole("main").getByRole("article")).toHaveCount(1);
    await page.goto("/orders");
    await expect(page.getByRole("main").locator('a[href^="/orders/"]')).toHaveCount(1);
    await expect(page.getByRole("main")).toContainText("Paid");
    const mails = await mailbox.all(email);
    const booked = mails.filter(({ subject }) => /booked/i.test(subject));
    expect(booked).toHaveLength(1);
    expect(new Date(booked[0]?.created_at ?? 0).getTime(), "booked by the server that was started again").toBeGreaterThan(killedAt);
    expect(mails.filter(({ subject }) => /CP-\d{4}-\d+/.test(subject))).toHaveLength(1);
  });
});

// One exam in two tabs: what one of them is paying for is neither held again, put into a second order nor given back in the other.
import { expect, test } from "../fixtures";
import { giveDetails, holdTime, toPayment, typeCard } from "../support/booking";
import { newcomer } from "../support/newcomer";

test.setTimeout(120_000);

test("an exam that one tab is paying for is not booked in another one @phone", async ({ page, mailbox, context, expectProblem }) => {
  expectProblem(/409 \(Conflict\)/);
  await newcomer(page, mailbox);
  const times = "/schedule/CLF-C02/times?language=en";
  await page.goto(times);
  await holdTime(page);
  await giveDetails(page);
  await toPayment(page);
  const gateway = page.url();

  // Another time for the same exam.
  const other = await context.newPage();
  const main = other.getByRole("main");
  await other.goto(times);
  await holdTime(other, 5);
  await expect(main).toContainText("An order with this exam waits for its payment");
  // The seat itself leads to its payment.
  await other.goto("/exams");
  await main.getByRole("link", { name: "Go on with this booking" }).click();
  await expect(other).toHaveURL(/\/checkout\/return\/CP-/);
  await main.getByRole("button", { name: "Change the order" }).click();
  await expect(other.getByRole("heading", { level: 1 })).toHaveText("Your cart");

  // The first tab's payment page is closed then, and the cart is paid once.
  await page.goto(gateway);
  await expect(page.getByRole("main")).toContainText("This payment page is closed");
  await toPayment(other);
  await typeCard(other);
  await expect(other.getByRole("heading", { level: 1 })).toHaveText("Your exam is booked");
  await page.goto("/exams");
  await expect(page.getByRole("link", { name: /^Manage CLF-C02/ })).toHaveCount(1);
});

// The main job without a mouse: Tab, Shift+Tab, Enter, Space, arrows and what is typed. `Keyboard` looks at the focus at every stop.
import { writeFileSync } from "node:fs";
import { type Portal, expect, test } from "../fixtures";
import { Keyboard } from "../support/keyboard";

test.use({ ownPortal: true });
test.setTimeout(360_000);

async function signIn(keyboard: Keyboard, portal: Portal, role: string) {
  const { page } = keyboard;
  const account = portal.account(role);
  await page.goto("/login");
  await keyboard.skip();
  await keyboard.type(page.getByLabel("E-mail address"), account.email);
  await keyboard.type(page.getByLabel("Password", { exact: true }), account.password);
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/login\/code/);
  await keyboard.skip();
  await keyboard.type(page.getByLabel(/code/i), portal.code(account));
  await page.keyboard.press("Enter");
  await expect(page).not.toHaveURL(/\/login/);
}

/** A day of next month, and the last of its times. */
async function takeTime(keyboard: Keyboard, day: number) {
  const { page } = keyboard;
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Choose a date and time");
  await keyboard.skip();
  const month = await page.locator(".cal__title").innerText();
  await keyboard.press(page.locator(".cal__head a").last());
  await expect(page.locator(".cal__title")).not.toHaveText(month);
  await keyboard.skip();
  await keyboard.press(page.locator("a.cal__day--free").nth(day));
  await expect(page.locator("a.cal__day[aria-current]")).toHaveCount(1);
  await keyboard.skip();
  await keyboard.choose(page.locator(".slot__input").last());
  // A step too far, and back.
  await keyboard.to(page.getByRole("button", { name: "Hold this time" }));
  await keyboard.to(page.locator(".slot__input").last(), { backwards: true });
  await keyboard.press(page.getByRole("button", { name: "Hold this time" }));
}

test("an exam is booked, paid, moved and cancelled, and results are imported and released by the keyboard alone", async ({
  page,
  browser,
  portal,
  clock,
}, testInfo) => {
  const keyboard = new Keyboard(page);
  const heading = page.getByRole("heading", { level: 1 });
  const main = page.getByRole("main");
  await signIn(keyboard, portal, "candidate");

  await keyboard.press(page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Certifications" }));
  await keyboard.skip();
  await keyboard.press(main.getByRole("link", { name: /AI Practitioner/ }).first());
  await expect(heading).toHaveText(/AI Practitioner/);
  await keyboard.skip();
  await keyboard.press(main.getByRole("link", { name: "Book this exam" }).first());
  await expect(heading).toHaveText("Book this exam");
  await keyboard.skip();
  await keyboard.to(page.getByLabel("Language of the exam"));
  await page.keyboard.type("English");
  await keyboard.choose(page.getByLabel("Online, with a proctor"));
  await keyboard.press(main.getByRole("button", { name: "Continue" }));
  await takeTime(keyboard, 3);

  await expect(heading).toHaveText("Check your details");
  await keyboard.skip();
  await keyboard.type(page.getByLabel("Given names"), "Maya");
  await keyboard.type(page.getByLabel("Family name"), "Lindqvist");
  await keyboard.press(page.getByLabel("I have read the rules of this appointment"), "Space");
  await keyboard.press(page.getByRole("button", { name: "Continue to the cart" }), "Space");
  await expect(heading).toHaveText("Your cart");
  await keyboard.skip();
  await keyboard.press(page.getByRole("link", { name: "Check and pay" }));
  await expect(heading).toHaveText("Check your order");
  await keyboard.skip();
  await keyboard.press(page.getByRole("button", { name: /^Pay \$/ }));

  // Another company's page, in effect: it has no header to skip.
  await expect(page).toHaveURL(/\/sandbox-pay\//);
  await keyboard.type(page.getByLabel("Card number"), "4242 4242 4242 4242");
  await keyboard.type(page.getByLabel(/Expiry/), "12 / 30");
  await keyboard.type(page.getByLabel(/Security code/), "123");
  await keyboard.press(page.getByRole("button", { name: /^Pay/ }));
  await expect(heading).toHaveText("Your exam is booked");

  await keyboard.press(page.getByRole("navigation", { name: "My certification" }).getByRole("link", { name: "Exams" }));
  const booking = main.getByRole("article").filter({ hasText: "AI Practitioner" });
  await keyboard.skip();
  await keyboard.press(booking.getByRole("link").last());
  await expect(heading).toHaveText(/AI Practitioner/);
  await keyboard.skip();
  await keyboard.press(main.getByRole("link", { name: "Change date or place" }));
  await expect(heading).toHaveText("Change date or place");
  await keyboard.skip();
  await keyboard.choose(page.getByLabel("Online, with a proctor"));
  await keyboard.press(main.getByRole("button", { name: "Continue" }));
  await takeTime(keyboard, 5);
  await expect(heading).toHaveText("Confirm the change");
  await keyboard.skip();
  await keyboard.press(page.getByRole("button", { name: "Change the appointment" }));
  await expect(page.getByText("Your appointment was changed.")).toBeVisible();

  await keyboard.skip();
  await keyboard.press(main.getByRole("link", { name: "Cancel this exam" }));
  await expect(heading).toHaveText("Cancel this exam?");
  await keyboard.skip();
  await keyboard.press(page.getByRole("button", { name: "Cancel the exam" }));
  await expect(page.getByText("Your exam was cancelled.")).toBeVisible();

  // The other exam of theirs is sat; the exam manager gets its result as a file.
  await page.goto("/exams");
  const other = await main.getByRole("article").filter({ hasText: "Data Engineer" }).getByRole("link").last().getAttribute("href");
  await clock.advance("14d");
  const values: Record<string, string> = {
    appointment_reference: other?.split("/").pop() ?? "", candidate_id: portal.account("candidate").candidate_id ?? "", exam_code: "DEA-C01",
    taken_at: new Date((await clock.now()).getTime() - 3_600_000).toISOString(), raw_score: "41", scaled_score: "812",
    domain_1: "88", domain_2: "74", domain_3: "79", domain_4: "55",
  };
  const file = testInfo.outputPath("results.csv");
  writeFileSync(file, `${Object.keys(values).join(",")}\n${Object.values(values).join(",")}\n`);

  const context = await browser.newContext({ baseURL: portal.url });
  const staff = new Keyboard(await context.newPage());
  await signIn(staff, portal, "exam_manager");
  await staff.press(staff.page.getByRole("navigation", { name: "Staff" }).getByRole("link", { name: /Results/ }).first());
  await staff.skip();
  await staff.press(staff.page.getByRole("main").getByRole("link", { name: /Import/ }).first());
  await expect(staff.page.getByLabel("CSV file")).toBeVisible();
  await staff.skip();
  const chooser = staff.page.waitForEvent("filechooser");
  await staff.press(staff.page.getByLabel("CSV file"), "Space");
  await (await chooser).setFiles(file);
  await staff.press(staff.page.getByRole("button", { name: "Upload and preview" }));
  await expect(staff.page.getByRole("button", { name: "Import 1 result" })).toBeVisible();
  await staff.skip();
  await staff.press(staff.page.getByRole("button", { name: "Import 1 result" }));
  await expect(staff.page.getByRole("button", { name: "Release 1 result" })).toBeVisible();
  await staff.skip();
  await staff.press(staff.page.getByRole("button", { name: "Release 1 result" }));
  await expect(staff.page.getByText("The results are released.")).toBeVisible();
  await context.close();
});

// The main job, as a candidate, an exam manager and a stranger do it: from registration to a certificate that anybody verifies.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import type { Page } from "@playwright/test";
import { expect, test } from "../fixtures";

test.use({ ownPortal: true });
test.setTimeout(240_000);

async function register(page: Page, email: string) {
  await page.goto("/");
  await page.getByRole("link", { name: "Create an account" }).first().click();
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
  await page.getByLabel("Password", { exact: true }).fill("Lantern-Quay-58");
  await page.getByRole("checkbox", { name: /I have read and accept/ }).check();
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(/mail/i);
}

async function bookOnline(page: Page) {
  await page.goto("/certifications/solutions-architect-associate");
  await page.getByRole("link", { name: "Book this exam" }).first().click();
  await page.getByLabel("Language of the exam").selectOption("en");
  await page.getByLabel("Online, with a proctor").check();
  await page.getByRole("main").getByRole("button", { name: "Continue" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Choose a date and time");
  await page.locator("a.cal__day--free").nth(3).click();
  await page.locator(".slot").first().click();
  await page.getByRole("button", { name: "Hold this time" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Check your details");
}

async function giveDetails(page: Page) {
  await page.getByLabel("Given names").fill("Amara Ngozi");
  await page.getByLabel("Family names").fill("Okafor");
  await page.getByLabel("Day", { exact: true }).fill("27");
  await page.getByLabel("Month", { exact: true }).fill("3");
  await page.getByLabel("Year", { exact: true }).fill("1994");
  await page.getByLabel("I have read the rules of this appointment").check();
  await page.getByRole("button", { name: "Continue to the cart" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Your cart");
}

async function pay(page: Page, card: string) {
  await page.getByRole("link", { name: "Check and pay" }).click();
  await page.getByRole("button", { name: /^Pay \$150/ }).click();
  await expect(page).toHaveURL(/\/sandbox-pay\//);
  await page.getByLabel("Card number").fill(card);
  await page.getByLabel(/Expiry/).fill("12 / 30");
  await page.getByLabel(/Security code/).fill("123");
  await page.getByRole("button", { name: /^Pay/ }).click();
}

test("a candidate registers, books, pays, passes and is certified, and a stranger verifies it @no-js @phone", async ({
  page,
  browser,
  portal,
  mailbox,
  clock,
  login,
  expectProblem,
}, testInfo) => {
  // Without scripts, "Show its regions" answers with the form again, as a refused form does.
  expectProblem(/422 \(Unprocessable Entity\) .*\/register/);
  const email = `amara-${Date.now()}@example.com`;
  await register(page, email);

  const verification = await mailbox.latest(email, /Verify your e-mail address/);
  await page.goto(mailbox.link(verification, /verify-email/));
  // The link alone proves a mailbox; the password, that the account is theirs.
  await page.getByLabel("E-mail address").fill(email);
  await page.getByLabel("Password", { exact: true }).fill("Lantern-Quay-58");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("button", { name: "Verify my address" }).click();
  await expect(page).toHaveURL(/\/dashboard/);
  await expect(page.getByRole("link", { name: "Choose a certification" })).toBeVisible();

  await bookOnline(page);
  await giveDetails(page);
  await pay(page, "4242 4242 4242 4242");
  await expect(page).toHaveURL(/\/checkout\/confirmation\//);
  const reference = (await page.getByRole("main").innerText()).match(/\b[A-Z]{2,}-[0-9A-Z-]{4,}\b/)?.[0];
  await mailbox.latest(email, /booked/i);

  // The calendar file is one that another program reads.
  await page.goto("/exams");
  await page.getByRole("main").getByRole("link", { name: /Solutions Architect|Manage/ }).first().click();
  const exam = new URL(page.url()).pathname;
  const calendar = await page.request.get(`${portal.url}${exam}/calendar.ics`);
  expect(calendar.headers()["content-type"]).toContain("text/calendar");
  expect(await calendar.text()).toContain("BEGIN:VEVENT");

  const candidateId = /CP[0-9A-Z]{8}/.exec(await page.content())?.[0] ?? "";

  // The exam is sat; the delivery partner's file comes; the exam manager imports and releases it.
  await clock.advance("20d");
  const staffContext = await browser.newContext({ javaScriptEnabled: testInfo.project.use.javaScriptEnabled ?? true });
  const staff = await staffContext.newPage();
  await login(staff, "exam_manager");
  await staff.goto("/staff/results/import");
  const appointment = exam.split("/").pop() ?? "";
  const takenAt = new Date((await clock.now()).getTime() - 3_600_000).toISOString();
  const values: Record<string, string> = {
    appointment_reference: appointment, candidate_id: candidateId, exam_code: "SAA-C03", taken_at: takenAt,
    raw_score: "41", scaled_score: "812", domain_1: "88", domain_2: "74", domain_3: "79", domain_4: "55",
  };
  const header = ["appointment_reference", "candidate_id", "exam_code", "taken_at", "raw_score", "scaled_score", "domain_1", "domain_2", "domain_3", "domain_4"];
  const file = testInfo.outputPath("results.csv");
  writeFileSync(file, `${header.join(",")}\n${header.map((name) => values[name]).join(",")}\n`);
  await staff.getByLabel("CSV file").setInputFiles(file);
  await staff.getByRole("button", { name: "Upload and preview" }).click();
  await staff.getByRole("button", { name: "Import 1 result" }).click();
  await staff.getByRole("button", { name: "Release 1 result" }).click();
  await expect(staff.getByText("The results are released.")).toBeVisible();
  await staffContext.close();

  // The candidate reads the mail and the report, and holds the certificate. (The session has ended in these twenty days.)
  const told = await mailbox.latest(email, /Your result/);
  await page.goto(mailbox.link(told, /results/));
  await page.getByLabel("E-mail address").fill(email);
  await page.getByLabel("Password", { exact: true }).fill("Lantern-Quay-58");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page.getByText("Congratulations, you passed")).toBeVisible();
  await page.getByRole("link", { name: "See my credential" }).click();
  const pdf = await page.request.get(portal.url + ((await page.getByRole("link", { name: "Certificate (PDF)" }).getAttribute("href")) ?? ""));
  const certificate = testInfo.outputPath("certificate.pdf");
  writeFileSync(certificate, await pdf.body());
  execFileSync("qpdf", ["--check", certificate]);
  expect(execFileSync("pdftotext", [certificate, "-"]).toString()).toContain("Amara Ngozi Okafor");
  execFileSync("pdftoppm", ["-r", "150", "-png", "-singlefile", certificate, testInfo.outputPath("certificate")]);
  const address = execFileSync("zbarimg", ["--quiet", "--raw", testInfo.outputPath("certificate.png")]).toString().trim();

  // A stranger scans the code.
  const strangerContext = await browser.newContext({ javaScriptEnabled: testInfo.project.use.javaScriptEnabled ?? true });
  const stranger = await strangerContext.newPage();
  const { pathname } = new URL(address);
  await stranger.goto(portal.url + pathname);
  await expect(stranger.getByRole("heading", { level: 1 })).toHaveText("Active");
  await expect(stranger.getByText("Amara Ngozi Okafor").first()).toBeVisible();
  await strangerContext.close();
  expect(reference).toBeTruthy();
});

// The main job, as a candidate, an exam manager and a stranger do it: from registration to a certificate that anybody verifies.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import type { Page } from "@playwright/test";
import { expect, test } from "../fixtures";
import { PASSWORD, giveDetails, holdTime, openVerification, register, toPayment, typeCard } from "../support/booking";

test.use({ ownPortal: true });
test.setTimeout(240_000);

async function bookOnline(page: Page) {
  await page.goto("/certifications/solutions-architect-associate");
  await page.getByRole("link", { name: "Book this exam" }).first().click();
  await page.getByLabel("Language of the exam").selectOption("en");
  await page.getByLabel("Online, with a proctor").check();
  await page.getByRole("main").getByRole("button", { name: "Continue" }).click();
  await holdTime(page);
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
  await page.goto("/");
  await expect(page.getByRole("link", { name: "Create an account" }).first()).toHaveAttribute("href", "/register");
  await register(page, email);

  const verification = await mailbox.latest(email, /Verify your e-mail address/);
  await openVerification(page, mailbox.link(verification, /verify-email/), email);
  await page.getByRole("button", { name: "Verify my address" }).click();
  await expect(page).toHaveURL(/\/dashboard/);
  await expect(page.getByRole("link", { name: "Choose a certification" })).toBeVisible();

  await bookOnline(page);
  await giveDetails(page);
  await toPayment(page);
  await typeCard(page);
  await expect(page).toHaveURL(/\/checkout\/confirmation\//);
  const reference = (await page.getByRole("main").innerText()).match(/\b[A-Z]{2,}-[0-9A-Z-]{4,}\b/)?.[0];
  await mailbox.latest(email, /booked/i);

  // The calendar file is one that another program reads.
  await page.goto("/exams");
  await page.getByRole("main").getByRole("link", { name: /Solutions Architect|Manage/ }).first().click();
  const exam = new URL(page.url()).pathname;
  const calendar = await page.request.get(`${portal.url}${exam}/calendar.ics`);
  expect(calendar.headers()["content-type"]).toContain("text/calendar");
  const event = await calendar.text();
  expect(event).toContain("BEGIN:VEVENT");
  const [, year, month, day, hour, minute] = /DTSTART:(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)\d\dZ/.exec(event) ?? [];
  const startsAt = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute));

  const candidateId = /CP[0-9A-Z]{8}/.exec(await page.content())?.[0] ?? "";

  // The exam is sat; the delivery partner's file comes; the exam manager imports and releases it.
  await clock.advance(`${Math.ceil((startsAt - (await clock.now()).getTime()) / 3_600_000) + 4}h`);
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

  // The candidate reads the mail and the report, and holds the certificate. (The session has ended in these days.)
  const told = await mailbox.latest(email, /Your result/);
  await page.goto(mailbox.link(told, /results/));
  await page.getByLabel("E-mail address").fill(email);
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
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

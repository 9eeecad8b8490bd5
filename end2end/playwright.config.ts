import { defineConfig, type PlaywrightTestConfig } from "@playwright/test";

/** What every run has in common, journeys and screenshots. */
export const common: PlaywrightTestConfig = {
  globalSetup: "./support/template.ts",
  outputDir: "test-results",
  timeout: 60_000,
  expect: { timeout: 10_000 },
  forbidOnly: !!process.env.CI,
  // A journey that passes at the second try has found something: it fails.
  retries: 0,
  // One portal and one browser for each: more than there are cores only makes all of them late.
  workers: Number(process.env.E2E_WORKERS ?? 2),
  fullyParallel: true,
  use: {
    browserName: "chromium",
    headless: !process.env.HEADED,
    viewport: { width: 1280, height: 800 },
    locale: "en-US",
    timezoneId: "America/New_York",
    // Without a film: drawing it takes as much time as the journeys.
    trace: { mode: "retain-on-failure", screenshots: false },
    screenshot: "only-on-failure",
    launchOptions: {
      // The system's own browser; Playwright downloads none.
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
};

/** Tags in a title choose where a journey runs as well: `@no-js` without JavaScript, `@phone` on a small screen. */
export default defineConfig({
  ...common,
  testDir: "journeys",
  reporter: [["list"], ["json", { outputFile: process.env.PLAYWRIGHT_JSON_OUTPUT_FILE ?? "test-results/report.json" }]],
  projects: [
    { name: "desktop", grepInvert: /@only-no-js/ },
    { name: "no-javascript", grep: /@no-js|@only-no-js/, use: { javaScriptEnabled: false } },
    { name: "phone", grep: /@phone/, use: { viewport: { width: 360, height: 740 }, hasTouch: true } },
  ],
});

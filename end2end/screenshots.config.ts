import { defineConfig } from "@playwright/test";
import { common } from "./playwright.config";

// One after the other on a portal that runs already: the codes of its accounts are counted in one place (support/portal.ts).
const workers = process.env.E2E_URL ? 1 : common.workers;

export default defineConfig({ ...common, workers, testDir: ".", testMatch: "screenshots.ts", reporter: [["line"]] });

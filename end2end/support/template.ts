import { rmSync } from "node:fs";
import { Portal } from "./portal";

/**
 * Seeds the demo data once; every portal of this run starts from a copy of it, which takes a fraction of the time.
 * Returns what Playwright calls when all tests are over.
 */
export default async function globalSetup(): Promise<() => void> {
  if (process.env.E2E_URL) return () => undefined;
  const portal = await Portal.start();
  await portal.stop();
  process.env.E2E_TEMPLATE = portal.data;
  return () => rmSync(portal.data, { recursive: true, force: true });
}

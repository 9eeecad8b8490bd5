// A badge on its way: its owner downloads it, a stranger has it checked, and so does a program that is not ours.
import { createPublicKey, verify } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import type { Page } from "@playwright/test";
import { expect, test } from "../fixtures";

// Signing in with a code that works once in its half minute: not on a portal that others sign in to.
test.use({ ownPortal: true });
test.setTimeout(180_000);

const NAME = "Maya Lindqvist";

/** Brings a file as a stranger does. */
async function check(page: Page, file: string) {
  await page.goto("/verify");
  await page.getByLabel("Badge file").setInputFiles(file);
  await page.getByRole("button", { name: "Check the badge" }).click();
  return page.getByRole("heading", { level: 1 });
}

/** The text of the `openbadgecredential` chunk, as any reader of the PNG format finds it. */
function credentialOf(png: Buffer): { token: string; at: number } {
  for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at)) {
    const content = png.subarray(at + 8, at + 8 + png.readUInt32BE(at));
    if (png.toString("latin1", at + 4, at + 8) !== "iTXt" || !content.toString("latin1").startsWith("openbadgecredential\0")) continue;
    const head = "openbadgecredential".length + 5;
    return { token: content.toString("utf8", head), at: at + 8 + head };
  }
  throw new Error("the picture carries no credential");
}

test("an owner downloads the badge, a stranger checks it, and a changed byte shows @no-js @phone", async ({
  page,
  browser,
  portal,
  login,
  axe,
}, testInfo) => {
  await login(page, "candidate");
  const id = portal.demo.credentials?.find(({ holder, state }) => holder === NAME && state === "active")?.id ?? "";
  await page.goto(`/credentials/${id}`);
  const download = async (link: string) => {
    const href = (await page.getByRole("link", { name: link, exact: true }).getAttribute("href")) ?? "";
    return (await page.request.get(portal.url + href)).body();
  };
  const png = await download("Badge (PNG)");
  const files = {
    png: testInfo.outputPath("badge.png"),
    svg: testInfo.outputPath("badge.svg"),
    jwt: testInfo.outputPath("badge.jwt"),
    json: testInfo.outputPath("badge.json"),
    changed: testInfo.outputPath("changed.png"),
    changedToken: testInfo.outputPath("changed.jwt"),
    screenshot: testInfo.outputPath("screenshot.png"),
  };
  writeFileSync(files.png, png);
  writeFileSync(files.svg, await download("Badge (SVG)"));
  writeFileSync(files.jwt, await download("Signed credential (JWT)"));
  writeFileSync(files.json, await download("Signed credential (JSON)"));

  // Another implementation, with nothing but the published key.
  const { token, at } = credentialOf(png);
  expect(readFileSync(files.jwt, "utf8")).toBe(token);
  const [header = "", payload = "", signature = ""] = token.split(".");
  const { alg, kid } = JSON.parse(Buffer.from(header, "base64url").toString());
  const did = await (await page.request.get(`${portal.url}/.well-known/did.json`)).json();
  const method = did.verificationMethod.find((known: { id: string }) => known.id === kid);
  const key = createPublicKey({ key: method.publicKeyJwk, format: "jwk" });
  expect(alg).toBe("EdDSA");
  expect(verify(null, Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, "base64url"))).toBe(true);
  expect(verify(null, Buffer.from(`${header}.${payload}A`), key, Buffer.from(signature, "base64url"))).toBe(false);

  const context = await browser.newContext({
    javaScriptEnabled: testInfo.project.use.javaScriptEnabled ?? true,
    viewport: testInfo.project.use.viewport ?? null,
  });
  const stranger = await context.newPage();
  for (const kind of ["png", "svg", "jwt", "json"] as const) {
    await expect(await check(stranger, files[kind]), kind).toHaveText("Genuine and active");
    await expect(stranger.getByText(NAME).first()).toBeVisible();
    await expect(stranger.locator(".checks__item--ok")).toHaveCount(8);
  }
  if (testInfo.project.use.javaScriptEnabled !== false) await axe(stranger);

  // A byte of the picture's credential, a letter of the token, and what is left after a screenshot.
  const changed = Buffer.from(png);
  changed.writeUInt8(changed.readUInt8(at + 100) ^ 1, at + 100);
  writeFileSync(files.changed, changed);
  await expect(await check(stranger, files.changed)).toHaveText("Could not be checked");
  await expect(stranger.locator(".checks__item--ok")).toHaveCount(0);
  writeFileSync(files.changedToken, `${header}.${payload.replace(/.$/, (last) => (last === "A" ? "Q" : "A"))}.${signature}`);
  await expect(await check(stranger, files.changedToken)).toHaveText("Not genuine");
  await expect(stranger.locator(".checks__item--fail")).toContainText("Signature");
  await stranger.screenshot({ path: files.screenshot });
  await expect(await check(stranger, files.screenshot)).toHaveText("Could not be checked");
  await expect(stranger.getByText("Screenshots, and pictures that were saved again, lose it")).toBeVisible();
  if (testInfo.project.use.javaScriptEnabled !== false) await axe(stranger);
  await context.close();
});

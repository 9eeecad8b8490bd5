// What a first visit downloads, compressed: the document and everything it names. node transfer.mjs PORTAL DEMO_JSON
import { get } from "node:http";
import { signIn } from "./session.mjs";

const [portal, file] = process.argv.slice(2);
const { client, account } = await signIn(portal, file, (account) => account.role === "candidate");
console.log(`dashboard of ${account.email}`);

/** Bytes of the body as they travel. */
function size(path, cookie) {
  return new Promise((resolve, reject) => {
    const headers = { "accept-encoding": "br", accept: "*/*", ...(cookie && { cookie }) };
    get(portal + path, { headers }, (answer) => {
      const chunks = [];
      answer.on("data", (chunk) => chunks.push(chunk)).on("end", () => resolve({ bytes: Buffer.concat(chunks).length, status: answer.statusCode }));
    }).on("error", reject);
  });
}

for (const [name, page] of [["home", "/"], ["dashboard", "/dashboard"]]) {
  const html = await (await client.fetch(page)).text();
  const cookie = client.cookieHeader();
  const named = [...html.matchAll(/(?:href|src)="(\/(?:pkg|fonts)\/[^"]+|\/(?:programme\.css|favicon\.svg|logo\.svg|icons\.svg))/g)].map((match) => match[1]);
  // Pages reach for the drawings of the style sheet and the icons by themselves.
  const files = new Set([...named, "/icons.svg", ...(page === "/" ? ["/guilloche.svg"] : [])]);
  let total = (await size(page, cookie)).bytes;
  let fonts = 0;
  console.log(`${name}: document ${total} B`);
  for (const path of files) {
    const { bytes, status } = await size(path.split("#")[0]);
    if (status !== 200) continue;
    console.log(`  ${path} ${bytes} B`);
    if (path.startsWith("/fonts/")) fonts += bytes;
    else total += bytes;
  }
  console.log(`${name}: ${(total / 1024).toFixed(1)} KiB, and fonts ${(fonts / 1024).toFixed(1)} KiB`);
}

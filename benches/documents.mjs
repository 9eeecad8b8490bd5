// Milliseconds for a certificate and for badges, over HTTP, one after the other. node documents.mjs PORTAL DEMO_JSON
import { demo, signIn } from "./session.mjs";

const [portal, file] = process.argv.slice(2);
const credential = demo(file).credentials[0];
const { client } = await signIn(portal, file, (account) => account.name === credential.holder);
const page = await (await client.fetch(`/credentials/${credential.id}`)).text();
const paths = [...new Set([...page.matchAll(/(?:href|src)="(\/(?:credentials|badges)\/[^"]+\.(?:pdf|svg|png))"/g)].map((match) => match[1]))];
for (const path of paths) {
  const times = [];
  let bytes = 0;
  for (let round = 0; round < 30; round += 1) {
    const begun = performance.now();
    const answer = await client.fetch(path);
    bytes = (await answer.arrayBuffer()).byteLength;
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}`);
    times.push(performance.now() - begun);
  }
  times.sort((a, b) => a - b);
  console.log(`${path}: median ${times[15].toFixed(1)} ms, slowest ${times[29].toFixed(1)} ms, ${(bytes / 1024).toFixed(0)} KiB`);
}

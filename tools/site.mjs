// Builds the directory of static files the server serves (LEPTOS_SITE_ROOT) from what the compilers made.
//
//     node site.mjs <checkout> <directory of wasm-bindgen's output> <site directory> <hash file> [--fast]
//
// 1. bundles and minifies style/main.css (Lightning CSS),
// 2. puts a digest of its content into the name of everything in pkg/, so that a browser may keep it for ever, and writes the digests
//    into the hash file as Leptos reads it (it lies beside the server's binary),
// 3. copies public/ to the root,
// 4. writes a .br and a .gz beside every file that gets smaller by it: the server never compresses a static file itself. --fast skips this.
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, extname, join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import { bundle } from "lightningcss";

const [checkout, bindgen, site, hashFile, fast] = process.argv.slice(2);
const pkg = join(site, "pkg");
rmSync(site, { recursive: true, force: true });
mkdirSync(pkg, { recursive: true });

if (existsSync(join(checkout, "public"))) cpSync(join(checkout, "public"), site, { recursive: true });

// The browsers the style sheet is written for: `browserquery` in Cargo.toml says the same to cargo-leptos.
const version = (major, minor = 0) => (major << 16) | (minor << 8);
const targets = { chrome: version(131), firefox: version(132), safari: version(18, 1) };
const css = bundle({ filename: join(checkout, "style/main.css"), minify: true, targets });
for (const warning of css.warnings) console.error(`style: ${warning.message} (${warning.loc?.filename}:${warning.loc?.line})`);

const hashes = [];
function put(kind, content) {
  const hash = createHash("sha256").update(content).digest("hex").slice(0, 16);
  hashes.push(`${kind}: ${hash}\n`);
  writeFileSync(join(pkg, `certportal.${hash}.${kind}`), content);
}
put("css", css.code);
put("wasm", readFileSync(join(bindgen, "certportal_bg.wasm")));
put("js", readFileSync(join(bindgen, "certportal.js")));
// Modules that crates bring along are imported by a path that already has a digest in it.
if (existsSync(join(bindgen, "snippets"))) cpSync(join(bindgen, "snippets"), join(pkg, "snippets"), { recursive: true });
mkdirSync(dirname(hashFile), { recursive: true });
writeFileSync(hashFile, hashes.join(""));

const compressible = new Set([".css", ".html", ".ico", ".js", ".json", ".svg", ".txt", ".wasm", ".webmanifest", ".xml"]);
async function compress(file) {
  const content = readFileSync(file);
  const [br, gz] = await Promise.all([
    promisify(brotliCompress)(content, {
      params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 22, [constants.BROTLI_PARAM_SIZE_HINT]: content.length },
    }),
    promisify(gzip)(content, { level: 9 }),
  ]);
  if (br.length < content.length) writeFileSync(`${file}.br`, br);
  if (gz.length < content.length) writeFileSync(`${file}.gz`, gz);
}
if (fast !== "--fast") {
  const files = readdirSync(site, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  await Promise.all(files.map((entry) => join(entry.parentPath ?? entry.path, entry.name)).filter((file) => compressible.has(extname(file))).map(compress));
}

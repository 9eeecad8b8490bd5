// For `cargo leptos watch`, which doesn't follow an @import: bundles style/main.css into one file, again after every change with --watch.
//
//     node style.mjs <checkout> <file> [--watch]
import { mkdirSync, renameSync, watch, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { bundle } from "lightningcss";

const [checkout, file, watching] = process.argv.slice(2);

function write() {
  const { code } = bundle({ filename: join(checkout, "style/main.css") });
  mkdirSync(dirname(file), { recursive: true });
  // In one step: cargo-leptos must not read half of it.
  writeFileSync(`${file}.new`, code);
  renameSync(`${file}.new`, file);
}

write();
if (watching === "--watch") {
  let timer;
  watch(join(checkout, "style"), { recursive: true }, () => {
    clearTimeout(timer);
    // An editor writes a file in several steps.
    timer = setTimeout(() => {
      try {
        write();
      } catch (error) {
        console.error(`style: ${error.message}`);
      }
    }, 50);
  });
}

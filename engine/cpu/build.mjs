// Turns worker.ts and all it imports into worker-source.ts, which holds the text of a script for pages.
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const folder = dirname(fileURLToPath(import.meta.url));

/** The page's side of the host, without the text that is about to be made: a worker starts no worker. */
const forPages = {
  name: "for pages",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^#cpu-host$/ }, () => ({ path: join(folder, "host-browser.ts") }));
    onResolve({ filter: /\/worker-source\.js$/ }, ({ path }) => ({ path, namespace: "none" }));
    onLoad({ filter: /./, namespace: "none" }, () => ({ contents: `export const workerSource = "";` }));
  },
};

const { outputFiles } = await build({
  entryPoints: [join(folder, "worker.ts")],
  bundle: true,
  write: false,
  minify: true,
  format: "iife",
  platform: "browser",
  target: "es2022",
  define: { "import.meta.url": `""` },
  plugins: [forPages],
});
writeFileSync(
  join(folder, "worker-source.ts"),
  `// Written by engine/cpu/build.mjs from worker.ts.\nexport const workerSource: string = ${JSON.stringify(outputFiles[0].text)};\n`,
);

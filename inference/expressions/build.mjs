// Bundles the parser of mathjs, alone, into dist, with the licences of all that the bundle holds in a file beside it.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const folder = dirname(fileURLToPath(import.meta.url));
const root = join(folder, "..", "..");
const out = join(root, "dist", "inference", "expressions");

const { outputFiles, metafile } = await build({
  stdin: {
    contents: `import { create, parseDependencies } from "mathjs/number"; export const { parse } = create(parseDependencies);`,
    resolveDir: folder,
  },
  absWorkingDir: root,
  bundle: true,
  write: false,
  minify: true,
  metafile: true,
  legalComments: "none",
  format: "esm",
  platform: "neutral",
  target: "es2022",
  mainFields: ["module", "main"],
  banner: {
    js: "// The parser of mathjs, bundled and minified. The licences of what it holds are in mathjs-parser.licences.txt.",
  },
});

/** The packages of which something is in the bundle. */
const packages = new Set(
  Object.values(metafile.outputs)
    .flatMap(({ inputs }) => Object.entries(inputs))
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .flatMap(([file]) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []),
);

/** A licence that asks for its text to go along, or for a notice beside it. */
const texts = [...packages].sort().map((path) => {
  const { name, version, license } = JSON.parse(readFileSync(join(root, path, "package.json"), "utf8"));
  const files = readdirSync(join(root, path)).filter((file) => /^(?:licen[cs]e|notice)/i.test(file));
  if (!files.some((file) => /^licen[cs]e/i.test(file)))
    throw new Error(`${path}: expected a file with its licence, got none`);
  const contents = files.sort().map((file) => readFileSync(join(root, path, file), "utf8").trim());
  return [`${name} ${version} (${license})`, ...contents].join("\n\n");
});

mkdirSync(out, { recursive: true });
writeFileSync(join(out, "mathjs-parser.js"), outputFiles[0].text);
writeFileSync(
  join(out, "mathjs-parser.licences.txt"),
  `mathjs-parser.js is made of files of these packages.\n\n${texts.join(`\n\n${"-".repeat(78)}\n\n`)}\n`,
);

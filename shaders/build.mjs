// Turns the .wgsl files of this folder into sources.ts, which maps a file's name to its text.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = dirname(fileURLToPath(import.meta.url));
const names = readdirSync(folder, { recursive: true })
  .map((name) => name.replaceAll("\\", "/"))
  .filter((name) => name.endsWith(".wgsl"))
  .sort();
const entries = names.map(
  (name) => `  ${JSON.stringify(name)}: ${JSON.stringify(readFileSync(join(folder, name), "utf8"))},\n`,
);
writeFileSync(
  join(folder, "sources.ts"),
  `// Written by shaders/build.mjs from the .wgsl files.\nexport const sources = {\n${entries.join("")}} as const;\n`,
);

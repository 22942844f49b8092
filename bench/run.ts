/**
 * `npm run bench -- NAME ... [--rounds=N] [--software-gpu]`: runs benches by name, each in a process of its own. Without a name:
 * ours beside the rivals, for whom the options are.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { suiteNames } from "./comparison/cases.js";

const benches = [
  "flow",
  "gpu",
  "compile",
  "memory",
  "linear-peak",
  "nuisances",
  "scan",
  "channels",
  "parametric",
  "read",
  "expressions",
  "rivals",
];

const words = process.argv.slice(2);
const options = words.filter((word) => word.startsWith("--rounds=") || word === "--software-gpu");
const suites: readonly string[] = suiteNames;
const given = words.filter((word) => !options.includes(word));
const names = given.length === 0 ? ["rivals"] : given;
const unknown = names.filter((name) => !benches.includes(name) && !suites.includes(name));
if (unknown.length > 0) {
  console.error(`bench: expected names among ${[...benches, ...suites].join(", ")}, got ${unknown.join(", ")}.`);
  process.exitCode = 1;
} else {
  for (const name of names) {
    const isSuite = suites.includes(name);
    const file = fileURLToPath(new URL(`./${isSuite ? "rivals" : name}.js`, import.meta.url));
    const { status } = spawnSync(process.execPath, [file, ...(isSuite ? [name] : []), ...options], {
      stdio: "inherit",
    });
    if (status !== 0) process.exitCode = 1;
  }
}

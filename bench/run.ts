/** `npm run bench -- NAME ...`: runs benches by name, each in a process of its own. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const benches = ["flow", "gpu", "compile", "memory", "linear-peak", "nuisances", "scan"];

const names = process.argv.slice(2);
const unknown = names.filter((name) => !benches.includes(name));
if (names.length === 0 || unknown.length > 0) {
  console.error(`bench: expected names among ${benches.join(", ")}, got ${unknown.join(", ") || "none"}.`);
  process.exitCode = 1;
} else {
  for (const name of names) {
    const file = fileURLToPath(new URL(`./${name}.js`, import.meta.url));
    const { status } = spawnSync(process.execPath, [file], { stdio: "inherit" });
    if (status !== 0) process.exitCode = 1;
  }
}

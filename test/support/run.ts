/** Runs every `*.test.js` under dist/test in processes of its own and adds up what uvu reports. */
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gpuAdvice } from "../../cli/doctor/advice.js";
import { gpuFacts } from "../../cli/doctor/facts.js";
import { hasRelaxedSimd } from "../../engine/cpu/assembly/simd.js";
import { chromium } from "../browser/chromium.js";
import { testBackends } from "./backends.js";
import { missingWebgpu } from "./webgpu.js";

const testRoot = fileURLToPath(new URL("..", import.meta.url));
const filters = process.argv.slice(2);

const files = readdirSync(testRoot, { recursive: true })
  .map(String)
  .filter((file) => file.endsWith(".test.js") && (filters.length === 0 || filters.some((f) => file.includes(f))))
  .sort();

/** What files of tests share, see shared-folders.ts. */
const shared = mkdtempSync(join(tmpdir(), "unbinned-shared-"));

interface Outcome {
  readonly file: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly seconds: number;
  readonly output: string;
}

function runFile(file: string): Promise<Outcome> {
  const start = performance.now();
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ["--enable-source-maps", join(testRoot, file)], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, NO_COLOR: "1", FORCE_COLOR: "0", UNBINNED_TEST_FOLDERS: shared },
    });
    let output = "";
    child.stdout.on("data", (chunk) => (output += chunk));
    child.stderr.on("data", (chunk) => (output += chunk));
    child.on("close", (code) => {
      const count = (name: string) =>
        [...output.matchAll(new RegExp(`^ *${name}: +(\\d+)`, "gm"))].reduce((sum, match) => sum + Number(match[1]), 0);
      const total = count("Total");
      const passed = count("Passed");
      const skipped = count("Skipped");
      // A crash, or a file without tests, is a failure of its own. uvu exits with 1 where all tests of a file are skipped.
      const isSkipped = total === 0 && skipped > 0;
      const crashed = !isSkipped && ((code !== 0 && passed === total) || total === 0) ? 1 : 0;
      resolve({
        file,
        passed,
        failed: total - passed + crashed,
        skipped,
        seconds: (performance.now() - start) / 1000,
        output,
      });
    });
  });
}

function report(outcome: Outcome): void {
  const bad = outcome.failed > 0;
  console.log(
    `${bad ? "FAIL" : "ok  "} ${outcome.file.replace(/\.test\.js$/, "")}: ${outcome.passed} passed` +
      `${outcome.skipped > 0 ? `, ${outcome.skipped} skipped` : ""} (${outcome.seconds.toFixed(1)} s)`,
  );
  for (const line of outcome.output.split("\n")) {
    if (bad || /^(skip|note):/.test(line)) console.log(`     ${line}`);
  }
}

const relaxed = (await hasRelaxedSimd()) ? "fused multiply-add" : "no fused multiply-add";
const names = testBackends().map((backend) => backend.name);
console.log(`backends: ${names.join(", ")} (WebAssembly SIMD, ${relaxed}, ${availableParallelism()} cores)`);
if (missingWebgpu !== undefined) {
  console.log(`no webgpu here: ${missingWebgpu}`);
  for (const text of gpuAdvice(await gpuFacts())) console.log(`  ${text}`);
}
if (chromium === undefined) console.log("no browser here: on Debian `apt install chromium`");

/** What takes longest starts first, so that both lanes end together: a hint, the longest first; all others follow by name. */
const LONG = [
  "workflow/steps/step-results",
  "abuse/abuse",
  "workflow/steps/step-keys",
  "inference/measurements/distribution-of-interest/published-average",
  "examples/first-analysis/first-analysis",
  "flows/training/convergence-check",
  "inference/measurements/distribution-of-interest/response-start",
  "inference/model/densities/numbers",
  "cli/verbs/chosen-point",
  "inference/measurements/distribution-of-interest/y-weights",
  "inference/model/acceptance",
  "flows/transforms/scalar-transform",
  "inference/data-checks/grid",
  "inference/measurements/distribution-of-interest/transport-training",
  "examples/three-processes/three-processes",
  "browser/browser",
  "workflow/steps/fits/ensemble",
  "workflow/steps/composition/morphs",
  "engine/random-programs",
];

const outcomes: Outcome[] = [];
const first = LONG.map((name) => `${name}.test.js`).filter((file) => files.includes(file));
const waiting = [...first, ...files.filter((file) => !first.includes(file))];
/** Two files at a time: few tests keep two cores busy all the time. */
await Promise.all(
  Array.from({ length: 2 }, async () => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      const outcome = await runFile(file);
      outcomes.push(outcome);
      report(outcome);
    }
  }),
);

rmSync(shared, { recursive: true });

const sum = (key: "passed" | "failed" | "skipped") => outcomes.reduce((total, outcome) => total + outcome[key], 0);
const skipped = sum("skipped");
console.log(`${sum("passed")} passed, ${sum("failed")} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
process.exitCode = sum("failed") > 0 || files.length === 0 ? 1 : 0;

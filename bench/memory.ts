/**
 * `memory`: peak resident memory of `unbinned evaluate` on the published model, and of all that a fit asks of a likelihood of the
 * toy, at many events and at few.
 *
 * The published events repeat until there are enough. What the columns read and the output hold is taken off: of `evaluate` the rest
 * must not grow with the number of events, of the likelihood not beyond what it may keep and 64 bytes an event.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readNpz, writeNpz } from "../io/index.js";
import { hasReference, referenceFile } from "../test/support/reference.js";
import { machine, printMachine, writeResult } from "./support/machine.js";

const SIZES = [1e3, 1e6] as const;
const MB = 1e6;

/** Events of a likelihood that do not fit what it may keep. */
const MANY = 1e6;

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Writes the published events, repeated, and gives back the bytes of their columns. */
async function writeEvents(file: string, count: number): Promise<number> {
  const columns = await readNpz(referenceFile("doi-toy/events.npz"), ["x", "y"]);
  let bytes = 0;
  const repeated = [...columns].map(([name, { shape, data }]) => {
    const width = shape[1] as number;
    const values = Float32Array.from({ length: count * width }, (_, i) => Number(data[i % data.length]));
    bytes += values.byteLength;
    return [name, { shape: [count, width], data: values }] as const;
  });
  await writeNpz(file, new Map(repeated));
  return bytes;
}

/** Peak resident bytes of the command. */
function peakOf(folder: string, events: string, precision: string): number {
  const report = join(folder, "peak");
  const atExit = `import { writeFileSync } from "node:fs";
process.on("exit", () => writeFileSync(${JSON.stringify(report)}, String(process.resourceUsage().maxRSS)));`;
  const command = [
    `--import=data:text/javascript,${encodeURIComponent(atExit)}`,
    `${root}dist/cli/main.js`,
    ...["evaluate", `${root}examples/doi-toy/published.yaml`, "--nu", "0.5,-0.5", "--precision", precision],
    ...["--set", `data.file=${events}`, "--set", `model.file=${referenceFile("doi-toy/models/mixture_step1.pt")}`],
    ...["--out", join(folder, "log-prob.npz")],
  ];
  const { status, stderr } = spawnSync(process.execPath, command, { encoding: "utf8" });
  if (status !== 0) throw new Error(`evaluate failed: ${stderr}`);
  return Number(readFileSync(report, "utf8")) * 1024;
}

if (!hasReference) {
  throw new Error("memory: expected the published events and model in the reference data. Set UNBINNED_REFERENCE");
}
const where = machine();
printMachine(where);
const folder = mkdtempSync(join(tmpdir(), "unbinned-memory-"));
const results: object[] = [];
try {
  const held: number[] = [];
  for (const count of SIZES) {
    // The output is one f64 per event.
    held.push((await writeEvents(join(folder, `${count}.npz`), count)) + 8 * count);
  }
  for (const precision of ["f32", "f64"]) {
    const [few, many] = SIZES.map((count) => peakOf(folder, join(folder, `${count}.npz`), precision)) as [
      number,
      number,
    ];
    const [heldFew, heldMany] = held as [number, number];
    const growth = many - few - (heldMany - heldFew);
    console.log(
      `${precision}: ${(few / MB).toFixed(0)} MB at 10^3 events, ${(many / MB).toFixed(0)} MB at 10^6; ` +
        `growth without columns and output (${(heldMany / MB).toFixed(0)} MB): ${(growth / MB).toFixed(0)} MB`,
    );
    const megabytes = (bytes: number) => Math.round(bytes / MB);
    results.push({ precision, at1e3: megabytes(few), at1e6: megabytes(many), growth: megabytes(growth), unit: "MB" });
  }
} finally {
  rmSync(folder, { recursive: true });
}

/** Beyond what may be kept and the columns. */
const bytesOf = (count: number, precision: string, cache: number) =>
  Number(
    execFileSync(process.execPath, [`${root}dist/bench/memory/likelihood.js`, `${count}`, precision, `${cache}`], {
      encoding: "utf8",
    }),
  );

const likelihoods: object[] = [];
for (const precision of ["f32", "f64"]) {
  for (const cache of [0, 256]) {
    const [few, many] = [1e3, MANY].map((count) => bytesOf(count, precision, cache)) as [number, number];
    const columns = 4 * 4;
    const perEvent = (many - few - cache * 2 ** 20) / MANY - columns;
    console.log(
      `likelihood, ${precision}, ${cache} MiB kept: ${(many / MB).toFixed(0)} MB at ${MANY} events, ` +
        `${perEvent.toFixed(0)} bytes an event beside columns and what is kept`,
    );
    likelihoods.push({
      precision,
      cacheMiB: cache,
      events: MANY,
      peakMB: Math.round(many / MB),
      bytesPerEvent: perEvent,
    });
  }
}
writeResult("memory", where, { results, likelihoods });

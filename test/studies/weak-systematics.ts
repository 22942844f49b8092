/**
 * Effects below the fluctuation of the simulation, stored as variations of the same events (`examples/weak-systematics`): does the fit quote
 * the errors of the exact likelihood, and find its values? `npm run study:weak [SEEDS] [EVENTS] [SHIFT] [TILT] [independent]`, seeds as
 * 1,2,3. With `independent` every variation has events of its own: then no error may be more than 10% below that of the exact likelihood, and
 * values differ from the exact ones by what the quoted error of the simulation says, root mean square over seeds and nuisances.
 *
 * Two exact fits in f64, by closed forms: with the true densities, and with densities of the true families fitted to the same
 * simulated events. What these two differ by is the fluctuation of the nominal simulation, which no training can take away.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse, stringify } from "yaml";
import { readNpz } from "../../io/index.js";
import { unbinned } from "../cli/child-process.js";
import { exactFit, fittedFamily, TRUE_FAMILIES, type WeakEvents } from "./exact-weak-fit.js";

const example = fileURLToPath(new URL("../../../examples/weak-systematics/", import.meta.url));
const [seeds = "1,2,3,4,5,6", ...numbers] = process.argv.slice(2);
const [count = 100_000, shift = 0.02, tilt = 0.08] = numbers.slice(0, 3).map(Number);
const isIndependent = numbers[3] === "independent";
/** Of scale and tilt, in the data. */
const TRUTH = [0.6, -0.7];
/** Of the errors, relative, and of the estimates in errors. */
const [tolerance, largest] = count >= 100_000 ? [0.05, 0.25] : [0.15, 0.5];

/** Of (estimate - exact) over the quoted error of the simulation, root mean square. */
const SPREAD = [0.6, 1.5] as const;

/** Scans and impacts take longer than the fit, and are not looked at. */
const SMALL = ["scan={nuisances: [norm], pairs: [[scale, tilt]], points: 3, grid: 3}", "impacts.enabled=false"];

async function eventsOf(file: string): Promise<WeakEvents> {
  const columns = await readNpz(file);
  const values = (name: string) => Float64Array.from(columns.get(name)!.data as Float64Array);
  return {
    lnMet: values("ln_met"),
    cos: values("logit_cos").map((l) => Math.tanh(l / 2)),
    t: values("asinh_t").map(Math.sinh),
  };
}

function makeSamples(folder: string, seed: string): void {
  const made = [join(example, "make-samples.mjs"), folder, seed, `${count}`, `${shift}`, `${tilt}`];
  const { status, stderr } = spawnSync(process.execPath, made, { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
}

interface Samples {
  readonly processes: Readonly<Record<string, { readonly samples: { file?: string }[] }>>;
}

/** The example, in which each variation is that of the nominal events of another seed. */
function independent(folder: string, seed: string, text: string): string {
  const analysis = parse(text) as Samples;
  for (const [process, { samples }] of Object.entries(analysis.processes)) {
    for (const [i, sample] of samples.entries()) {
      if (sample.file !== undefined) continue;
      const own = `samples-${i}`;
      if (!existsSync(join(folder, own))) makeSamples(join(folder, own), `${1000 * i + Number(seed)}`);
      sample.file = `${own}/${process}.npz`;
    }
  }
  return stringify(analysis);
}

/** (estimate - exact) / error of the simulation, of every nuisance that has one. */
const spreads: number[] = [];

/** Sentences on what is wrong with one seed. */
async function judged(seed: string): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), "unbinned-weak-"));
  try {
    makeSamples(join(folder, "samples"), seed);
    const file = join(folder, "analysis.yaml");
    const text = readFileSync(join(example, "analysis.yaml"), "utf8");
    writeFileSync(file, isIndependent ? independent(folder, seed, text) : text);
    const { code, error } = await unbinned("run", file, ...SMALL.flatMap((entry) => ["--set", entry]));
    if (code !== 0) throw new Error(`seed ${seed} ended with ${code}: ${error}`);
    const results = JSON.parse(readFileSync(join(folder, "out", "results.json"), "utf8"));
    const { estimate, sigma, simulation: ofSimulation, total } = results.fits.xAlone;
    for (const { failed, text } of results.verdicts) if (failed) console.log(`seed ${seed} fails: ${text}`);
    const [data, ...simulated] = await Promise.all(
      ["data", "signal", "background"].map((name) => eventsOf(join(folder, "samples", `${name}.npz`))),
    );
    const exact = exactFit(TRUE_FAMILIES, data!, shift, tilt);
    const simulation = exactFit(simulated.map(fittedFamily), data!, shift, tilt);
    return ["scale", "tilt"].flatMap((name, k) => {
      const unit = exact.sigma[k]!;
      const ratio = sigma[k] / unit;
      const [off, offSimulation] = [exact, simulation].map((own) => (estimate[k] - own.estimate[k]!) / unit) as [
        number,
        number,
      ];
      console.log(
        `seed ${seed} ${name}: exact ${exact.estimate[k]!.toFixed(3)} ± ${unit.toFixed(4)}, fit ${estimate[k].toFixed(3)} ± ${sigma[k].toFixed(4)}; ` +
          `σ / exact ${ratio.toFixed(3)}, off by ${off.toFixed(2)} σ of the exact fit, by ${offSimulation.toFixed(2)} σ of that of the same simulation`,
      );
      const part: number = ofSimulation?.sigma[k] ?? 0;
      const inParts = part > 0 ? [(off * unit) / part] : [];
      spreads.push(...inParts);
      const pull = (estimate[k] - TRUTH[k]!) / (total?.sigma[k] ?? sigma[k]);
      console.log(
        `  error of the simulation ${(part / unit).toFixed(3)} σ of the exact fit${inParts.map((own) => `, off by ${own.toFixed(2)} of it`).join("")}; ` +
          `from the truth by ${pull.toFixed(2)} total errors`,
      );
      if (isIndependent) return ratio < 0.9 ? [`seed ${seed}: σ of ${name}`] : [];
      return [
        ...(Math.abs(ratio - 1) > tolerance ? [`seed ${seed}: σ of ${name}`] : []),
        ...(Math.abs(offSimulation) > largest ? [`seed ${seed}: value of ${name}`] : []),
      ];
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const wrong: string[] = [];
for (const seed of seeds.split(",")) wrong.push(...(await judged(seed)));
if (isIndependent && spreads.length > 0) {
  const spread = Math.sqrt(spreads.reduce((sum, own) => sum + own * own, 0) / spreads.length);
  console.log(`off by ${spread.toFixed(2)} errors of the simulation, root mean square of ${spreads.length}`);
  if (spread < SPREAD[0] || spread > SPREAD[1]) wrong.push(`${spread.toFixed(2)} errors of the simulation`);
}
const limits = isIndependent
  ? `at least 0.9 of σ and ${SPREAD.join(" to ")} errors of the simulation`
  : `within ${tolerance} of σ and ${largest} σ`;
console.log(wrong.length === 0 ? "all within the limits" : `NOT ${limits}: ${wrong.join("; ")}`);
process.exitCode = wrong.length === 0 ? 0 : 1;
